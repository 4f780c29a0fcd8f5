#include "tpch/table.h"

#include <cassert>

namespace cairn::tpch {
namespace {

using enum ColumnKind;
using enum Storage;

constexpr std::string_view kTableNames[] = {"region", "nation",   "supplier", "customer",
                                            "part",   "partsupp", "orders",   "lineitem"};

constexpr std::string_view kManufacturers[] = {"Manufacturer#1", "Manufacturer#2", "Manufacturer#3", "Manufacturer#4",
                                               "Manufacturer#5"};
constexpr std::string_view kBrands[] = {
    "Brand#11", "Brand#12", "Brand#13", "Brand#14", "Brand#15", "Brand#21", "Brand#22", "Brand#23", "Brand#24",
    "Brand#25", "Brand#31", "Brand#32", "Brand#33", "Brand#34", "Brand#35", "Brand#41", "Brand#42", "Brand#43",
    "Brand#44", "Brand#45", "Brand#51", "Brand#52", "Brand#53", "Brand#54", "Brand#55"};
constexpr std::string_view kOrderStatuses[] = {"F", "O", "P"};
constexpr std::string_view kLineStatuses[] = {"F", "O"};
constexpr std::string_view kReturnFlags[] = {"R", "A", "N"};

const ColumnInfo kRegionColumns[] = {
    {"r_regionkey", kInteger, kInt32}, {"r_name", kVarchar, kCode, kRegions}, {"r_comment", kVarchar, kSlice}};

const ColumnInfo kNationColumns[] = {{"n_nationkey", kInteger, kInt32},
                                     {"n_name", kVarchar, kCode, kNations},
                                     {"n_regionkey", kInteger, kInt32},
                                     {"n_comment", kVarchar, kSlice}};

const ColumnInfo kSupplierColumns[] = {{"s_suppkey", kBigint, kInt64},  {"s_name", kVarchar, kBytes},
                                       {"s_address", kVarchar, kBytes}, {"s_nationkey", kInteger, kInt32},
                                       {"s_phone", kVarchar, kBytes},   {"s_acctbal", kDecimal, kInt64},
                                       {"s_comment", kVarchar, kSlice}};

const ColumnInfo kCustomerColumns[] = {{"c_custkey", kBigint, kInt64},
                                       {"c_name", kVarchar, kBytes},
                                       {"c_address", kVarchar, kBytes},
                                       {"c_nationkey", kInteger, kInt32},
                                       {"c_phone", kVarchar, kBytes},
                                       {"c_acctbal", kDecimal, kInt64},
                                       {"c_mktsegment", kVarchar, kCode, kMarketSegments},
                                       {"c_comment", kVarchar, kSlice}};

const ColumnInfo kPartColumns[] = {{"p_partkey", kBigint, kInt64},
                                   {"p_name", kVarchar, kBytes},
                                   {"p_mfgr", kVarchar, kCode, kManufacturers},
                                   {"p_brand", kVarchar, kCode, kBrands},
                                   {"p_type", kVarchar, kCode, kPartTypes},
                                   {"p_size", kInteger, kInt32},
                                   {"p_container", kVarchar, kCode, kContainers},
                                   {"p_retailprice", kDecimal, kInt64},
                                   {"p_comment", kVarchar, kSlice}};

const ColumnInfo kPartsuppColumns[] = {{"ps_partkey", kBigint, kInt64},
                                       {"ps_suppkey", kBigint, kInt64},
                                       {"ps_availqty", kBigint, kInt64},
                                       {"ps_supplycost", kDecimal, kInt64},
                                       {"ps_comment", kVarchar, kSlice}};

const ColumnInfo kOrdersColumns[] = {{"o_orderkey", kBigint, kInt64},
                                     {"o_custkey", kBigint, kInt64},
                                     {"o_orderstatus", kVarchar, kCode, kOrderStatuses},
                                     {"o_totalprice", kDecimal, kInt64},
                                     {"o_orderdate", kDate, kInt32},
                                     {"o_orderpriority", kVarchar, kCode, kOrderPriorities},
                                     {"o_clerk", kVarchar, kBytes},
                                     {"o_shippriority", kInteger, kInt32},
                                     {"o_comment", kVarchar, kSlice}};

const ColumnInfo kLineitemColumns[] = {{"l_orderkey", kBigint, kInt64},
                                       {"l_partkey", kBigint, kInt64},
                                       {"l_suppkey", kBigint, kInt64},
                                       {"l_linenumber", kBigint, kInt64},
                                       {"l_quantity", kDecimal, kInt64, {}, true},
                                       {"l_extendedprice", kDecimal, kInt64},
                                       {"l_discount", kDecimal, kInt64},
                                       {"l_tax", kDecimal, kInt64},
                                       {"l_returnflag", kVarchar, kCode, kReturnFlags},
                                       {"l_linestatus", kVarchar, kCode, kLineStatuses},
                                       {"l_shipdate", kDate, kInt32},
                                       {"l_commitdate", kDate, kInt32},
                                       {"l_receiptdate", kDate, kInt32},
                                       {"l_shipinstruct", kVarchar, kCode, kShipInstructions},
                                       {"l_shipmode", kVarchar, kCode, kShipModes},
                                       {"l_comment", kVarchar, kSlice}};

}  // namespace

std::string_view table_name(Table table) { return kTableNames[static_cast<size_t>(table)]; }

std::optional<Table> find_table(std::string_view name) {
  for (Table table : kTables)
    if (table_name(table) == name) return table;
  return std::nullopt;
}

std::span<const ColumnInfo> table_columns(Table table) {
  switch (table) {
    case Table::kRegion:
      return kRegionColumns;
    case Table::kNation:
      return kNationColumns;
    case Table::kSupplier:
      return kSupplierColumns;
    case Table::kCustomer:
      return kCustomerColumns;
    case Table::kPart:
      return kPartColumns;
    case Table::kPartsupp:
      return kPartsuppColumns;
    case Table::kOrders:
      return kOrdersColumns;
    case Table::kLineitem:
      return kLineitemColumns;
  }
  assert(false);
  return {};
}

}  // namespace cairn::tpch
