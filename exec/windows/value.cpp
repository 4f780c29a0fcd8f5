// Functions that number rows, and functions that fetch another row's value.

#include "exec/windows/value.h"

#include <vector>

#include "exec/pipeline/gather_rows.h"
#include "exec/windows/frame.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr uint32_t kNoRow = UINT32_MAX;

template <typename T, typename ValueOf>
void append_each(size_t count, ColumnBuffer& out, ValueOf value_of) {
  T* const to = static_cast<T*>(out.append_uninitialized(count));
  for (size_t i = 0; i < count; ++i) to[i] = static_cast<T>(value_of(i));
}

/// rank, dense_rank, percent_rank and cume_dist: the same for all peers.
void append_ranks(const WindowRows& rows, WindowFunction function, size_t partition, ColumnBuffer& out) {
  const RowRange all = rows.partition(partition);
  const auto [first, last] = rows.peer_groups(partition);
  for (size_t group = first; group < last; ++group) {
    const RowRange peers = rows.peers(group);
    const uint32_t before = peers.begin - all.begin;
    switch (function) {
      case WindowFunction::kRank:
        append_each<int64_t>(peers.size(), out, [&](size_t) { return int64_t{before} + 1; });
        break;
      case WindowFunction::kDenseRank:
        append_each<int64_t>(peers.size(), out, [&](size_t) { return group - first + 1; });
        break;
      case WindowFunction::kPercentRank:
        append_each<double>(peers.size(), out, [&](size_t) { return all.size() < 2 ? 0 : double{1} * before / (all.size() - 1); });
        break;
      default:
        append_each<double>(peers.size(), out, [&](size_t) { return double{1} * (peers.end - all.begin) / all.size(); });
    }
  }
}

/// The first `rows % buckets` buckets have one row more.
void append_buckets(const WindowRows& rows, const WindowCall& call, size_t partition, ColumnBuffer& out) {
  const RowRange all = rows.partition(partition);
  const uint32_t column = call.call.arguments[0];
  if (!rows.valid(column, all.begin)) {
    for (uint32_t row = all.begin; row < all.end; ++row) out.append_null();
    return;
  }
  const int128_t buckets = rows.integer(column, all.begin);
  if (buckets <= 0) throw Error("22014", "argument of ntile must be greater than zero");
  const uint32_t small = static_cast<uint32_t>(all.size() / buckets), large_count = static_cast<uint32_t>(all.size() % buckets);
  const uint64_t in_large = uint64_t{large_count} * (small + 1);
  append_each<int32_t>(all.size(), out, [&](size_t i) {
    return i < in_large ? i / (small + 1) + 1 : large_count + (i - in_large) / small + 1;
  });
}

/// The row that lag or lead fetches from.
uint32_t shifted(const WindowRows& rows, const WindowCall& call, RowRange all, uint32_t row) {
  int128_t distance = 1;
  if (call.call.arguments.size() > 1) {
    if (!rows.valid(call.call.arguments[1], row)) return kNoRow;
    distance = rows.integer(call.call.arguments[1], row);
  }
  const int128_t target = call.function == WindowFunction::kLag ? row - distance : row + distance;
  return target >= all.begin && target < all.end ? static_cast<uint32_t>(target) : kNoRow;
}

uint32_t in_frame(const WindowRows& rows, const WindowCall& call, const FrameRows& frame, uint32_t row) {
  if (call.function == WindowFunction::kFirstValue) return frame.nth(0);
  if (call.function == WindowFunction::kLastValue) {
    return frame.count == 0 ? kNoRow : frame.ranges[frame.count - 1].end - 1;
  }
  const uint32_t column = call.call.arguments[1];
  if (!rows.valid(column, row)) return kNoRow;
  const int128_t n = rows.integer(column, row);
  if (n <= 0) throw Error("22016", "argument of nth_value must be greater than zero");
  return n > UINT32_MAX ? kNoRow : frame.nth(static_cast<uint64_t>(n) - 1);
}

void append_fetched(const WindowRows& rows, const WindowCall& call, size_t first, size_t last, ColumnBuffer& out) {
  const bool shifts = call.function == WindowFunction::kLag || call.function == WindowFunction::kLead;
  std::vector<RowAddress> addresses;
  std::vector<size_t> missing;
  for (size_t partition = first; partition < last; ++partition) {
    const RowRange all = rows.partition(partition);
    const std::vector<FrameRows> frames = shifts ? std::vector<FrameRows>() : frames_of(rows, call, partition);
    for (uint32_t row = all.begin; row < all.end; ++row) {
      const uint32_t from = shifts ? shifted(rows, call, all, row) : in_frame(rows, call, frames[row - all.begin], row);
      if (from == kNoRow) missing.push_back(addresses.size());
      addresses.push_back(from == kNoRow ? row : from);
    }
  }
  gather_column(rows.chunks(), call.call.arguments[0], addresses.data(), addresses.size(), out);
  for (const size_t row : missing) out.set_null(row);
}

}  // namespace

void append_window_values(const WindowRows& rows, const WindowCall& call, size_t first, size_t last, ColumnBuffer& out) {
  switch (call.function) {
    case WindowFunction::kLag:
    case WindowFunction::kLead:
    case WindowFunction::kFirstValue:
    case WindowFunction::kLastValue:
    case WindowFunction::kNthValue: return append_fetched(rows, call, first, last, out);
    default: break;
  }
  for (size_t partition = first; partition < last; ++partition) {
    if (call.function == WindowFunction::kRowNumber) {
      append_each<int64_t>(rows.partition(partition).size(), out, [](size_t i) { return i + 1; });
    } else if (call.function == WindowFunction::kNtile) {
      append_buckets(rows, call, partition, out);
    } else {
      append_ranks(rows, call.function, partition, out);
    }
  }
}

}  // namespace cairn
