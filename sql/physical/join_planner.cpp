#include <algorithm>

#include "sql/optimizer/rewrite.h"
#include "sql/physical/key_reduction.h"
#include "sql/physical/physical_planner.h"

namespace cairn {
namespace {

/// Keys of one type: DECIMALs and strings may differ in their modifiers; both sides become the wider type.
ExpressionPtr as_type(const Expression& key, const Type& type) {
  ExpressionPtr copy = key.clone();
  if (key.type == type || key.type.is_string()) return copy;
  return Expression::make_cast(std::move(copy), type);
}

const Type& wider(const Type& a, const Type& b) { return b.precision > a.precision ? b : a; }

/// The join seen from the other side.
JoinKind mirrored(JoinKind kind) {
  if (kind == JoinKind::kLeft) return JoinKind::kRight;
  if (kind == JoinKind::kRight) return JoinKind::kLeft;
  if (kind == JoinKind::kSemi) return JoinKind::kRightSemi;
  if (kind == JoinKind::kAnti) return JoinKind::kRightAnti;
  return kind;
}

bool has_mirror(JoinKind kind) {
  return kind == JoinKind::kInner || kind == JoinKind::kLeft || kind == JoinKind::kRight || kind == JoinKind::kFull ||
         kind == JoinKind::kSemi || kind == JoinKind::kAnti;
}

/// Probe rows that match nothing are in nobody's result.
bool drops_unmatched_probes(JoinKind kind) {
  return kind == JoinKind::kInner || kind == JoinKind::kSemi || kind == JoinKind::kRight ||
         kind == JoinKind::kRightSemi || kind == JoinKind::kRightAnti;
}

/// Where a reduction leaves more than this of a scan's rows, it is not worth a look at each.
constexpr double kLeastReduction = 0.5;
/// Semi joins with fewer rows on the right keep the order of the left, which costs nothing noticeable.
constexpr double kFewRows = 1024;

/// A right join keeps note of matched rows and passes over its table once more: the table must be clearly smaller.
bool pays_to_swap(const LogicalNode& join, double left_rows, double right_rows) {
  const JoinKind kind = join.join;
  if (!has_mirror(kind)) return false;
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti) {
    const bool has_keys = std::any_of(join.predicates.begin(), join.predicates.end(),
                                      [](const ExpressionPtr& predicate) { return is_equality(*predicate); });
    return has_keys && right_rows > kFewRows && left_rows * 2 < right_rows;
  }
  if (kind == JoinKind::kLeft) return left_rows * 2 < right_rows;
  if (kind == JoinKind::kRight) return left_rows < right_rows * 2;
  return left_rows < right_rows;
}

}  // namespace

/// The join's condition, taken apart: pairs of keys, and what is left.
struct PhysicalPlanner::JoinKeys {
  std::vector<ExpressionPtr> left, right;
  std::vector<double> left_shares;  ///< of the left side's rows that each key lets pass
  std::vector<const Expression*> residual;
  bool null_safe = false;
};

PhysicalPlanner::JoinKeys PhysicalPlanner::split_keys(const LogicalNode& node, const PlannedNode& left,
                                                      const PlannedNode& right, bool swapped) const {
  auto columns_in = [](const PlannedNode& side) {
    ColumnSet set;
    for (ColumnId id : side.columns) {
      if (id != UINT32_MAX) set.insert(id);
    }
    return set;
  };
  const ColumnSet left_columns = columns_in(left), right_columns = columns_in(right);
  JoinKeys keys;
  // One flag for all keys: IS NOT DISTINCT FROM is a key only where there is no other.
  // A mark compares its keys in three-valued logic, also with a constant: 1 IN (SELECT …).
  const bool mark = node.join == JoinKind::kMark;
  const bool tests = mark || node.join == JoinKind::kSemi || node.join == JoinKind::kAnti;
  // random() IN (SELECT …): one value per row, which a residual condition would ask for every pair; ON x = random() does.
  const auto constant_is_key = [&](const Expression& e) { return mark || (tests && is_volatile(e)); };
  const auto may_be_key = [&](const Expression& e) { return tests || !is_volatile(e); };
  keys.null_safe = std::none_of(node.predicates.begin(), node.predicates.end(), [&](const ExpressionPtr& e) {
    return is_equality(*e) && may_be_key(*e) &&
           (constant_is_key(*e) || (!columns_of(*e->arguments[0]).empty() && !columns_of(*e->arguments[1]).empty()));
  });
  for (size_t i = 0; i < node.predicates.size(); ++i) {
    const ExpressionPtr& predicate = node.predicates[i];
    bool null_safe = false;
    const bool equality = may_be_key(*predicate) && is_equality(*predicate, &null_safe) && null_safe == keys.null_safe;
    if (equality) {
      const Expression &a = *predicate->arguments[0], &b = *predicate->arguments[1];
      const ColumnSet in_a = columns_of(a), in_b = columns_of(b);
      const bool straight = left_columns.contains_all(in_a) && right_columns.contains_all(in_b);
      const bool crossed = left_columns.contains_all(in_b) && right_columns.contains_all(in_a);
      const bool same_type = a.type.id == b.type.id && a.type.scale == b.type.scale;
      const bool both = constant_is_key(*predicate) ? !in_a.empty() || !in_b.empty() : !in_a.empty() && !in_b.empty();
      if ((straight || crossed) && both && (same_type || a.type.is_string())) {
        const Type type = wider(a.type, b.type);
        keys.left.push_back(as_type(straight ? a : b, type));
        keys.right.push_back(as_type(straight ? b : a, type));
        const auto share = i < node.key_shares.size() ? node.key_shares[i] : LogicalNode::KeyShare{};
        keys.left_shares.push_back(swapped ? share.right : share.left);
        continue;
      }
    }
    keys.residual.push_back(predicate.get());
  }
  if (keys.left.empty()) keys.null_safe = false;
  return keys;
}

namespace {

/// Whether a recursion's rows come out as they are made: then it must be probed with, for it may have no end.
bool streams_recursion(const PlanNode& node) {
  if (node.kind == PlanNode::Kind::kRecursion) return true;
  const bool passes = node.kind == PlanNode::Kind::kFilter || node.kind == PlanNode::Kind::kProject ||
                      node.kind == PlanNode::Kind::kJoin;
  return passes && streams_recursion(*node.children[0]);
}

}  // namespace

PlannedNode PhysicalPlanner::build_join(const LogicalNode& node) {
  JoinKind kind = node.join;
  feeds_limit_ = feeds_limit_ && kind != JoinKind::kRight && kind != JoinKind::kFull;
  PlannedNode left = with_column(build(*node.children[0]));
  const bool left_streams = streams_recursion(*left.node);
  feeds_limit_ = feeds_limit_ && kind == JoinKind::kInner && !left_streams;
  PlannedNode right = with_column(build(*node.children[1]));
  const bool right_streams = !left_streams && streams_recursion(*right.node);
  const bool swapped =
      !left_streams && (right_streams || pays_to_swap(node, left.node->estimated_rows, right.node->estimated_rows));
  if (swapped) {
    std::swap(left, right);
    kind = mirrored(kind);
  }
  JoinKeys keys = split_keys(node, left, right, swapped);

  // Both sides carry what the condition and the parents need; computed keys come behind it.
  ColumnSet used(node.outputs);
  for (const Expression* e : keys.residual) add_columns(*e, used);
  const bool left_only = kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kMark;
  ColumnSet build_used;
  if (!left_only) build_used.insert(used);
  for (const Expression* e : keys.residual) add_columns(*e, build_used);
  for (const auto& key : keys.right) add_columns(*key, build_used);
  auto side = [&](PlannedNode input, const std::vector<ExpressionPtr>& side_keys, std::vector<uint32_t>& positions) {
    std::vector<const Expression*> expressions;
    for (const auto& key : side_keys) expressions.push_back(key.get());
    return with_expressions(std::move(input), expressions, positions);
  };
  std::vector<uint32_t> probe_keys, build_keys;
  left = side(std::move(left), keys.left, probe_keys);
  // The build side is kept in memory: no dead columns.
  right = side(narrowed_to_used(std::move(right), build_used), keys.right, build_keys);

  std::vector<ColumnId> all = left.columns;
  if (!left_only) all.insert(all.end(), right.columns.begin(), right.columns.end());
  if (kind == JoinKind::kMark) all.push_back(node.outputs.back());
  const ColumnSet wanted(node.outputs);
  std::vector<uint32_t> output_positions;
  std::vector<ColumnId> output_ids;
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (all[i] == UINT32_MAX || !wanted.contains(all[i])) continue;
    output_positions.push_back(i);
    output_ids.push_back(all[i]);
  }
  if (output_positions.empty()) {  // rows that only count
    const bool build_only = kind == JoinKind::kRightSemi || kind == JoinKind::kRightAnti;
    const size_t any = build_only ? left.columns.size() : 0;
    output_positions.push_back(static_cast<uint32_t>(any));
    output_ids.push_back(all[any]);
  }

  PlannedNode join = make(PlanNode::Kind::kJoin, {left.node, right.node}, output_ids, rows_of(node));
  for (size_t i = 0; i < output_positions.size(); ++i) {
    const uint32_t position = output_positions[i];
    if (position < left.columns.size()) join.node->types[i] = left.node->types[position];
    else if (!left_only) join.node->types[i] = right.node->types[position - left.columns.size()];
  }
  if (output_positions.size() != all.size()) join.node->output_columns = std::move(output_positions);
  join.node->join = kind;
  join.node->null_is_false = node.null_is_false;
  join.node->probe_keys = std::move(probe_keys);
  join.node->build_keys = std::move(build_keys);
  join.node->null_keys_match = keys.null_safe;
  std::vector<ColumnId> condition_columns = left.columns;
  condition_columns.insert(condition_columns.end(), right.columns.begin(), right.columns.end());
  for (const Expression* e : keys.residual) join.node->predicates.push_back(resolve(*e, condition_columns));
  for (size_t i = 0; i < keys.left_shares.size() && drops_unmatched_probes(kind); ++i) {
    if (keys.left_shares[i] < kLeastReduction) reduce_probe_side(*join.node, i, keys.left_shares[i]);
  }
  return join;
}

}  // namespace cairn
