// Kernels against plain loops: every target, lengths around the lane counts, misaligned data, all encodings and widths,
// NULLs and selections.
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include "tests/vector/column_maker.h"
#include "vector/error.h"
#include "vector/kernels/aggregate.h"
#include "vector/kernels/arithmetic.h"
#include "vector/kernels/compare.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/like.h"
#include "vector/kernels/mask.h"
#include "vector/kernels/simd_target.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

uint64_t seed() {
  static const uint64_t value = [] {
    const char* text = std::getenv("CAIRN_SEED");
    const uint64_t chosen = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device()();
    std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return value;
}

/// Runs the body for every target; the body draws its randomness from `random`.
template <typename Body>
void on_every_target(Body body) {
  for (const auto target : simd_targets()) {
    ASSERT_TRUE(force_simd_target(target));
    SCOPED_TRACE("target " + std::string(target) + " CAIRN_SEED=" + std::to_string(seed()));
    std::mt19937_64 random(seed());
    body(random);
    if (::testing::Test::HasFatalFailure()) break;
  }
  force_simd_target("");
}

const Type kIntegralTypes[] = {Type::boolean(),         Type::small_int(), Type::integer(), Type::big_int(), Type::huge_int(),
                               Type::decimal(15, 2), Type::date()};

std::vector<std::optional<int128_t>> random_values(const Type& type, size_t rows, std::mt19937_64& random, bool nulls) {
  std::vector<std::optional<int128_t>> values;
  const uint64_t bits = random() % (physical_bytes(type.physical()) * 8);
  for (size_t i = 0; i < rows; ++i) {
    int128_t value = static_cast<int128_t>(((static_cast<uint128_t>(random()) << 64) | random()) >> (127 - bits));
    if (type.id == TypeId::kBoolean) value &= 1;
    if (type.id == TypeId::kDecimal) value %= power_of_ten(15);
    if (type.id != TypeId::kBoolean && random() % 2) value = -value;
    const int width = static_cast<int>(physical_bytes(type.physical())) * 8;
    if (width < 128 && (value >= (int128_t{1} << (width - 1)) || value < -(int128_t{1} << (width - 1)))) value = 0;
    values.push_back(nulls && random() % 4 == 0 ? std::nullopt : std::optional<int128_t>(value));
  }
  return values;
}

/// body(type, values, column) for columns of all kinds and sizes.
template <typename Body>
void for_columns(std::mt19937_64& random, size_t repetitions, Body body) {
  for (size_t run = 0; run < repetitions; ++run) {
    const Type type = kIntegralTypes[random() % std::size(kIntegralTypes)];
    const size_t lengths[] = {random() % 200, 63 + random() % 3, 127 + random() % 3, random() % 1000, 4090 + random() % 10};
    const size_t rows = run < 200 ? run : lengths[random() % 5];
    auto values = random_values(type, rows, random, random() % 2 == 0);
    const Shape shape = static_cast<Shape>(random() % 5);
    if (shape == Shape::kConstant && rows > 0) values.assign(rows, values[0]);
    const auto column = make_integral(type, values, rows == 0 ? Shape::kFlat : shape, random() % 2, random, random() % 3);
    body(type, values, *column);
    if (::testing::Test::HasFatalFailure()) {
      ADD_FAILURE() << "run " << run << " type " << type.to_string() << " shape " << static_cast<int>(shape) << " rows " << rows;
      return;
    }
  }
}

std::vector<uint64_t> random_mask(size_t rows, std::mt19937_64& random) {
  std::vector<uint64_t> mask(mask_words(rows) + 1);
  const int kind = static_cast<int>(random() % 4);
  for (size_t i = 0; i < rows; ++i) {
    const bool set = kind == 0 || (kind == 1 ? random() % 2 : kind == 2 ? random() % 50 == 0 : false);
    mask[i / 64] |= static_cast<uint64_t>(set) << (i % 64);
  }
  return mask;
}

bool bit(const std::vector<uint64_t>& mask, size_t i) { return (mask[i / 64] >> (i % 64)) & 1; }

TEST(Kernels, MasksIndicesAndBytes) {
  on_every_target([](std::mt19937_64& random) {
    for (size_t rows = 0; rows < 400; ++rows) {
      const auto mask = random_mask(rows, random);
      std::vector<uint32_t> indices(rows + 64), expected;
      for (uint32_t i = 0; i < rows; ++i) {
        if (bit(mask, i)) expected.push_back(i);
      }
      indices.resize(mask_to_indices(mask.data(), rows, indices.data()));
      ASSERT_EQ(expected, indices);
      ASSERT_EQ(expected.size(), count_mask(mask.data(), rows));
      std::vector<uint8_t> bytes(rows + 1);
      mask_to_bytes(mask.data(), rows, bytes.data());
      for (size_t i = 0; i < rows; ++i) ASSERT_EQ(bit(mask, i), bytes[i]);
      std::vector<uint64_t> back(mask.size());
      bytes_to_mask(bytes.data(), rows, back.data());
      ASSERT_EQ(mask, back);
      indices_to_mask(expected.data(), expected.size(), rows, back.data());
      ASSERT_EQ(mask, back);
      const size_t begin = rows / 3;
      std::vector<uint64_t> part(mask.size());
      copy_bits(mask.data(), begin, rows - begin, part.data());
      for (size_t i = 0; i < rows - begin; ++i) ASSERT_EQ(bit(mask, begin + i), bit(part, i));
    }
  });
}

TEST(Kernels, FlattenGatherHashAndMatchSeeTheSameValues) {
  on_every_target([](std::mt19937_64& random) {
    for_columns(random, 800, [&](const Type& type, const auto& values, const MadeColumn& column) {
      std::vector<uint32_t> indices;
      for (uint32_t i = 0; i < values.size(); ++i) {
        if (random() % 3) indices.push_back(i);
      }
      const Selection selection{indices.data(), indices.size(), nullptr};
      FlatScratch scratch, gather_scratch, all_scratch;
      const Vector flat = flatten(column.vector, &selection, scratch);
      const Vector gathered = gather(column.vector, indices.data(), indices.size(), gather_scratch);
      const Vector all = flatten(column.vector, nullptr, all_scratch);
      std::vector<uint64_t> hashes(indices.size()), flat_hashes(indices.size()), gathered_hashes(indices.size());
      hash_vector(column.vector, &selection, false, hashes.data());
      hash_vector(flat, nullptr, false, flat_hashes.data());
      hash_vector(gathered, nullptr, false, gathered_hashes.data());
      ASSERT_EQ(hashes, flat_hashes);
      ASSERT_EQ(hashes, gathered_hashes);
      for (size_t i = 0; i < indices.size(); ++i) {
        const auto& expected = values[indices[i]];
        ASSERT_EQ(expected.has_value(), flat.valid(i));
        ASSERT_EQ(expected.has_value(), gathered.valid(i));
        if (!expected) continue;
        ASSERT_TRUE(*expected == read_integral(flat, i));
        ASSERT_TRUE(*expected == read_integral(gathered, i));
      }
      std::vector<uint8_t> equal(indices.size(), 1);
      std::vector<uint32_t> shifted(indices.rbegin(), indices.rend());
      match_rows(gathered, all, shifted.data(), shifted.size(), equal.data());
      for (size_t i = 0; i < indices.size(); ++i) {
        ASSERT_EQ(values[indices[i]] == values[shifted[i]], equal[i] == 1);
      }
      ColumnBuffer buffer(type);
      buffer.append(column.vector);
      buffer.append(column.vector, &selection);
      ASSERT_EQ(values.size() + indices.size(), buffer.size());
      std::vector<uint64_t> view_scratch;
      const Vector view = buffer.view(values.size(), indices.size(), &view_scratch);
      for (size_t i = 0; i < indices.size(); ++i) {
        ASSERT_EQ(values[indices[i]].has_value(), view.valid(i));
        if (view.valid(i)) {
          ASSERT_TRUE(*values[indices[i]] == read_integral(view, i));
        }
      }
    });
  });
}

TEST(Kernels, EqualIntegersHashAlikeInEveryWidth) {
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{77}, int64_t{-30000}}) {
    uint64_t hashes[5];
    int i = 0;
    for (const Type& type : {Type::small_int(), Type::integer(), Type::big_int(), Type::huge_int(), Type::decimal(30, 0)}) {
      ColumnBuffer column(type);
      column.append_value(Value::of_integer(type, value));
      hash_vector(column.view(), nullptr, false, &hashes[i++]);
    }
    for (const uint64_t hash : hashes) EXPECT_EQ(hashes[0], hash);
  }
}

TEST(Kernels, HashesAreTheSameInEveryRun) {
  ColumnBuffer numbers(Type::big_int()), texts(Type::varchar());
  numbers.append_value(Value::of_integer(Type::big_int(), 42));
  texts.append_value(Value::of_string("short"));
  texts.append_value(Value::of_string("a string that is longer than twelve bytes"));
  uint64_t hash, text_hashes[2];
  hash_vector(numbers.view(), nullptr, false, &hash);
  hash_vector(texts.view(), nullptr, false, text_hashes);
  // Checkpoints keep partitions by these: a change makes every checkpoint of an older version unreadable.
  EXPECT_EQ(13679457532755275413u, hash);
  EXPECT_EQ(17873870427728631032u, text_hashes[0]);
  EXPECT_EQ(17809233236040142225u, text_hashes[1]);
}

TEST(Kernels, TotalsAgreeWithPlainLoops) {
  on_every_target([](std::mt19937_64& random) {
    for_columns(random, 800, [&](const Type&, const auto& values, const MadeColumn& column) {
      const auto mask = random_mask(values.size(), random);
      const bool masked = random() % 2;
      SumResult expected;
      int128_t low = 0, high = 0;
      for (size_t i = 0; i < values.size(); ++i) {
        if (!values[i] || (masked && !bit(mask, i))) continue;
        low = expected.count == 0 ? *values[i] : std::min(low, *values[i]);
        high = expected.count == 0 ? *values[i] : std::max(high, *values[i]);
        expected.sum = static_cast<int128_t>(static_cast<uint128_t>(expected.sum) + static_cast<uint128_t>(*values[i]));
        ++expected.count;
      }
      const uint64_t* used = masked ? mask.data() : nullptr;
      const SumResult sum = sum_integral(column.vector, used);
      ASSERT_TRUE(expected.sum == sum.sum);
      ASSERT_EQ(expected.count, sum.count);
      ASSERT_EQ(expected.count, count_valid(column.vector, used));
      int128_t min, max;
      ASSERT_EQ(expected.count > 0, min_max_integral(column.vector, used, min, max));
      if (expected.count > 0) {
        ASSERT_TRUE(low == min && high == max);
      }
    });
  });
}

template <typename Id>
void check_groups(std::mt19937_64& random, const std::vector<std::optional<int128_t>>& values, const MadeColumn& column,
                  uint32_t group_count) {
  std::vector<Id> ids;
  for (size_t i = 0; i < values.size(); ++i) ids.push_back(static_cast<Id>(random() % group_count));
  const GroupIds groups{ids.data(), sizeof(Id), ids.size(), group_count};
  std::vector<int64_t> counts(group_count, 3), expected_counts(group_count, 3), all_counts(group_count), sums(group_count, 5);
  std::vector<int128_t> wide(group_count, -7), expected(group_count, 0), least(group_count, kInt128Max), most(group_count, kInt128Min);
  std::vector<int64_t> narrow_least(group_count, INT64_MAX), narrow_most(group_count, INT64_MIN);
  std::vector<int128_t> wide_least = least, wide_most = most;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    ++expected_counts[ids[i]];
    expected[ids[i]] = static_cast<int128_t>(static_cast<uint128_t>(expected[ids[i]]) + static_cast<uint128_t>(*values[i]));
    least[ids[i]] = std::min(least[ids[i]], *values[i]);
    most[ids[i]] = std::max(most[ids[i]], *values[i]);
  }
  grouped_count_valid(groups, column.vector, counts.data());
  ASSERT_EQ(expected_counts, counts);
  grouped_count(groups, nullptr, all_counts.data());
  grouped_sum_wide(groups, column.vector, wide.data());
  const bool summed = grouped_sum(groups, column.vector, random() % 2 ? all_counts.data() : nullptr, sums.data());
  grouped_min_wide(groups, column.vector, wide_least.data());
  grouped_max_wide(groups, column.vector, wide_most.data());
  const bool narrow = grouped_min(groups, column.vector, narrow_least.data()) &&
                      grouped_max(groups, column.vector, narrow_most.data());
  for (uint32_t g = 0; g < group_count; ++g) {
    ASSERT_TRUE(wide[g] == expected[g] - 7) << g;
    if (summed) {
      ASSERT_TRUE(sums[g] == expected[g] + 5) << g;
    }
    ASSERT_TRUE(least[g] == wide_least[g] && most[g] == wide_most[g]);
    if (narrow && least[g] != kInt128Max) {
      ASSERT_TRUE(least[g] == narrow_least[g] && most[g] == narrow_most[g]);
    }
  }
}

TEST(Kernels, GroupedAggregatesAgreeWithPlainLoops) {
  on_every_target([](std::mt19937_64& random) {
    for_columns(random, 800, [&](const Type&, const auto& values, const MadeColumn& column) {
      const uint32_t counts[] = {1, 7, 16, 17, 200};
      const uint32_t group_count = counts[random() % 5];
      switch (random() % 3) {
        case 0: check_groups<uint8_t>(random, values, column, group_count); break;
        case 1: check_groups<uint16_t>(random, values, column, group_count); break;
        default: check_groups<uint32_t>(random, values, column, group_count);
      }
    });
  });
}

template <typename T>
void check_compare(std::mt19937_64& random, size_t rows) {
  std::vector<T> a(rows + 1), b(rows + 1);
  const T base = static_cast<T>(random());
  for (auto& x : a) x = static_cast<T>(base + static_cast<T>(random() % 7));
  for (auto& x : b) x = static_cast<T>(base + static_cast<T>(random() % 7));
  const T* x = a.data() + 1;  // misaligned
  const T* y = b.data() + 1;
  using U = std::make_unsigned_t<T>;
  const U low = static_cast<U>(base + static_cast<T>(random() % 7)), span = static_cast<U>(random() % 8 == 0 ? ~U{0} : random() % 5);
  std::vector<uint64_t> in(mask_words(rows) + 1), less = in, equal = in;
  compare_range(sizeof(T), x, low, span, rows, in.data());
  compare_less(sizeof(T), std::is_signed_v<T>, x, y, rows, less.data());
  compare_equal(sizeof(T), x, y, rows, equal.data());
  for (size_t i = 0; i < mask_words(rows) * 64; ++i) {
    ASSERT_EQ(i < rows && static_cast<U>(static_cast<U>(x[i]) - low) <= span, bit(in, i)) << i;
    ASSERT_EQ(i < rows && x[i] < y[i], bit(less, i)) << i;
    ASSERT_EQ(i < rows && x[i] == y[i], bit(equal, i)) << i;
  }
}

TEST(Kernels, ComparisonsOfEveryWidth) {
  on_every_target([](std::mt19937_64& random) {
    for (size_t rows = 0; rows < 300; ++rows) {
      check_compare<uint8_t>(random, rows);
      check_compare<int16_t>(random, rows);
      check_compare<uint16_t>(random, rows);
      check_compare<int32_t>(random, rows);
      check_compare<uint32_t>(random, rows);
      check_compare<int64_t>(random, rows);
      check_compare<uint64_t>(random, rows);
      if (::testing::Test::HasFatalFailure()) FAIL() << "rows " << rows;
    }
  });
}

TEST(Kernels, TablesOfTruthByCode) {
  on_every_target([](std::mt19937_64& random) {
    for (size_t run = 0; run < 300; ++run) {
      const size_t entries = 1 + random() % 250, rows = random() % 5000;
      std::vector<uint8_t> table(entries), codes(rows);
      const uint64_t odds = 1 + random() % 40;
      for (auto& t : table) t = random() % odds == 0;
      for (auto& c : codes) c = static_cast<uint8_t>(random() % entries);
      std::vector<uint64_t> mask(mask_words(rows) + 1);
      mask_by_table(table.data(), entries, codes.data(), 1, rows, mask.data());
      for (size_t i = 0; i < mask_words(rows) * 64; ++i) ASSERT_EQ(i < rows && table[codes[i]], bit(mask, i));
    }
  });
}

TEST(Kernels, DoublesOrderAsPostgresDoes) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const double ascending[] = {-infinity, -1e308, -2.5, -1, -1e-320, 0, 1e-320, 1, 2.5, 1e308, infinity, nan};
  for (size_t i = 1; i < std::size(ascending); ++i) EXPECT_LT(order_double(ascending[i - 1]), order_double(ascending[i]));
  EXPECT_EQ(order_double(0.0), order_double(-0.0));
  EXPECT_EQ(order_double(nan), order_double(-nan));
}

bool like(std::string_view text, std::string_view pattern, char escape = '\\') {
  return LikePattern(pattern, escape, false).matches(text);
}

TEST(Kernels, LikePatterns) {
  EXPECT_TRUE(like("PROMO BURNISHED", "PROMO%"));
  EXPECT_FALSE(like("PROM", "PROMO%"));
  EXPECT_TRUE(like("LARGE BRASS", "%BRASS"));
  EXPECT_TRUE(like("forest green metal", "%green%"));
  EXPECT_FALSE(like("forest gren metal", "%green%"));
  EXPECT_TRUE(like("the special, the requests", "%special%requests%"));
  EXPECT_FALSE(like("the requests, the special", "%special%requests%"));
  EXPECT_TRUE(like("", "%"));
  EXPECT_TRUE(like("", ""));
  EXPECT_FALSE(like("", "_"));
  EXPECT_TRUE(like("ä", "_"));
  EXPECT_FALSE(like("ä", "__"));
  EXPECT_TRUE(like("abc", "a_c"));
  EXPECT_TRUE(like("xabcab", "%a_"));
  EXPECT_TRUE(like("10%", "10\\%"));
  EXPECT_FALSE(like("100", "10\\%"));
  EXPECT_TRUE(like("10%", "10#%", '#'));
  EXPECT_TRUE(like("a\\b", "a\\b", 0));
  EXPECT_TRUE(like("aaa", "%a%a%"));
  EXPECT_FALSE(like("a", "%a%a%"));
  EXPECT_TRUE(like("aXbXc", "a%b%c"));
  EXPECT_FALSE(like("ab", "ab%b"));
  EXPECT_TRUE(LikePattern("%GRÜN%", '\\', true).matches("ein grüner Baum"));
  EXPECT_THROW(LikePattern("abc\\", '\\', false).matches("abcd"), Error);
  EXPECT_FALSE(LikePattern("abc\\", '\\', false).matches("abc"));
  EXPECT_FALSE(LikePattern("abc\\", '\\', false).matches("abx"));
  EXPECT_THROW(LikePattern("%\\", '\\', false).matches("x"), Error);
  EXPECT_FALSE(LikePattern("%\\", '\\', false).matches(""));
}

TEST(Kernels, FindingBytesAgreesWithTheStandardLibrary) {
  on_every_target([](std::mt19937_64& random) {
    for (size_t run = 0; run < 5000; ++run) {
      std::string text(random() % 200, 'a'), needle(random() % 6, 'a');
      for (char& c : text) c = static_cast<char>('a' + random() % 3);
      for (char& c : needle) c = static_cast<char>('a' + random() % 3);
      ASSERT_EQ(text.find(needle), find_bytes(text, needle)) << text << " " << needle;
    }
  });
}

}  // namespace
}  // namespace cairn
