#include "exec/keys/key_filter.h"

#include <gtest/gtest.h>

#include <set>

namespace cairn {
namespace {

RowSet rows_of(const std::vector<int64_t>& values, bool with_null = false) {
  RowSet rows({Type::big_int()});
  RowSet::Chunk chunk;
  chunk.columns.emplace_back(Type::big_int());
  for (const int64_t value : values) {
    chunk.columns[0].append_value(Value::of_integer(Type::big_int(), value));
  }
  if (with_null) chunk.columns[0].append_null();
  chunk.row_count = values.size() + with_null;
  rows.append_chunk(std::move(chunk));
  rows.seal();
  return rows;
}

std::set<int64_t> passing(const KeyFilter& filter, const std::vector<int64_t>& values) {
  ColumnBuffer buffer(Type::big_int());
  for (const int64_t value : values) buffer.append_value(Value::of_integer(Type::big_int(), value));
  KeyFilter::Scratch scratch;
  std::vector<uint32_t> rows(values.size() + 64);
  const size_t count = filter.select(buffer.view(), nullptr, scratch, rows.data());
  std::set<int64_t> result;
  for (size_t i = 0; i < count; ++i) result.insert(values[rows[i]]);
  return result;
}

TEST(KeyFilter, CloseValuesAreExact) {
  const KeyFilter filter(rows_of({10, 12, 900'000}), 0);
  EXPECT_EQ(passing(filter, {9, 10, 11, 12, 899'999, 900'000, 900'001, INT64_MIN, INT64_MAX}),
            (std::set<int64_t>{10, 12, 900'000}));
  EXPECT_TRUE(filter.may_contain(0, 10));
  EXPECT_TRUE(filter.may_contain(11, 12));
  EXPECT_FALSE(filter.may_contain(13, 899'999));
  EXPECT_FALSE(filter.may_contain(900'001, INT64_MAX));
  EXPECT_FALSE(filter.may_contain(INT64_MIN, 9));
}

TEST(KeyFilter, DistantValuesPassABloomFilterThatRejectsNearlyAllOthers) {
  std::vector<int64_t> members, others;
  for (int64_t i = 0; i < 10'000; ++i) {
    members.push_back(i * 1'000'003'000'011 - 5'000'000'000'000'000);
    others.push_back(members.back() + 1 + i % 7);
  }
  const KeyFilter filter(rows_of(members), 0);
  EXPECT_EQ(passing(filter, members).size(), members.size());
  EXPECT_LT(passing(filter, others).size(), others.size() / 20);
  EXPECT_FALSE(filter.may_contain(INT64_MIN, members.front() - 1));
}

TEST(KeyFilter, NullIsNoMemberOnEitherSide) {
  const KeyFilter filter(rows_of({5}, true), 0);
  ColumnBuffer buffer(Type::big_int());
  buffer.append_value(Value::of_integer(Type::big_int(), 5));
  buffer.append_null();
  KeyFilter::Scratch scratch;
  std::vector<uint32_t> rows(128);
  ASSERT_EQ(filter.select(buffer.view(), nullptr, scratch, rows.data()), 1u);
  EXPECT_EQ(rows[0], 0u);
  const uint32_t second = 1;
  const Selection selection{&second, 1, nullptr};
  EXPECT_EQ(filter.select(buffer.view(), &selection, scratch, rows.data()), 0u);
}

TEST(KeyFilter, NoRowsLetNothingPass) {
  const KeyFilter filter(rows_of({}), 0);
  EXPECT_EQ(passing(filter, {0, 1}).size(), 0u);
  EXPECT_FALSE(filter.may_contain(INT64_MIN, INT64_MAX));
}

TEST(KeyFilter, ValuesOfTheWholeDomain) {
  const KeyFilter filter(rows_of({INT64_MIN, 0, INT64_MAX}), 0);
  EXPECT_EQ(passing(filter, {INT64_MIN, 0, INT64_MAX}).size(), 3u);
  EXPECT_TRUE(filter.may_contain(INT64_MAX, INT64_MAX));
}

}  // namespace
}  // namespace cairn
