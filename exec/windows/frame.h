#pragma once

#include <array>
#include <vector>

#include "exec/plan/plan.h"
#include "exec/windows/rows.h"

namespace cairn {

/// The rows that a call sees from one row: up to three ranges, ascending, for an exclusion may leave a hole, and in it
/// the row itself.
struct FrameRows {
  std::array<RowRange, 3> ranges;
  size_t count = 0;

  void add(RowRange range) {
    if (!range.empty()) ranges[count++] = range;
  }
  uint64_t size() const;
  /// The n-th of its rows, from 0; UINT32_MAX where there are not so many.
  uint32_t nth(uint64_t n) const;
};

/// Every row of a partition with its frame, in order.
/// Errors: sizes that are NULL or negative.
std::vector<FrameRows> frames_of(const WindowRows& rows, const WindowCall& call, size_t partition);

/// The frame is the partition, whatever the row.
bool sees_whole_partition(const WindowCall& call, const WindowRows& rows);
/// The frame begins where the partition does, and nothing is excluded.
bool grows_from_begin(const WindowCall& call);

}  // namespace cairn
