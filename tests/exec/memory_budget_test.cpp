#include "exec/crew/memory_budget.h"

#include <gtest/gtest.h>

#include <optional>

#include "vector/error.h"

namespace cairn {
namespace {

std::string failure(MemoryBudget& budget, size_t bytes) {
  try {
    budget.change(0, bytes);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kOutOfMemory);
    return error.message;
  }
}

TEST(MemoryBudgetTest, QueriesAreShortOfMemoryTogether) {
  MemoryAccount account;
  MemoryBudget one(1000, account), unlimited(0, account);
  one.change(0, 400);
  EXPECT_FALSE(one.is_short());
  EXPECT_TRUE(one.is_short(101));
  std::optional<MemoryBudget> other(std::in_place, 1000, account);
  other->change(0, 101);
  EXPECT_TRUE(one.is_short());
  EXPECT_TRUE(other->is_short());
  EXPECT_FALSE(unlimited.is_short());
  EXPECT_EQ(one.left_bytes(), 499u);
  EXPECT_EQ(one.used_bytes(), 400u);
  other.reset();
  EXPECT_FALSE(one.is_short()) << "what an ended query held is free";
  EXPECT_EQ(account.row_bytes(), 400u);
}

TEST(MemoryBudgetTest, AQueryFailsAboveItsOwnShareOrWhereAllAreAboveTheLimit) {
  MemoryAccount account;
  account.set_limit(2500);
  MemoryBudget one(1000, account), other(1000, account), third(1000, account);
  EXPECT_EQ(failure(one, 1000), "");
  EXPECT_NE(failure(one, 1).find("the query needs more"), std::string::npos);
  one.change(1, 0);
  EXPECT_EQ(failure(other, 900), "") << "another query's rows are no reason to fail";
  EXPECT_EQ(failure(third, 600), "");
  EXPECT_NE(failure(third, 1).find("the queries need more than memory_limit"), std::string::npos);
  EXPECT_EQ(third.used_bytes(), 601u) << "charged nevertheless: who holds them gives them back";
}

TEST(MemoryBudgetTest, WhereNothingElseIsToBeHadAQueryIsShortEarlier) {
  constexpr size_t kLimit = size_t{1} << 40;
  MemoryAccount account;
  account.set_limit(kLimit);
  MemoryBudget budget(1000, account);
  budget.change(0, 300);
  account.add_blocks(2 * kLimit);
  EXPECT_TRUE(budget.is_short());
  budget.change(300, 100);
  EXPECT_FALSE(budget.is_short()) << "that little is not worth it";
}

}  // namespace
}  // namespace cairn
