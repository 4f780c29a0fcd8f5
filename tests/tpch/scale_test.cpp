#include "tpch/scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tpch/fill.h"
#include "vector/error.h"

namespace cairn::tpch {
namespace {

TEST(Scale, CountsRowsAsTheStandardDoes) {
  const Scale one(1);
  EXPECT_EQ(one.unit_count(Table::kRegion), 5u);
  EXPECT_EQ(one.unit_count(Table::kNation), 25u);
  EXPECT_EQ(one.unit_count(Table::kSupplier), 10000u);
  EXPECT_EQ(one.unit_count(Table::kCustomer), 150000u);
  EXPECT_EQ(one.unit_count(Table::kPart), 200000u);
  EXPECT_EQ(one.unit_count(Table::kPartsupp), 200000u);
  EXPECT_EQ(one.unit_count(Table::kOrders), 1500000u);
  EXPECT_EQ(one.unit_count(Table::kLineitem), 1500000u);
  EXPECT_EQ(Scale(1000).unit_count(Table::kOrders), 1500000000u);
}

TEST(Scale, IsCutToAnIntegerAboveOne) {
  EXPECT_EQ(Scale(1.5).order_count, 1500000u);
  EXPECT_EQ(Scale(1.5).effective, 1);
  EXPECT_EQ(Scale(10.9).order_count, 15000000u);
  EXPECT_EQ(Scale(10.9).clerk_count, 10000u);
}

TEST(Scale, IsCutToThousandthsBelowOne) {
  EXPECT_EQ(Scale(0.0123).order_count, 18000u);
  EXPECT_EQ(Scale(0.0123).effective, 0.012);
  EXPECT_EQ(Scale(0.0037).part_count, 600u);
  EXPECT_EQ(Scale(0.01).clerk_count, 1000u);
  for (int n = 1; n < 1000; ++n) ASSERT_EQ(Scale(n / 1000.0).order_count, 1500u * static_cast<unsigned>(n)) << n;
}

TEST(Scale, BelowAThousandthEachScaledTableHasOneUnit) {
  const Scale tiny(0.0005);
  EXPECT_EQ(tiny.part_count, 1u);
  EXPECT_EQ(tiny.supplier_count, 1u);
  EXPECT_EQ(tiny.customer_count, 1u);
  EXPECT_EQ(tiny.order_count, 1u);
  EXPECT_EQ(tiny.unit_count(Table::kNation), 25u);
}

TEST(Scale, RefusesWhatIsNoScaleFactor) {
  for (double bad :
       {0.0, -1.0, 100001.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    try {
      Scale scale(bad);
      ADD_FAILURE() << bad << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate, sqlstate::kInvalidParameterValue);
      EXPECT_NE(error.message.find("above 0 and up to 100000"), std::string::npos) << error.message;
    }
  }
}

TEST(Scale, LineitemHasTheKnownRowCounts) {
  EXPECT_EQ(count_lines(0, Scale(0.01).order_count), 60175u);
  EXPECT_EQ(count_lines(0, Scale(0.1).order_count), 600572u);
  EXPECT_EQ(count_lines(0, Scale(1).order_count), 6001215u);
  EXPECT_EQ(count_lines(0, Scale(10).order_count), 59986052u);
}

}  // namespace
}  // namespace cairn::tpch
