// Which group columns' values are numbers of groups themselves, and when these numbers mean something else.

#include "exec/operators/aggregate_direct.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/exec/plans.h"
#include "vector/column_buffer.h"

namespace cairn::testing {
namespace {

constexpr int64_t kIntMin = std::numeric_limits<int64_t>::min(), kIntMax = std::numeric_limits<int64_t>::max();

/// Values that live as long as this.
class Values {
 public:
  Values(const Type& type, const std::vector<Value>& values) : buffer_(type) {
    for (const Value& value : values) value.null ? buffer_.append_null() : buffer_.append_value(value);
  }
  Vector flat() const { return buffer_.view(); }
  Vector in_range(int64_t min, int64_t max) const {
    Vector vector = flat();
    vector.range = {min, max};
    return vector;
  }
  Vector constant() const {
    Vector vector = flat();
    vector.encoding = Encoding::kConstant;
    return vector;
  }
  /// One row, of the dictionary's first value.
  Vector dictionary(uint64_t id) const {
    static constexpr uint8_t kCode = 0;
    Vector vector;
    vector.type = buffer_.type();
    vector.encoding = Encoding::kDictionary;
    vector.size = 1;
    vector.data = &kCode;
    vector.code_bytes = 1;
    vector.dictionary = buffer_.view().data;
    vector.dictionary_size = static_cast<uint32_t>(buffer_.size());
    vector.dictionary_id = id;
    vector.unique_dictionary = true;
    return vector;
  }

 private:
  ColumnBuffer buffer_;
};

Batch batch_of(std::vector<Vector> columns) {
  Batch batch;
  batch.size = columns[0].size;
  batch.columns = std::move(columns);
  return batch;
}

class AggregateDirect : public ::testing::Test {
 protected:
  AggregateDirect() : layout_(count(), {}) {}

  DirectGroups groups_by(const std::vector<Vector>& columns) const {
    std::vector<uint32_t> positions;
    std::vector<Type> types;
    for (const Vector& column : columns) {
      positions.push_back(static_cast<uint32_t>(types.size()));
      types.push_back(column.type);
    }
    return {layout_, positions, types};
  }
  bool accepts(const std::vector<Vector>& columns) const { return groups_by(columns).accepts(batch_of(columns)); }
  /// Whether a batch's codes mean the same as those of a batch before.
  bool same_codes(const Vector& before, const Vector& after) const {
    DirectGroups groups = groups_by({before});
    groups.add(batch_of({before}), 0);
    return groups.same_codes(batch_of({after}));
  }

  static Value whole(int64_t value) { return Value::of_integer(Type::big_int(), value); }
  static std::vector<Value> texts(size_t count) {
    std::vector<Value> all;
    for (size_t i = 0; i < count; ++i) all.push_back(Value::of_string("text " + std::to_string(i)));
    return all;
  }

  const Values numbers{Type::big_int(), {whole(1), whole(2)}};
  const Values with_null{Type::big_int(), {whole(1), Value::null_of(Type::big_int())}};

 private:
  static std::vector<AggregateCall> count() {
    AggregateCall call;
    call.function = find_aggregate("count");
    call.type = Type::big_int();
    return {call};
  }
  AggregateLayout layout_;
};

TEST_F(AggregateDirect, NumbersOfANarrowRange) {
  EXPECT_FALSE(accepts({numbers.flat()})) << "of which nothing is known";
  EXPECT_TRUE(accepts({numbers.in_range(0, 2)}));
  EXPECT_TRUE(accepts({numbers.in_range(0, 254)}));
  EXPECT_FALSE(accepts({numbers.in_range(0, 255)}));
  EXPECT_TRUE(accepts({with_null.in_range(0, 253)}));
  EXPECT_FALSE(accepts({with_null.in_range(0, 254)})) << "NULL is one more";
  EXPECT_FALSE(accepts({with_null.in_range(kIntMin, kIntMax)}));
  EXPECT_TRUE(accepts({numbers.in_range(1, 15), numbers.in_range(1, 17)}));
  EXPECT_FALSE(accepts({numbers.in_range(1, 16), numbers.in_range(1, 16)}));
}

TEST_F(AggregateDirect, Booleans) {
  EXPECT_TRUE(accepts({Values(Type::boolean(), {Value::of_boolean(true)}).flat()}));
}

TEST_F(AggregateDirect, UniqueDictionariesThatHaveAName) {
  const Values some(Type::varchar(), texts(3)), most(Type::varchar(), texts(255)), many(Type::varchar(), texts(256));
  EXPECT_TRUE(accepts({some.dictionary(7)}));
  EXPECT_TRUE(accepts({most.dictionary(7)}));
  EXPECT_FALSE(accepts({many.dictionary(7)}));
  EXPECT_FALSE(accepts({some.dictionary(0)}));
  Vector repeats = some.dictionary(7);
  repeats.unique_dictionary = false;
  EXPECT_FALSE(accepts({repeats}));
  EXPECT_FALSE(accepts({some.flat()}));
  EXPECT_TRUE(accepts({some.constant()}));
}

TEST_F(AggregateDirect, CodesMeanTheSameInTheSameDomain) {
  EXPECT_TRUE(same_codes(numbers.in_range(0, 9), numbers.in_range(0, 9)));
  EXPECT_FALSE(same_codes(numbers.in_range(0, 9), numbers.in_range(1, 10)));
  EXPECT_FALSE(same_codes(numbers.in_range(0, 9), numbers.in_range(0, 8)));
  EXPECT_FALSE(same_codes(numbers.in_range(0, 9), with_null.in_range(0, 8)));
  const Values two(Type::varchar(), texts(2)), one(Type::varchar(), texts(1)), same(Type::varchar(), texts(1));
  const Values other(Type::varchar(), {Value::of_string("another text")});
  EXPECT_TRUE(same_codes(two.dictionary(7), two.dictionary(7)));
  EXPECT_FALSE(same_codes(two.dictionary(7), two.dictionary(8)));
  EXPECT_TRUE(same_codes(one.constant(), same.constant()));
  EXPECT_FALSE(same_codes(one.constant(), other.constant()));
  EXPECT_FALSE(same_codes(one.constant(), one.dictionary(7)));
}

}  // namespace
}  // namespace cairn::testing
