#include "exec/windows/aggregate.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "exec/aggregates/state.h"
#include "exec/crew/held_bytes.h"
#include "exec/pipeline/gather_rows.h"
#include "exec/windows/frame.h"

namespace cairn {
namespace {

/// Frames of so many rows on average are added up one by one.
constexpr uint64_t kAddedRowsMean = 16;
/// Rows that have states of their own at a time, before they go into a growing frame's.
constexpr uint32_t kHeldRows = 4096;
/// Rows of frames that are added up together.
constexpr size_t kAddedRows = 65536;

class WindowAggregate {
 public:
  WindowAggregate(const WindowRows& rows, const WindowCall& call, size_t first, size_t last, MemoryBudget& memory,
                  ColumnBuffer& out)
      : rows_(rows), call_(call), first_(first), last_(last), held_(memory), all_{rows.partition(first).begin, rows.partition(last - 1).end},
        layout_({call.call}, rows.rows().types()), out_(out) {}

  void run() {
    if (sees_whole_partition(call_, rows_)) return one_group_per_partition();
    std::vector<FrameRows> frames;
    frames.reserve(all_.size());
    uint64_t frame_rows = 0;
    for (size_t partition = first_; partition < last_; ++partition) {
      for (const FrameRows& frame : frames_of(rows_, call_, partition)) {
        frames.push_back(frame);
        frame_rows += frame.size();
      }
    }
    // Merging takes lists of values over one by one, and several times: no way to share them.
    if (!make_states(0).lists().empty()) return add_up(frames);
    if (grows_from_begin(call_)) return grow(frames);
    if (frame_rows <= kAddedRowsMean * frames.size()) return add_up(frames);
    merge_tree(frames);
  }

 private:
  AggregateStates make_states(size_t groups) const {
    AggregateStates states(layout_, true);
    states.resize(groups);
    return states;
  }

  /// Adds rows to their groups; ids[i] is that of the i-th row.
  void update(AggregateStates& states, RowRange rows, const std::vector<uint32_t>& ids) const {
    Batch batch;
    std::vector<std::vector<uint64_t>> scratch;
    for (uint32_t row = rows.begin; row < rows.end; row += static_cast<uint32_t>(batch.size)) {
      const size_t count = std::min<size_t>(rows.end - row, kRowGroupRows - offset_of(row));
      rows_.rows().view(chunk_of(row), offset_of(row), count, batch, scratch);
      update(states, batch.columns, ids.data() + (row - rows.begin), count);
    }
  }
  static void update(AggregateStates& states, std::span<const Vector> columns, const uint32_t* ids, size_t count) {
    const GroupIds groups{ids, sizeof(uint32_t), count, static_cast<uint32_t>(states.size())};
    states.update({groups, nullptr, states.size(), 0}, columns);
  }

  void one_group_per_partition() {
    std::vector<uint32_t> ids;
    ids.reserve(all_.size());
    for (size_t partition = first_; partition < last_; ++partition) {
      ids.resize(ids.size() + rows_.partition(partition).size(), static_cast<uint32_t>(partition - first_));
    }
    AggregateStates states = make_states(last_ - first_);
    update(states, all_, ids);
    held_.hold(states.bytes());
    states.prepare_finish();
    ColumnBuffer results(out_.type());
    states.finish(0, 0, states.size(), results);
    FlatScratch scratch;
    out_.append(gather(results.view(), ids.data(), ids.size(), scratch));
  }

  /// A group for every row.
  AggregateStates leaves(RowRange rows) const {
    std::vector<uint32_t> ids(rows.size());
    std::iota(ids.begin(), ids.end(), 0u);
    AggregateStates states = make_states(ids.size());
    update(states, rows, ids);
    return states;
  }

  void grow(const std::vector<FrameRows>& frames) {
    RowRange held{all_.begin, all_.begin};
    auto each = std::make_unique<AggregateStates>(leaves(held));
    for (size_t partition = first_; partition < last_; ++partition) {
      const RowRange rows = rows_.partition(partition);
      AggregateStates total = make_states(1);
      uint32_t next = rows.begin;
      for (uint32_t row = rows.begin; row < rows.end; ++row) {
        const FrameRows& frame = frames[row - all_.begin];
        const uint32_t end = frame.count == 0 ? rows.begin : frame.ranges[0].end;
        for (; next < end; ++next) {
          if (next >= held.end) {
            held = {next, std::min(all_.end, next + kHeldRows)};
            each = std::make_unique<AggregateStates>(leaves(held));
            held_.hold(each->bytes() + total.bytes());
          }
          const uint32_t from = next - held.begin, to = 0;
          total.merge(*each, &from, &to, 1, 1);
        }
        total.prepare_finish();
        total.finish(0, 0, 1, out_);
      }
    }
  }

  void add_up(const std::vector<FrameRows>& frames) {
    std::vector<RowAddress> addresses;
    std::vector<uint32_t> ids;
    size_t begin = 0;
    for (size_t i = 0; i < frames.size(); ++i) {
      for (size_t r = 0; r < frames[i].count; ++r) {
        for (uint32_t row = frames[i].ranges[r].begin; row < frames[i].ranges[r].end; ++row) addresses.push_back(row);
      }
      ids.resize(addresses.size(), static_cast<uint32_t>(i - begin));
      if (addresses.size() < kAddedRows && i + 1 < frames.size()) continue;
      add_up_together(addresses, ids, i + 1 - begin);
      begin = i + 1;
      addresses.clear();
      ids.clear();
    }
  }

  void add_up_together(const std::vector<RowAddress>& addresses, const std::vector<uint32_t>& ids, size_t groups) {
    AggregateStates states = make_states(groups);
    std::deque<ColumnBuffer> buffers;  // the states may refer to them
    // One frame alone may have more rows than a state takes at once.
    for (size_t first = 0; first < ids.size(); first += kAddedRows) {
      const size_t count = std::min(kAddedRows, ids.size() - first);
      std::vector<Vector> columns(rows_.rows().types().size());
      for (const uint32_t column : layout_.columns()) {
        ColumnBuffer& buffer = buffers.emplace_back(rows_.rows().types()[column]);
        gather_column(rows_.chunks(), column, addresses.data() + first, count, buffer);
        columns[column] = buffer.view();
      }
      update(states, columns, ids.data() + first, count);
    }
    held_.hold(states.bytes());
    states.prepare_finish();
    states.finish(0, 0, groups, out_);
  }

  /// Level by level, all frames at once: what a level's nodes give them is one merge for their left ends, and one for
  /// their right ends.
  void merge_tree(const std::vector<FrameRows>& frames) {
    AggregateStates results = make_states(frames.size());
    auto level = std::make_unique<AggregateStates>(leaves(all_));
    held_.hold(results.bytes() + level->bytes());
    struct Open {
      uint32_t frame, begin, end;
    };
    std::array<std::vector<Open>, 3> open;
    for (uint32_t i = 0; i < frames.size(); ++i) {
      for (size_t r = 0; r < frames[i].count; ++r) {
        open[r].push_back({i, frames[i].ranges[r].begin - all_.begin, frames[i].ranges[r].end - all_.begin});
      }
    }
    std::vector<uint32_t> from, to;
    const auto merge_into = [&](AggregateStates& target, AggregateStates& source) {
      if (!to.empty()) target.merge(source, from.data(), to.data(), to.size(), target.size());
      from.clear();
      to.clear();
    };
    for (;;) {
      for (std::vector<Open>& ranges : open) {
        for (Open& range : ranges) {
          if (range.begin % 2 == 0) continue;
          from.push_back(range.begin++);
          to.push_back(range.frame);
        }
        merge_into(results, *level);
        for (Open& range : ranges) {
          if (range.begin >= range.end || range.end % 2 == 0) continue;
          from.push_back(--range.end);
          to.push_back(range.frame);
        }
        merge_into(results, *level);
        std::erase_if(ranges, [](const Open& range) { return range.begin >= range.end; });
        for (Open& range : ranges) range = {range.frame, range.begin / 2, range.end / 2};
      }
      if (std::all_of(open.begin(), open.end(), [](const auto& ranges) { return ranges.empty(); })) break;
      auto above = std::make_unique<AggregateStates>(make_states((level->size() + 1) / 2));
      for (const uint32_t side : {0u, 1u}) {
        for (uint32_t node = side; node < level->size(); node += 2) {
          from.push_back(node);
          to.push_back(node / 2);
        }
        merge_into(*above, *level);
      }
      held_.hold(results.bytes() + level->bytes() + above->bytes());
      level = std::move(above);
    }
    results.prepare_finish();
    results.finish(0, 0, results.size(), out_);
  }

  const WindowRows& rows_;
  const WindowCall& call_;
  size_t first_, last_;
  HeldBytes held_;
  RowRange all_;  ///< of the partitions
  AggregateLayout layout_;
  ColumnBuffer& out_;
};

}  // namespace

void append_window_aggregate(const WindowRows& rows, const WindowCall& call, size_t first, size_t last,
                             MemoryBudget& memory, ColumnBuffer& out) {
  WindowAggregate(rows, call, first, last, memory, out).run();
}

}  // namespace cairn
