#pragma once

#include <vector>

#include "exec/rows/row_set.h"
#include "vector/kernels/kernels.h"

namespace cairn {

/// Several integral key columns as one integer: the mixed-radix number of their distances from the build side's
/// minima. A probe key beyond the build side's bounds, or NULL where NULLs do not match, becomes kNoKey.
class JoinKeys {
 public:
  static constexpr uint64_t kNoKey = UINT64_MAX;

  /// Bounds from the build side. `nulls_match`: NULL is one more value of every column.
  JoinKeys(const RowSet& build, const std::vector<uint32_t>& columns, bool nulls_match);

  /// Whether all columns are integral, and the numbers stay below 2^61.
  bool usable() const { return usable_; }
  /// Numbers are below this.
  uint64_t domain() const { return domain_; }
  size_t column_count() const { return parts_.size(); }
  /// Of the only column: the value that number 0 means.
  int64_t origin() const { return parts_[0].min; }
  /// out[i] = the number of row i of the (dense) key vectors.
  void number(const std::vector<Vector>& keys, size_t rows, uint64_t* out) const;

 private:
  struct Part {
    int64_t min = 0;
    uint64_t values = 1;  ///< distances are below this; the NULL of nulls_match is `values` itself
    uint64_t stride = 1;
  };
  bool nulls_match_;
  bool usable_ = true;
  uint64_t domain_ = 1;
  std::vector<Part> parts_;
};

}  // namespace cairn
