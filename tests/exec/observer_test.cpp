// What checkpoint/ will rely on: which breakers are announced, loaded, skipped and put back.

#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

/// A store that keeps every completed breaker and offers those it was told to.
struct Store : ExecutionObserver {
  bool is_durable(const Breaker& breaker) override {
    asked.push_back(breaker.description);
    return durable.count(breaker.fingerprint) != 0;
  }
  std::shared_ptr<const RowSet> load(const Breaker& breaker) override { return durable.at(breaker.fingerprint); }
  void completed(const Breaker& breaker, std::shared_ptr<const RowSet> rows) override {
    EXPECT_EQ(breaker.number, announced.empty() ? first_number : announced.back().number + 1);
    announced.push_back(breaker);
    if (rows != nullptr) durable[breaker.fingerprint] = std::move(rows);
  }
  Wish at_morsel_boundary() override {
    ++boundaries;
    return boundaries >= suspend_at ? Wish::kSuspend : boundaries % 2 == 0 && seal ? Wish::kSeal : Wish::kContinue;
  }
  std::string state(const Breaker& breaker) override { return breaker.description == "Materialize" ? says : ""; }
  void planned(size_t pipelines_skipped, size_t pipelines_total) override {
    skipped = pipelines_skipped;
    total = pipelines_total;
  }

  std::map<Fingerprint, std::shared_ptr<const RowSet>> durable;
  std::vector<std::string> asked;
  std::vector<Breaker> announced;
  uint32_t first_number = 0;
  size_t skipped = 99, total = 0;
  std::atomic<uint64_t> boundaries{0};
  uint64_t suspend_at = UINT64_MAX;
  bool seal = false;
  std::string says;
};

struct Observer : ::testing::Test {
  FakeTable table{"t", 2, {70000, 70000, 70000}, [](uint64_t row, size_t column) {
                    return static_cast<int64_t>(column == 0 ? row % 100 : row);
                  }};
  PlanPtr plan() { return aggregate(materialize(aggregate(scan(table, {0, 1}), {0}, {1})), {}, {0, 1}); }
  int loads() {
    int total = 0;
    for (auto& group : table.groups) total += group->loads.exchange(0);
    return total;
  }
};

TEST_F(Observer, HearsOfEveryBreakerInTheOrderOfExecution) {
  auto store = std::make_shared<Store>();
  Rows rows = run(plan(), {.threads = 2, .observer = store});
  ASSERT_EQ(store->announced.size(), 3u);
  EXPECT_EQ(store->announced[0].description, "Aggregate by #0: count(*), sum(#1)");
  EXPECT_EQ(store->announced[1].description, "Materialize");
  EXPECT_EQ(store->announced[2].description, "Aggregate: count(*), sum(#0), sum(#1)");
  EXPECT_EQ(store->announced[0].types.size(), 3u);
  EXPECT_EQ(store->skipped, 0u);
  EXPECT_EQ(store->total, 4u);
  EXPECT_EQ(rows, Rows{"100|4950|210000"});
}

TEST_F(Observer, WhatIsDurableIsNotRunAgainNorWhatOnlyItNeeded) {
  auto store = std::make_shared<Store>();
  Rows rows = run(plan(), {.observer = store});
  loads();
  auto second = std::make_shared<Store>();
  second->durable[store->announced[1].fingerprint] = store->durable[store->announced[1].fingerprint];
  second->first_number = 2;
  auto execution = start(plan(), {.threads = 2, .observer = second});
  EXPECT_EQ(drain(*execution), rows);
  EXPECT_EQ(loads(), 0);
  EXPECT_EQ(second->skipped, 2u);
  EXPECT_EQ(second->total, 4u);
  EXPECT_EQ(second->announced.size(), 1u);
  EXPECT_EQ(execution->profile().pipelines_skipped, 2u);
  EXPECT_EQ(execution->profile().pipelines_done, 4u);
  EXPECT_EQ(execution->profile().operators[0]->checkpoint, "computed");
  EXPECT_EQ(execution->profile().operators[1]->checkpoint, "durable (loaded)");
  EXPECT_EQ(execution->profile().operators[2]->checkpoint, "not needed");
}

TEST_F(Observer, SaysWhatAnalyzeShowsOfABreaker) {
  auto store = std::make_shared<Store>();
  store->says = "durable, 1.2 MB";
  auto execution = start(plan(), {.observer = store});
  drain(*execution);
  EXPECT_EQ(execution->profile().operators[0]->checkpoint, "computed");
  EXPECT_EQ(execution->profile().operators[1]->checkpoint, "durable, 1.2 MB");
}

TEST_F(Observer, AsksFromTheAnswerBack) {
  auto store = std::make_shared<Store>();
  run(plan(), {.observer = store});
  store->asked.clear();
  store->announced.clear();
  run(plan(), {.observer = store});
  EXPECT_EQ(store->asked, std::vector<std::string>{"Aggregate: count(*), sum(#0), sum(#1)"});
  EXPECT_EQ(store->skipped, 3u);
  EXPECT_TRUE(store->announced.empty());
}

TEST_F(Observer, ABreakerThatCannotBeLoadedIsComputedAsIfItHadNeverBeen) {
  auto store = std::make_shared<Store>();
  Rows rows = run(plan(), {.observer = store});
  loads();
  auto broken = std::make_shared<Store>();
  broken->durable[store->announced[2].fingerprint] = nullptr;
  broken->durable[store->announced[1].fingerprint] = nullptr;
  broken->durable[store->announced[0].fingerprint] = store->durable[store->announced[0].fingerprint];
  broken->first_number = 1;
  EXPECT_EQ(run(plan(), {.observer = broken}), rows);
  EXPECT_EQ(loads(), 0);
  EXPECT_EQ(broken->skipped, 1u);
  EXPECT_EQ(broken->announced.size(), 2u);
}

TEST_F(Observer, ASharedBreakerIsSkippedOnlyWhereNobodyNeedsIt) {
  auto make = [&] {
    PlanPtr shared = materialize(scan(table, {0, 1}));
    return union_all({aggregate(shared, {0}, {1}), aggregate(filter(shared, less(column(0), number(1000))), {0}, {1})});
  };
  auto store = std::make_shared<Store>();
  Rows rows = run(make(), {.observer = store});
  loads();
  ASSERT_EQ(store->announced.size(), 3u);
  // One reader is durable: the shared rows are still needed by the other.
  struct Half : Store {
    void completed(const Breaker& breaker, std::shared_ptr<const RowSet>) override { announced.push_back(breaker); }
  };
  auto half = std::make_shared<Half>();
  half->durable[store->announced[1].fingerprint] = store->durable[store->announced[1].fingerprint];
  EXPECT_EQ(run(make(), {.observer = half}), rows);
  EXPECT_EQ(half->skipped, 1u);
  EXPECT_EQ(half->announced.size(), 2u);
  EXPECT_EQ(loads(), 3);
  // Both are: nobody needs it.
  half->durable[store->announced[2].fingerprint] = store->durable[store->announced[2].fingerprint];
  EXPECT_EQ(run(make(), {.observer = half}), rows);
  EXPECT_EQ(half->skipped, 3u);
  EXPECT_EQ(loads(), 0);
}

TEST_F(Observer, SealingAtAnyMorselChangesNothing) {
  Rows expected = run(plan());
  for (unsigned threads : {1u, 2u, 8u}) {
    auto store = std::make_shared<Store>();
    store->seal = true;
    EXPECT_EQ(run(plan(), {.threads = threads, .observer = store}), expected);
    EXPECT_GT(store->boundaries, 8u);
  }
  Rows all = run(materialize(scan(table, {1})));
  auto store = std::make_shared<Store>();
  store->seal = true;
  EXPECT_EQ(run(materialize(scan(table, {1})), {.threads = 4, .observer = store}), all);
}

TEST_F(Observer, SuspendingEndsTheQueryAtAMorsel) {
  auto store = std::make_shared<Store>();
  store->suspend_at = 3;
  try {
    run(plan(), {.threads = 2, .observer = store});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kQueryCanceled);
    EXPECT_NE(error.message.find("suspended"), std::string::npos);
  }
  EXPECT_TRUE(store->announced.empty());
}

}  // namespace
}  // namespace cairn::testing
