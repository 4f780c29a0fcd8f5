#include "exec/operators/aggregate_spill.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "exec/crew/held_bytes.h"

namespace cairn {

namespace {

class SavedMerge {
 public:
  SavedMerge(const AggregateShape& shape, const SinkResources& resources)
      : shape_(shape),
        resources_(resources),
        bytes_most_(resources.memory->limit_bytes() / (4 * resources.threads)) {
    if (!shape.make_groups().states->lists().empty()) bytes_most_ /= kCopiesOfLists;
    bytes_most_ = std::max(bytes_most_, kBytesLeast);
  }

  std::shared_ptr<RowSet> run(std::vector<std::vector<SavedGroups>> partitions, unsigned level,
                              const Sink::Parallel& parallel) {
    std::vector<RowSet> merged;
    std::deque<HeldBytes> held;
    for (size_t p = 0; p < partitions.size(); ++p) {
      merged.emplace_back(shape_.types);
      held.emplace_back(*resources_.memory);
    }
    parallel(partitions.size(), [&](size_t p) { merge(std::move(partitions[p]), level, merged[p], held[p]); });
    auto rows = std::make_shared<RowSet>(shape_.types);
    for (RowSet& part : merged) rows->adopt(std::move(part));
    return rows;
  }

 private:
  /// Less is not worth a partition.
  static constexpr size_t kBytesLeast = size_t{256} << 10;
  /// Lists are sorted, and then given to the function, before they are finished.
  static constexpr size_t kCopiesOfLists = 3;

  /// One partition's groups: those that memory has room for at a time. Where that is not all of them they are split,
  /// each merged with its like as far as that went, into partitions of the next level.
  void merge(std::vector<SavedGroups> pieces, unsigned level, RowSet& out, HeldBytes& out_held) {
    SavedPartitions split(shape_, level + 1);
    Groups groups = shape_.make_groups(true);
    HeldBytes held(*resources_.memory);
    const auto put_aside = [&] {
      split.add(groups, resources_.store);
      groups = shape_.make_groups(true);
      held.hold(bytes_of(groups));
    };
    for (SavedGroups& piece : pieces) {
      SavedGroups(std::move(piece)).merge_into(shape_, groups);
      held.hold(bytes_of(groups));
      if (bytes_of(groups) > bytes_most_ && groups.index->size() > 1 && level + 1 < GroupIndex::kLevels) put_aside();
    }
    if (split.empty()) return finish(groups, held, out, out_held);
    if (groups.index->size() > 0) put_aside();
    held.hold(0);
    for (std::vector<SavedGroups>& part : split.take()) {
      if (!part.empty()) merge(std::move(part), level + 1, out, out_held);
    }
  }

  void finish(Groups& groups, HeldBytes& held, RowSet& out, HeldBytes& out_held) {
    if (groups.index->size() == 0) return;
    groups.states->prepare_finish();
    held.hold(bytes_of(groups));
    for (size_t begin = 0; begin < groups.index->size(); begin += kRowGroupRows) {
      out.append_chunk(result_chunk(shape_, groups, begin, std::min(kRowGroupRows, groups.index->size() - begin)));
      const size_t last = out.chunks().size() - 1;
      const size_t bytes = out.chunks()[last].bytes();
      if (resources_.is_short(bytes)) {
        out.evict(last, *resources_.store);
      } else {
        out_held.hold_more(bytes);
      }
    }
    out.seal();
  }

  static size_t bytes_of(const Groups& groups) { return groups.index->bytes() + groups.states->bytes(); }

  const AggregateShape& shape_;
  const SinkResources& resources_;
  size_t bytes_most_;
};

}  // namespace

unsigned first_level(const AggregateShape& shape) { return shape.layout.wants_whole_input ? 1 : 0; }

std::shared_ptr<RowSet> merge_saved(const AggregateShape& shape, std::vector<GroupPart> parts, size_t part_bytes,
                                    SavedPartitions saved, const SinkResources& resources,
                                    const Sink::Parallel& parallel) {
  std::vector<SavedPartitions> more;
  std::deque<HeldBytes> held;
  for (size_t p = 0; p < parts.size(); ++p) {
    more.emplace_back(shape, saved.level());
    held.emplace_back(*resources.memory);
  }
  parallel(parts.size(), [&](size_t p) {
    const GroupPart part = with_index(shape, std::exchange(parts[p], {}));
    more[p].add(part.groups, resources.is_short() ? resources.store : nullptr);
    held[p].hold(more[p].bytes());
  });
  const LentBytes gone(*resources.memory, part_bytes);  // what is left of them is held
  for (SavedPartitions& partitions : more) saved.adopt(std::move(partitions));
  return SavedMerge(shape, resources).run(saved.take(), saved.level(), parallel);
}

}  // namespace cairn
