#pragma once

// Short words for building plans in tests, and for running them to a list of rows.

#include <memory>
#include <string>
#include <vector>

#include "exec/functions/function.h"
#include "exec/plan/plan.h"
#include "exec/run/executor.h"
#include "tests/exec/fake_table.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn::testing {

using Rows = std::vector<std::string>;  ///< "1|2|x"

inline ExpressionPtr column(uint32_t position) { return Expression::make_column(position, Type::big_int()); }
inline ExpressionPtr number(int64_t value) {
  return Expression::make_constant(Value::of_integer(Type::big_int(), value));
}
inline ExpressionPtr compare(Expression::Comparison comparison, ExpressionPtr left, ExpressionPtr right) {
  return Expression::make_compare(comparison, std::move(left), std::move(right));
}
inline ExpressionPtr less(ExpressionPtr left, ExpressionPtr right) {
  return compare(Expression::Comparison::kLess, std::move(left), std::move(right));
}
/// A function of BIGINTs that gives a BIGINT: "+", "/", "%".
inline ExpressionPtr call(std::string_view name, ExpressionPtr left, ExpressionPtr right) {
  for (const Function* function : find_functions(name)) {
    if (function->arguments == std::vector<TypeId>{TypeId::kBigInt, TypeId::kBigInt}) {
      std::vector<ExpressionPtr> arguments;
      arguments.push_back(std::move(left));
      arguments.push_back(std::move(right));
      return Expression::make_call(function, Type::big_int(), std::move(arguments));
    }
  }
  throw std::logic_error("no such function");
}

inline PlanPtr node(PlanNode::Kind kind, std::vector<PlanPtr> children = {}) {
  auto plan = std::make_shared<PlanNode>();
  plan->kind = kind;
  plan->children = std::move(children);
  if (!plan->children.empty()) plan->types = plan->children[0]->types;
  return plan;
}

inline PlanPtr scan(const FakeTable& table, std::vector<uint32_t> columns, std::vector<ExpressionPtr> predicates = {}) {
  auto plan = node(PlanNode::Kind::kScan);
  plan->table = table.version;
  plan->scan_columns = std::move(columns);
  plan->types.assign(plan->scan_columns.size(), Type::big_int());
  plan->predicates = std::move(predicates);
  return plan;
}
template <typename... Predicates>
std::vector<ExpressionPtr> list(Predicates... predicates) {
  std::vector<ExpressionPtr> all;
  (all.push_back(std::move(predicates)), ...);
  return all;
}

inline PlanPtr filter(PlanPtr child, ExpressionPtr predicate) {
  auto plan = node(PlanNode::Kind::kFilter, {std::move(child)});
  plan->predicates.push_back(std::move(predicate));
  return plan;
}
inline PlanPtr project(PlanPtr child, std::vector<ExpressionPtr> expressions) {
  auto plan = node(PlanNode::Kind::kProject, {std::move(child)});
  plan->types.clear();
  for (const ExpressionPtr& expression : expressions) plan->types.push_back(expression->type);
  plan->expressions = std::move(expressions);
  return plan;
}
inline PlanPtr limit(PlanPtr child, int64_t count, int64_t offset = 0) {
  auto plan = node(PlanNode::Kind::kLimit, {std::move(child)});
  plan->limit = count;
  plan->offset = offset;
  return plan;
}
inline PlanPtr union_all(std::vector<PlanPtr> children) { return node(PlanNode::Kind::kUnionAll, std::move(children)); }
inline PlanPtr materialize(PlanPtr child) { return node(PlanNode::Kind::kMaterialize, {std::move(child)}); }
inline PlanPtr values(std::vector<int64_t> numbers) {
  auto plan = node(PlanNode::Kind::kValues);
  plan->types = {Type::big_int()};
  for (int64_t value : numbers) plan->rows.push_back(list(number(value)));
  return plan;
}
inline PlanPtr insert(PlanPtr child, std::shared_ptr<WriteTransaction> transaction) {
  auto plan = node(PlanNode::Kind::kInsert, {std::move(child)});
  plan->types = {Type::big_int()};
  plan->target = "t";
  plan->transaction = std::move(transaction);
  return plan;
}
/// count(*) and sums of `sums`, by `groups`.
inline PlanPtr aggregate(PlanPtr child, std::vector<uint32_t> groups, std::vector<uint32_t> sums) {
  auto plan = node(PlanNode::Kind::kAggregate, {std::move(child)});
  plan->groups = std::move(groups);
  plan->types.assign(plan->groups.size(), Type::big_int());
  AggregateCall count;
  count.function = find_aggregate("count");
  count.type = Type::big_int();
  plan->aggregates.push_back(std::move(count));
  for (uint32_t position : sums) {
    AggregateCall sum;
    sum.function = find_aggregate("sum");
    sum.arguments = {position};
    const std::vector<Type> argument_types{Type::big_int()};
    sum.type = sum.function->result_type(argument_types);
    plan->aggregates.push_back(std::move(sum));
  }
  for (const AggregateCall& each : plan->aggregates) plan->types.push_back(each.type);
  return plan;
}
inline PlanPtr join(JoinKind kind, PlanPtr probe, PlanPtr build, std::vector<uint32_t> probe_keys,
                    std::vector<uint32_t> build_keys) {
  auto plan = node(PlanNode::Kind::kJoin, {std::move(probe), std::move(build)});
  plan->join = kind;
  plan->probe_keys = std::move(probe_keys);
  plan->build_keys = std::move(build_keys);
  if (kind == JoinKind::kMark) plan->types.push_back(Type::boolean());
  if (kind == JoinKind::kRightSemi || kind == JoinKind::kRightAnti) {
    for (uint32_t i = 0; i < plan->children[1]->types.size(); ++i) {
      plan->output_columns.push_back(static_cast<uint32_t>(plan->types.size()) + i);
    }
    plan->types.clear();
  }
  if (kind != JoinKind::kSemi && kind != JoinKind::kAnti && kind != JoinKind::kMark) {
    for (const Type& type : plan->children[1]->types) plan->types.push_back(type);
  }
  return plan;
}
inline PlanPtr sort(PlanPtr child, std::vector<SortKey> keys, int64_t count = -1) {
  auto plan = node(PlanNode::Kind::kSort, {std::move(child)});
  plan->sort_keys = std::move(keys);
  plan->limit = count;
  return plan;
}

inline Rows rows_of(const RowSet::Chunk& chunk) {
  Rows rows;
  for (size_t row = 0; row < chunk.row_count; ++row) {
    std::string text;
    for (const ColumnBuffer& buffer : chunk.columns) {
      if (!text.empty()) text += '|';
      text += read_value(buffer.view(), row).to_string();
    }
    rows.push_back(std::move(text));
  }
  return rows;
}

/// All rows that are left. Throws the query's error.
inline Rows drain(QueryExecution& execution) {
  Rows rows;
  while (auto chunk = execution.next()) {
    for (std::string& row : rows_of(*chunk)) rows.push_back(std::move(row));
  }
  return rows;
}

struct RunOptions {
  unsigned threads = 1;
  size_t capacity = kDefaultVectorCapacity;
  size_t memory_limit_bytes = 0;
  std::shared_ptr<ExecutionObserver> observer = nullptr;
  bool profiling = false;
  WorkerPool* pool = nullptr;
  std::shared_ptr<Storage> storage = nullptr;  ///< where rows go for which there is no memory
};

inline std::unique_ptr<QueryExecution> start(PlanPtr plan, const RunOptions& options = {}) {
  ExecutionSettings settings{options.threads, options.capacity, options.memory_limit_bytes, options.storage, "/", 0};
  return QueryExecution::start(std::move(plan), settings, options.observer, options.profiling, options.pool);
}
inline Rows run(PlanPtr plan, const RunOptions& options = {}) { return drain(*start(std::move(plan), options)); }

/// The SQLSTATE that running the plan ends with, "" for none.
inline std::string failure(PlanPtr plan, const RunOptions& options = {}) {
  try {
    run(std::move(plan), options);
    return "";
  } catch (const Error& error) {
    return error.sqlstate;
  }
}

}  // namespace cairn::testing
