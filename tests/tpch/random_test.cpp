#include "tpch/random.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tpch/streams.h"

namespace cairn::tpch {
namespace {

uint64_t test_seed() {
  const char* text = std::getenv("CAIRN_SEED");
  const uint64_t seed = text ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// Park and Miller's own check of an implementation.
TEST(Random, TenThousandthStateFromOneIsParkAndMillers) {
  Draws draws(1);
  EXPECT_EQ(draws.next(), 16807u);
  EXPECT_EQ(draws.next(), 282475249u);
  for (int i = 2; i < 9999; ++i) draws.next();
  EXPECT_EQ(draws.next(), 1043618065u);
}

TEST(Random, MulModEqualsDivision) {
  std::mt19937_64 random(test_seed());
  for (uint64_t a : {uint64_t{1}, uint64_t{2}, uint64_t{kModulus - 2}, uint64_t{kModulus - 1}})
    for (uint64_t b : {uint64_t{1}, uint64_t{2}, uint64_t{kModulus - 2}, uint64_t{kModulus - 1}})
      EXPECT_EQ(mul_mod(a, b), a * b % kModulus);
  for (int i = 0; i < 100000; ++i) {
    const uint64_t a = random() % kModulus;
    const uint64_t b = random() % kModulus;
    ASSERT_EQ(mul_mod(a, b), a * b % kModulus) << a << " * " << b;
  }
}

TEST(Random, JumpEqualsSingleSteps) {
  uint32_t state = 1171034773;
  Draws draws(state);
  EXPECT_EQ(jump(state, 0), state);
  for (uint64_t count = 1; count <= 1000; ++count) ASSERT_EQ(jump(state, count), draws.next()) << count;
  EXPECT_EQ(jump(state, kModulus - 1), state);
  EXPECT_EQ(power_mod(kMultiplier, 92), 657821123u);
}

TEST(Random, ExactScaleEqualsDividingInDoublesUpToItsRange) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 200000; ++i) {
    const auto state = static_cast<uint32_t>(1 + random() % (kModulus - 1));
    const uint64_t range = 1 + random() % kExactRange;
    ASSERT_EQ(static_cast<int64_t>(scale_exact(state, range)), scale_rounded(state, range))
        << "state " << state << ", range " << range;
    ASSERT_EQ(scale_exact(state, range), state * range / kModulus) << "state " << state << ", range " << range;
  }
}

TEST(Random, DrawsIncludeBothBounds) {
  EXPECT_EQ(Draws(1).draw(5, 5), 5);
  // The states before the smallest and the greatest one.
  const uint32_t before_one = power_mod(kMultiplier, kModulus - 2);
  EXPECT_EQ(Draws(before_one).draw(-99999, 999999), -99999);
  EXPECT_EQ(Draws(kModulus - before_one).draw(-99999, 999999), 999999);
}

TEST(Random, UnitStreamEqualsStateAt) {
  UnitStream units(streams::kPName, 7);
  for (uint64_t unit = 7; unit < 100; ++unit) {
    Draws draws(streams::kPName.state_at(unit));
    ASSERT_EQ(units.next_unit().next(), draws.next()) << unit;
  }
}

// The traced draws of order 1 at scale factor 1.
TEST(Random, StreamsGiveTheTracedDraws) {
  EXPECT_EQ(Draws(streams::kOOrderdate.state_at(0)).draw(0, 2405), 1462);
  EXPECT_EQ(Draws(streams::kOLineCount.state_at(0)).draw(1, 7), 6);
  EXPECT_EQ(Draws(streams::kOCustkey.state_at(0)).draw(1, 150000), 36900);
  EXPECT_EQ(Draws(streams::kOClerk.state_at(0)).draw(1, 1000), 951);
  Draws part_key(streams::kLPartkey.state_at(0));
  EXPECT_EQ(part_key.draw(1, 200000), 155190);
  EXPECT_EQ(part_key.draw(1, 200000), 67310);
}

}  // namespace
}  // namespace cairn::tpch
