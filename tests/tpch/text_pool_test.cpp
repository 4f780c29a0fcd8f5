#include "tpch/text_pool.h"

#include <gtest/gtest.h>

#include "tests/support/md5.h"

namespace cairn::tpch {
namespace {

TEST(TextPool, EqualsTheReference) {
  const auto pool = TextPool::shared(0);
  const std::string_view text = pool->bytes();
  ASSERT_EQ(text.size(), 314572800u);
  EXPECT_EQ(text.substr(0, 92),
            "furiously special foxes haggle furiously blithely ironic deposits. slyly final theodolites b");
  EXPECT_EQ(text.substr(157286400, 40), "according to the carefully even deposits");
  EXPECT_EQ(text.substr(text.size() - 100),
            " platelets haggle ironic deposits. ruthlessly bold excuses are carefully against the busy, express s");
  EXPECT_EQ(test::md5(text.substr(0, 1 << 20)), "50ffab70e46a003eda9eb4e22452bf54");
  EXPECT_EQ(test::md5(text), "0f85e3af02482a7035e80b448c795a4c");
}

TEST(TextPool, IsTheSameForAnyNumberOfThreads) {
  const TextPool one(1);
  const TextPool many(5);
  EXPECT_TRUE(one.bytes() == many.bytes());
}

TEST(TextPool, IsSharedWhileSomeoneHoldsIt) {
  const auto first = TextPool::shared(0);
  EXPECT_EQ(TextPool::shared(0), first);
}

}  // namespace
}  // namespace cairn::tpch
