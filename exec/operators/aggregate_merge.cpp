#include "exec/operators/aggregate_merge.h"

#include <algorithm>
#include <bit>

#include "exec/aggregates/list_state.h"
#include "exec/operators/aggregate_saved.h"
#include "exec/pipeline/gather_rows.h"
#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

/// Groups that are worth a partition of their own.
constexpr size_t kPartitionGroups = 16384;
constexpr unsigned kPartitionBitsMax = 8;
/// Lists of so many bytes, of so many groups for each thread, are sorted in partitions; else each by all threads. A
/// partition goes over all rows to find its own: few of them.
constexpr size_t kListBytes = size_t{1} << 20;
constexpr size_t kListGroups = 16;

/// A run of one of the parts, with its end.
struct Run {
  uint64_t morsel;
  size_t part, begin, end;
};

std::vector<Run> runs_in_order(const std::vector<GroupPart>& parts) {
  std::vector<Run> runs;
  for (size_t part = 0; part < parts.size(); ++part) {
    const std::vector<GroupRun>& of = parts[part].runs;
    for (size_t r = 0; r < of.size(); ++r) {
      const size_t end = r + 1 < of.size() ? of[r + 1].first_group : parts[part].size();
      runs.push_back({of[r].morsel, part, of[r].first_group, end});
    }
  }
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.morsel < b.morsel; });
  return runs;
}

bool ascends(const GroupPart& part) {
  for (size_t r = 1; r < part.runs.size(); ++r) {
    if (part.runs[r - 1].morsel > part.runs[r].morsel) return false;
  }
  return true;
}

/// Parts in the order of their first morsels.
std::vector<size_t> parts_in_order(const std::vector<Run>& runs, size_t part_count) {
  std::vector<size_t> order;
  std::vector<bool> listed(part_count, false);
  for (const Run& run : runs) {
    if (!listed[run.part]) order.push_back(run.part);
    listed[run.part] = true;
  }
  return order;
}

std::shared_ptr<RowSet> make_rows(const AggregateShape& shape, Groups groups, const Sink::Parallel& parallel) {
  groups.states->prepare_finish(parallel);
  const size_t group_count = groups.index->size();
  std::vector<RowSet::Chunk> chunks((group_count + kRowGroupRows - 1) / kRowGroupRows);
  parallel(chunks.size(), [&](size_t task) {
    const size_t begin = task * kRowGroupRows;
    chunks[task] = result_chunk(shape, groups, begin, std::min(kRowGroupRows, group_count - begin));
  });
  auto rows = std::make_shared<RowSet>(shape.types);
  for (RowSet::Chunk& chunk : chunks) rows->append_chunk(std::move(chunk));
  rows->seal();
  return rows;
}

/// All parts' groups in one index, run by run.
Groups merge_all(const AggregateShape& shape, std::vector<GroupPart>& parts) {
  const std::vector<Run> runs = runs_in_order(parts);
  Groups merged = shape.make_groups();
  std::vector<std::vector<uint32_t>> maps(parts.size());
  for (size_t p = 0; p < parts.size(); ++p) {
    load_states(shape, parts[p]);
    maps[p].assign(parts[p].size(), 0);
  }
  std::vector<std::vector<uint64_t>> scratch(shape.key_types.size());
  std::vector<Vector> keys(shape.key_types.size());
  // Without keys there is one group, 0 everywhere.
  for (const Run& run : runs) {
    if (keys.empty() || run.begin == run.end) continue;
    for (size_t c = 0; c < keys.size(); ++c) keys[c] = parts[run.part].keys(c, run.begin, run.end - run.begin, scratch[c]);
    merged.index->find_or_add(keys, run.end - run.begin, maps[run.part].data() + run.begin);
  }
  const std::vector<size_t> order = parts_in_order(runs, parts.size());
  merged.states->resize(merged.index->size());
  for (const size_t p : order) merged.states->expect(*parts[p].groups.states);
  for (const size_t p : order) {
    merged.states->merge(*parts[p].groups.states, nullptr, maps[p].data(), maps[p].size(), 0);
  }
  return merged;
}

/// The merge by partitions: tasks over parts, then over partitions, then over the result's chunks.
class PartitionedMerge {
 public:
  /// By 2^bits partitions, at a level of GroupIndex::partitions.
  PartitionedMerge(const AggregateShape& shape, std::vector<GroupPart>& parts, unsigned bits, unsigned level)
      : shape_(shape), parts_(parts), bits_(bits), level_(level), runs_(runs_in_order(parts)),
        order_(parts_in_order(runs_, parts.size())), split_(parts.size()), merged_(size_t{1} << bits) {}

  std::shared_ptr<RowSet> run(const Sink::Parallel& parallel) {
    parallel(parts_.size(), [&](size_t part) { split_part(part); });
    parallel(merged_.size(), [&](size_t partition) { merge_partition(partition); });
    ChunkList chunks;
    for (Partition& partition : merged_) {
      partition.first_chunk = chunks.size();
      for (const RowSet::Chunk& chunk : partition.chunks) chunks.push_back(&chunk);
    }
    return gather_rows(shape_.types, chunks, addresses(), parallel);
  }

 private:
  /// One part's groups by partition.
  struct Split {
    std::vector<Vector> keys;         ///< of all groups, by key column
    std::vector<std::vector<uint64_t>> validity;
    std::vector<uint8_t> partitions;  ///< of each group
    std::vector<uint32_t> groups;     ///< ascending within each partition
    std::vector<size_t> firsts;       ///< per partition, and one more
    std::vector<uint32_t> merged;     ///< of each group: its number in the merged partition
    std::vector<uint8_t> created;     ///< of each group: it was the first of its key
  };
  struct Partition {
    std::vector<RowSet::Chunk> chunks;
    size_t first_chunk = 0;
  };

  void split_part(size_t number) {
    GroupPart& part = parts_[number];
    load_states(shape_, part);
    const size_t group_count = part.size();
    Split& split = split_[number];
    split.validity.resize(shape_.key_types.size());
    for (size_t c = 0; c < split.validity.size(); ++c) {
      split.keys.push_back(part.keys(c, 0, group_count, split.validity[c]));
    }
    split.partitions.resize(group_count);
    part.partitions(shape_, bits_, split.partitions.data(), level_);
    split.firsts.assign(merged_.size() + 1, 0);
    for (const uint8_t partition : split.partitions) ++split.firsts[partition + size_t{1}];
    for (size_t p = 0; p < merged_.size(); ++p) split.firsts[p + 1] += split.firsts[p];
    std::vector<size_t> next = split.firsts;
    split.groups.resize(group_count);
    for (uint32_t group = 0; group < group_count; ++group) split.groups[next[split.partitions[group]]++] = group;
    split.merged.resize(group_count);
    split.created.assign(group_count, 0);
  }

  void merge_partition(size_t partition) {
    Groups merged = shape_.make_groups();
    std::vector<size_t> next(parts_.size());
    for (size_t p = 0; p < parts_.size(); ++p) next[p] = split_[p].firsts[partition];
    const size_t key_count = shape_.key_types.size();
    std::vector<FlatScratch> scratch(key_count);
    std::vector<Vector> keys(key_count);
    std::vector<uint32_t> ids;
    for (const Run& run : runs_) {
      Split& split = split_[run.part];
      const uint32_t* groups = split.groups.data() + next[run.part];
      size_t count = 0;
      while (next[run.part] + count < split.firsts[partition + 1] && groups[count] < run.end) ++count;
      if (count == 0) continue;
      next[run.part] += count;
      for (size_t c = 0; c < key_count; ++c) keys[c] = gather(split.keys[c], groups, count, scratch[c]);
      ids.resize(count);
      size_t known = merged.index->size();
      merged.index->find_or_add(keys, count, ids.data());
      for (size_t i = 0; i < count; ++i) {
        split.merged[groups[i]] = ids[i];
        split.created[groups[i]] = ids[i] == known;
        known += ids[i] == known;
      }
    }
    merged.states->resize(merged.index->size());
    for (const size_t p : order_) merged.states->expect(*parts_[p].groups.states);
    for (const size_t p : order_) {
      const Split& split = split_[p];
      const uint32_t* from = split.groups.data() + split.firsts[partition];
      const size_t count = split.firsts[partition + 1] - split.firsts[partition];
      ids.resize(count);
      for (size_t i = 0; i < count; ++i) ids[i] = split.merged[from[i]];
      merged.states->merge(*parts_[p].groups.states, from, ids.data(), count, 0);
    }
    merged.states->prepare_finish();
    for (size_t begin = 0; begin < merged.index->size(); begin += kRowGroupRows) {
      merged_[partition].chunks.push_back(
          result_chunk(shape_, merged, begin, std::min(kRowGroupRows, merged.index->size() - begin)));
    }
  }

  /// The merged groups in the order of their first rows.
  std::vector<RowAddress> addresses() const {
    std::vector<RowAddress> result;
    for (const Run& run : runs_) {
      const Split& split = split_[run.part];
      for (size_t group = run.begin; group < run.end; ++group) {
        if (split.created[group] == 0) continue;
        const size_t chunk = merged_[split.partitions[group]].first_chunk + split.merged[group] / kRowGroupRows;
        result.push_back(static_cast<RowAddress>(chunk << kAddressOffsetBits | split.merged[group] % kRowGroupRows));
      }
    }
    return result;
  }

  const AggregateShape& shape_;
  std::vector<GroupPart>& parts_;
  unsigned bits_, level_;
  std::vector<Run> runs_;
  std::vector<size_t> order_;
  std::vector<Split> split_;
  std::vector<Partition> merged_;
};

}  // namespace

Vector GroupPart::keys(size_t column, size_t begin, size_t rows, std::vector<uint64_t>& scratch) const {
  return saved != nullptr ? saved->columns[column].view(begin, rows, &scratch) : groups.index->keys(column, begin, rows, scratch);
}

void GroupPart::partitions(const AggregateShape& shape, unsigned bits, uint8_t* out, unsigned level) const {
  if (saved == nullptr) return groups.index->partitions(bits, out, level);
  std::vector<Vector> columns;
  for (size_t c = 0; c < shape.key_types.size(); ++c) columns.push_back(saved->columns[c].view(0, size()));
  GroupIndex::partitions(columns, size(), bits, out, level);
}

AggregateShape::AggregateShape(const PlanNode& plan, std::vector<Type> inputs)
    : types(plan.types), group_columns(plan.groups), input_types(std::move(inputs)),
      layout(plan.aggregates, input_types) {
  for (const uint32_t column : group_columns) key_types.push_back(input_types[column]);
  needed = layout.columns();
  needed.insert(needed.end(), group_columns.begin(), group_columns.end());
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
}

Groups AggregateShape::make_groups(bool scattered) const {
  Groups groups{GroupIndex::make(key_types, scattered), std::make_unique<AggregateStates>(layout, key_types.empty())};
  groups.states->resize(groups.index->size());
  return groups;
}

RowSet::Chunk result_chunk(const AggregateShape& shape, const Groups& groups, size_t begin, size_t rows) {
  RowSet::Chunk chunk;
  chunk.row_count = rows;
  std::vector<uint64_t> scratch;
  for (size_t c = 0; c < shape.types.size(); ++c) {
    ColumnBuffer& column = chunk.columns.emplace_back(shape.types[c]);
    column.reserve(rows);
    if (c < shape.key_types.size()) {
      column.append(groups.index->keys(c, begin, rows, scratch));
    } else {
      groups.states->finish(c - shape.key_types.size(), begin, rows, column);
    }
  }
  return chunk;
}

std::shared_ptr<RowSet> merge_groups(const AggregateShape& shape, std::vector<GroupPart> parts, unsigned threads,
                                     const Sink::Parallel& parallel) {
  std::erase_if(parts, [](const GroupPart& part) { return part.runs.empty(); });
  size_t group_count = 0, list_bytes = 0;
  for (const GroupPart& part : parts) {
    group_count += part.size();
    if (part.lists != nullptr) list_bytes += part.lists->bytes();
    if (part.saved != nullptr) continue;
    for (const ListState* list : part.groups.states->lists()) list_bytes += list->bytes();
  }
  if (threads > 1 && list_bytes > kListBytes && group_count >= threads * kListGroups) {
    const unsigned bits = std::min<unsigned>(kPartitionBitsMax, std::bit_width(2 * threads - 1));
    return PartitionedMerge(shape, parts, bits, 1).run(parallel);
  }
  if (parts.size() == 1 && ascends(parts[0]) && parts[0].saved == nullptr) return make_rows(shape, std::move(parts[0].groups), parallel);
  if (group_count < 2 * kPartitionGroups || list_bytes > 0) return make_rows(shape, merge_all(shape, parts), parallel);
  const unsigned bits = std::min<unsigned>(kPartitionBitsMax, std::bit_width(group_count / kPartitionGroups));
  return PartitionedMerge(shape, parts, bits, 0).run(parallel);
}

}  // namespace cairn
