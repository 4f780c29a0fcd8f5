#include "exec/operators/join.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/exec/random_rows.h"
#include "vector/error.h"

namespace cairn {
namespace {

using namespace testing;

const std::vector<Type> kTypes = {Type::integer(), Type::varchar(), Type::big_int(), Type::double_(),
                                  Type::date(),    Type::huge_int()};
constexpr uint32_t kColumns = 6;

struct JoinCase {
  PlanNode plan{};
  bool less = false;  ///< residual: probe column 0 < build column 0
};

PlanNode make_plan(JoinKind kind, std::vector<uint32_t> probe_keys, std::vector<uint32_t> build_keys, bool residual) {
  PlanNode plan{};
  plan.kind = PlanNode::Kind::kJoin;
  plan.join = kind;
  for (int side = 0; side < 2; ++side) {
    plan.children.push_back(std::make_shared<PlanNode>());
    plan.children.back()->types = kTypes;
  }
  plan.probe_keys = std::move(probe_keys);
  plan.build_keys = std::move(build_keys);
  if (residual) {
    plan.predicates.push_back(Expression::make_compare(Expression::Comparison::kLess,
                                                       Expression::make_column(0, kTypes[0]),
                                                       Expression::make_column(kColumns, kTypes[0])));
  }
  return plan;
}

enum class Truth { kFalse, kUnknown, kTrue };

Truth key_truth(const PlanNode& plan, const Row& probe, const Row& build) {
  Truth truth = Truth::kTrue;
  for (size_t k = 0; k < plan.probe_keys.size(); ++k) {
    const Value& a = probe[plan.probe_keys[k]];
    const Value& b = build[plan.build_keys[k]];
    if (plan.null_keys_match && (a.null || b.null)) {
      if (a.null != b.null) return Truth::kFalse;
    } else if (a.null || b.null) {
      truth = Truth::kUnknown;
    } else if (a.type.is_floating() ? text_of(a) != text_of(b) : !(a == b)) {
      return Truth::kFalse;
    }
  }
  return truth;
}

bool residual_true(const PlanNode& plan, const Row& probe, const Row& build) {
  return plan.predicates.empty() || (!probe[0].null && !build[0].null && probe[0].integer < build[0].integer);
}

Row nulls() {
  Row row;
  for (const Type& type : kTypes) row.push_back(Value::null_of(type));
  return row;
}

Row joined(Row left, const Row& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

bool is_right_half(JoinKind kind) { return kind == JoinKind::kRightSemi || kind == JoinKind::kRightAnti; }
bool makes_pairs(JoinKind kind) {
  return kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark && !is_right_half(kind);
}

/// By definition: every pair looked at. Throws what kSingle throws.
std::vector<Row> oracle(const PlanNode& plan, const std::vector<Row>& probe, const std::vector<Row>& build) {
  std::vector<Row> result;
  std::vector<bool> build_matched(build.size());
  for (const Row& left : probe) {
    size_t matches = 0;
    bool unknown = false;
    for (size_t b = 0; b < build.size(); ++b) {
      const Truth truth = key_truth(plan, left, build[b]);
      if (truth == Truth::kFalse || !residual_true(plan, left, build[b])) continue;
      if (truth == Truth::kUnknown) {
        unknown = true;
        continue;
      }
      ++matches;
      build_matched[b] = true;
      if (makes_pairs(plan.join)) {
        result.push_back(joined(left, build[b]));
      }
    }
    const bool keeps = plan.join == JoinKind::kLeft || plan.join == JoinKind::kFull || plan.join == JoinKind::kSingle;
    if (plan.join == JoinKind::kSingle && matches > 1) throw Error(sqlstate::kCardinalityViolation, "two");
    if (keeps && matches == 0) result.push_back(joined(left, nulls()));
    if (plan.join == JoinKind::kSemi && matches > 0) result.push_back(left);
    if (plan.join == JoinKind::kAnti && matches == 0) result.push_back(left);
    if (plan.join == JoinKind::kMark) {
      const Value mark = matches > 0 ? Value::of_boolean(true)
                         : unknown   ? Value::null_of(Type::boolean())
                                     : Value::of_boolean(false);
      result.push_back(joined(left, {mark}));
    }
  }
  if (keeps_matches(plan.join)) {
    for (size_t b = 0; b < build.size(); ++b) {
      if (build_matched[b] == (plan.join == JoinKind::kRightSemi)) result.push_back(joined(nulls(), build[b]));
    }
  }
  if (!plan.output_columns.empty()) {
    for (Row& row : result) {
      Row narrow;
      for (const uint32_t column : plan.output_columns) narrow.push_back(row[column]);
      row = std::move(narrow);
    }
  }
  return result;
}

std::vector<Row> probe_with(Random& random, const PlanNode& plan, const Sink& build, const std::vector<Row>& rows,
                            size_t batch_rows_max, size_t capacity) {
  ExecutionSettings settings;
  settings.vector_capacity = capacity;
  const WorkerContext worker{&settings};
  const std::unique_ptr<Operator> probe = make_join_probe(plan, build);
  const std::unique_ptr<Operator::Local> local = probe->make_local(worker);
  Collector collector;
  for (size_t at = 0; at < rows.size();) {
    const size_t count = std::min(rows.size() - at, 1 + below(random, batch_rows_max));
    OwnedBatch owned(random, kTypes, {rows.begin() + static_cast<ptrdiff_t>(at),
                                      rows.begin() + static_cast<ptrdiff_t>(at + count)}, chance(random, 50));
    probe->push(owned.batch, *local, collector);
    at += count;
  }
  if (keeps_matches(plan.join)) {
    const std::unique_ptr<Source> unmatched = make_join_build_rows_source(plan, build);
    const std::unique_ptr<Source::Local> source_local = unmatched->make_local(worker);
    for (uint64_t m = 0; m < unmatched->morsel_count(); ++m) {
      unmatched->run({m}, *source_local, collector, [] { return false; });
    }
  }
  return collector.rows;
}

std::vector<std::string> sorted_texts(const std::vector<Row>& rows) {
  std::vector<std::string> texts = texts_of(rows);
  std::sort(texts.begin(), texts.end());
  return texts;
}

class JoinTest : public ::testing::Test {
 protected:
  void SetUp() override { std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(test_seed())); }
};

TEST_F(JoinTest, AllKindsAgreeWithNestedLoopsOnRandomRows) {
  Random random(test_seed());
  const JoinKind kinds[] = {JoinKind::kInner, JoinKind::kLeft,   JoinKind::kSemi,  JoinKind::kAnti,
                            JoinKind::kMark,  JoinKind::kSingle, JoinKind::kRight, JoinKind::kFull,
                            JoinKind::kRightSemi, JoinKind::kRightAnti};
  for (int round = 0; round < 300; ++round) {
    const JoinKind kind = kinds[below(random, 10)];
    std::vector<uint32_t> keys;
    for (size_t n = below(random, 4); n > 0; --n) keys.push_back(static_cast<uint32_t>(below(random, kColumns)));
    PlanNode plan = make_plan(kind, keys, keys, chance(random, 40));
    plan.null_keys_match = chance(random, 20);
    const size_t columns =
        kind == JoinKind::kSemi || kind == JoinKind::kAnti ? kColumns : kind == JoinKind::kMark ? kColumns + 1 : 12;
    if (chance(random, 50)) {
      for (size_t n = 1 + below(random, 4); n > 0; --n) {
        plan.output_columns.push_back(static_cast<uint32_t>(below(random, columns)));
      }
    }
    if (is_right_half(kind)) plan.output_columns = {6, 7, 8, 9, 10, 11};
    const std::vector<size_t> distincts = random_distincts(random, kTypes.size(), 50, 10, 5000);
    const int null_percent = chance(random, 50) ? 0 : 10;
    const size_t build_rows = chance(random, 15) ? below(random, 2) : below(random, chance(random, 80) ? 60 : 700);
    std::vector<Row> build = random_rows(random, kTypes, distincts, build_rows, null_percent);
    const std::vector<Row> probe = random_rows(random, kTypes, distincts, below(random, 200), null_percent);
    if (chance(random, 50) && !keys.empty()) {  // unique keys
      std::vector<Row> unique;
      for (const Row& row : build) {
        bool fresh = true;
        for (const Row& other : unique) fresh &= key_truth(plan, row, other) == Truth::kFalse;
        if (fresh) unique.push_back(row);
      }
      build = unique;
    }
    std::string trace = "round " + std::to_string(round) + " kind " + std::to_string(static_cast<int>(kind)) +
                        (plan.predicates.empty() ? "" : " residual") + (plan.null_keys_match ? " nulls match" : "");
    for (const uint32_t key : keys) trace += " key " + std::to_string(key);
    SCOPED_TRACE(trace);
    const std::unique_ptr<Sink> sink = make_join_build_sink(plan);
    feed_sink(random, *sink, kTypes, build, random_feed(random, 1 + below(random, 50)));
    const size_t capacity = 1 + below(random, chance(random, 50) ? 10 : 3000);
    std::vector<std::string> want;
    try {
      want = sorted_texts(oracle(plan, probe, build));
    } catch (const Error&) {
      EXPECT_THROW(probe_with(random, plan, *sink, probe, 100, capacity), Error);
      continue;
    }
    ASSERT_EQ(sorted_texts(probe_with(random, plan, *sink, probe, 100, capacity)), want);

    const std::unique_ptr<Sink> restored = make_join_build_sink(plan);
    restored->restore(sink->rows(), run_in_threads);
    ASSERT_EQ(sorted_texts(probe_with(random, plan, *restored, probe, 50, capacity)), want);
  }
}

TEST_F(JoinTest, BuildRowsStandInTheOrderOfTheirMorsels) {
  Random random(test_seed() + 1);
  const PlanNode plan = make_plan(JoinKind::kInner, {0}, {0}, false);
  const std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 50), 2000, 5);
  for (size_t fragments = 1; fragments < 5; ++fragments) {
    const std::unique_ptr<Sink> sink = make_join_build_sink(plan);
    feed_sink(random, *sink, kTypes, rows, {fragments, 90, 40, true, fragments % 2 == 0});
    EXPECT_EQ(texts_of(rows_of(*sink->rows())), texts_of(rows));
  }
}

TEST_F(JoinTest, SparseAndDenseIntegerKeys) {
  Random random(test_seed() + 2);
  for (const int64_t spread : {1, 50, 100003, 1 << 28}) {
    for (const bool pair : {false, true}) {
      const std::vector<uint32_t> keys = pair ? std::vector<uint32_t>{2, 4} : std::vector<uint32_t>{2};
      const PlanNode plan = make_plan(JoinKind::kInner, keys, keys, false);
      const auto make_rows = [&](size_t count) {
        std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 9), count, 0);
        for (Row& row : rows) row[2].integer = (static_cast<int64_t>(below(random, 3000)) - 1500) * spread;
        return rows;
      };
      const std::vector<Row> build = make_rows(800), probe = make_rows(1000);
      const std::unique_ptr<Sink> sink = make_join_build_sink(plan);
      feed_sink(random, *sink, kTypes, build, {2, 100, 100, false, false});
      EXPECT_EQ(sorted_texts(probe_with(random, plan, *sink, probe, 300, 512)),
                sorted_texts(oracle(plan, probe, build)));
    }
  }
}

TEST_F(JoinTest, ExtremeKeysDoNotWrapAround) {
  Random random(1);
  const PlanNode plan = make_plan(JoinKind::kInner, {2}, {2}, false);
  std::vector<Row> build(2, nulls()), probe(4, nulls());
  build[0][2] = Value::of_integer(kTypes[2], INT64_MAX);
  build[1][2] = Value::of_integer(kTypes[2], INT64_MAX - 5);
  probe[0][2] = Value::of_integer(kTypes[2], INT64_MIN);
  probe[1][2] = Value::of_integer(kTypes[2], INT64_MAX);
  probe[2][2] = Value::of_integer(kTypes[2], -1);
  probe[3][2] = Value::of_integer(kTypes[2], INT64_MAX - 4);
  const std::unique_ptr<Sink> sink = make_join_build_sink(plan);
  feed_sink(random, *sink, kTypes, build, {});
  EXPECT_EQ(probe_with(random, plan, *sink, probe, 10, 100).size(), 1u);
}

TEST_F(JoinTest, OneBuildRowComesAsAConstant) {
  Random random(1);
  const PlanNode plan = make_plan(JoinKind::kInner, {}, {}, false);
  const std::vector<Row> rows = random_rows(random, kTypes, std::vector<size_t>(kTypes.size(), 9), 1, 0);
  const std::unique_ptr<Sink> sink = make_join_build_sink(plan);
  feed_sink(random, *sink, kTypes, rows, {});
  class Check : public Consumer {
    void push(Batch& batch) override {
      for (size_t c = kColumns; c < batch.columns.size(); ++c) EXPECT_TRUE(batch.columns[c].is_constant());
    }
  } check;
  const ExecutionSettings settings;
  const std::unique_ptr<Operator> probe = make_join_probe(plan, *sink);
  const std::unique_ptr<Operator::Local> local = probe->make_local({&settings});
  OwnedBatch owned(random, kTypes, random_rows(random, kTypes, std::vector<size_t>(6, 5), 10, 0), true);
  probe->push(owned.batch, *local, check);
}

}  // namespace
}  // namespace cairn
