#include <algorithm>

#include "exec/functions/function.h"
#include "sql/optimizer/unnesting.h"
#include "sql/row_numbers.h"
#include "vector/error.h"

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

ColumnId copy_column(LogicalPlan& plan, ColumnId id) {
  const ColumnInfo info = plan.columns[id];
  return plan.add_column(info.name, info.type, info.nullable);
}

/// A use of the table under new ids; `outputs` receives them.
LogicalPtr make_cte_scan(std::shared_ptr<CommonTable> table, std::vector<ColumnId> outputs) {
  LogicalPtr scan = make_node(Kind::kCteScan, std::move(outputs));
  scan->cte = std::move(table);
  return scan;
}

}  // namespace

Domain::Domain(LogicalPlan& plan, LogicalPtr& left, std::vector<ColumnId> outer,
               std::vector<std::shared_ptr<CommonTable>>& new_tables)
    : plan_(plan), outer_(std::move(outer)), outer_set_(outer_) {
  const std::vector<ColumnId> outputs = left->outputs;
  never_null_ = not_null_columns(plan, *left);
  Renaming copied;
  auto rows = std::make_shared<CommonTable>();
  rows->name = "outer";
  LogicalPtr copy = clone_renamed(plan, *left, copied);
  std::vector<std::pair<ColumnId, ColumnId>> all;
  for (ColumnId id : outputs) all.emplace_back(copy_column(plan, id), copied.at(id));
  rows->plan = make_renaming(plan, all, std::move(copy));
  left = make_cte_scan(rows, outputs);

  values_ = std::make_shared<CommonTable>();
  values_->name = "domain";
  std::vector<ColumnId> scanned;
  std::vector<std::pair<ColumnId, ColumnId>> columns, result;
  for (ColumnId id : outputs) {
    scanned.push_back(copy_column(plan, id));
    if (outer_set_.contains(id)) columns.emplace_back(copy_column(plan, id), scanned.back());
  }
  // In the order of `outer_`: outputs come in the plan's.
  outer_.clear();
  for (ColumnId id : outputs) {
    if (outer_set_.contains(id)) outer_.push_back(id);
  }
  LogicalPtr values = make_renaming(plan, columns, make_cte_scan(rows, scanned));
  const std::vector<ColumnId> distinct_outputs = values->outputs;
  values = make_node(Kind::kDistinct, distinct_outputs, std::move(values));
  for (ColumnId id : distinct_outputs) result.emplace_back(copy_column(plan, id), id);
  values_->plan = make_renaming(plan, result, std::move(values));
  new_tables.push_back(std::move(rows));
  new_tables.push_back(values_);
}

LogicalPtr Domain::use(Renaming& renaming) {
  renaming.clear();
  std::vector<ColumnId> outputs;
  for (ColumnId id : outer_) {
    outputs.push_back(copy_column(plan_, id));
    renaming[id] = outputs.back();
  }
  return make_cte_scan(values_, std::move(outputs));
}

LogicalPtr Domain::cross(LogicalPtr node, Renaming& renaming) {
  LogicalPtr values = use(renaming);
  return make_join(JoinKind::kInner, std::move(values), std::move(node), {});
}

std::vector<ExpressionPtr> Domain::equal_domains(const Renaming& a, const Renaming& b) const {
  std::vector<ExpressionPtr> result;
  for (ColumnId id : outer_) {
    const auto equal = never_null_.contains(id) ? Expression::Comparison::kEqual : Expression::Comparison::kNotDistinct;
    result.push_back(Expression::make_compare(equal, column_reference(plan_, a.at(id)),
                                              column_reference(plan_, b.at(id))));
  }
  return result;
}

void Domain::rename_own(LogicalNode& node, const Renaming& renaming) {
  for_each_expression_slot(node, [&](ExpressionPtr& e) { rename_columns(*e, renaming); });
}

LogicalPtr Domain::push_into(LogicalPtr node, Renaming& renaming) {
  if (!needs_domain(*node)) return cross(std::move(node), renaming);
  switch (node->kind) {
    case Kind::kScan: return push_into_scan(std::move(node), renaming);
    case Kind::kValues: return push_into_values(std::move(node), renaming);
    case Kind::kProject: return push_into_project(std::move(node), renaming);
    case Kind::kAggregate: return push_into_aggregate(std::move(node), renaming);
    case Kind::kJoin: return push_into_join(std::move(node), renaming);
    case Kind::kSetOperation: return push_into_set_operation(std::move(node), renaming);
    case Kind::kRecursion: return push_into_recursion(std::move(node), renaming);
    case Kind::kWorkingTable: return push_into_working_table(std::move(node), renaming);
    case Kind::kFilter:
      node->children[0] = push_into(std::move(node->children[0]), renaming);
      rename_own(*node, renaming);
      widen_outputs(*node);
      return node;
    case Kind::kSort: return push_into(std::move(node->children[0]), renaming);
    case Kind::kDistinct:
      node->children[0] = push_into(std::move(node->children[0]), renaming);
      rename_own(*node, renaming);
      for (ColumnId id : outer_) node->outputs.push_back(renaming.at(id));
      return node;
    case Kind::kWindow:
      node->children[0] = push_into(std::move(node->children[0]), renaming);
      rename_own(*node, renaming);
      add_domain(node->partition_by, renaming);
      widen_outputs(*node);
      return node;
    case Kind::kLimit: return push_into_limit(std::move(node), renaming);
    case Kind::kCteScan: return push_into(copy_of_common_table(plan_, *node), renaming);  // it reads such a working table
    default:
      throw Error(sqlstate::kFeatureNotSupported, "a correlated subquery of this form is not supported yet");
  }
}

void Domain::add_domain(std::vector<ExpressionPtr>& partition_by, const Renaming& renaming) const {
  for (ColumnId id : outer_) partition_by.push_back(column_reference(plan_, renaming.at(id)));
}

/// Every value of the domain has a limit of its own: rows are numbered, and the numbers limited.
LogicalPtr Domain::push_into_limit(LogicalPtr node, Renaming& renaming) {
  LogicalPtr child = std::move(node->children[0]);
  if (child->kind == Kind::kProject) {  // which goes above the limit, where the sort's keys are seen
    LogicalPtr project = std::move(child);
    node->children[0] = std::move(project->children[0]);
    widen_outputs(*node);
    project->children[0] = std::move(node);
    return push_into_project(std::move(project), renaming);
  }
  std::vector<LogicalSortKey> keys;
  if (child->kind == Kind::kSort) {
    keys = std::move(child->sort_keys);
    child = LogicalPtr(std::move(child->children[0]));
  }
  child = push_into(std::move(child), renaming);
  for (LogicalSortKey& key : keys) rename_columns(*key.expression, renaming);
  std::vector<ExpressionPtr> partition_by;
  add_domain(partition_by, renaming);
  LogicalPtr numbered = number_rows(plan_, std::move(partition_by), std::move(keys), std::move(child));
  std::vector<ExpressionPtr> kept =
      within_limit(plan_, numbered->outputs.back(), node->limit.get(), node->offset.get());
  return make_filter(std::move(kept), std::move(numbered));
}

LogicalPtr Domain::push_into_scan(LogicalPtr node, Renaming& renaming) {
  std::vector<ExpressionPtr> predicates = std::move(node->predicates);
  node->predicates.clear();
  LogicalPtr filter = make_filter(std::move(predicates), cross(std::move(node), renaming));
  rename_own(*filter, renaming);
  return filter;
}

/// Every row becomes a projection of the domain; several are united.
LogicalPtr Domain::push_into_values(LogicalPtr node, Renaming& renaming) {
  LogicalPtr all;
  for (auto& row : node->rows) {
    Renaming own;
    LogicalPtr project = make_node(Kind::kProject, {}, use(own));
    for (size_t i = 0; i < row.size(); ++i) {
      rename_columns(*row[i], own);
      project->outputs.push_back(copy_column(plan_, node->outputs[i]));
      project->expressions.push_back(std::move(row[i]));
    }
    for (ColumnId id : outer_) {
      project->outputs.push_back(copy_column(plan_, id));
      project->expressions.push_back(column_reference(plan_, own.at(id)));
    }
    if (!all) {
      all = std::move(project);
      continue;
    }
    std::vector<ColumnId> outputs;
    for (ColumnId id : all->outputs) outputs.push_back(copy_column(plan_, id));
    LogicalPtr both = make_node(Kind::kSetOperation, std::move(outputs), std::move(all));
    both->all = true;
    both->children.push_back(std::move(project));
    // The united rows are a child of a set operation in the next round: a projection.
    std::vector<std::pair<ColumnId, ColumnId>> columns;
    for (ColumnId id : both->outputs) columns.emplace_back(copy_column(plan_, id), id);
    all = make_renaming(plan_, columns, std::move(both));
  }
  std::vector<std::pair<ColumnId, ColumnId>> columns;
  for (size_t i = 0; i < node->outputs.size(); ++i) columns.emplace_back(node->outputs[i], all->outputs[i]);
  renaming.clear();
  for (size_t i = 0; i < outer_.size(); ++i) {
    renaming[outer_[i]] = copy_column(plan_, outer_[i]);
    columns.emplace_back(renaming[outer_[i]], all->outputs[node->outputs.size() + i]);
  }
  return make_renaming(plan_, columns, std::move(all));
}

LogicalPtr Domain::push_into_project(LogicalPtr node, Renaming& renaming) {
  Renaming below;
  node->children[0] = push_into(std::move(node->children[0]), below);
  rename_own(*node, below);
  renaming.clear();
  for (ColumnId id : outer_) {
    renaming[id] = copy_column(plan_, id);
    node->outputs.push_back(renaming[id]);
    node->expressions.push_back(column_reference(plan_, below.at(id)));
  }
  return node;
}

LogicalPtr Domain::push_into_aggregate(LogicalPtr node, Renaming& renaming) {
  const bool scalar = node->group_by.empty();
  Renaming below;
  node->children[0] = push_into(std::move(node->children[0]), below);
  rename_own(*node, below);
  renaming.clear();
  for (ColumnId id : outer_) {
    renaming[id] = copy_column(plan_, id);
    node->outputs.insert(node->outputs.begin() + static_cast<std::ptrdiff_t>(node->group_by.size()), renaming[id]);
    node->group_by.push_back(column_reference(plan_, below.at(id)));
  }
  return scalar ? with_empty_groups(std::move(node), renaming) : std::move(node);
}

/// Without GROUP BY an aggregate has a row for every value of the domain, also where no input row is.
LogicalPtr Domain::with_empty_groups(LogicalPtr aggregate, Renaming& renaming) {
  Renaming own;
  LogicalPtr values = use(own);
  std::vector<ExpressionPtr> predicates = equal_domains(own, renaming);
  std::vector<LogicalAggregate*> counts;
  for (auto& call : aggregate->aggregates) {
    if (is_count(call)) counts.push_back(&call);
  }
  renaming = own;
  LogicalNode& groups = *aggregate;
  // with_zero_counts renames the aggregate's outputs: before its columns are listed by the join.
  LogicalPtr joined = make_join(JoinKind::kLeft, std::move(values), std::move(aggregate), std::move(predicates));
  LogicalPtr result = with_zero_counts(plan_, std::move(joined), counts);
  for (size_t i = 0; i < groups.aggregates.size(); ++i) {
    groups.outputs[groups.group_by.size() + i] = groups.aggregates[i].output;
  }
  for (auto& child : result->children) widen_outputs(*child);
  return result;
}

LogicalPtr Domain::push_into_both_sides(LogicalPtr node, Renaming& renaming) {
  Renaming left, right;
  node->children[0] = push_into(std::move(node->children[0]), left);
  node->children[1] = push_into(std::move(node->children[1]), right);
  rename_own(*node, node->join == JoinKind::kRight ? right : left);
  for (auto& predicate : equal_domains(left, right)) node->predicates.push_back(std::move(predicate));
  widen_outputs(*node);
  renaming = node->join == JoinKind::kRight ? right : left;
  if (node->join != JoinKind::kFull) return node;
  LogicalPtr project = make_node(Kind::kProject, {});
  for (ColumnId id : node->outputs) {
    project->outputs.push_back(id);
    project->expressions.push_back(column_reference(plan_, id));
  }
  for (ColumnId id : outer_) {
    auto either = std::make_unique<Expression>();
    either->kind = Expression::Kind::kCoalesce;
    either->type = plan_.columns[id].type;
    either->arguments.push_back(column_reference(plan_, left.at(id)));
    either->arguments.push_back(column_reference(plan_, right.at(id)));
    renaming[id] = copy_column(plan_, id);
    project->outputs.push_back(renaming[id]);
    project->expressions.push_back(std::move(either));
  }
  project->children.push_back(std::move(node));
  return project;
}

LogicalPtr Domain::push_into_join(LogicalPtr node, Renaming& renaming) {
  const ColumnId mark = node->join == JoinKind::kMark ? node->outputs.back() : 0;
  const bool right_names = needs_domain(*node->children[1]);
  const bool left_names = needs_domain(*node->children[0]);
  const bool outer_kind = node->join == JoinKind::kRight || node->join == JoinKind::kFull;
  if (node->dependent) {
    // The right side reads the domain's values from the left side's rows, as it reads its other columns.
    node->children[0] = push_into(std::move(node->children[0]), renaming);
    rename_columns(*node->children[1], renaming);
    rename_own(*node, renaming);
  } else if (outer_kind || (right_names && (left_names || node->join != JoinKind::kInner))) {
    return push_into_both_sides(std::move(node), renaming);
  } else {
    const size_t side = right_names ? 1 : 0;
    node->children[side] = push_into(std::move(node->children[side]), renaming);
    rename_own(*node, renaming);
  }
  if (node->join == JoinKind::kMark) node->outputs = {mark};
  widen_outputs(*node);
  return node;
}

LogicalPtr Domain::push_into_set_operation(LogicalPtr node, Renaming& renaming) {
  for (auto& child : node->children) {
    const std::vector<ColumnId> before = child->outputs;
    Renaming own;
    child = push_into(std::move(child), own);
    std::vector<std::pair<ColumnId, ColumnId>> columns;
    for (ColumnId id : before) columns.emplace_back(copy_column(plan_, id), id);
    for (ColumnId id : outer_) columns.emplace_back(copy_column(plan_, id), own.at(id));
    child = make_renaming(plan_, columns, std::move(child));
  }
  renaming.clear();
  for (ColumnId id : outer_) {
    renaming[id] = copy_column(plan_, id);
    node->outputs.push_back(renaming[id]);
  }
  return node;
}

/// Each value of the domain has a recursion of its own: rows carry it from round to round, in the last columns.
LogicalPtr Domain::push_into_recursion(LogicalPtr node, Renaming& renaming) {
  working_tables_.push_back(node->working_table.get());
  node = push_into_set_operation(std::move(node), renaming);
  working_tables_.pop_back();
  return node;
}

LogicalPtr Domain::push_into_working_table(LogicalPtr node, Renaming& renaming) {
  renaming.clear();
  for (ColumnId id : outer_) {
    renaming[id] = copy_column(plan_, id);
    node->outputs.push_back(renaming[id]);
  }
  return node;
}

/// Whether the subplan names outer columns, or reads rows that carry them.
bool Domain::needs_domain(const LogicalNode& node) const {
  if (names_any(node, outer_set_)) return true;
  if (node.kind == Kind::kWorkingTable) {
    return std::find(working_tables_.begin(), working_tables_.end(), node.working_table.get()) != working_tables_.end();
  }
  if (node.kind == Kind::kCteScan && !working_tables_.empty() && node.cte->plan) return needs_domain(*node.cte->plan);
  return std::any_of(node.children.begin(), node.children.end(),
                     [&](const LogicalPtr& child) { return needs_domain(*child); });
}

bool is_count(const LogicalAggregate& call) { return call.function != nullptr && call.function->counts; }

LogicalPtr with_zero_counts(LogicalPlan& plan, LogicalPtr node, const std::vector<LogicalAggregate*>& counts) {
  if (counts.empty()) return node;
  Renaming inner;
  LogicalPtr project = make_node(Kind::kProject, {});
  const std::vector<ColumnId> outputs = node->outputs;
  for (LogicalAggregate* call : counts) {
    const ColumnId outside = call->output;
    call->output = copy_column(plan, outside);
    inner[outside] = call->output;
  }
  for (ColumnId id : outputs) {
    const auto found = inner.find(id);
    ExpressionPtr value = column_reference(plan, found == inner.end() ? id : found->second);
    if (found != inner.end()) {
      auto zero = std::make_unique<Expression>();
      zero->kind = Expression::Kind::kCoalesce;
      zero->type = value->type;
      zero->arguments.push_back(std::move(value));
      zero->arguments.push_back(Expression::make_constant(Value::of_integer(zero->type, 0)));
      value = std::move(zero);
    }
    project->outputs.push_back(id);
    project->expressions.push_back(std::move(value));
  }
  for (ColumnId& id : node->outputs) {
    if (auto found = inner.find(id); found != inner.end()) id = found->second;
  }
  project->children.push_back(std::move(node));
  return project;
}

}  // namespace cairn
