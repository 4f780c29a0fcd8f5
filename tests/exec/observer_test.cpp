// What checkpoint/ will rely on: which breakers are announced, loaded, skipped and put back.

#include <map>
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

/// A store that keeps every completed breaker and offers those it was told to.
struct Store : ExecutionObserver {
  std::optional<Content> durable(const Breaker& breaker) override {
    asked.push_back(breaker.description);
    if (!kept.contains(breaker.fingerprint)) return std::nullopt;
    const auto content = contents.find(breaker.fingerprint);
    return content == contents.end() ? Content{breaker.fingerprint, {}} : content->second;
  }
  std::shared_ptr<const RowSet> load(const Breaker& breaker, size_t) override {
    if (damaged == breaker.description) return nullptr;
    return kept.at(breaker.fingerprint);
  }
  void completed(const Breaker& breaker, const Content& content, std::shared_ptr<const RowSet> rows) override {
    EXPECT_EQ(breaker.number, announced.empty() ? first_number : announced.back().number + 1);
    announced.push_back(breaker);
    contents[breaker.fingerprint] = content;
    if (rows != nullptr) kept[breaker.fingerprint] = std::move(rows);
  }
  Wish at_morsel_boundary(const OpenFragment&) override {
    ++boundaries;
    return boundaries >= suspend_at ? Wish::kSuspend : boundaries % 2 == 0 && seal ? Wish::kSeal : Wish::kContinue;
  }
  std::string state(const Breaker& breaker) override { return breaker.description == "Materialize" ? says : ""; }
  void planned(size_t pipelines_skipped, size_t pipelines_total) override {
    skipped = pipelines_skipped;
    total = pipelines_total;
  }

  std::map<Fingerprint, std::shared_ptr<const RowSet>> kept;
  std::map<Fingerprint, Content> contents;
  std::string damaged;
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
  second->kept[store->announced[1].fingerprint] = store->kept[store->announced[1].fingerprint];
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
  broken->kept[store->announced[2].fingerprint] = nullptr;
  broken->kept[store->announced[1].fingerprint] = nullptr;
  broken->kept[store->announced[0].fingerprint] = store->kept[store->announced[0].fingerprint];
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
    void completed(const Breaker& breaker, const Content&, std::shared_ptr<const RowSet>) override { announced.push_back(breaker); }
  };
  auto half = std::make_shared<Half>();
  half->kept[store->announced[1].fingerprint] = store->kept[store->announced[1].fingerprint];
  EXPECT_EQ(run(make(), {.observer = half}), rows);
  EXPECT_EQ(half->skipped, 1u);
  EXPECT_EQ(half->announced.size(), 2u);
  EXPECT_EQ(loads(), 3);
  // Both are: nobody needs it.
  half->kept[store->announced[2].fingerprint] = store->kept[store->announced[2].fingerprint];
  EXPECT_EQ(run(make(), {.observer = half}), rows);
  EXPECT_EQ(half->skipped, 3u);
  EXPECT_EQ(loads(), 0);
}

/// Two readers of rows that are left to chance, or not.
struct SharedContents : Observer {
  PlanPtr make(bool chance) {
    PlanPtr rows = scan(table, {0, 1});
    PlanPtr shared = materialize(chance ? limit(std::move(rows), 100000) : std::move(rows));
    return union_all({aggregate(aggregate(shared, {0}, {1}), {}, {0}),
                      aggregate(filter(shared, less(column(0), number(50))), {}, {1})});
  }
  /// Breakers of the first run: the shared rows, one reader of two steps, the other.
  enum { kShared, kStep, kOne, kOther };
  std::shared_ptr<Store> first(bool chance) {
    auto store = std::make_shared<Store>();
    expected = run(make(chance), {.observer = store});
    EXPECT_EQ(store->announced.size(), 4u);
    return store;
  }
  /// A store that offers some of another's breakers, and says of each whether it was loaded.
  std::vector<bool> loaded(const Store& from, std::vector<int> offered, bool chance,
                           const std::function<void(Store&)>& change = {}) {
    struct Offering : Store {
      std::shared_ptr<const RowSet> load(const Breaker& breaker, size_t resident_bytes_max) override {
        loads.insert(breaker.fingerprint);
        return Store::load(breaker, resident_bytes_max);
      }
      void completed(const Breaker& breaker, const Content& content, std::shared_ptr<const RowSet>) override {
        contents[breaker.fingerprint] = content;
        computed.insert(breaker.fingerprint);
      }
      std::set<Fingerprint> loads, computed;
    };
    auto store = std::make_shared<Offering>();
    for (const int breaker : offered) {
      const Fingerprint& name = from.announced[breaker].fingerprint;
      store->kept[name] = from.kept.at(name);
      store->contents[name] = from.contents.at(name);
    }
    if (change) change(*store);
    EXPECT_EQ(run(make(chance), {.observer = store}), expected);
    std::vector<bool> out;
    for (const Breaker& breaker : from.announced) {
      const bool came = store->loads.contains(breaker.fingerprint);
      EXPECT_FALSE(came && store->damaged.empty() && store->computed.contains(breaker.fingerprint));
      out.push_back(came);
    }
    return out;
  }
  Rows expected;
};

using Loaded = std::vector<bool>;

TEST_F(SharedContents, AnythingDurableServesWhereNothingIsLeftToChance) {
  const auto store = first(false);
  for (const auto& [fingerprint, content] : store->contents) {
    EXPECT_EQ(content.id, fingerprint);
    EXPECT_TRUE(content.made_of.empty());
  }
  EXPECT_EQ(loaded(*store, {kOne}, false), (Loaded{false, false, true, false}));
  EXPECT_EQ(loaded(*store, {kShared, kOne}, false), (Loaded{true, false, true, false}));
}

TEST_F(SharedContents, WhatWasMadeOfRowsThatAreComputedAnewIsComputedAnew) {
  const auto store = first(true);
  EXPECT_EQ(loaded(*store, {kOne}, true), (Loaded{false, false, false, false}));
  EXPECT_EQ(loaded(*store, {kStep}, true), (Loaded{false, false, false, false}));
  EXPECT_EQ(loaded(*store, {kStep, kOne}, true), (Loaded{false, false, false, false}));
}

TEST_F(SharedContents, WhatWasMadeOfTheVeryRowsThatAreLoadedServes) {
  const auto store = first(true);
  EXPECT_EQ(loaded(*store, {kShared, kOne}, true), (Loaded{true, false, true, false}));
  EXPECT_EQ(loaded(*store, {kShared, kStep}, true), (Loaded{true, true, false, false}));
  const auto other_rows = [&](Store& changed) {
    changed.contents[store->announced[kShared].fingerprint].id = draw_content_id();
  };
  EXPECT_EQ(loaded(*store, {kShared, kOne}, true, other_rows), (Loaded{true, false, false, false}));
}

TEST_F(SharedContents, WhatNobodyElseReadsNeedsNotBeThere) {
  const auto store = first(true);
  EXPECT_EQ(loaded(*store, {kOne, kOther}, true), (Loaded{false, false, true, true}));
  // But two that were made of different rows are no pair: the one nearer to the answer's end stays, and then it, too, goes,
  // because the rows are computed anew.
  const auto of_another_time = [&](Store& changed) {
    auto& made_of = changed.contents[store->announced[kOne].fingerprint].made_of;
    const Fingerprint shared = store->announced[kShared].fingerprint;
    std::erase_if(made_of, [&](const ChanceContent& content) { return content.pipeline == shared; });
    made_of.insert({shared, draw_content_id()});
  };
  EXPECT_EQ(loaded(*store, {kOne, kOther}, true, of_another_time), (Loaded{false, false, false, false}));
}

TEST_F(SharedContents, ADamagedFileTakesWithItWhatWasMadeOfItsRows) {
  const auto store = first(true);
  const auto lost = [&](Store& changed) { changed.damaged = "Materialize"; };
  const Loaded tried = loaded(*store, {kShared, kOne}, true, lost);
  EXPECT_TRUE(tried[kShared]) << "it was tried";
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
