#include "exec/windows/frame.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "exec/rows/row_comparison.h"
#include "vector/date.h"
#include "vector/error.h"

namespace cairn {
namespace {

using Unit = WindowFrame::Unit;
using Bound = WindowFrame::Bound;
using Exclusion = WindowFrame::Exclusion;

constexpr std::string_view kNullNotAllowed = "22004";
constexpr std::string_view kInvalidSize = "22013";

bool is_nan(const Vector& values, uint32_t row) {
  const size_t at = offset_of(row);
  if (values.type.physical() == Physical::kDouble) return std::isnan(values.values<double>()[at]);
  return values.type.physical() == Physical::kFloat && std::isnan(values.values<float>()[at]);
}

/// The frames of one partition.
class FrameFinder {
 public:
  FrameFinder(const WindowRows& rows, const WindowCall& call, size_t partition)
      : rows_(rows), call_(call), frame_(call.frame), partition_(rows.partition(partition)), values_(partition_) {
    std::tie(first_group_, last_group_) = rows.peer_groups(partition);
    if (call.range_key < 0) return;
    // NULLs are peers at one end of the partition; no value is near them.
    const auto key = static_cast<uint32_t>(call.range_key);
    while (!values_.empty() && !rows.valid(key, values_.begin)) ++values_.begin;
    while (!values_.empty() && !rows.valid(key, values_.end - 1)) --values_.end;
    numbers_ = values_;
    while (!numbers_.empty() && is_nan(rows.view(key, numbers_.begin), numbers_.begin)) ++numbers_.begin;
    while (!numbers_.empty() && is_nan(rows.view(key, numbers_.end - 1), numbers_.end - 1)) --numbers_.end;
  }

  std::vector<FrameRows> run() {
    std::vector<FrameRows> frames;
    frames.reserve(partition_.size());
    for (size_t group = first_group_; group < last_group_; ++group) {
      const RowRange peers = rows_.peers(group);
      for (uint32_t row = peers.begin; row < peers.end; ++row) {
        frames.push_back(without_excluded({begin_of(row, group, peers), end_of(row, group, peers)}, row, peers));
      }
    }
    return frames;
  }

 private:
  uint32_t begin_of(uint32_t row, size_t group, RowRange peers) const {
    if (frame_.start == Bound::kUnbounded) return partition_.begin;
    if (frame_.start == Bound::kCurrentRow) return frame_.unit == Unit::kRows ? row : peers.begin;
    const uint64_t size = size_at(call_.start_size, row, "starting");
    const bool back = frame_.start == Bound::kPreceding;
    if (frame_.unit == Unit::kRows) return row_at(row, size, back);
    if (frame_.unit == Unit::kRange) return values_.begin <= row && row < values_.end ? first_from(row) : peers.begin;
    const size_t at = group_at(group, size, back);
    return at == last_group_ ? partition_.end : at == kBeforeFirst ? partition_.begin : rows_.peers(at).begin;
  }

  uint32_t end_of(uint32_t row, size_t group, RowRange peers) const {
    if (frame_.end == Bound::kUnbounded) return partition_.end;
    if (frame_.end == Bound::kCurrentRow) return frame_.unit == Unit::kRows ? row + 1 : peers.end;
    const uint64_t size = size_at(call_.end_size, row, "ending");
    const bool back = frame_.end == Bound::kPreceding;
    if (frame_.unit == Unit::kRows) {
      if (back && size > row - partition_.begin) return partition_.begin;
      return std::min<uint64_t>(uint64_t{row_at(row, size, back)} + 1, partition_.end);
    }
    if (frame_.unit == Unit::kRange) return values_.begin <= row && row < values_.end ? first_behind(row) : peers.end;
    const size_t at = group_at(group, size, back);
    return at == last_group_ ? partition_.end : at == kBeforeFirst ? partition_.begin : rows_.peers(at).end;
  }

  uint64_t size_at(int32_t column, uint32_t row, std::string_view end) const {
    const auto size_column = static_cast<uint32_t>(column);
    if (!rows_.valid(size_column, row)) {
      throw Error(kNullNotAllowed, "frame " + std::string(end) + " offset must not be null");
    }
    const Vector& sizes = rows_.view(size_column, row);
    const size_t at = offset_of(row);
    bool negative = false;
    if (sizes.type.id == TypeId::kInterval) {
      negative = interval_order(sizes.values<Interval>()[at]) < 0;
    } else if (sizes.type.physical() == Physical::kDouble) {
      negative = !(sizes.values<double>()[at] >= 0);
    } else if (sizes.type.physical() == Physical::kFloat) {
      negative = !(sizes.values<float>()[at] >= 0);
    } else {
      const int128_t size = rows_.integer(size_column, row);
      if (size >= 0) return size > INT64_MAX ? uint64_t{INT64_MAX} : static_cast<uint64_t>(size);
      negative = true;
    }
    if (!negative) return 0;
    throw Error(kInvalidSize, frame_.unit == Unit::kRange
                                  ? "invalid preceding or following size in window function"
                                  : "frame " + std::string(end) + " offset must not be negative");
  }

  /// `size` rows away, not beyond the partition.
  uint32_t row_at(uint32_t row, uint64_t size, bool back) const {
    if (back) return size > row - partition_.begin ? partition_.begin : row - static_cast<uint32_t>(size);
    return size >= partition_.end - row ? partition_.end : row + static_cast<uint32_t>(size);
  }

  static constexpr size_t kBeforeFirst = SIZE_MAX;
  size_t group_at(size_t group, uint64_t size, bool back) const {
    if (back) return size > group - first_group_ ? kBeforeFirst : group - size;
    return size >= last_group_ - group ? last_group_ : group + size;
  }

  /// The first row whose key is at or behind the row's start value, in the order of the sort.
  uint32_t first_from(uint32_t row) const { return search(row, call_.start_value, false); }
  uint32_t first_behind(uint32_t row) const { return search(row, call_.end_value, true); }
  uint32_t search(uint32_t row, int32_t value_column, bool behind_equal) const {
    const auto key_column = static_cast<uint32_t>(call_.range_key), column = static_cast<uint32_t>(value_column);
    const Vector& value = rows_.view(column, row);
    // An infinite key at an infinite distance from its frame's end: the frame has all numbers, as PostgreSQL's.
    if (is_nan(value, row) && !is_nan(rows_.view(key_column, row), row)) {
      if (behind_equal) return rows_.descends() ? values_.end : numbers_.end;
      return rows_.descends() ? numbers_.begin : values_.begin;
    }
    uint32_t low = values_.begin, high = values_.end;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      int order = compare_values(rows_.view(key_column, middle), offset_of(middle), value, offset_of(row));
      if (rows_.descends()) order = -order;
      if (order < 0 || (behind_equal && order == 0)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  FrameRows without_excluded(RowRange frame, uint32_t row, RowRange peers) const {
    FrameRows result;
    if (frame_.exclusion == Exclusion::kNone || frame.empty()) {
      result.add(frame);
      return result;
    }
    const RowRange hole = frame_.exclusion == Exclusion::kCurrentRow ? RowRange{row, row + 1} : peers;
    result.add({frame.begin, std::min(frame.end, hole.begin)});
    if (frame_.exclusion == Exclusion::kTies && frame.begin <= row && row < frame.end) result.add({row, row + 1});
    result.add({std::max(frame.begin, hole.end), frame.end});
    return result;
  }

  const WindowRows& rows_;
  const WindowCall& call_;
  const WindowFrame& frame_;
  RowRange partition_;
  RowRange values_;  ///< RANGE with sizes: the rows whose key is not NULL
  RowRange numbers_;  ///< those of them that are not NaN
  size_t first_group_ = 0, last_group_ = 0;
};

}  // namespace

uint64_t FrameRows::size() const {
  uint64_t rows = 0;
  for (size_t i = 0; i < count; ++i) rows += ranges[i].size();
  return rows;
}

uint32_t FrameRows::nth(uint64_t n) const {
  for (size_t i = 0; i < count; ++i) {
    if (n < ranges[i].size()) return ranges[i].begin + static_cast<uint32_t>(n);
    n -= ranges[i].size();
  }
  return UINT32_MAX;
}

std::vector<FrameRows> frames_of(const WindowRows& rows, const WindowCall& call, size_t partition) {
  return FrameFinder(rows, call, partition).run();
}

bool sees_whole_partition(const WindowCall& call, const WindowRows& rows) {
  const auto reaches_end = [&](Bound bound) {
    return bound == Bound::kUnbounded ||
           (bound == Bound::kCurrentRow && !rows.has_sort_keys() && call.frame.unit != Unit::kRows);
  };
  return call.frame.exclusion == Exclusion::kNone && reaches_end(call.frame.start) && reaches_end(call.frame.end);
}

bool grows_from_begin(const WindowCall& call) {
  return call.frame.exclusion == Exclusion::kNone && call.frame.start == Bound::kUnbounded;
}

}  // namespace cairn
