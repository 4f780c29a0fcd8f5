#pragma once

#include <cstdint>
#include <memory>

#include "tpch/chunk.h"
#include "tpch/scale.h"
#include "tpch/table.h"
#include "tpch/text_pool.h"

namespace cairn::tpch {

/// Makes the rows of TPC-H's base tables, the same as dbgen 2.14 to 2.18 writes them. Any range of row units (see
/// Scale::unit_count) can be made on its own, by any number of threads at a time: every member is const and free of
/// shared state.
///
/// From scale factor 30000 on, dbgen's customer and part keys in orders and lineitem depend on where a run begins; then
/// a range has the values of the dbgen chunk (-C, -S) that begins where it begins.
class Generator {
 public:
  /// Makes the text pool (300 MiB, shared by all generators of the process) with so many threads (0: one per core).
  /// Throws an Error for a scale factor that Scale refuses and for lack of memory.
  explicit Generator(double scale_factor, unsigned pool_thread_count = 0);

  const Scale& scale() const { return scale_; }

  uint64_t row_unit_count(Table table) const { return scale_.unit_count(table); }

  /// The rows of a range of units. For lineitem the number of lines of each order is drawn, a few ns per order.
  uint64_t row_count(Table table, uint64_t first_unit, uint64_t unit_count) const;
  uint64_t row_count(Table table) const { return row_count(table, 0, row_unit_count(table)); }

  /// Fills the chunk with the rows of units first_unit .. first_unit + unit_count - 1 (counted from 0) in dbgen's
  /// order. A few thousand units per call keep a chunk in the cache. Throws an Error for a range beyond the table's end
  /// or of more than kMaxUnitsPerChunk units.
  void generate(Table table, uint64_t first_unit, uint64_t unit_count, Chunk& rows) const;

  /// Fills both chunks with the same orders, for little more than the price of lineitem alone.
  void generate_orders_and_lineitem(uint64_t first_order, uint64_t order_count, Chunk& orders, Chunk& lineitem) const;

  static constexpr uint64_t kMaxUnitsPerChunk = 1 << 24;

 private:
  Scale scale_;
  std::shared_ptr<const TextPool> pool_;
};

}  // namespace cairn::tpch
