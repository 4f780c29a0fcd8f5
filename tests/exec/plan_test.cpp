#include "exec/plan/plan.h"

#include <set>

#include <gtest/gtest.h>

#include "exec/plan/pipeline_graph.h"
#include "exec/plan/table_function.h"
#include "exec/run/explain.h"
#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

using SinkKind = PipelineDescription::SinkKind;

FakeTable make_table(std::string name = "t") {
  return FakeTable(std::move(name), 3, {10}, [](uint64_t row, size_t) { return static_cast<int64_t>(row); });
}

TEST(Describe, SaysEverythingThatChangesTheResult) {
  FakeTable table = make_table();
  EXPECT_EQ(scan(table, {2, 0})->describe(), "Scan t (c, a)");
  EXPECT_EQ(join(JoinKind::kLeft, scan(table, {0, 1}), scan(table, {0}), {1}, {0})->describe(), "Join left on #1 = #2");
  EXPECT_EQ(sort(scan(table, {0, 1}), {{1, true, true}, {0, false, true}})->describe(), "Sort by #1 desc, #0 nulls first");
  EXPECT_EQ(sort(scan(table, {0}), {{0, true, false}}, 10)->describe(), "Top by #0 desc nulls last limit 10");
  EXPECT_EQ(limit(scan(table, {0}), 5, 2)->describe(), "Limit limit 5 offset 2");
  EXPECT_EQ(aggregate(scan(table, {0, 1}), {0}, {1})->describe(), "Aggregate by #0: count(*), sum(#1)");
}

TEST(Fingerprint, IsTheSameForTheSamePlanAndAnotherForAnyChange) {
  FakeTable table = make_table(), other = make_table("u"), newer = make_table(), column_order = make_table();
  newer.version->version = 2;
  auto filtered = [&](const FakeTable& from, int64_t bound) {
    return aggregate(scan(from, {0, 1}, list(less(column(0), number(bound)))), {0}, {1});
  };
  EXPECT_EQ(fingerprint(*filtered(table, 5)), fingerprint(*filtered(table, 5)));
  std::set<std::string> all;
  for (const PlanPtr& plan :
       {filtered(table, 5), filtered(table, 6), filtered(other, 5), filtered(newer, 5),
        aggregate(scan(table, {1, 0}, list(less(column(0), number(5)))), {0}, {1}),
        aggregate(scan(table, {0, 1}), {0}, {1}), aggregate(scan(table, {0, 1}), {1}, {1}),
        materialize(scan(table, {0, 1})), limit(scan(table, {0, 1}), 5), limit(scan(table, {0, 1}), 5, 1)}) {
    all.insert(fingerprint(*plan).to_string());
  }
  EXPECT_EQ(all.size(), 10u);
  for (const std::string& text : all) EXPECT_EQ(text.size(), 32u);
}

TEST(Fingerprint, DoesNotDependOnNamesAndEstimates) {
  FakeTable table = make_table();
  PlanPtr plain = materialize(scan(table, {0})), named = materialize(scan(table, {0}));
  named->names = {"x"};
  named->children[0]->estimated_rows = 77;
  EXPECT_EQ(fingerprint(*plain), fingerprint(*named));
}

TEST(Fingerprint, ABuildSidesDoesNotDependOnTheProbeSide) {
  FakeTable table = make_table(), other = make_table("u");
  auto first = join(JoinKind::kInner, scan(table, {0}), scan(table, {1}), {0}, {0});
  auto second = join(JoinKind::kInner, scan(other, {0}), scan(table, {1}), {0}, {0});
  auto third = join(JoinKind::kInner, scan(table, {0}), scan(table, {2}), {0}, {0});
  EXPECT_EQ(build_fingerprint(*first), build_fingerprint(*second));
  EXPECT_NE(build_fingerprint(*first), build_fingerprint(*third));
  EXPECT_NE(fingerprint(*first), fingerprint(*second));
}

TEST(Fingerprint, OfATableFunctionWithoutADescriptionNeverComesAgain) {
  struct Numbers : TableFunctionSource {
    explicit Numbers(std::string text) : description_(std::move(text)) {}
    bool next(std::vector<ColumnBuffer>&, size_t) override { return false; }
    void rewind() override {}
    std::string description() const override { return description_; }
    std::string description_;
  };
  auto plan = node(PlanNode::Kind::kTableFunction);
  plan->function_source = std::make_shared<Numbers>("");
  EXPECT_NE(fingerprint(*plan), fingerprint(*plan));
  plan->function_source = std::make_shared<Numbers>("generate_series(1, 3)");
  EXPECT_EQ(fingerprint(*plan), fingerprint(*plan));
}

TEST(Fingerprint, TakesLinearTimeOnNestedSharing) {
  FakeTable table = make_table();
  PlanPtr plan = scan(table, {0});
  for (int i = 0; i < 60; ++i) plan = union_all({materialize(plan), materialize(plan)});
  fingerprint(*plan);
  EXPECT_FALSE(explain(*plan).empty());
}

std::vector<SinkKind> sinks(const PlanPtr& plan) {
  std::vector<SinkKind> kinds;
  for (const auto& pipeline : PipelineGraph(*plan).pipelines) kinds.push_back(pipeline.sink);
  return kinds;
}

TEST(PipelineGraph, CutsAtBreakersInputsFirst) {
  FakeTable table = make_table();
  PlanPtr plan = sort(aggregate(join(JoinKind::kInner, scan(table, {0}), scan(table, {1}), {0}, {0}), {0}, {}), {{0}});
  EXPECT_EQ(sinks(plan), (std::vector{SinkKind::kJoinBuild, SinkKind::kAggregate, SinkKind::kSort, SinkKind::kResult}));
  PipelineGraph graph(*plan);
  EXPECT_EQ(graph.pipelines[1].inputs, std::vector<size_t>{0});
  EXPECT_EQ(graph.pipelines[3].inputs, std::vector<size_t>{2});
}

TEST(PipelineGraph, ARightJoinFeedsItsSinkTwice) {
  FakeTable table = make_table();
  PlanPtr plan = filter(join(JoinKind::kFull, scan(table, {0}), scan(table, {1}), {0}, {0}), less(column(0), number(5)));
  PipelineGraph graph(*plan);
  ASSERT_EQ(graph.pipelines.size(), 2u);
  ASSERT_EQ(graph.pipelines[1].legs.size(), 2u);
  EXPECT_EQ(graph.pipelines[1].legs[0].steps.size(), 2u);
  EXPECT_EQ(graph.pipelines[1].legs[1].steps.size(), 1u);
  EXPECT_FALSE(graph.pipelines[1].legs[0].after_previous);
  EXPECT_TRUE(graph.pipelines[1].legs[1].after_previous);
}

TEST(PipelineGraph, ALimitAtTheRootIsTheResults) {
  FakeTable table = make_table();
  EXPECT_EQ(sinks(limit(scan(table, {0}), 5)), std::vector{SinkKind::kResult});
  EXPECT_EQ(PipelineGraph(*limit(scan(table, {0}), 5, 3)).result_offset, 3);
  EXPECT_EQ(sinks(materialize(limit(scan(table, {0}), 5))),
            (std::vector{SinkKind::kLimit, SinkKind::kMaterialize, SinkKind::kResult}));
}

TEST(Explain, ShowsATreeWithNames) {
  FakeTable table = make_table(), other = make_table("u");
  PlanPtr plan = aggregate(join(JoinKind::kInner, scan(table, {0, 1}, list(less(column(1), number(7)))), scan(other, {2}), {0}, {0}), {1}, {0});
  plan->estimated_rows = 12.4;
  EXPECT_EQ(explain(*plan),
            "Aggregate by b: count(*), sum(a)  (about 12 rows)\n"
            "└─ Join inner on a = c  (about 0 rows)\n"
            "   ├─ Scan t (a, b) where (b < 7::BIGINT)  (about 0 rows)\n"
            "   └─ Scan u (c)  (about 0 rows)\n");
}

TEST(Explain, ShowsASharedSubplanOnce) {
  FakeTable table = make_table();
  PlanPtr shared = materialize(scan(table, {0}));
  EXPECT_EQ(explain(*union_all({shared, shared})),
            "Union all  (about 0 rows)\n"
            "├─ Materialize [1]  (about 0 rows)\n"
            "│  └─ Scan t (a)  (about 0 rows)\n"
            "└─ Rows of [1]\n");
}

TEST(Explain, AnalyzeShowsWhatWasMeasured) {
  FakeTable table = make_table();
  PlanPtr plan = aggregate(scan(table, {0, 1}), {}, {1});
  plan->children[0]->estimated_rows = 20;
  auto execution = start(plan, {.profiling = true});
  drain(*execution);
  std::string text = explain_analyze(*plan, execution->profile());
  EXPECT_NE(text.find("rows 1 (estimated 0)"), std::string::npos) << text;
  EXPECT_NE(text.find("checkpoint: computed"), std::string::npos) << text;
  EXPECT_NE(text.find("rows 10 (estimated 20)"), std::string::npos) << text;
  EXPECT_NE(text.find("morsels 1 local 0 remote"), std::string::npos) << text;
  EXPECT_NE(text.find("encodings: a for32, b for32"), std::string::npos) << text;
  EXPECT_NE(text.find(" ms"), std::string::npos) << text;
}

}  // namespace
}  // namespace cairn::testing
