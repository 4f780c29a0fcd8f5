#include "vector/memory_account.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace cairn {
namespace {

/// More than this process has: what it holds besides is not seen.
constexpr size_t kLimit = size_t{1} << 40, kMost = kLimit - kLimit / 32;

struct Holder final : MemoryHolder {
  explicit Holder(size_t bytes) : held(bytes) {}
  size_t let_go(size_t bytes) noexcept override {
    asked.push_back(bytes);
    const size_t freed = std::min(held, bytes);
    held -= freed;
    return freed;
  }
  size_t held;
  std::vector<size_t> asked;
};

TEST(MemoryAccountTest, HoldersAreAskedForWhatIsAboveTheLimitOneAfterAnother) {
  MemoryAccount account;
  Holder second(1000), third(1000), first(30);
  account.add_holder(second);
  account.add_holder(third);
  account.add_holder(first, true);
  account.set_limit(kLimit);
  account.add_blocks(kMost);
  EXPECT_TRUE(first.asked.empty());
  account.add_blocks(100);
  EXPECT_EQ(first.asked, std::vector<size_t>{100});
  EXPECT_EQ(second.asked, std::vector<size_t>{70});
  EXPECT_TRUE(third.asked.empty());
  EXPECT_FALSE(account.is_tight());
  account.remove_holder(second);
  account.add_blocks(1);
  EXPECT_EQ(second.asked.size(), 1u);
  EXPECT_EQ(third.asked, std::vector<size_t>{101}) << "nobody has said that what was let go of is back";
}

TEST(MemoryAccountTest, IsTightWhereNobodyHasAnythingLeft) {
  MemoryAccount account;
  Holder holder(10);
  account.add_holder(holder);
  account.set_limit(kLimit);
  account.add_blocks(kMost + 10 + kLimit / 16);
  EXPECT_FALSE(account.is_tight()) << "that little is nothing to spill for";
  account.add_blocks(11);
  EXPECT_TRUE(account.is_tight());
  account.remove_blocks(kMost / 2 + kLimit / 16 + 100);
  EXPECT_FALSE(account.is_tight()) << "half of the limit is free again";
  account.add_blocks(kMost / 2);
  EXPECT_FALSE(account.is_tight());
}

TEST(MemoryAccountTest, ALowerLimitIsKeptAtOnce) {
  MemoryAccount account;
  Holder holder(kLimit);
  account.add_holder(holder);
  account.add_blocks(kLimit);
  EXPECT_TRUE(holder.asked.empty()) << "no limit";
  account.set_limit(kLimit / 2);
  EXPECT_EQ(holder.asked, std::vector<size_t>{kLimit - kMost / 2});
}

TEST(MemoryAccountTest, CountsOfAllThreads) {
  MemoryAccount account;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (size_t n = 0; n < 10000; ++n) {
        account.change_rows(0, n);
        account.add_blocks(n);
        account.change_rows(n, 1);
        account.remove_blocks(n);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(account.row_bytes(), 40000u);
  EXPECT_EQ(account.block_bytes(), 0u);
}

}  // namespace
}  // namespace cairn
