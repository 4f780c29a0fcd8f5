#include "exec/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "exec/functions/function.h"
#include "exec/plan/plan_nodes.h"
#include "exec/plan/table_function.h"

namespace cairn {
namespace {

std::string join_texts(const std::vector<std::string>& texts, std::string_view separator = ", ") {
  std::string line;
  for (const std::string& text : texts) {
    if (!line.empty()) line += separator;
    line += text;
  }
  return line;
}

std::string expression_list(const std::vector<ExpressionPtr>& expressions, std::string_view separator = ", ") {
  std::vector<std::string> texts;
  for (const ExpressionPtr& expression : expressions) texts.push_back(expression->to_string());
  return join_texts(texts, separator);
}

std::string column_list(const std::vector<uint32_t>& columns) {
  std::vector<std::string> texts;
  for (uint32_t column : columns) texts.push_back(fmt::format("#{}", column));
  return join_texts(texts);
}

std::string describe_values(const PlanNode& plan) {
  std::vector<std::string> rows;
  for (const auto& row : plan.rows) rows.push_back(fmt::format("({})", expression_list(row)));
  return "Values " + join_texts(rows);
}

/// The values that a reduction knows, by the column's name where it has one.
std::string describe_reduction(const KeyReduction& reduction) {
  const PlanNode& build = *reduction.join->children[1];
  const bool named = reduction.build_column < build.names.size() && !build.names[reduction.build_column].empty();
  const std::string column = named ? build.names[reduction.build_column] : fmt::format("column {}", reduction.build_column);
  return fmt::format(" {} #{} in {}", reduction.filters_rows ? "reduced by" : "row groups by", reduction.column, column);
}

std::string describe_scan(const PlanNode& plan) {
  std::vector<std::string> columns;
  for (uint32_t column : plan.scan_columns) columns.push_back(plan.table->schema.columns[column].name);
  std::string line = "Scan " + plan.table->schema.name + " (" + join_texts(columns) + ")";
  if (!plan.predicates.empty()) line += " where " + expression_list(plan.predicates, " and ");
  for (const KeyReduction& reduction : plan.reductions) line += describe_reduction(reduction);
  return line;
}

std::string sort_key_list(const std::vector<SortKey>& keys) {
  std::vector<std::string> texts;
  for (const SortKey& key : keys) {
    std::string text = fmt::format("#{}", key.column);
    if (key.descending) text += " desc";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " nulls first" : " nulls last";
    texts.push_back(std::move(text));
  }
  return join_texts(texts);
}

std::string describe_call(const AggregateCall& call) {
  std::string line(call.function->name);
  std::string arguments = call.arguments.empty() ? "*" : column_list(call.arguments);
  for (const Value& constant : call.constants) {
    arguments += (constant.type.is_string() && !constant.null ? fmt::format(", '{}'", constant.string)
                                                                  : fmt::format(", {}", constant.to_string()));
  }
  if (!call.order.empty()) arguments += " order by " + sort_key_list(call.order);
  line += fmt::format("({}{})", call.distinct ? "distinct " : "", arguments);
  if (call.filter >= 0) line += fmt::format(" filter #{}", call.filter);
  return line;
}

std::string describe_aggregate(const PlanNode& plan) {
  std::vector<std::string> calls;
  for (const AggregateCall& call : plan.aggregates) calls.push_back(describe_call(call));
  std::string line = "Aggregate";
  if (!plan.groups.empty()) line += " by " + column_list(plan.groups);
  if (!calls.empty()) line += ": " + join_texts(calls);
  return line;
}

std::string describe_join(const PlanNode& plan) {
  std::string line = "Join " + std::string(plan.null_is_false ? "exists" : to_string(plan.join));
  const size_t probe_columns = plan.children[0]->types.size();
  std::vector<std::string> conditions;
  for (size_t i = 0; i < plan.probe_keys.size(); ++i) {
    conditions.push_back(fmt::format("#{} {} #{}", plan.probe_keys[i],
                                     plan.null_keys_match ? "is not distinct from" : "=",
                                     probe_columns + plan.build_keys[i]));
  }
  if (!conditions.empty()) line += " on " + join_texts(conditions, " and ");
  if (!plan.predicates.empty()) line += " where " + expression_list(plan.predicates, " and ");
  if (!plan.output_columns.empty()) line += " -> " + column_list(plan.output_columns);
  return line;
}

std::string describe_bounds(const PlanNode& plan) {
  std::string line;
  if (plan.limit >= 0) line += fmt::format(" limit {}", plan.limit);
  if (plan.offset > 0) line += fmt::format(" offset {}", plan.offset);
  return line;
}

std::string describe_sort(const PlanNode& plan) {
  return (plan.limit >= 0 ? "Top by " : "Sort by ") + sort_key_list(plan.sort_keys) + describe_bounds(plan);
}

/// "#3 preceding", and for RANGE the value that stands there: "#3 preceding (#5)".
std::string describe_bound(WindowFrame::Bound bound, int32_t size, int32_t value, std::string_view unbounded) {
  if (bound == WindowFrame::Bound::kUnbounded) return fmt::format("unbounded {}", unbounded);
  if (bound == WindowFrame::Bound::kCurrentRow) return "current row";
  std::string text = fmt::format("#{} {}", size, bound == WindowFrame::Bound::kPreceding ? "preceding" : "following");
  return value < 0 ? text : text + fmt::format(" (#{})", value);
}

std::string describe_window_call(const WindowCall& call) {
  static constexpr std::string_view kUnits[] = {"rows", "range", "groups"};
  static constexpr std::string_view kExclusions[] = {"", " exclude current row", " exclude group", " exclude ties"};
  std::string line = call.function == WindowFunction::kAggregate
                         ? describe_call(call.call)
                         : fmt::format("{}({})", to_string(call.function), column_list(call.call.arguments));
  if (call.frame == WindowFrame{}) return line;
  line += fmt::format(" {}", kUnits[static_cast<size_t>(call.frame.unit)]);
  if (call.range_key >= 0) line += fmt::format(" of #{}", call.range_key);
  line += " from " + describe_bound(call.frame.start, call.start_size, call.start_value, "preceding");
  line += " to " + describe_bound(call.frame.end, call.end_size, call.end_value, "following");
  return line + std::string(kExclusions[static_cast<size_t>(call.frame.exclusion)]);
}

std::string describe_window(const PlanNode& plan) {
  std::vector<std::string> calls;
  for (const WindowCall& call : plan.window_calls) calls.push_back(describe_window_call(call));
  std::string line = "Window";
  if (!plan.groups.empty()) line += " partitions by " + column_list(plan.groups);
  if (!plan.sort_keys.empty()) line += " ordered by " + sort_key_list(plan.sort_keys);
  return line + ": " + join_texts(calls);
}

}  // namespace

void for_each_node(const PlanNode& plan, const std::function<void(const PlanNode&)>& visit) {
  std::unordered_set<const PlanNode*> seen{&plan};
  std::vector<const PlanNode*> open{&plan};
  while (!open.empty()) {
    const PlanNode& node = *open.back();
    open.pop_back();
    visit(node);
    for (const PlanPtr& child : node.children) {
      if (seen.insert(child.get()).second) open.push_back(child.get());
    }
  }
}

namespace {

/// 'now', 'today' and their like in a text that is cast when its row is read are that instant: no function of the values.
bool may_read_clock(const Expression& e) {
  const bool of_time = e.type.id == TypeId::kDate || e.type.id == TypeId::kTime || e.type.id == TypeId::kTimestamp;
  return (e.kind == Expression::Kind::kCast && of_time && e.arguments[0]->type.is_string()) ||
         std::any_of(e.arguments.begin(), e.arguments.end(), [](const ExpressionPtr& part) { return may_read_clock(*part); });
}

}  // namespace

bool is_volatile_node(const PlanNode& node) {
  const auto any = [](const std::vector<ExpressionPtr>& expressions) {
    return std::any_of(expressions.begin(), expressions.end(),
                       [](const ExpressionPtr& e) { return is_volatile(*e) || may_read_clock(*e); });
  };
  if (node.kind == PlanNode::Kind::kTableFunction &&
      (node.function_source == nullptr || node.function_source->description().empty())) {
    return true;
  }
  return any(node.predicates) || any(node.expressions) || std::any_of(node.rows.begin(), node.rows.end(), any);
}

bool is_volatile(const PlanNode& plan) {
  bool found = false;
  for_each_node(plan, [&](const PlanNode& node) { found = found || is_volatile_node(node); });
  return found;
}

std::string_view to_string(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner: return "inner";
    case JoinKind::kLeft: return "left";
    case JoinKind::kSemi: return "semi";
    case JoinKind::kAnti: return "anti";
    case JoinKind::kMark: return "mark";
    case JoinKind::kSingle: return "single";
    case JoinKind::kRight: return "right";
    case JoinKind::kFull: return "full";
    case JoinKind::kRightSemi: return "right semi";
    case JoinKind::kRightAnti: return "right anti";
  }
  return "?";
}

std::string_view to_string(WindowFunction function) {
  switch (function) {
    case WindowFunction::kAggregate: return "aggregate";
    case WindowFunction::kRowNumber: return "row_number";
    case WindowFunction::kRank: return "rank";
    case WindowFunction::kDenseRank: return "dense_rank";
    case WindowFunction::kPercentRank: return "percent_rank";
    case WindowFunction::kCumeDist: return "cume_dist";
    case WindowFunction::kNtile: return "ntile";
    case WindowFunction::kLag: return "lag";
    case WindowFunction::kLead: return "lead";
    case WindowFunction::kFirstValue: return "first_value";
    case WindowFunction::kLastValue: return "last_value";
    case WindowFunction::kNthValue: return "nth_value";
  }
  return "?";
}

bool keeps_matches(JoinKind kind) {
  return kind == JoinKind::kRight || kind == JoinKind::kFull || kind == JoinKind::kRightSemi ||
         kind == JoinKind::kRightAnti;
}

std::string PlanNode::describe() const {
  switch (kind) {
    case Kind::kScan: return describe_scan(*this);
    case Kind::kValues: return describe_values(*this);
    case Kind::kFilter: return "Filter " + expression_list(predicates, " and ");
    case Kind::kProject: return "Project " + expression_list(expressions);
    case Kind::kAggregate: return describe_aggregate(*this);
    case Kind::kJoin: return describe_join(*this);
    case Kind::kWindow: return describe_window(*this);
    case Kind::kSort: return describe_sort(*this);
    case Kind::kLimit: return "Limit" + describe_bounds(*this);
    case Kind::kUnionAll: return "Union all";
    case Kind::kMaterialize: return "Materialize";
    case Kind::kTableFunction: {
      const std::string call = function_source ? function_source->description() : "";
      return call.empty() ? "Table function" : "Table function " + call;
    }
    case Kind::kRecursion: return fmt::format("Recursion {} {}", recursion, distinct ? "union" : "union all");
    case Kind::kWorkingTable: return fmt::format("Working table of recursion {}", recursion);
    case Kind::kInsert: return "Insert into " + target;
  }
  return "?";
}

}  // namespace cairn
