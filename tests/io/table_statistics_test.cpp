// Statistics of growing tables cost what is new, not what is there. Counted, not timed.

#include "io/tables/table_statistics.h"

#include "io/tables/row_group.h"
#include "io/tables/row_identity.h"
#include "tests/io/table_fixture.h"
#include "vector/counted_work.h"

namespace cairn {
namespace {

/// A table of `count` row groups of one row each, the first ones those of `base`.
TableVersion grown(size_t count, const TableVersion* base = nullptr) {
  static uint64_t next_id = 1;
  TableVersion table;
  table.table_id = 1;
  table.schema = {"t", {{"id", Type::integer(), true, ""}}};
  if (base != nullptr) table.row_groups = base->row_groups;
  while (table.row_groups.size() < count) {
    ColumnSummary summary;
    const auto value = static_cast<int64_t>(table.row_groups.size());
    summary.zone_map = {0, true, Value::of_integer(Type::integer(), value), Value::of_integer(Type::integer(), value)};
    summary.sketch.add(mix_bits(static_cast<uint64_t>(value)));
    table.row_groups.push_back(std::make_shared<MemoryRowGroup>(next_id++, 1, std::vector<std::shared_ptr<const ColumnChunk>>(1),
                                                                std::vector{summary}));
  }
  return table;
}

TEST(TableStatistics, NoTwoRowsHaveTheSameIdentity) {
  TableVersion table = grown(3);
  table.row_count = 3;
  table.statistics = TableStatistics().of(table);
  const auto identified = with_row_identity(table);
  ASSERT_EQ(identified->statistics.size(), 2u);
  EXPECT_EQ(identified->statistics[1].distinct_count, 3);
}

TEST(TableStatistics, AreTheSameWhateverWasSeenBefore) {
  TableStatistics incremental;
  TableVersion table = grown(1);
  for (const size_t count : {1U, 2U, 30U, 40U, 200U, 100U, 500U}) {
    table = count < table.row_groups.size() ? grown(count) : grown(count, &table);
    const ColumnStatistics expected = TableStatistics().of(table)[0], actual = incremental.of(table)[0];
    EXPECT_EQ(actual.distinct_count, expected.distinct_count) << count;
    EXPECT_EQ(actual.min.integer, 0);
    EXPECT_EQ(actual.max.integer, static_cast<int64_t>(count) - 1);
    EXPECT_NEAR(actual.distinct_count, static_cast<double>(count), 0.2 * static_cast<double>(count) + 1);
  }
}

TEST(TableStatistics, ARowGroupMoreCostsAFew) {
  const auto work_of = [](size_t steps) {
    const uint64_t before = counted_work;
    TableStatistics statistics;
    TableVersion table = grown(1);
    for (size_t count = 1; count <= steps; ++count) {
      table = grown(count, &table);
      statistics.of(table);
    }
    return counted_work - before;
  };
  EXPECT_GE(work_of(1000), 1000u);
  EXPECT_LT(work_of(2000), 2 * work_of(1000) + 2000);
}

}  // namespace
}  // namespace cairn
