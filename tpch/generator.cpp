#include "tpch/generator.h"

#include <string>

#include "tpch/fill.h"
#include "vector/error.h"

namespace cairn::tpch {
namespace {

void check_range(const Scale& scale, Table table, uint64_t first_unit, uint64_t unit_count) {
  const uint64_t end = scale.unit_count(table);
  if (first_unit > end || unit_count > end - first_unit)
    throw Error(sqlstate::kInvalidParameterValue, "expected a range within the " + std::to_string(end) +
                                                      " row units of " + std::string(table_name(table)) + ", got " +
                                                      std::to_string(unit_count) + " from " +
                                                      std::to_string(first_unit));
  if (unit_count > Generator::kMaxUnitsPerChunk)
    throw Error(sqlstate::kProgramLimit, "expected at most " + std::to_string(Generator::kMaxUnitsPerChunk) +
                                             " row units per chunk, got " + std::to_string(unit_count));
}

}  // namespace

Generator::Generator(double scale_factor, unsigned pool_thread_count)
    : scale_(scale_factor), pool_(TextPool::shared(pool_thread_count)) {}

uint64_t Generator::row_count(Table table, uint64_t first_unit, uint64_t unit_count) const {
  if (table == Table::kPartsupp) return unit_count * kSuppliersPerPart;
  if (table == Table::kLineitem) return count_lines(first_unit, unit_count);
  return unit_count;
}

void Generator::generate(Table table, uint64_t first_unit, uint64_t unit_count, Chunk& rows) const {
  check_range(scale_, table, first_unit, unit_count);
  switch (table) {
    case Table::kRegion:
      return fill_region(*pool_, first_unit, unit_count, rows);
    case Table::kNation:
      return fill_nation(*pool_, first_unit, unit_count, rows);
    case Table::kSupplier:
      return fill_supplier(*pool_, first_unit, unit_count, rows);
    case Table::kCustomer:
      return fill_customer(*pool_, first_unit, unit_count, rows);
    case Table::kPart:
      return fill_part(*pool_, first_unit, unit_count, rows);
    case Table::kPartsupp:
      return fill_partsupp(scale_, *pool_, first_unit, unit_count, rows);
    case Table::kOrders:
      return fill_orders_and_lineitem(scale_, *pool_, first_unit, unit_count, &rows, nullptr);
    case Table::kLineitem:
      return fill_orders_and_lineitem(scale_, *pool_, first_unit, unit_count, nullptr, &rows);
  }
}

void Generator::generate_orders_and_lineitem(uint64_t first_order, uint64_t order_count, Chunk& orders,
                                             Chunk& lineitem) const {
  check_range(scale_, Table::kOrders, first_order, order_count);
  fill_orders_and_lineitem(scale_, *pool_, first_order, order_count, &orders, &lineitem);
}

}  // namespace cairn::tpch
