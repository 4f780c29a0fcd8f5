#pragma once

#include <span>
#include <utility>

#include "vector/memory_pool.h"

namespace cairn {

/// The numbers of a list's rows, group by group; those of a group in the list's order.
class GroupMembers {
 public:
  /// for_each(visit): visit(group, row) for all rows; the same each time.
  template <typename ForEach>
  void assign(size_t group_count, ForEach for_each) {
    ends_.assign(group_count, 0);
    for_each([&](size_t group, uint32_t) { ++ends_[group]; });
    size_t before = 0;
    for (size_t& end : ends_) before += std::exchange(end, before);
    rows_.resize(before);
    for_each([&](size_t group, uint32_t row) { rows_[ends_[group]++] = row; });
  }
  size_t group_count() const { return ends_.size(); }
  size_t begin(size_t group) const { return group == 0 ? 0 : ends_[group - 1]; }
  size_t count(size_t group) const { return ends_[group] - begin(group); }
  std::span<uint32_t> of(size_t group) { return {rows_.data() + begin(group), count(group)}; }
  size_t bytes() const { return ends_.capacity() * sizeof(size_t) + rows_.capacity() * sizeof(uint32_t); }

 private:
  LargeVector<size_t> ends_;  ///< of each group's rows
  LargeVector<uint32_t> rows_;
};

}  // namespace cairn
