#include "vector/memory_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <random>

namespace cairn {
namespace {

TEST(MemoryPoolTest, BlocksAreAlignedWritableAndDoNotOverlap) {
  std::mt19937_64 random(1);
  std::map<std::byte*, size_t> live;
  for (int round = 0; round < 2000; ++round) {
    if (live.size() > 20 || (!live.empty() && random() % 3 == 0)) {
      auto at = std::next(live.begin(), static_cast<ptrdiff_t>(random() % live.size()));
      EXPECT_EQ(at->first[0], at->first[at->second - 1]);
      free_block(at->first, at->second);
      live.erase(at);
      continue;
    }
    const size_t bytes = 1 + random() % (size_t{1} << (8 + random() % 16));
    auto* block = static_cast<std::byte*>(allocate_block(bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
    block[0] = block[bytes - 1] = static_cast<std::byte>(round);
    const auto next = live.lower_bound(block);
    EXPECT_TRUE(next == live.end() || block + bytes <= next->first);
    EXPECT_TRUE(next == live.begin() || std::prev(next)->first + std::prev(next)->second <= block);
    live[block] = bytes;
  }
  for (const auto& [block, bytes] : live) free_block(block, bytes);
  trim_blocks();
}

TEST(MemoryPoolTest, ContainersGrowInIt) {
  LargeVector<uint64_t> values;
  for (uint64_t i = 0; i < 1000000; ++i) values.push_back(i);
  for (uint64_t i = 0; i < values.size(); i += 997) ASSERT_EQ(values[i], i);
  LargeVector<uint64_t> other = std::move(values);
  EXPECT_EQ(other.size(), 1000000u);
}

}  // namespace
}  // namespace cairn
