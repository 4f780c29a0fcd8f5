#pragma once

#include <cstdint>

#include "tpch/chunk.h"
#include "tpch/scale.h"
#include "tpch/text_pool.h"

/// The tables' content (chapter 4.2.3 of the TPC-H specification), one function per table. Each resets its chunk and
/// fills it with a range of row units that must lie within the table.
namespace cairn::tpch {

void fill_region(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows);
void fill_nation(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows);
void fill_supplier(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows);
void fill_customer(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows);
void fill_part(const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows);
void fill_partsupp(const Scale& scale, const TextPool& pool, uint64_t first_unit, uint64_t unit_count, Chunk& rows);

/// Either chunk may be null, not both.
void fill_orders_and_lineitem(const Scale& scale, const TextPool& pool, uint64_t first_order, uint64_t order_count,
                              Chunk* orders, Chunk* lineitem);

/// The lineitem rows of a range of orders.
uint64_t count_lines(uint64_t first_order, uint64_t order_count);

}  // namespace cairn::tpch
