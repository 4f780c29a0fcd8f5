#include "tests/checkpoint/store_fixture.h"

namespace cairn::testing {

std::shared_ptr<const RowSet> make_rows(int64_t rows) {
  auto set = std::make_shared<RowSet>(std::vector<Type>{Type::big_int(), Type::varchar()});
  RowSet::Chunk chunk;
  chunk.row_count = static_cast<size_t>(rows);
  chunk.columns.emplace_back(Type::big_int());
  chunk.columns.emplace_back(Type::varchar());
  for (int64_t i = 0; i < rows; ++i) {
    if (i % 7 == 3) chunk.columns[0].append_null();
    else chunk.columns[0].append_value(Value::of_integer(Type::big_int(), i * i));
    chunk.columns[1].append_value(Value::of_string("a text that is longer than twelve bytes, number " + std::to_string(i)));
  }
  set->append_chunk(std::move(chunk));
  set->seal();
  return set;
}

void expect_equal(const RowSet& actual, const RowSet& expected) {
  ASSERT_EQ(actual.row_count(), expected.row_count());
  for (size_t column = 0; column < expected.types().size(); ++column) {
    const Vector a = actual.chunks()[0].columns[column].view(), e = expected.chunks()[0].columns[column].view();
    for (size_t row = 0; row < e.size; ++row) {
      ASSERT_EQ(a.valid(row), e.valid(row));
      if (!e.valid(row)) continue;
      if (column == 0) { ASSERT_EQ(a.values<int64_t>()[row], e.values<int64_t>()[row]); }
      if (column == 1) { ASSERT_EQ(a.values<StringRef>()[row].view(), e.values<StringRef>()[row].view()); }
    }
  }
}

}  // namespace cairn::testing
