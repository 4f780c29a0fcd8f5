#include "tpch/tbl_format.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::tpch {
namespace {

/// A supplier's row with this key and balance.
std::string supplier_row(int64_t key, int64_t balance) {
  Chunk rows;
  rows.reset(Table::kSupplier, 1);
  for (auto column : {supplier::kName, supplier::kAddress, supplier::kPhone}) rows.columns[column].offsets = {0, 0};
  rows.columns[supplier::kSuppkey].int64s[0] = key;
  rows.columns[supplier::kAcctbal].int64s[0] = balance;
  std::string text;
  append_tbl(rows, text);
  return text;
}

TEST(TblFormat, MoneyHasTwoDecimalsAndItsSign) {
  EXPECT_EQ(supplier_row(1, 0), "1|||0||0.00||\n");
  EXPECT_EQ(supplier_row(1, -5), "1|||0||-0.05||\n");
  EXPECT_EQ(supplier_row(1, -1230), "1|||0||-12.30||\n");
  EXPECT_EQ(supplier_row(1, 999999), "1|||0||9999.99||\n");
}

TEST(TblFormat, IntegersHaveAllTheirDigits) {
  EXPECT_EQ(supplier_row(10, 0), "10|||0||0.00||\n");
  EXPECT_EQ(supplier_row(600000000000, 0), "600000000000|||0||0.00||\n");
  EXPECT_EQ(supplier_row(INT64_MIN, 0), "-9223372036854775808|||0||0.00||\n");
}

TEST(TblFormat, RowsAreAppended) {
  Chunk rows;
  std::string text = "before\n";
  append_tbl(rows, text);
  EXPECT_EQ(text, "before\n");
  rows.reset(Table::kRegion, 2);
  rows.columns[region::kRegionkey].int32s = {7, 8};
  rows.columns[region::kName].codes = {2, 0};
  append_tbl(rows, text);
  EXPECT_EQ(text, "before\n7|ASIA||\n8|AFRICA||\n");
}

}  // namespace
}  // namespace cairn::tpch
