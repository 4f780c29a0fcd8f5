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
        Scan orders (o_orderkey, o_orderdate) row groups by #0 in l_orderkey
        Join inner on #2 = #5 and #1 = #4 -> #0, #3, #6, #7
          Scan lineitem (l_orderkey, l_partkey, l_suppkey, l_quantity) row groups by #1 in ps_partkey
          Join inner on #1 = #3 -> #0, #1, #2, #4
            Join inner on #0 = #3 -> #0, #1, #2
              Scan partsupp (ps_partkey, ps_suppkey, ps_supplycost) row groups by #0 in p_partkey
              Project #0
                Scan part (p_partkey, p_name) where (#1 LIKE '%green%'::VARCHAR)
            Join inner on #1 = #2 -> #0, #3
              Scan supplier (s_suppkey, s_nationkey)
              Scan nation (n_nationkey, n_name)
)");
}


TEST(TpchPlans, Q17) {
  PlanBuilder b;
  LogicalPtr from = b.join(JoinKind::kInner, b.scan("lineitem"), b.scan("part"));
  LogicalPtr l2 = b.scan("lineitem", "l2");
  LogicalPtr sub = b.filter(std::move(l2), list(eq(b["l2.l_partkey"], b["p_partkey"])));
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"average", "avg", b["l2.l_quantity"]});
  sub = b.aggregate(std::move(sub), {}, std::move(calls));
  std::vector<std::pair<std::string, ExpressionPtr>> columns;
  columns.emplace_back("threshold", call("*", list(Expression::make_constant(Value::of_double(0.2)), b["average"])));
  sub = b.project(std::move(sub), std::move(columns));
  from = b.dependent_join(JoinKind::kSingle, std::move(from), std::move(sub));
  from = b.filter(std::move(from), list(eq(b["p_partkey"], b["lineitem.l_partkey"]), eq(b["p_brand"], text("Brand#23")),
                                        eq(b["p_container"], text("MED BOX")),
                                        lt(Expression::make_cast(b["lineitem.l_quantity"], Type::double_()), b["threshold"])));
  std::vector<PlanBuilder::Call> sums;
  sums.push_back({"total", "sum", b["lineitem.l_extendedprice"]});
  EXPECT_EQ(physical(b.finish(b.aggregate(std::move(from), {}, std::move(sums)))),
            R"(Aggregate: sum(#0)
  Join inner on #0 = #4 where (CAST(#1 AS DOUBLE) < ('0.2'::DOUBLE * #3)) -> #2
    Scan lineitem (l_partkey, l_quantity, l_extendedprice) row groups by #0 in p_partkey
    Join inner on #0 = #2 -> #1, #2
      Aggregate by #0: avg(#1)
        Scan lineitem (l_partkey, l_quantity) reduced by #0 in p_partkey
      Project #0
        Scan part (p_partkey, p_brand, p_container) where (#1 = 'Brand#23'::VARCHAR) and (#2 = 'MED BOX'::VARCHAR)
)");
}

TEST(TpchPlans, Q21) {
  PlanBuilder b;
  LogicalPtr from = b.scan("supplier");
  from = b.join(JoinKind::kInner, std::move(from), b.scan("lineitem", "l1"));
  from = b.join(JoinKind::kInner, std::move(from), b.scan("orders"));
  from = b.join(JoinKind::kInner, std::move(from), b.scan("nation"));
  from = b.filter(std::move(from), list(eq(b["s_suppkey"], b["l1.l_suppkey"]), eq(b["o_orderkey"], b["l1.l_orderkey"]),
                                        eq(b["o_orderstatus"], text("F")), gt(b["l1.l_receiptdate"], b["l1.l_commitdate"]),
                                        eq(b["s_nationkey"], b["n_nationkey"]), eq(b["n_name"], text("SAUDI ARABIA"))));
  LogicalPtr l2 = b.scan("lineitem", "l2");
  l2 = b.filter(std::move(l2), list(eq(b["l2.l_orderkey"], b["l1.l_orderkey"]), ne(b["l2.l_suppkey"], b["l1.l_suppkey"])));
  from = b.dependent_join(JoinKind::kSemi, std::move(from), std::move(l2));
  LogicalPtr l3 = b.scan("lineitem", "l3");
  l3 = b.filter(std::move(l3), list(eq(b["l3.l_orderkey"], b["l1.l_orderkey"]), ne(b["l3.l_suppkey"], b["l1.l_suppkey"]),
     gt(b["l3.l_receiptdate"], b["l3.l_commitdate"])));
  from = b.dependent_join(JoinKind::kAnti, std::move(from), std::move(l3));
  std::vector<PlanBuilder::Call> counts;
  counts.push_back({"numwait", "count", nullptr});
  EXPECT_EQ(physical(b.finish(b.limit(b.sort(b.aggregate(std::move(from), {"s_name"}, std::move(counts)), {"numwait", "s_name"}), 100))),
            R"(Top by #1, #0 limit 100
  Aggregate by #0: count(*)
    Join right semi on #0 = #2 where (#1 <> #3) -> #4
      Scan lineitem (l_orderkey, l_suppkey) row groups by #0 in l_orderkey
      Join right anti on #0 = #4 where (#1 <> #5) -> #4, #5, #6
        Scan lineitem (l_orderkey, l_suppkey, l_commitdate, l_receiptdate) where (#3 > #2) row groups by #0 in l_orderkey
        Join inner on #0 = #2 -> #2, #3, #4
          Scan orders (o_orderkey, o_orderstatus) where (#1 = 'F'::VARCHAR) row groups by #0 in l_orderkey
          Join inner on #1 = #4 -> #0, #1, #5
            Scan lineitem (l_orderkey, l_suppkey, l_commitdate, l_receiptdate) where (#3 > #2) row groups by #1 in s_suppkey
            Join inner on #2 = #3 -> #0, #1
              Scan supplier (s_suppkey, s_name, s_nationkey) row groups by #2 in n_nationkey
              Project #0
                Scan nation (n_nationkey, n_name) where (#1 = 'SAUDI ARABIA'::VARCHAR)
)");
}

TEST(TpchPlans, Q2) {
  PlanBuilder b;
  LogicalPtr from = b.scan("part");
  for (const char* table : {"supplier", "partsupp", "nation", "region"}) from = b.join(JoinKind::kInner, std::move(from), b.scan(table));
  LogicalPtr sub = b.scan("partsupp", "ps2");
  sub = b.join(JoinKind::kInner, std::move(sub), b.scan("supplier", "s2"));
  sub = b.join(JoinKind::kInner, std::move(sub), b.scan("nation", "n2"));
  sub = b.join(JoinKind::kInner, std::move(sub), b.scan("region", "r2"));
  sub = b.filter(std::move(sub), list(eq(b["part.p_partkey"], b["ps2.ps_partkey"]), eq(b["s2.s_suppkey"], b["ps2.ps_suppkey"]),
    eq(b["s2.s_nationkey"], b["n2.n_nationkey"]), eq(b["n2.n_regionkey"], b["r2.r_regionkey"]), eq(b["r2.r_name"], text("EUROPE"))));
  std::vector<PlanBuilder::Call> calls;
  calls.push_back({"least", "min", b["ps2.ps_supplycost"]});
  sub = b.aggregate(std::move(sub), {}, std::move(calls));
  from = b.dependent_join(JoinKind::kSingle, std::move(from), std::move(sub));
  from = b.filter(std::move(from), list(eq(b["part.p_partkey"], b["partsupp.ps_partkey"]), eq(b["supplier.s_suppkey"], b["partsupp.ps_suppkey"]),
     eq(b["p_size"], integer(15)), like(b["p_type"], "%BRASS"), eq(b["supplier.s_nationkey"], b["nation.n_nationkey"]),
     eq(b["nation.n_regionkey"], b["region.r_regionkey"]), eq(b["region.r_name"], text("EUROPE")), eq(b["partsupp.ps_supplycost"], b["least"])));
  std::vector<std::pair<std::string, ExpressionPtr>> columns;
  columns.emplace_back("name", b["supplier.s_name"]);
  columns.emplace_back("p_partkey", b["part.p_partkey"]);
  EXPECT_EQ(physical(b.finish(b.limit(b.sort(b.project(std::move(from), std::move(columns)), {"name"}), 100))),
            R"(Top by #0 limit 100
  Join inner on #1 = #3 -> #0, #2
    Join inner on #0 = #3 -> #1, #2, #4
      Scan supplier (s_suppkey, s_name, s_nationkey) row groups by #0 in ps_suppkey reduced by #2 in n_nationkey
      Join inner on #0 = #4 and #2 = #3 -> #1, #4
        Scan partsupp (ps_partkey, ps_suppkey, ps_supplycost) row groups by #0 in p_partkey row groups by #2 in least
        Join inner on #0 = #2 -> #1, #2
          Aggregate by #0: min(#1)
            Join inner on #1 = #3 -> #0, #2
              Scan partsupp (ps_partkey, ps_suppkey, ps_supplycost) row groups by #1 in s_suppkey reduced by #0 in p_partkey
              Join inner on #1 = #2 -> #0
                Scan supplier (s_suppkey, s_nationkey) row groups by #1 in n_nationkey
                Join inner on #1 = #2 -> #0
                  Scan nation (n_nationkey, n_regionkey) row groups by #1 in r_regionkey
                  Project #0
                    Scan region (r_regionkey, r_name) where (#1 = 'EUROPE'::VARCHAR)
          Project #0
            Scan part (p_partkey, p_type, p_size) where (#2 = 15::INTEGER) and (#1 LIKE '%BRASS'::VARCHAR)
    Join inner on #1 = #2 -> #0
      Scan nation (n_nationkey, n_regionkey) row groups by #1 in r_regionkey
      Project #0
        Scan region (r_regionkey, r_name) where (#1 = 'EUROPE'::VARCHAR)
)");
}

}  // namespace
}  // namespace cairn
