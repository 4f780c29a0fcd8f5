#include "exec/run/executor.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/plan/table_function.h"
#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

/// A row group whose mask of deleted rows is followed by memory that is not to be read.
struct GuardedRowGroup : FakeRowGroup {
  explicit GuardedRowGroup(FakeRowGroup& from) {
    rows = from.rows;
    chunks = from.chunks;
    zone_maps = from.zone_maps;
    ::mprotect(pages + page_bytes, page_bytes, PROT_NONE);
  }
  ~GuardedRowGroup() override { ::munmap(pages, 2 * page_bytes); }
  uint64_t* mask() const { return reinterpret_cast<uint64_t*>(pages + page_bytes) - mask_words(rows); }
  const uint64_t* deleted() const override { return mask(); }

  const size_t page_bytes = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  std::byte* const pages = static_cast<std::byte*>(
      ::mmap(nullptr, 2 * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
};

const std::vector<std::pair<unsigned, size_t>>& settings() {
  static const std::vector<std::pair<unsigned, size_t>> all{{1, 2048}, {2, 2048}, {8, 2048}, {2, 7}, {8, 1024}, {1, 100000}, {2, 100000}};
  return all;
}

/// Runs the plan with many threads and capacities, expecting the same rows in the same order.
void expect_rows(const std::function<PlanPtr()>& plan, const Rows& expected) {
  for (auto [threads, capacity] : settings()) {
    RunOptions options;
    options.threads = threads;
    options.capacity = capacity;
    EXPECT_EQ(run(plan(), options), expected) << threads << " threads, capacity " << capacity;
  }
}

FakeTable numbers(std::vector<uint32_t> groups = {100000, 131072, 5, 40000}) {
  return FakeTable("numbers", 3, groups, [](uint64_t row, size_t column) {
    return static_cast<int64_t>(column == 0 ? row : column == 1 ? row % 10 : row * 7 % 1000);
  });
}

TEST(Executor, GivesTheRowsOfATableInItsOrder) {
  FakeTable table = numbers();
  Rows expected;
  for (int row = 0; row < 271077; ++row) expected.push_back(fmt::format("{}|{}", row % 10, row));
  expect_rows([&] { return scan(table, {1, 0}); }, expected);
}

TEST(Executor, LimitGivesTheFirstRowsAndStopsEarly) {
  FakeTable table = numbers();
  Rows expected;
  for (int row = 99990; row < 100100; ++row) expected.push_back(std::to_string(row));
  expect_rows([&] { return limit(scan(table, {0}), 110, 99990); }, expected);
  expect_rows([&] { return union_all({limit(scan(table, {0}), 110, 99990)}); }, expected);
  EXPECT_LE(table.groups[3]->loads, 2 * 4);
}

TEST(Executor, LimitZeroAndOffsetBehindTheEndGiveNothing) {
  FakeTable table = numbers();
  expect_rows([&] { return limit(scan(table, {0}), 0); }, {});
  expect_rows([&] { return limit(scan(table, {0}), 5, 1000000); }, {});
  expect_rows([&] { return materialize(limit(scan(table, {0}), 0)); }, {});
  expect_rows([&] { return materialize(limit(scan(table, {0}), -1, 271076)); }, {"271076"});
}

TEST(Executor, UnionAllGivesItsChildrenOneAfterAnother) {
  FakeTable table = numbers({70000});
  Rows expected;
  for (int copy = 0; copy < 2; ++copy) {
    for (int row = 0; row < 70000; ++row) expected.push_back(std::to_string(row));
    expected.push_back("-1");
    expected.push_back("-2");
  }
  expect_rows(
      [&] { return union_all({scan(table, {0}), values({-1, -2}), union_all({scan(table, {0}), values({-1, -2})})}); },
      expected);
}

TEST(Executor, AMaterializedPlanUsedTwiceIsComputedOnce) {
  FakeTable table = numbers({70000, 10});
  PlanPtr shared = materialize(scan(table, {0}));
  PlanPtr plan = union_all({shared, limit(shared, 3)});
  Rows rows = run(plan, {.threads = 2});
  ASSERT_EQ(rows.size(), 70013u);
  EXPECT_EQ(rows.back(), "2");
  EXPECT_EQ(table.groups[0]->loads, 1);
}

TEST(Executor, InsertWritesTheSameFullRowGroupsWhateverTheThreads) {
  FakeTable table = numbers({131072, 100000, 60000, 131072});
  for (unsigned threads : {1u, 2u, 8u}) {
    auto transaction = std::make_shared<FakeTransaction>();
    EXPECT_EQ(run(insert(scan(table, {0, 1}), transaction), {.threads = threads}), Rows{"422144"});
    ASSERT_EQ(transaction->written.size(), 4u);
    int64_t next = 0;
    for (auto& [order, rows] : transaction->written) {
      EXPECT_EQ(rows.size(), order < 3 ? kRowGroupRows : 422144 - 3 * kRowGroupRows);
      for (auto& row : rows) ASSERT_EQ(row[0], next++);
    }
    EXPECT_EQ(next, 422144);
  }
}

TEST(Executor, LeavesOutDeletedRows) {
  FakeTable table = numbers({1000});
  table.groups[0]->deleted_rows.assign(16, 0);
  Rows expected;
  for (uint32_t row = 0; row < 1000; ++row) {
    if (row % 3 == 0 || row > 900) {
      table.groups[0]->deleted_rows[row / 64] |= uint64_t{1} << (row % 64);
    } else {
      expected.push_back(std::to_string(row));
    }
  }
  expect_rows([&] { return scan(table, {0}); }, expected);
}

TEST(Executor, ReadsNoFurtherThanTheMaskOfDeletedRows) {
  FakeTable table = numbers({100});
  const auto guarded = std::make_shared<GuardedRowGroup>(*table.groups[0]);
  guarded->mask()[1] = uint64_t{1} << (99 - 64);
  table.version->row_groups[0] = guarded;
  Rows expected;
  for (int row = 0; row < 99; ++row) expected.push_back(std::to_string(row));
  expect_rows([&] { return scan(table, {0}); }, expected);
}

TEST(Executor, MoreValuesThanAChunkHolds) {
  std::vector<int64_t> all;
  Rows expected;
  for (int64_t number = 0; number < static_cast<int64_t>(kRowGroupRows) + 10; ++number) {
    all.push_back(number);
    expected.push_back(std::to_string(number));
  }
  EXPECT_EQ(run(values(all), {.threads = 2}), expected);
}

TEST(Executor, APlanWithATableFunctionCanBeRunAgain) {
  struct Numbers : TableFunctionSource {
    bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
      for (; at < 3 && columns[0].size() < max_rows; ++at) columns[0].append_value(Value::of_integer(Type::big_int(), at));
      return at < 3;
    }
    void rewind() override { at = 0; }
    int64_t at = 0;
  };
  auto plan = node(PlanNode::Kind::kTableFunction);
  plan->types = {Type::big_int()};
  plan->function_source = std::make_shared<Numbers>();
  for (int time = 0; time < 2; ++time) EXPECT_EQ(run(plan), (Rows{"0", "1", "2"}));
}

TEST(Executor, NothingIsReadAheadOfTheFirstRowGroup) {
  for (int round = 0; round < 30; ++round) {
    FakeTable table = numbers({1000, 1000, 1000, 1000});
    for (auto& group : table.groups) group->on_load = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); };
    EXPECT_EQ(run(limit(scan(table, {0}), 1), {.threads = 1}), Rows{"0"});
    EXPECT_EQ(table.groups[0]->loads, 1);
    for (size_t later = 1; later < 4; ++later) EXPECT_EQ(table.groups[later]->loads, 0);
  }
}

TEST(Executor, AnErrorOfAWorkerReachesTheClient) {
  FakeTable table = numbers({131072, 131072, 131072});
  table.groups[1]->on_load = [] { throw Error(sqlstate::kDataCorrupted, "bad segment"); };
  for (unsigned threads : {1u, 2u, 8u}) {
    EXPECT_EQ(failure(scan(table, {0}), {.threads = threads}), sqlstate::kDataCorrupted);
    EXPECT_EQ(failure(materialize(scan(table, {0})), {.threads = threads}), sqlstate::kDataCorrupted);
  }
}

TEST(Executor, AnErrorBehindTheLimitNeverWas) {
  FakeTable table = numbers({131072, 131072, 131072});
  table.groups[2]->on_load = [] { throw Error(sqlstate::kDataCorrupted, "bad segment"); };
  for (unsigned threads : {1u, 2u, 8u}) {
    EXPECT_EQ(run(limit(scan(table, {0}), 2, 200000), {.threads = threads}), (Rows{"200000", "200001"}));
    EXPECT_EQ(run(materialize(limit(scan(table, {0}), 2, 200000)), {.threads = threads}), (Rows{"200000", "200001"}));
  }
}

TEST(Executor, OfSeveralErrorsTheFirstInOrderCounts) {
  FakeTable table = numbers({131072, 131072, 131072, 131072});
  table.groups[1]->on_load = [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    throw Error(sqlstate::kIoError, "first");
  };
  table.groups[2]->on_load = [] { throw Error(sqlstate::kDataCorrupted, "second"); };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(failure(scan(table, {0}), {.threads = 8}), sqlstate::kIoError);
}

TEST(Executor, LoadsRowGroupsAheadWhereThatIsSlow) {
  FakeTable table = numbers(std::vector<uint32_t>(8, 1000));
  for (auto& group : table.groups) group->on_load = [] { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  table.groups[6]->on_load = [] { throw Error(sqlstate::kIoError, "gone"); };
  EXPECT_EQ(run(limit(scan(table, {0}), 1500, 0)).size(), 1500u);
  for (auto& group : table.groups) group->loads = 0;
  EXPECT_EQ(failure(materialize(scan(table, {0}))), sqlstate::kIoError);
  table.groups[6]->on_load = nullptr;
  for (auto& group : table.groups) group->loads = 0;
  EXPECT_EQ(run(scan(table, {0})).size(), 8000u);
  for (auto& group : table.groups) EXPECT_EQ(group->loads, 1);
  EXPECT_EQ(run(limit(scan(table, {0}), 1)).size(), 1u);
}

TEST(Executor, AClientThatStopsPullingKeepsNobodyElseWaiting) {
  FakeTable table("wide", 8, std::vector<uint32_t>(20, 131072), [](uint64_t row, size_t) { return static_cast<int64_t>(row); });
  auto plan = [&] { return scan(table, {0, 1, 2, 3, 4, 5, 6, 7}); };
  std::vector<std::unique_ptr<QueryExecution>> stalled;
  for (int i = 0; i < 6; ++i) {
    stalled.push_back(start(plan(), {.threads = 8}));
    ASSERT_NE(stalled.back()->next(), nullptr);
  }
  EXPECT_EQ(run(limit(scan(table, {0}), 1, 500000), {.threads = 8}), Rows{"500000"});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  uint64_t done = stalled[0]->profile().morsels_done;
  EXPECT_LT(done, 40u) << "the whole table was buffered";
  stalled.pop_back();             // given up while workers wait
  stalled.back()->cancel();       // canceled while workers wait
  EXPECT_THROW(drain(*stalled.back()), Error);
  EXPECT_EQ(drain(*stalled[0]).size(), 20u * 131072 - 8192);
}

TEST(Executor, CancelEndsAQuerySoon) {
  FakeTable table = numbers(std::vector<uint32_t>(200, 131072));
  for (auto& group : table.groups) group->on_load = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  for (unsigned threads : {1u, 8u}) {
    auto execution = start(materialize(scan(table, {0})), {.threads = threads});
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    auto begin = std::chrono::steady_clock::now();
    execution->cancel();
    EXPECT_THROW(drain(*execution), Error);
    execution.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
  }
}

TEST(Executor, StopsAboveTheMemoryLimitAndNamesIt) {
  FakeTable table = numbers({131072, 131072, 131072, 131072});
  try {
    run(materialize(scan(table, {0, 1, 2})), {.threads = 2, .memory_limit_bytes = 4 << 20});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kOutOfMemory);
    EXPECT_NE(error.message.find("memory_limit"), std::string::npos);
    EXPECT_NE(error.message.find("4.0 MiB"), std::string::npos);
  }
  EXPECT_EQ(run(scan(table, {0, 1, 2}), {.threads = 2, .memory_limit_bytes = 4 << 20}).size(), 4u * 131072);
}

TEST(Executor, APlanMayBeRunManyTimesAtOnce) {
  FakeTable table = numbers({131072, 1000});
  PlanPtr plan = union_all({materialize(scan(table, {0})), values({5})});
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      for (int j = 0; j < 5; ++j) right += run(plan, {.threads = 4}).size() == 132073u;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 40);
}

}  // namespace
}  // namespace cairn::testing
