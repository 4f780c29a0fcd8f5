#include "exec/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "exec/functions/function.h"
#include "exec/table_function.h"

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

std::string describe_call(const AggregateCall& call) {
  std::string line(call.function->name);
  std::string arguments = call.arguments.empty() ? "*" : column_list(call.arguments);
  for (const Value& constant : call.constants) {
    arguments += (constant.type.is_string() && !constant.null ? fmt::format(", '{}'", constant.string)
                                                                  : fmt::format(", {}", constant.to_string()));
  }
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
  std::string line = "Join " + std::string(to_string(plan.join));
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
  std::vector<std::string> keys;
  for (const SortKey& key : plan.sort_keys) {
    std::string text = fmt::format("#{}", key.column);
    if (key.descending) text += " desc";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " nulls first" : " nulls last";
    keys.push_back(std::move(text));
  }
  return (plan.limit >= 0 ? "Top by " : "Sort by ") + join_texts(keys) + describe_bounds(plan);
}

}  // namespace

bool is_volatile(const PlanNode& plan) {
  const auto any = [](const std::vector<ExpressionPtr>& expressions) {
    return std::any_of(expressions.begin(), expressions.end(), [](const ExpressionPtr& e) { return is_volatile(*e); });
  };
  return any(plan.predicates) || any(plan.expressions) || std::any_of(plan.rows.begin(), plan.rows.end(), any) ||
         std::any_of(plan.children.begin(), plan.children.end(), [](const PlanPtr& child) { return is_volatile(*child); });
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
    case Kind::kSort: return describe_sort(*this);
    case Kind::kLimit: return "Limit" + describe_bounds(*this);
    case Kind::kUnionAll: return "Union all";
    case Kind::kMaterialize: return "Materialize";
    case Kind::kTableFunction: {
      const std::string call = function_source ? function_source->description() : "";
      return call.empty() ? "Table function" : "Table function " + call;
    }
    case Kind::kInsert: return "Insert into " + target;
  }
  return "?";
}

}  // namespace cairn
