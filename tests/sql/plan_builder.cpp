#include "plan_builder.h"

#include <stdexcept>

#include "exec/functions/function.h"
#include "sql/optimizer/rewrite.h"

namespace cairn {
namespace {

double days(int year, int month, int day) {
  // Days from civil (Howard Hinnant's algorithm).
  year -= month <= 2;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int of_era = year - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

}  // namespace

std::shared_ptr<const TableVersion> PlanBuilder::table(std::string name, uint64_t rows,
                                                       std::vector<FakeColumn> columns) {
  static uint64_t next_id = 1;
  auto version = std::make_shared<TableVersion>();
  version->table_id = next_id++;
  version->schema.name = std::move(name);
  version->row_count = rows;
  for (auto& column : columns) {
    ColumnSchema schema;
    schema.name = column.name;
    schema.type = column.type;
    schema.not_null = column.not_null;
    version->schema.columns.push_back(std::move(schema));
    ColumnStatistics statistics;
    statistics.distinct_count = column.distinct;
    if (column.low != column.high) {
      statistics.has_bounds = true;
      statistics.min = Value::of_integer(column.type, static_cast<int128_t>(column.low));
      statistics.max = Value::of_integer(column.type, static_cast<int128_t>(column.high));
    }
    version->statistics.push_back(std::move(statistics));
  }
  return version;
}

const std::map<std::string, std::shared_ptr<const TableVersion>>& PlanBuilder::tpch() {
  static const auto* tables = [] {
    const Type key = Type::integer(), text = Type::varchar(), money = Type::decimal(15, 2), day = Type::date();
    const double first = days(1992, 1, 1), last = days(1998, 12, 1);
    auto* result = new std::map<std::string, std::shared_ptr<const TableVersion>>;
    auto add = [&](const char* name, uint64_t rows, std::vector<FakeColumn> columns) {
      (*result)[name] = table(name, rows, std::move(columns));
    };
    add("region", 5, {{"r_regionkey", key, 5, 0, 4}, {"r_name", text, 5}});
    add("nation", 25, {{"n_nationkey", key, 25, 0, 24}, {"n_name", text, 25}, {"n_regionkey", key, 5, 0, 4}});
    add("supplier", 10000, {{"s_suppkey", key, 10000, 1, 10000}, {"s_name", text, 10000},
                            {"s_nationkey", key, 25, 0, 24}, {"s_comment", text, 10000}});
    add("part", 200000, {{"p_partkey", key, 200000, 1, 200000}, {"p_name", text, 199000}, {"p_brand", text, 25},
                         {"p_type", text, 150}, {"p_size", key, 50, 1, 50}, {"p_container", text, 40}});
    add("partsupp", 800000, {{"ps_partkey", key, 198000, 1, 200000}, {"ps_suppkey", key, 10100, 1, 10000},
                             {"ps_supplycost", money, 99901, 100, 100000}, {"ps_availqty", key, 9999, 1, 9999}});
    add("customer", 150000, {{"c_custkey", key, 151000, 1, 150000}, {"c_name", text, 150000},
                             {"c_nationkey", key, 25, 0, 24}, {"c_mktsegment", text, 5}, {"c_phone", text, 150000},
                             {"c_acctbal", money, 140000, -99999, 999999}});
    add("orders", 1500000, {{"o_orderkey", key, 1490000, 1, 6000000}, {"o_custkey", key, 99500, 1, 149999},
                            {"o_orderstatus", text, 3}, {"o_totalprice", money, 1460000, 80000, 60000000},
                            {"o_orderdate", day, 2406, first, days(1998, 8, 2)}, {"o_orderpriority", text, 5}});
    add("lineitem", 6001215, {{"l_orderkey", key, 1510000, 1, 6000000}, {"l_partkey", key, 202000, 1, 200000},
                              {"l_suppkey", key, 9900, 1, 10000}, {"l_quantity", money, 50, 100, 5000},
                              {"l_extendedprice", money, 933900, 90000, 10494950}, {"l_discount", money, 11, 0, 10},
                              {"l_returnflag", text, 3}, {"l_linestatus", text, 2},
                              {"l_shipdate", day, 2526, first, last}, {"l_commitdate", day, 2466, first, last},
                              {"l_receiptdate", day, 2554, first, last}});
    return result;
  }();
  return *tables;
}

ColumnId PlanBuilder::add(std::string name, Type type) {
  const ColumnId id = plan_.add_column(name, type);
  names_[name] = id;
  return id;
}

LogicalPtr PlanBuilder::scan(std::shared_ptr<const TableVersion> table, std::string alias) {
  LogicalPtr node = make_node(LogicalNode::Kind::kScan, {});
  if (alias.empty()) alias = table->schema.name;
  for (uint32_t i = 0; i < table->schema.columns.size(); ++i) {
    const ColumnSchema& column = table->schema.columns[i];
    const ColumnId id = add(column.name, column.type);
    names_[alias + "." + column.name] = id;
    node->outputs.push_back(id);
    node->scan_columns.push_back(i);
  }
  node->alias = std::move(alias);
  node->table = std::move(table);
  return node;
}

ColumnId PlanBuilder::id(std::string_view name) const {
  auto found = names_.find(name);
  if (found == names_.end()) throw std::runtime_error("no column " + std::string(name));
  return found->second;
}

ExpressionPtr PlanBuilder::column(std::string_view name) const { return column_reference(plan_, id(name)); }

LogicalPtr PlanBuilder::filter(LogicalPtr child, std::vector<ExpressionPtr> predicates) {
  return make_filter(std::move(predicates), std::move(child));
}

LogicalPtr PlanBuilder::join(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ExpressionPtr> predicates,
                             std::string mark) {
  if (kind != JoinKind::kMark) return make_join(kind, std::move(left), std::move(right), std::move(predicates));
  LogicalPtr node = make_join(JoinKind::kSemi, std::move(left), std::move(right), std::move(predicates));
  node->join = kind;
  node->outputs.push_back(add(std::move(mark), Type::boolean()));
  return node;
}

LogicalPtr PlanBuilder::dependent_join(JoinKind kind, LogicalPtr left, LogicalPtr right,
                                       std::vector<ExpressionPtr> predicates, std::string mark) {
  LogicalPtr node = join(kind, std::move(left), std::move(right), std::move(predicates), std::move(mark));
  node->dependent = true;
  return node;
}

LogicalPtr PlanBuilder::project(LogicalPtr child, std::vector<std::pair<std::string, ExpressionPtr>> columns) {
  LogicalPtr node = make_node(LogicalNode::Kind::kProject, {}, std::move(child));
  for (auto& [name, expression] : columns) {
    node->outputs.push_back(add(name, expression->type));
    node->expressions.push_back(std::move(expression));
  }
  return node;
}

LogicalPtr PlanBuilder::aggregate(LogicalPtr child, std::vector<std::string> groups, std::vector<Call> calls) {
  LogicalPtr node = make_node(LogicalNode::Kind::kAggregate, {}, std::move(child));
  for (const auto& name : groups) {
    node->group_by.push_back(column(name));
    node->outputs.push_back(add(name, node->group_by.back()->type));
  }
  for (auto& [name, function, argument] : calls) {
    LogicalAggregate aggregate;
    aggregate.function = find_aggregate(function);
    std::vector<Type> types;
    if (argument) {
      types.push_back(argument->type);
      aggregate.arguments.push_back(std::move(argument));
    }
    aggregate.type = aggregate.function->result_type(types);
    aggregate.output = add(name, aggregate.type);
    node->outputs.push_back(aggregate.output);
    node->aggregates.push_back(std::move(aggregate));
  }
  return node;
}

LogicalPtr PlanBuilder::sort(LogicalPtr child, std::vector<std::string> keys) {
  const std::vector<ColumnId> outputs = child->outputs;
  LogicalPtr node = make_node(LogicalNode::Kind::kSort, outputs, std::move(child));
  for (const auto& key : keys) node->sort_keys.push_back({column(key)});
  return node;
}

LogicalPtr PlanBuilder::limit(LogicalPtr child, int64_t count) {
  const std::vector<ColumnId> outputs = child->outputs;
  LogicalPtr node = make_node(LogicalNode::Kind::kLimit, outputs, std::move(child));
  node->limit = Expression::make_constant(Value::of_integer(Type::big_int(), count));
  return node;
}

LogicalPtr PlanBuilder::distinct(LogicalPtr child) {
  const std::vector<ColumnId> outputs = child->outputs;
  return make_node(LogicalNode::Kind::kDistinct, outputs, std::move(child));
}

LogicalPtr PlanBuilder::set_operation(LogicalNode::SetOperation operation, bool all, LogicalPtr left,
                                      LogicalPtr right, std::vector<std::string> names) {
  LogicalPtr node = make_node(LogicalNode::Kind::kSetOperation, {});
  for (size_t i = 0; i < names.size(); ++i) {
    node->outputs.push_back(add(names[i], plan_.columns[left->outputs[i]].type));
  }
  node->set_operation = operation;
  node->all = all;
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  return node;
}

LogicalPtr PlanBuilder::cte_scan(std::shared_ptr<CommonTable> table, std::vector<std::string> names) {
  LogicalPtr node = make_node(LogicalNode::Kind::kCteScan, {});
  for (size_t i = 0; i < names.size(); ++i) {
    node->outputs.push_back(add(names[i], plan_.columns[table->plan->outputs[i]].type));
  }
  node->cte = std::move(table);
  return node;
}

LogicalPlan& PlanBuilder::finish(LogicalPtr root) {
  for (ColumnId id : root->outputs) plan_.result_names.push_back(plan_.columns[id].name);
  plan_.root = std::move(root);
  return plan_;
}

ExpressionPtr compare(Expression::Comparison op, ExpressionPtr left, ExpressionPtr right) {
  return Expression::make_compare(op, std::move(left), std::move(right));
}
ExpressionPtr integer(int64_t value) { return Expression::make_constant(Value::of_integer(Type::integer(), value)); }
ExpressionPtr text(std::string value) { return Expression::make_constant(Value::of_string(std::move(value))); }
ExpressionPtr decimal(int64_t scaled, int precision, int scale) {
  return Expression::make_constant(Value::of_integer(Type::decimal(precision, scale), scaled));
}
ExpressionPtr date(int value) { return Expression::make_constant(Value::of_integer(Type::date(), value)); }
ExpressionPtr boolean(bool value) { return Expression::make_constant(Value::of_boolean(value)); }
ExpressionPtr null_of(Type type) { return Expression::make_constant(Value::null_of(type)); }

ExpressionPtr in(ExpressionPtr operand, std::vector<ExpressionPtr> values) {
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kIn;
  result->type = Type::boolean();
  result->arguments.push_back(std::move(operand));
  for (auto& value : values) result->arguments.push_back(std::move(value));
  return result;
}

ExpressionPtr like(ExpressionPtr operand, std::string pattern) {
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kLike;
  result->type = Type::boolean();
  result->arguments.push_back(std::move(operand));
  result->arguments.push_back(text(std::move(pattern)));
  return result;
}

ExpressionPtr is_null(ExpressionPtr operand) {
  auto result = std::make_unique<Expression>();
  result->kind = Expression::Kind::kIsNull;
  result->type = Type::boolean();
  result->arguments.push_back(std::move(operand));
  return result;
}

ExpressionPtr call(std::string_view function, std::vector<ExpressionPtr> arguments) {
  std::vector<Type> types;
  for (const auto& argument : arguments) types.push_back(argument->type);
  for (const Function* candidate : find_functions(function)) {
    bool fits = candidate->arguments.size() == types.size();
    for (size_t i = 0; fits && i < types.size(); ++i) fits = candidate->arguments[i] == types[i].id;
    if (fits) return Expression::make_call(candidate, candidate->result_type(types), std::move(arguments));
  }
  throw std::runtime_error("no function " + std::string(function));
}

std::string after(void (*pass)(LogicalPlan&), LogicalPlan& plan) {
  pass(plan);
  return plan.to_string();
}

}  // namespace cairn
