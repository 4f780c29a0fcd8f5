// No memory: what cannot be loaded or kept costs time, and no answer.

#include "tests/checkpoint/store_fixture.h"
#include "tests/faults/failing_allocator.h"
#include "vector/memory_pool.h"

namespace cairn::testing {
namespace {

using test::FailingAllocator;

class CheckpointMemoryTest : public CheckpointStoreTest, public ::testing::WithParamInterface<bool> {
 protected:
  /// Calls `use` while the first, the second, … allocation fails, until none does.
  void each_allocation_fails(const std::function<void()>& use, const std::function<void()>& check) {
    for (uint64_t n = 1; n < 5000; ++n) {
      trim_blocks();
      FailingAllocator::arm(n, GetParam());
      use();
      const bool met = FailingAllocator::disarm();
      check();
      if (!met) return;
    }
    FAIL() << "it never got through";
  }
};

TEST_P(CheckpointMemoryTest, ABreakerThatCannotBeLoadedIsComputedAgain) {
  open();
  const auto rows = make_rows(500);
  queries.push_back(begin());
  complete(*queries[0], 1, rows);
  kill();
  queries.push_back(begin());
  const Breaker key = breaker(1);
  std::shared_ptr<const RowSet> loaded;
  bool threw = false;
  each_allocation_fails(
      [&] {
        try {
          loaded = queries[1]->load(key, SIZE_MAX);
        } catch (...) {
          threw = true;
        }
      },
      [&] {
        if (loaded) expect_equal(*loaded, *rows);
        loaded.reset();
      });
  EXPECT_FALSE(threw);
  if (!GetParam()) { EXPECT_FALSE(notices.empty()) << "that a checkpoint is not used"; }
}

TEST_P(CheckpointMemoryTest, ABreakerThatCannotBeKeptCostsNobodyAnything) {
  open();
  const auto rows = make_rows(50);
  const Breaker key = breaker(1);
  const Content content{{1, 77}, {}};
  bool threw = false;
  each_allocation_fails(
      [&] {
        std::shared_ptr<QueryCheckpoint> query;
        {
          const FailingAllocator::Exempt exempt;
          query = begin();
        }
        try {
          query->completed(key, content, rows);
        } catch (...) {
          threw = true;
        }
        store->drain();
        query->finish(true);
        store->drain();
      },
      [&] {
        store->drain();
        kill();
        EXPECT_LE(store->interrupted().size(), 1u) << "it was delivered; where there was no memory for its end it may be left";
        store->close();
        store.reset();
        storage = std::make_shared<SimulatedStorage>(7);
        database = std::make_shared<PinnedDatabase>(storage);
        open();
      });
  EXPECT_FALSE(threw);
}

INSTANTIATE_TEST_SUITE_P(OnceAndForGood, CheckpointMemoryTest, ::testing::Bool());

}  // namespace
}  // namespace cairn::testing
