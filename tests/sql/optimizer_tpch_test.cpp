#include <gtest/gtest.h>

#include <iostream>

#include "plan_builder.h"

namespace cairn {
namespace {

/// The physical plan as text: what EXPLAIN shows.
void write(const PlanNode& node, int depth, std::string& text) {
  text.append(static_cast<size_t>(depth) * 2, ' ');
  text += node.describe() + "\n";
  for (const auto& child : node.children) write(*child, depth + 1, text);
}
std::string physical(LogicalPlan& plan) {
  optimize(plan, {});
  if (getenv("CAIRN_SHOW_PLANS")) std::cout << plan.to_string();
  std::string text;
  write(*make_physical_plan(plan), 0, text);
  return text;
}

TEST(TpchPlans, Q9) {
  PlanBuilder b;
  LogicalPtr from = b.scan("part");
  for (const char* table : {"supplier", "lineitem", "partsupp", "orders", "nation"}) {
    from = b.join(JoinKind::kInner, std::move(from), b.scan(table));
  }
  from = b.filter(std::move(from),
                  list(eq(b["s_suppkey"], b["l_suppkey"]), eq(b["ps_suppkey"], b["l_suppkey"]),
                       eq(b["ps_partkey"], b["l_partkey"]), eq(b["p_partkey"], b["l_partkey"]),
                       eq(b["o_orderkey"], b["l_orderkey"]), eq(b["s_nationkey"], b["n_nationkey"]),
                       like(b["p_name"], "%green%")));
  LogicalPtr profit = b.project(std::move(from), [&] {
    std::vector<std::pair<std::string, ExpressionPtr>> columns;
    columns.emplace_back("nation", b["n_name"]);
    columns.emplace_back("o_year", b["o_orderdate"]);
    columns.emplace_back("amount", call("*", list(b["ps_supplycost"], b["l_quantity"])));
    return columns;
  }());
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"sum_profit", "sum", b["amount"]});
  LogicalPtr groups = b.aggregate(std::move(profit), {"nation", "o_year"}, std::move(calls));
  EXPECT_EQ(physical(b.finish(b.sort(std::move(groups), {"nation", "o_year"}))),
            R"(Sort by #0, #1
  Aggregate by #0, #1: sum(#2)
    Project #3, #0, (#2 * #1)
      Join inner on #0 = #2 -> #1, #3, #4, #5
        Scan orders (o_orderkey, o_orderdate)
        Join inner on #2 = #5 and #1 = #4 -> #0, #3, #6, #7
          Scan lineitem (l_orderkey, l_partkey, l_suppkey, l_quantity)
          Join inner on #1 = #3 -> #0, #1, #2, #4
            Join inner on #0 = #3 -> #0, #1, #2
              Scan partsupp (ps_partkey, ps_suppkey, ps_supplycost)
              Project #0
                Scan part (p_partkey, p_name) where (#1 LIKE '%green%'::VARCHAR)
            Join inner on #1 = #2 -> #0, #3
              Scan supplier (s_suppkey, s_nationkey)
              Scan nation (n_nationkey, n_name)
)");
}

}  // namespace
}  // namespace cairn
