#include "exec/aggregates/exact_sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <random>

#include "exec/aggregates/exact_moments.h"
#include "vector/error.h"
#include "vector/kernels/simd_target.h"

namespace cairn {
namespace {

/// The correctly rounded sum, by Shewchuk's expansions: numbers that do not overlap and add up to the sum.
double reference_sum(const std::vector<double>& numbers) {
  std::vector<double> parts;
  for (double x : numbers) {
    size_t kept = 0;
    for (double y : parts) {
      if (std::fabs(x) < std::fabs(y)) std::swap(x, y);
      const double high = x + y, low = y - (high - x);
      if (low != 0) parts[kept++] = low;
      x = high;
    }
    parts.resize(kept);
    parts.push_back(x);
  }
  if (parts.empty()) return 0;
  size_t n = parts.size() - 1;
  double high = parts[n], low = 0;
  while (n > 0) {
    const double x = high, y = parts[--n];
    high = x + y;
    low = y - (high - x);
    if (low != 0) break;
  }
  if (n > 0 && ((low < 0 && parts[n - 1] < 0) || (low > 0 && parts[n - 1] > 0))) {
    const double twice = low * 2, up = high + twice;
    if (twice == up - high) high = up;
  }
  return high;
}

Vector view(const double* data, size_t rows) {
  Vector vector;
  vector.type = Type::double_();
  vector.size = rows;
  vector.data = data;
  return vector;
}

/// Numbers of several kinds, by `kind`: short decimals, all magnitudes, cancellation, integers, tiny and subnormal ones.
std::vector<double> make_numbers(int kind, size_t count, std::mt19937_64& random) {
  std::vector<double> numbers(count);
  std::uniform_real_distribution<double> unit(-1, 1);
  std::normal_distribution<double> normal;
  for (size_t i = 0; i < count; ++i) {
    switch (kind) {
      case 0: numbers[i] = static_cast<double>(static_cast<int64_t>(random() % 2000001) - 1000000) / 100; break;
      case 1: numbers[i] = std::ldexp(unit(random), static_cast<int>(random() % 1800) - 900); break;
      case 2: numbers[i] = i % 2 == 1 ? -numbers[i - 1] * (random() % 4 == 0 ? 1 : 1 + 1e-15) : std::ldexp(unit(random), 60); break;
      case 3: numbers[i] = static_cast<double>(static_cast<int64_t>(random()) >> (random() % 64)); break;
      case 4: numbers[i] = std::ldexp(unit(random), -1040 - static_cast<int>(random() % 40)); break;
      case 5: numbers[i] = normal(random); break;
      default: numbers[i] = random() % 1000 == 0 ? 1e300 * unit(random) : unit(random); break;
    }
  }
  return numbers;
}

/// Adds the rows [begin, end) of `order` to a group.
void add_rows(ExactMoments<2>& moments, uint32_t group, const std::vector<double>& y, const std::vector<double>& x,
              const std::vector<size_t>& order, size_t begin, size_t end) {
  std::vector<double> first, second;
  for (size_t i = begin; i < end; ++i) {
    first.push_back(y[order[i]]);
    second.push_back(x[order[i]]);
  }
  const std::vector<uint32_t> ids(first.size(), group);
  moments.add({ids.data(), 4, ids.size(), group + 1}, {view(first.data(), first.size()), view(second.data(), second.size())});
}

std::string_view any_target(std::mt19937_64& random) {
  const std::vector<std::string_view> targets = simd_targets();
  return targets[random() % targets.size()];
}

uint64_t seed() { return std::getenv("CAIRN_SEED") == nullptr ? 20 : std::strtoull(std::getenv("CAIRN_SEED"), nullptr, 10); }

/// The sum by batches of `capacity`, over `parts` states that are merged in a random order.
double sum_in_pieces(const std::vector<double>& numbers, size_t capacity, size_t parts, std::mt19937_64& random) {
  std::vector<ExactSums> states(parts);
  for (ExactSums& state : states) state.resize(1);
  for (size_t begin = 0; begin < numbers.size(); begin += capacity) {
    const size_t rows = std::min(capacity, numbers.size() - begin);
    ExactSums& state = states[random() % parts];
    const std::vector<uint16_t> ids(rows, 0);
    if (random() % 2 == 0) {
      state.add({ids.data(), 2, rows, 1}, view(numbers.data() + begin, rows));
    } else {
      state.add_single(view(numbers.data() + begin, rows), nullptr);
    }
  }
  std::shuffle(states.begin(), states.end(), random);
  const uint32_t zero = 0;
  for (size_t i = 1; i < parts; ++i) states[0].merge(states[i], random() % 2 == 0 ? nullptr : &zero, &zero, 1);
  return states[0].rounded<double>(0);
}

TEST(ExactSums, AreRoundedOnceInAnyOrderAndAnyPieces) {
  std::mt19937_64 random(seed());
  for (const std::string_view target : simd_targets()) {
    force_simd_target(target);
    for (int kind = 0; kind < 7; ++kind) {
      std::vector<double> numbers = make_numbers(kind, 3000 + random() % 3000, random);
      const double expected = reference_sum(numbers);
      for (const size_t capacity : {size_t{1}, size_t{7}, size_t{600}, size_t{100000}}) {
        for (const size_t parts : {1u, 2u, 8u}) {
          std::shuffle(numbers.begin(), numbers.end(), random);
          EXPECT_EQ(sum_in_pieces(numbers, capacity, parts, random), expected)
              << target << " kind " << kind << " capacity " << capacity << " parts " << parts << " seed " << seed();
        }
      }
    }
  }
  force_simd_target("");
}

TEST(ExactSums, GroupsNullsAndSpecialValues) {
  std::mt19937_64 random(seed());
  const std::vector<double> numbers = make_numbers(5, 5000, random);
  std::vector<std::vector<double>> expected(100);
  std::vector<uint8_t> ids(numbers.size());
  std::vector<uint64_t> validity(numbers.size() / 64 + 1, 0);
  for (size_t i = 0; i < numbers.size(); ++i) {
    ids[i] = static_cast<uint8_t>(random() % 100);
    if (random() % 5 == 0) continue;
    validity[i / 64] |= uint64_t{1} << (i % 64);
    expected[ids[i]].push_back(numbers[i]);
  }
  ExactSums sums;
  sums.resize(100);
  Vector vector = view(numbers.data(), numbers.size());
  vector.validity = validity.data();
  sums.add({ids.data(), 1, ids.size(), 100}, vector);
  for (size_t group = 0; group < 100; ++group) EXPECT_EQ(sums.rounded<double>(group), reference_sum(expected[group]));

  const double special[] = {HUGE_VAL, 1, -HUGE_VAL, 2, NAN, 1e308, 1e308};
  const uint8_t where[] = {0, 0, 1, 2, 2, 3, 3};
  sums.add({where, 1, 7, 100}, view(special, 7));
  EXPECT_EQ(sums.rounded<double>(0), HUGE_VAL);
  EXPECT_EQ(sums.rounded<double>(1), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(sums.rounded<double>(2)));
  EXPECT_THROW(sums.rounded<double>(3), Error);
  const double back[] = {-1e308, -HUGE_VAL};
  const uint8_t back_where[] = {3, 0};
  sums.add({back_where, 1, 2, 100}, view(back, 2));
  EXPECT_NEAR(sums.rounded<double>(3), 1e308, 1e295);  // what lies between did not overflow
  EXPECT_TRUE(std::isnan(sums.rounded<double>(0)));
}

/// Some rows of each block of 64 are no part of the blocks' common window, or are nothing that can be added.
TEST(ExactSums, MisfitsInEveryBlock) {
  std::mt19937_64 random(seed());
  constexpr size_t kGroups = 40;
  constexpr uint32_t kTrash = 7;
  const double odd[] = {1e300, -1e-300, 0x1p-1074, HUGE_VAL, -HUGE_VAL, NAN};
  for (const std::string_view target : simd_targets()) {
    force_simd_target(target);
    std::vector<double> numbers = make_numbers(0, 6000, random);
    std::vector<uint16_t> ids(numbers.size());
    std::vector<uint64_t> validity(numbers.size() / 64 + 1, ~uint64_t{0});
    std::vector<std::vector<double>> finite(kGroups);
    std::vector<double> special(kGroups, 0);
    for (size_t i = 0; i < numbers.size(); ++i) {
      ids[i] = static_cast<uint16_t>(random() % kGroups);
      if (random() % 20 == 0) numbers[i] = odd[random() % (ids[i] % 2 == 0 ? 3 : 6)];
      if (random() % 10 == 0) {
        validity[i / 64] &= ~(uint64_t{1} << (i % 64));
      } else if (std::isfinite(numbers[i])) {
        finite[ids[i]].push_back(numbers[i]);
      } else {
        special[ids[i]] += numbers[i];
      }
    }
    ExactSums sums;
    ExactMoments<1> moments;
    sums.resize(kGroups);
    moments.resize(kGroups);
    for (size_t begin = 0, rows = 0; begin < numbers.size(); begin += rows) {
      rows = std::min<size_t>(64 * (1 + random() % 20), numbers.size() - begin);
      Vector vector = view(numbers.data() + begin, rows);
      vector.validity = validity.data() + begin / 64;
      const GroupIds groups{ids.data() + begin, 2, rows, kGroups, kTrash};
      sums.add(groups, vector);
      moments.add(groups, {vector});
    }
    for (uint32_t group = 0; group < kGroups; ++group) {
      if (group == kTrash) continue;
      EXPECT_EQ(moments.is_finite(group, 0), special[group] == 0);
      if (special[group] == 0) {
        EXPECT_EQ(sums.rounded<double>(group), reference_sum(finite[group])) << target << " seed " << seed();
        EXPECT_EQ(moments.sum(group, 0), reference_sum(finite[group])) << target << " seed " << seed();
        EXPECT_EQ(moments.count(group), static_cast<int64_t>(finite[group].size()));
      } else if (std::isnan(special[group])) {
        EXPECT_TRUE(std::isnan(sums.rounded<double>(group)));
      } else {
        EXPECT_EQ(sums.rounded<double>(group), special[group]);
      }
    }
  }
  force_simd_target("");
}

/// Groups are not gone over for every number that does not fit.
TEST(ExactSums, MisfitsCostNoPassOverAllGroupsEach) {
  constexpr uint32_t kGroups = 200000;
  ExactSums sums;
  sums.resize(kGroups);
  // One group's sum leaves no room for a unit of 2^-72; each batch has a number that asks for it.
  std::vector<uint32_t> ids(size_t{1} << 16, 0);
  std::vector<double> numbers(ids.size(), 0x1p7 + 1);
  for (int i = 0; i < 100; ++i) sums.add({ids.data(), 4, ids.size(), kGroups}, view(numbers.data(), numbers.size()));
  numbers[9] = 0x1p-72;
  for (int i = 0; i < 3000; ++i) sums.add({ids.data(), 4, 64, kGroups}, view(numbers.data(), 64));
  EXPECT_EQ(sums.rounded<double>(0), 129.0 * (100 * 65536 + 3000 * 63));
  EXPECT_LE(sums.passes(), 10);

  // Numbers of all magnitudes: no unit is better than another.
  std::mt19937_64 random(seed());
  std::vector<double> all = make_numbers(1, 100000, random);
  for (size_t begin = 0; begin < all.size(); begin += 64) {
    const size_t rows = std::min<size_t>(64, all.size() - begin);
    for (size_t i = 0; i < rows; ++i) ids[i] = static_cast<uint32_t>(random() % kGroups);
    sums.add({ids.data(), 4, rows, kGroups}, view(all.data() + begin, rows));
  }
  EXPECT_LE(sums.passes(), 20);
}

TEST(ExactSums, ManyLargeNumbersCarry) {
  const std::vector<double> numbers(100000, 0x1.fffffffffffffp52);
  ExactSums sums;
  sums.resize(1);
  for (int i = 0; i < 300; ++i) sums.add_single(view(numbers.data(), numbers.size()), nullptr);
  EXPECT_EQ(sums.rounded<double>(0), 0x1.fffffffffffffp52 * 30000000.0);
}

TEST(ExactSums, RealsAreRoundedToReal) {
  const std::vector<double> numbers = {0.1f, 0.2f, 0.3f, 0x1p-149f, 16777216, 1, -16777216};
  ExactSums sums;
  sums.resize(1);
  sums.add_single(view(numbers.data(), numbers.size()), nullptr);
  EXPECT_EQ(sums.rounded<float>(0), static_cast<float>(reference_sum(numbers)));
}

/// n * sum(x * y) - sum(x) * sum(y), over n, in 128 bits.
double reference_deviation(const std::vector<int64_t>& x, const std::vector<int64_t>& y) {
  int128_t sum_x = 0, sum_y = 0, sum_xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sum_x += x[i];
    sum_y += y[i];
    sum_xy += static_cast<int128_t>(x[i]) * y[i];
  }
  const auto count = static_cast<int128_t>(x.size());
  return static_cast<double>(count * sum_xy - sum_x * sum_y) / static_cast<double>(x.size());
}

TEST(ExactMoments, DeviationsAreExactFarFromZeroInAnyOrder) {
  std::mt19937_64 random(seed());
  for (const double unit : {1.0, 0x1p-40, 0x1p300, 0x1p-1000}) {
    std::vector<int64_t> x(2000), y(2000);
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] = 1000000000000 + static_cast<int64_t>(random() % 1000);
      y[i] = -3000000000 + static_cast<int64_t>(random() % 100) + x[i] % 7;
    }
    const double expected = reference_deviation(x, y), squares = reference_deviation(x, x);
    std::vector<double> numbers_x(x.begin(), x.end()), numbers_y;
    for (const int64_t value : y) numbers_y.push_back(static_cast<double>(value) * unit);
    std::vector<size_t> order(x.size());
    std::iota(order.begin(), order.end(), size_t{0});
    for (int round = 0; round < 10; ++round) {
      std::shuffle(order.begin(), order.end(), random);
      ExactMoments<2> parts[3];
      for (auto& part : parts) part.resize(1);
      for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        force_simd_target(any_target(random));
        end = std::min(order.size(), begin + 1 + random() % 300);
        add_rows(parts[random() % 3], 0, numbers_y, numbers_x, order, begin, end);
      }
      const uint32_t zero = 0;
      for (int i = 1; i < 3; ++i) parts[0].merge(parts[i], nullptr, &zero, 1);
      const ScaledDouble xy = parts[0].deviations(0, 0, 1), xx = parts[0].deviations(0, 1, 1);
      EXPECT_DOUBLE_EQ(std::ldexp(xy.mantissa / 2000, xy.exponent) / unit, expected) << unit << " seed " << seed();
      EXPECT_DOUBLE_EQ(std::ldexp(xx.mantissa / 2000, xx.exponent), squares) << unit << " seed " << seed();
    }
  }
  force_simd_target("");
}

TEST(ExactMoments, NumbersOfAllMagnitudesHaveOneResult) {
  std::mt19937_64 random(seed());
  for (int kind = 0; kind < 7; ++kind) {
    const std::vector<double> x = make_numbers(kind, 700, random), y = make_numbers((kind + 3) % 7, 700, random);
    std::vector<size_t> order(x.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<std::vector<double>> seen;
    for (int round = 0; round < 6; ++round) {
      ExactMoments<2> parts[4];
      for (auto& part : parts) part.resize(2);
      for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        force_simd_target(any_target(random));
        end = std::min(order.size(), begin + 1 + random() % 200);
        add_rows(parts[random() % (round + 1) % 4], 1, y, x, order, begin, end);
      }
      const uint32_t one = 1;
      for (int i = 1; i < 4; ++i) parts[0].merge(parts[i], &one, &one, 1);
      std::vector<double> results = {parts[0].sum(1, 0), parts[0].sum(1, 1)};
      for (const auto& [a, b] : {std::pair{0, 0}, {0, 1}, {1, 1}}) {
        const ScaledDouble deviation = parts[0].deviations(1, a, b);
        results.push_back(deviation.mantissa);
        results.push_back(deviation.exponent);
      }
      EXPECT_EQ(results[0], reference_sum(y));
      EXPECT_EQ(results[1], reference_sum(x));
      seen.push_back(results);
      EXPECT_EQ(results, seen[0]) << "kind " << kind << " seed " << seed();
      std::shuffle(order.begin(), order.end(), random);
    }
  }
  force_simd_target("");
}

}  // namespace
}  // namespace cairn
