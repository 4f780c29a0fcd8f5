#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "plan_builder.h"
#include "sql/optimizer/column_set.h"
#include "vector/error.h"

namespace cairn {
namespace {

using Tables = std::shared_ptr<const TableVersion>;

/// r(a, b), s(c, d), t(e, f): small integer tables; b, d, f may be NULL.
class OptimizerPasses : public testing::Test {
 protected:
  static Tables make(const char* name, const char* key, const char* value) {
    return PlanBuilder::table(name, 1000, {{key, Type::integer(), 1000, 1, 1000}, {value, Type::integer(), 10, 1, 10, false}});
  }
  LogicalPtr r() { return b.scan(make("r", "a", "b")); }
  LogicalPtr s() { return b.scan(make("s", "c", "d")); }
  LogicalPtr t() { return b.scan(make("t", "e", "f")); }
  /// r beside the row of s whose c is below a.
  LogicalPtr r_with_subquery() {
    LogicalPtr left = r(), right = s();
    right = b.filter(std::move(right), list(lt(b["c"], b["a"])));
    return b.dependent_join(JoinKind::kSingle, std::move(left), std::move(right));
  }
  std::string run(LogicalPtr root, std::initializer_list<void (*)(LogicalPlan&)> passes) {
    LogicalPlan& plan = b.finish(std::move(root));
    for (auto pass : passes) pass(plan);
    return plan.to_string();
  }
  std::vector<std::pair<std::string, ExpressionPtr>> column_as(const char* name, const char* source) {
    std::vector<std::pair<std::string, ExpressionPtr>> columns;
    columns.emplace_back(name, b[source]);
    return columns;
  }
  PlanBuilder b;
};

TEST_F(OptimizerPasses, FoldingDropsTrueAndEmptiesFalse) {
  LogicalPtr left = r();
  EXPECT_EQ(run(b.filter(std::move(left), list(eq(integer(1), integer(1)), gt(b["a"], integer(3)))), {fold_constants}),
            "Filter (a#0 > 3::INTEGER)\n"
            "  Scan r [a#0, b#1]\n");
  LogicalPtr empty = b.filter(s(), list(boolean(false))), other = t();
  EXPECT_EQ(run(b.join(JoinKind::kInner, std::move(empty), std::move(other)), {fold_constants}),
            "Values [c#2, d#3, e#4, f#5] (no rows)\n");
}

TEST_F(OptimizerPasses, FoldingKeepsOuterRowsOfAnEmptySide) {
  LogicalPtr left = r(), right = s();
  EXPECT_EQ(run(b.join(JoinKind::kLeft, std::move(left), b.filter(std::move(right), list(boolean(false)))), {fold_constants}),
            "Project [a#0 := a#0, b#1 := b#1, c#2 := NULL::INTEGER, d#3 := NULL::INTEGER]\n"
            "  Scan r [a#0, b#1]\n");
}

TEST_F(OptimizerPasses, FoldingSpeaksOfOuterJoinsWithoutMatches) {
  LogicalPtr left = r(), right = s();
  EXPECT_EQ(run(b.join(JoinKind::kRight, std::move(left), std::move(right), list(boolean(false))), {fold_constants}),
            "Project [c#2 := c#2, d#3 := d#3, a#0 := NULL::INTEGER, b#1 := NULL::INTEGER]\n"
            "  Scan s [c#2, d#3]\n");
}

TEST_F(OptimizerPasses, FoldingUnitesTheSidesOfAFullJoinWithoutMatches) {
  LogicalPtr left = r(), right = s();
  EXPECT_EQ(run(b.join(JoinKind::kFull, std::move(left), std::move(right), list(eq(b["a"], b["c"]), boolean(false))),
                {fold_constants}),
            "Union all [a#0, b#1, c#2, d#3]\n"
            "  Project [a#6 := a#4, b#7 := b#5, c#8 := NULL::INTEGER, d#9 := NULL::INTEGER]\n"
            "    Scan r [a#4, b#5]\n"
            "  Project [a#12 := NULL::INTEGER, b#13 := NULL::INTEGER, c#14 := c#10, d#15 := d#11]\n"
            "    Scan s [c#10, d#11]\n");
}

TEST_F(OptimizerPasses, PushdownMakesJoinsOfCrossProducts) {
  LogicalPtr left = r(), right = s();
  LogicalPtr cross = b.join(JoinKind::kInner, std::move(left), std::move(right));
  EXPECT_EQ(run(b.filter(std::move(cross), list(eq(b["a"], b["c"]), gt(b["b"], integer(3)), lt(b["d"], integer(7)))),
                {push_predicates_down}),
            "Join inner on (a#0 = c#2)\n"
            "  Scan r [a#0, b#1] where (b#1 > 3::INTEGER)\n"
            "  Scan s [c#2, d#3] where (d#3 < 7::INTEGER)\n");
}

TEST_F(OptimizerPasses, PushdownRespectsTheOptionalSideOfLeftJoins) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kLeft, std::move(left), std::move(right),
                           list(eq(b["a"], b["c"]), gt(b["b"], integer(1)), gt(b["d"], integer(2))));
  EXPECT_EQ(run(b.filter(std::move(join), list(is_null(b["d"]), lt(b["a"], integer(9)))), {push_predicates_down}),
            "Filter (d#3 IS NULL)\n"
            "  Join left on (a#0 = c#2) and (b#1 > 1::INTEGER)\n"
            "    Scan r [a#0, b#1] where (a#0 < 9::INTEGER)\n"
            "    Scan s [c#2, d#3] where (d#3 > 2::INTEGER)\n");
}

TEST_F(OptimizerPasses, PushdownGoesThroughProjectionsAndGroups) {
  LogicalPtr scan = r();
  std::vector<std::pair<std::string, ExpressionPtr>> columns;
  columns.emplace_back("twice", call("+", list(b["a"], b["a"])));
  columns.emplace_back("b2", b["b"]);
  LogicalPtr project = b.project(std::move(scan), std::move(columns));
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"total", "sum", b["twice"]});
  LogicalPtr groups = b.aggregate(std::move(project), {"b2"}, std::move(calls));
  const auto bound = [&] { return Expression::make_constant(Value::of_integer(b["total"]->type, 5)); };
  EXPECT_EQ(run(b.filter(std::move(groups), list(eq(b["b2"], integer(4)), gt(b["total"], bound()))), {push_predicates_down}),
            "Filter (total#5 > 5::BIGINT)\n"
            "  Aggregate by [b2#4 := b2#3] [total#5 := sum(twice#2)]\n"
            "    Project [twice#2 := (a#0 + a#0), b2#3 := b#1]\n"
            "      Scan r [a#0, b#1] where (b#1 = 4::INTEGER)\n");
}

TEST_F(OptimizerPasses, NothingGoesBelowAnAggregateWithoutGroups) {
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"n", "count", nullptr});
  LogicalPtr groups = b.aggregate(r(), {}, std::move(calls));
  EXPECT_EQ(run(b.filter(std::move(groups), list(eq(integer(1), integer(2)))), {push_predicates_down}),
            "Filter (1::INTEGER = 2::INTEGER)\n"
            "  Aggregate [n#2 := count(*)]\n"
            "    Scan r [a#0, b#1]\n");
}

TEST_F(OptimizerPasses, PushdownGoesIntoBothSidesOfAUnionButNotBelowALimit) {
  LogicalPtr left = r();
  left = b.project(std::move(left), column_as("x", "a"));
  LogicalPtr right = b.limit(s(), 3);
  right = b.project(std::move(right), column_as("y", "c"));
  LogicalPtr both_sides = b.set_operation(LogicalNode::SetOperation::kUnion, true, std::move(left), std::move(right), {"z"});
  EXPECT_EQ(run(b.filter(std::move(both_sides), list(eq(b["z"], integer(1)))), {push_predicates_down}),
            "Union all [z#6]\n"
            "  Project [x#2 := a#0]\n"
            "    Scan r [a#0, b#1] where (a#0 = 1::INTEGER)\n"
            "  Project [y#5 := c#3]\n"
            "    Filter (c#3 = 1::INTEGER)\n"
            "      Limit 3::BIGINT\n"
            "        Scan s [c#3, d#4]\n");
}

TEST_F(OptimizerPasses, EqualitiesCarryConstantsToTheOtherSide) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kInner, std::move(left), std::move(right), list(eq(b["a"], b["c"])));
  EXPECT_EQ(run(b.filter(std::move(join), list(lt(b["a"], integer(5)))), {derive_predicates, push_predicates_down}),
            "Join inner on (a#0 = c#2)\n"
            "  Scan r [a#0, b#1] where (a#0 < 5::INTEGER)\n"
            "  Scan s [c#2, d#3] where (c#2 < 5::INTEGER)\n");
}

TEST_F(OptimizerPasses, LeftJoinsLearnOnTheirOptionalSide) {
  LogicalPtr left = r(), right = s();
  left = b.filter(std::move(left), list(eq(b["a"], integer(5))));
  LogicalPtr join = b.join(JoinKind::kLeft, std::move(left), std::move(right), list(eq(b["a"], b["c"])));
  EXPECT_EQ(run(std::move(join), {derive_predicates, push_predicates_down}),
            "Join left on (a#0 = c#2)\n"
            "  Scan r [a#0, b#1] where (a#0 = 5::INTEGER)\n"
            "  Scan s [c#2, d#3] where (c#2 = 5::INTEGER)\n");
}

TEST_F(OptimizerPasses, RangesAreChained) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kInner, std::move(left), std::move(right), list(lt(b["a"], b["c"])));
  EXPECT_EQ(run(b.filter(std::move(join), list(le(b["c"], integer(5)))), {derive_predicates, push_predicates_down}),
            "Join inner on (a#0 < c#2)\n"
            "  Scan r [a#0, b#1] where (a#0 < 5::INTEGER)\n"
            "  Scan s [c#2, d#3] where (c#2 <= 5::INTEGER)\n");
}

TEST_F(OptimizerPasses, DisjunctionsSaySomethingAboutEachSide) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kInner, std::move(left), std::move(right), list(eq(b["a"], b["c"])));
  EXPECT_EQ(run(b.filter(std::move(join), list(either(both(eq(b["b"], integer(1)), eq(b["d"], integer(2))),
                                                      both(eq(b["b"], integer(2)), eq(b["d"], integer(1)))))),
                {derive_predicates, push_predicates_down}),
            "Join inner on (a#0 = c#2) and (((b#1 = 1::INTEGER) AND (d#3 = 2::INTEGER)) OR ((b#1 = 2::INTEGER) AND (d#3 = 1::INTEGER)))\n"
            "  Scan r [a#0, b#1] where (b#1 IN (1::INTEGER, 2::INTEGER))\n"
            "  Scan s [c#2, d#3] where (d#3 IN (2::INTEGER, 1::INTEGER))\n");
}

TEST_F(OptimizerPasses, OuterJoinsWhoseNullsAreRejectedAreInner) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kLeft, std::move(left), std::move(right), list(eq(b["a"], b["c"])));
  EXPECT_EQ(run(b.filter(std::move(join), list(gt(b["d"], integer(1)))), {simplify_outer_joins}),
            "Filter (d#3 > 1::INTEGER)\n"
            "  Join inner on (a#0 = c#2)\n"
            "    Scan r [a#0, b#1]\n"
            "    Scan s [c#2, d#3]\n");
}

TEST_F(OptimizerPasses, FullJoinsLoseOneSideAtATime) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kFull, std::move(left), std::move(right), list(eq(b["a"], b["c"])));
  EXPECT_EQ(run(b.filter(std::move(join), list(gt(b["b"], integer(1)))), {simplify_outer_joins}),
            "Filter (b#1 > 1::INTEGER)\n"
            "  Join left on (a#0 = c#2)\n"
            "    Scan r [a#0, b#1]\n"
            "    Scan s [c#2, d#3]\n");
}

TEST_F(OptimizerPasses, NullTestsKeepOuterJoins) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kLeft, std::move(left), std::move(right), list(eq(b["a"], b["c"])));
  EXPECT_EQ(run(b.filter(std::move(join), list(is_null(b["d"]))), {simplify_outer_joins}),
            "Filter (d#3 IS NULL)\n"
            "  Join left on (a#0 = c#2)\n"
            "    Scan r [a#0, b#1]\n"
            "    Scan s [c#2, d#3]\n");
}

TEST_F(OptimizerPasses, RenamingProjectionsVanish) {
  LogicalPtr scan = r();
  LogicalPtr inner = b.project(std::move(scan), column_as("x", "b"));
  LogicalPtr right = s();
  LogicalPtr join = b.join(JoinKind::kInner, std::move(inner), std::move(right), list(eq(b["x"], b["c"])));
  EXPECT_EQ(run(b.project(std::move(join), column_as("y", "x")), {merge_projections}),
            "Project [y#5 := b#1]\n"
            "  Join inner on (b#1 = c#3)\n"
            "    Scan r [a#0, b#1]\n"
            "    Scan s [c#3, d#4]\n");
}

TEST_F(OptimizerPasses, PruningReadsWhatIsUsed) {
  LogicalPtr left = r(), right = s();
  LogicalPtr join = b.join(JoinKind::kInner, std::move(left), std::move(right), list(eq(b["a"], b["c"])));
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"n", "count", nullptr});
  EXPECT_EQ(run(b.aggregate(std::move(join), {"b"}, std::move(calls)), {prune_columns}),
            "Aggregate by [b#4 := b#1] [n#5 := count(*)]\n"
            "  Join inner on (a#0 = c#2)\n"
            "    Scan r [a#0, b#1]\n"
            "    Scan s [c#2]\n");
}

TEST_F(OptimizerPasses, PruningKeepsWhatASubqueryNames) {
  LogicalPtr join = r_with_subquery();
  EXPECT_EQ(run(b.project(std::move(join), column_as("x", "d")), {prune_columns}),
            "Project [x#4 := d#3]\n"
            "  Dependent join single\n"
            "    Scan r [a#0]\n"
            "    Filter (c#2 < a#0)\n"
            "      Scan s [c#2, d#3]\n");
}

TEST_F(OptimizerPasses, PruningDropsSubqueriesThatNobodyReads) {
  LogicalPtr from = r_with_subquery(), other = t();
  from = b.join(JoinKind::kMark, std::move(from), std::move(other), list(eq(b["a"], b["e"])), "found");
  EXPECT_EQ(run(b.project(std::move(from), column_as("x", "b")), {prune_columns}),
            "Project [x#7 := b#1]\n"
            "  Scan r [b#1]\n");
}

TEST_F(OptimizerPasses, CommonTablesUsedOnceAreInlined) {
  auto table = std::make_shared<CommonTable>();
  table->name = "w";
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"n", "count", nullptr});
  table->plan = b.aggregate(r(), {"b"}, std::move(calls));
  b.plan().common_tables.push_back(table);
  EXPECT_EQ(run(b.cte_scan(table, {"x", "y"}), {inline_common_tables}),
            "Project [x#4 := b#8, y#5 := n#9]\n"
            "  Aggregate by [b#8 := b#7] [n#9 := count(*)]\n"
            "    Scan r [a#6, b#7]\n");
}

TEST_F(OptimizerPasses, CommonTablesUsedTwiceStay) {
  auto table = std::make_shared<CommonTable>();
  table->name = "w";
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"n", "count", nullptr});
  table->plan = b.aggregate(r(), {"b"}, std::move(calls));
  b.plan().common_tables.push_back(table);
  LogicalPtr left = b.cte_scan(table, {"x", "y"}), right = b.cte_scan(table, {"u", "v"});
  EXPECT_EQ(run(b.join(JoinKind::kInner, std::move(left), std::move(right), list(eq(b["y"], b["v"]))), {inline_common_tables}),
            "With w\n"
            "  Aggregate by [b#2 := b#1] [n#3 := count(*)]\n"
            "    Scan r [a#0, b#1]\n"
            "Join inner on (y#5 = v#7)\n"
            "  CteScan w [x#4, y#5]\n"
            "  CteScan w [u#6, v#7]\n");
}

TEST_F(OptimizerPasses, LimitsMeetTheirSorts) {
  LogicalPtr sorted = b.sort(r(), {"b"});
  EXPECT_EQ(run(b.limit(b.project(std::move(sorted), column_as("x", "a")), 5), {push_limits_down}),
            "Project [x#2 := a#0]\n"
            "  Limit 5::BIGINT\n"
            "    Sort by [b#1]\n"
            "      Scan r [a#0, b#1]\n");
}

TEST_F(OptimizerPasses, TablesWithoutRowsAreEmpty) {
  LogicalPtr none = b.scan(PlanBuilder::table("none", 0, {{"n", Type::integer()}})), other = t();
  EXPECT_EQ(run(b.join(JoinKind::kInner, std::move(none), std::move(other)), {fold_constants}),
            "Values [n#0, e#1, f#2] (no rows)\n");
}

TEST_F(OptimizerPasses, ExistenceAsksForOneRow) {
  LogicalPtr left = r(), right = s();
  EXPECT_EQ(run(b.join(JoinKind::kAnti, std::move(left), std::move(right), list(gt(b["a"], integer(3)))), {push_limits_down}),
            "Join anti on (a#0 > 3::INTEGER)\n"
            "  Scan r [a#0, b#1]\n"
            "  Limit 1::BIGINT\n"
            "    Scan s [c#2, d#3]\n");
}

TEST_F(OptimizerPasses, RowsThatAreComparedAreNotLimited) {
  LogicalPtr left = r(), right = s();
  EXPECT_EQ(run(b.join(JoinKind::kSemi, std::move(left), std::move(right), list(eq(b["a"], b["c"]))), {push_limits_down}),
            "Join semi on (a#0 = c#2)\n"
            "  Scan r [a#0, b#1]\n"
            "  Scan s [c#2, d#3]\n");
}

TEST_F(OptimizerPasses, PlanningEndsWhereItIsInterrupted) {
  const std::atomic<bool> interrupted = true;
  LogicalPlan& plan = b.finish(b.sort(r(), {"b"}));
  plan.interrupted = &interrupted;
  const auto state_of = [](auto work) {
    try {
      work();
    } catch (const Error& error) {
      return error.sqlstate;
    }
    return std::string("no error");
  };
  EXPECT_EQ(state_of([&] { make_physical_plan(plan); }), sqlstate::kQueryCanceled);
  EXPECT_EQ(state_of([&] { optimize(plan, {}); }), sqlstate::kQueryCanceled);
}

/// Against std::set, over ids far from 0 and from each other.
TEST(ColumnSets, DoWhatSetsDo) {
  std::mt19937_64 random(20261127);
  const auto some = [&](std::set<ColumnId>& ids) {
    const ColumnId base = static_cast<ColumnId>(random() % 3) * 100'000;
    for (size_t i = random() % 8; i > 0; i--) ids.insert(base + static_cast<ColumnId>(random() % 200));
    return ColumnSet(std::vector<ColumnId>(ids.begin(), ids.end()));
  };
  for (int round = 0; round < 2000; round++) {
    std::set<ColumnId> a_ids, b_ids;
    ColumnSet a = some(a_ids);
    const ColumnSet b = some(b_ids);
    const auto in_a = [&](ColumnId id) { return a_ids.contains(id); };
    ASSERT_EQ(a.empty(), a_ids.empty());
    ASSERT_EQ(a.intersects(b), std::ranges::any_of(b_ids, in_a));
    ASSERT_EQ(a.contains_all(b), std::ranges::all_of(b_ids, in_a));
    const bool erase = random() % 2 == 0;
    for (ColumnId id : b_ids) erase ? void(a_ids.erase(id)) : void(a_ids.insert(id));
    erase ? a.erase(b) : a.insert(b);
    const ColumnId one = static_cast<ColumnId>(random() % 300'000);
    ASSERT_EQ(a.contains(one), in_a(one));
    if (round % 3 == 0) a.erase(one), a_ids.erase(one);
    if (round % 3 == 1) a.insert(one), a_ids.insert(one);
    ASSERT_EQ(a.ids(), std::vector<ColumnId>(a_ids.begin(), a_ids.end()));
    ASSERT_EQ(a.size(), a_ids.size());
  }
}

}  // namespace
}  // namespace cairn
