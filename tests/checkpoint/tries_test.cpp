// Who goes on with a query again and again, and dies there: what is left out, and when it is given up. And statements that
// change the database, each of which is one of its own.

#include "tests/checkpoint/store_fixture.h"

namespace cairn::testing {
namespace {

class TriesTest : public CheckpointStoreTest {
 protected:
  /// A process that goes on with the query, finds these breakers, and dies.
  std::vector<uint64_t> try_and_die(const std::vector<uint64_t>& names, uint64_t completes = 0) {
    const auto query = begin();
    std::vector<uint64_t> found;
    for (const uint64_t name : names) {
      if (query->durable(breaker(name))) found.push_back(name);
    }
    if (completes != 0) complete(*query, completes, make_rows(10));
    queries.push_back(query);
    kill();
    return found;
  }
  CheckpointRequest writing(const std::string& text, const std::string& goes_on = "") {
    CheckpointRequest made = request(text);
    made.writes = true;
    made.goes_on = goes_on;
    return made;
  }
  using Names = std::vector<uint64_t>;
};

TEST_F(TriesTest, TheNewestAreLeftOutAndInTheEndAll) {
  open();
  queries.push_back(begin());
  for (uint64_t name = 1; name <= 4; ++name) complete(*queries[0], name, make_rows(10));
  kill();
  EXPECT_EQ(try_and_die({1, 2, 3, 4}), (Names{1, 2, 3, 4}));
  EXPECT_EQ(try_and_die({1, 2, 3, 4}), (Names{1, 2, 3, 4}));
  EXPECT_EQ(try_and_die({1, 2, 3, 4}), (Names{1, 2, 3}));
  EXPECT_FALSE(store->interrupted().at(0).tries.given_up());
  EXPECT_EQ(try_and_die({1, 2, 3, 4}), (Names{1, 2}));
  EXPECT_EQ(store->interrupted().at(0).tries.deaths, 4u);
  EXPECT_TRUE(store->interrupted().at(0).tries.given_up());
  EXPECT_EQ(try_and_die({1, 2, 3, 4}), Names{});
  EXPECT_EQ(store->interrupted().size(), 1u) << "it is listed";
}

TEST_F(TriesTest, ProgressMakesUpForDeaths) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(10));
  kill();
  for (uint64_t name = 2; name < 9; ++name) EXPECT_EQ(try_and_die({name - 1}, name), Names{name - 1});
  EXPECT_LE(store->interrupted().at(0).tries.deaths, 1u);
}

TEST_F(TriesTest, WhoComesBackHasNotDied) {
  open();
  queries.push_back(begin());
  complete(*queries[0], 1, make_rows(10));
  kill();
  for (int i = 0; i < 6; ++i) begin()->finish(false);
  kill();
  EXPECT_EQ(store->interrupted().at(0).tries.deaths, 0u);
}

TEST_F(TriesTest, StatementsOfOneTextAreTwo) {
  open();
  for (int i = 0; i < 2; ++i) {
    queries.push_back(store->begin(writing("INSERT")));
    complete(*queries.back(), 1, make_rows(10));
  }
  kill();
  const auto interrupted = store->interrupted();
  ASSERT_EQ(interrupted.size(), 2u);
  const auto goes_on = store->begin(writing("INSERT", interrupted[0].writes));
  EXPECT_TRUE(goes_on->durable(breaker(1)));
  goes_on->finish(true);
  store->drain();
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].id, interrupted[1].id);
  store->begin(writing("INSERT"))->finish(true);
  store->drain();
  EXPECT_EQ(store->interrupted().size(), 1u) << "another statement of the text ends none of them";
}

TEST_F(TriesTest, AReceiptOfAnyOfItsIdsSaysThatItHasCommitted) {
  open();
  queries.push_back(store->begin(writing("INSERT")));
  complete(*queries.back(), 1, make_rows(10));
  kill();
  const auto first = store->interrupted().at(0);
  EXPECT_FALSE(first.committed);
  queries.push_back(store->begin(writing("INSERT", first.writes)));
  complete(*queries.back(), 2, make_rows(10));
  kill();
  database->receipts[statement_receipt(first.id)] = "INSERT 0 5";
  ASSERT_EQ(store->interrupted().size(), 1u);
  EXPECT_EQ(store->interrupted()[0].committed, "INSERT 0 5");
}

}  // namespace
}  // namespace cairn::testing
