// Joins of many relations: planned without cross products that nothing forces.

#include <gtest/gtest.h>

#include "plan_builder.h"

namespace cairn {
namespace {

enum class Shape { kChain, kStar, kClique };

/// `count` relations t0, t1, … of columns k, l; joined as the shape says.
LogicalPtr join_of(PlanBuilder& b, Shape shape, int count) {
  LogicalPtr from;
  std::vector<ExpressionPtr> conditions;
  const auto name = [](int i, char column) { return "t" + std::to_string(i) + "." + column; };
  for (int i = 0; i < count; ++i) {
    const auto rows = static_cast<uint64_t>(1000 + 137 * ((i * 31) % 50));
    const double distinct = static_cast<double>(rows);
    LogicalPtr scan = b.scan(PlanBuilder::table("t" + std::to_string(i), rows,
                                                {{"k", Type::integer(), distinct, 0, distinct - 1},
                                                 {"l", Type::integer(), distinct / 2, 0, distinct - 1}}));
    from = from ? b.join(JoinKind::kInner, std::move(from), std::move(scan)) : std::move(scan);
    if (i == 0) continue;
    switch (shape) {
      case Shape::kChain: conditions.push_back(eq(b[name(i - 1, 'l')], b[name(i, 'k')])); break;
      case Shape::kStar: conditions.push_back(lt(b[name(0, 'k')], b[name(i, 'k')])); break;
      case Shape::kClique:
        for (int j = 0; j < i; ++j) conditions.push_back(ne(b[name(j, 'l')], b[name(i, 'l')]));
        conditions.push_back(eq(b[name(0, 'k')], b[name(i, 'k')]));
        break;
    }
  }
  return PlanBuilder::filter(std::move(from), std::move(conditions));
}

size_t cross_products(const LogicalNode& node) {
  size_t count = node.kind == LogicalNode::Kind::kJoin && node.predicates.empty() ? 1 : 0;
  for (const auto& child : node.children) count += cross_products(*child);
  return count;
}

class LargeJoins : public ::testing::TestWithParam<std::pair<Shape, int>> {};

TEST_P(LargeJoins, ArePlannedWithoutCrossProducts) {
  PlanBuilder b;
  LogicalPlan& plan = b.finish(join_of(b, GetParam().first, GetParam().second));
  optimize(plan, {});
  const PlanPtr physical = make_physical_plan(plan);
  EXPECT_EQ(cross_products(*plan.root), 0u) << plan.to_string();
}

INSTANTIATE_TEST_SUITE_P(Shapes, LargeJoins,
                         ::testing::Values(std::pair{Shape::kChain, 12}, std::pair{Shape::kStar, 12},
                                           std::pair{Shape::kClique, 12}, std::pair{Shape::kChain, 13},
                                           std::pair{Shape::kChain, 100}, std::pair{Shape::kStar, 100},
                                           std::pair{Shape::kClique, 40}, std::pair{Shape::kClique, 100}));

}  // namespace
}  // namespace cairn
