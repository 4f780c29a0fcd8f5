#pragma once

#include <cstdint>

#include "tpch/table.h"

namespace cairn::tpch {

inline constexpr double kMaxScaleFactor = 100000;

/// What a scale factor means. As in dbgen, it is cut to an integer above 1 (1.5 acts as 1) and to thousandths below 1
/// (0.0123 acts as 0.012; below 0.001 each scaled table has one row unit).
struct Scale {
  /// Throws an Error unless 0 < scale_factor <= kMaxScaleFactor.
  explicit Scale(double scale_factor);

  /// Row units of a table: what the random streams are aligned to and ranges are counted in. It is the order for orders
  /// and lineitem, the part for part and partsupp, and the row for every other table.
  uint64_t unit_count(Table table) const;

  double effective;  ///< the scale factor that the data really has
  uint64_t part_count;
  uint64_t supplier_count;
  uint64_t customer_count;
  uint64_t order_count;
  uint64_t clerk_count;
  bool wide_keys;  ///< part and customer keys of orders and lineitem come from WideDraws
};

inline constexpr uint32_t kSuppliersPerPart = 4;
inline constexpr uint32_t kMaxLinesPerOrder = 7;

}  // namespace cairn::tpch
