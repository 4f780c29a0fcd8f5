#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tpch/distributions.h"

namespace cairn::tpch {

/// The eight base tables, each before the tables that refer to it.
enum class Table : uint8_t { kRegion, kNation, kSupplier, kCustomer, kPart, kPartsupp, kOrders, kLineitem };

inline constexpr Table kTables[] = {Table::kRegion, Table::kNation,   Table::kSupplier, Table::kCustomer,
                                    Table::kPart,   Table::kPartsupp, Table::kOrders,   Table::kLineitem};

/// SQL types of the columns: INTEGER, BIGINT, DECIMAL(15,2), DATE, VARCHAR. All columns are NOT NULL.
enum class ColumnKind : uint8_t { kInteger, kBigint, kDecimal, kDate, kVarchar };

/// Which member of Column holds the values.
enum class Storage : uint8_t {
  kInt32,  ///< Column::int32s; kInteger, and kDate as days since 1970-01-01
  kInt64,  ///< Column::int64s; kBigint, and kDecimal in hundredths
  kCode,   ///< Column::codes; positions in ColumnInfo::values
  kBytes,  ///< Column::offsets and Column::bytes
  kSlice,  ///< Column::slices; views, mostly into the generator's text pool
};

struct ColumnInfo {
  std::string_view name;  ///< with the table's prefix, as in l_orderkey
  ColumnKind kind;
  Storage storage;
  ValueList values = {};       ///< for kCode: all values that can occur, at most 256, distinct, not sorted
  bool whole_in_text = false;  ///< a decimal that .tbl files show as an integer (l_quantity)
};

std::string_view table_name(Table table);

/// Finds a table by its lower-case name.
std::optional<Table> find_table(std::string_view name);

/// The columns in the order of the TPC-H schema (clause 1.4 of its specification).
std::span<const ColumnInfo> table_columns(Table table);

// Positions of the columns in table_columns() and Chunk::columns.
namespace region {
enum Column : uint8_t { kRegionkey, kName, kComment };
}
namespace nation {
enum Column : uint8_t { kNationkey, kName, kRegionkey, kComment };
}
namespace supplier {
enum Column : uint8_t { kSuppkey, kName, kAddress, kNationkey, kPhone, kAcctbal, kComment };
}
namespace customer {
enum Column : uint8_t { kCustkey, kName, kAddress, kNationkey, kPhone, kAcctbal, kMktsegment, kComment };
}
namespace part {
enum Column : uint8_t { kPartkey, kName, kMfgr, kBrand, kType, kSize, kContainer, kRetailprice, kComment };
}
namespace partsupp {
enum Column : uint8_t { kPartkey, kSuppkey, kAvailqty, kSupplycost, kComment };
}
namespace orders {
enum Column : uint8_t {
  kOrderkey,
  kCustkey,
  kOrderstatus,
  kTotalprice,
  kOrderdate,
  kOrderpriority,
  kClerk,
  kShippriority,
  kComment
};
}
namespace lineitem {
enum Column : uint8_t {
  kOrderkey,
  kPartkey,
  kSuppkey,
  kLinenumber,
  kQuantity,
  kExtendedprice,
  kDiscount,
  kTax,
  kReturnflag,
  kLinestatus,
  kShipdate,
  kCommitdate,
  kReceiptdate,
  kShipinstruct,
  kShipmode,
  kComment
};
}

// Codes of the small lists that the generator computes itself.
enum OrderStatus : uint8_t { kStatusF, kStatusO, kStatusP };
enum LineStatus : uint8_t { kLineF, kLineO };
enum ReturnFlag : uint8_t { kReturnR, kReturnA, kReturnN };

}  // namespace cairn::tpch
