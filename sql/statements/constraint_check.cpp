#include "sql/statements/constraint_check.h"

#include <algorithm>
#include <set>

#include "exec/functions/function.h"
#include "io/tables/row_group_merge.h"
#include "sql/statements/modify.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

/// The table with these row groups only.
std::shared_ptr<TableVersion> part_of(const TableVersion& table, RowGroups row_groups) {
  auto part = std::make_shared<TableVersion>(table);
  part->sample = nullptr;  // it is of all rows
  part->row_groups = std::move(row_groups);
  part->row_count = 0;
  for (const auto& group : part->row_groups) part->row_count += group->row_count();
  return part;
}

bool is_less(const Value& a, const Value& b) {
  if (a.type.is_string()) return a.string < b.string;
  if (a.type.is_floating()) return a.floating < b.floating;
  return a.integer < b.integer;
}

/// Whether rows of the two may have equal keys, as far as zone maps tell.
bool may_share_keys(const RowGroup& a, const RowGroup& b, const std::vector<uint32_t>& key) {
  return std::ranges::all_of(key, [&](uint32_t column) {
    const ZoneMap &mine = a.zone_map(column), &theirs = b.zone_map(column);
    if (!mine.has_bounds) return mine.null_count < a.row_count();
    if (!theirs.has_bounds) return theirs.null_count < b.row_count();
    return !is_less(mine.max, theirs.min) && !is_less(theirs.max, mine.min);
  });
}

/// The columns of the rows in which none of them is NULL, or (`kind` is kIsNull) all are.
PlanPtr scan_keys(std::shared_ptr<const TableVersion> table, const std::vector<uint32_t>& key,
                  Expression::Kind kind = Expression::Kind::kIsNotNull) {
  auto scan = std::make_shared<PlanNode>();
  scan->kind = PlanNode::Kind::kScan;
  scan->estimated_rows = static_cast<double>(table->row_count);
  for (const uint32_t column : key) {
    const ColumnSchema& schema = table->schema.columns[column];
    if (!schema.not_null) {
      auto test = std::make_unique<Expression>();
      test->kind = kind;
      test->type = Type::boolean();
      test->arguments.push_back(Expression::make_column(static_cast<uint32_t>(scan->types.size()), schema.type));
      scan->predicates.push_back(std::move(test));
    }
    scan->types.push_back(schema.type);
    scan->names.push_back(schema.name);
  }
  scan->scan_columns = key;
  scan->table = std::move(table);
  return scan;
}

PlanPtr over(PlanNode::Kind kind, PlanPtr child) {
  auto node = std::make_shared<PlanNode>();
  node->kind = kind;
  node->types = child->types;
  node->names = child->names;
  node->estimated_rows = child->estimated_rows;
  node->children.push_back(std::move(child));
  return node;
}

/// The first row of the plan, as text; nullopt where it has none.
std::optional<std::string> first_row(SessionState& session, PlanPtr plan, size_t columns) {
  plan = over(PlanNode::Kind::kLimit, std::move(plan));
  plan->limit = 1;
  RunningPlan running(session, plan);
  const std::unique_ptr<RowSet::Chunk> chunk = running.next();
  if (chunk == nullptr || chunk->row_count == 0) return std::nullopt;
  std::string text;
  for (size_t i = 0; i < columns; ++i) {
    const Value value = read_value(chunk->columns[i].view(), 0);
    text += (i == 0 ? "" : ", ") + (value.null ? std::string("null") : value.to_string());
  }
  return text;
}

/// A key that stands twice among the rows.
std::optional<std::string> repeated_key(SessionState& session, PlanPtr keys) {
  const size_t columns = keys->types.size();
  PlanPtr groups = over(PlanNode::Kind::kAggregate, std::move(keys));
  for (uint32_t i = 0; i < columns; ++i) groups->groups.push_back(i);
  AggregateCall count;
  count.function = find_aggregate("count");
  count.type = Type::big_int();
  groups->aggregates.push_back(std::move(count));
  groups->types.push_back(Type::big_int());
  PlanPtr repeated = over(PlanNode::Kind::kFilter, std::move(groups));
  repeated->predicates.push_back(Expression::make_compare(
      Expression::Comparison::kGreater, Expression::make_column(static_cast<uint32_t>(columns), Type::big_int()),
      Expression::make_constant(Value::of_integer(Type::big_int(), 1))));
  return first_row(session, std::move(repeated), columns);
}

/// A key of `present` that `added` has, too.
std::optional<std::string> shared_key(SessionState& session, PlanPtr present, PlanPtr added) {
  const size_t columns = present->types.size();
  PlanPtr join = over(PlanNode::Kind::kJoin, std::move(present));
  join->children.push_back(std::move(added));
  join->join = JoinKind::kSemi;
  for (uint32_t i = 0; i < columns; ++i) {
    join->probe_keys.push_back(i);
    join->build_keys.push_back(i);
  }
  return first_row(session, std::move(join), columns);
}

std::string key_text(const TableSchema& table, const IndexSchema& index, const std::string& values) {
  std::string names;
  for (const uint32_t column : index.columns) names += (names.empty() ? "" : ", ") + table.columns[column].name;
  return "Key (" + names + ")=(" + values + ")";
}

void check_unique(SessionState& session, const TableVersion& table, const IndexSchema& index, const RowGroups& added,
                  const RowGroups& present) {
  std::optional<std::string> key;
  uint64_t added_rows = 0;
  for (const auto& group : added) added_rows += group->row_count();
  if (added_rows > 1) key = repeated_key(session, scan_keys(part_of(table, added), index.columns));
  RowGroups candidates;
  for (const auto& group : present) {
    if (std::ranges::any_of(added, [&](const auto& other) { return may_share_keys(*group, *other, index.columns); }))
      candidates.push_back(group);
  }
  if (!key && !candidates.empty())
    key = shared_key(session, scan_keys(part_of(table, std::move(candidates)), index.columns),
                     scan_keys(part_of(table, added), index.columns));
  if (key)
    throw Error("23505", "duplicate key value violates unique constraint \"" + index.name + "\"",
                key_text(table.schema, index, *key) + " already exists.");
}

/// A row that fails the condition, as text.
std::optional<std::string> failing_row(SessionState& session, const TableVersion& table, const CheckSchema& check,
                                       RowGroups rows) {
  Statement statement;
  statement.text = "SELECT " + check.sql;
  statement.tree = parse_statement(statement.text);
  Binder binder(session.bind_context(statement));
  const pg::Node& condition = *statement.tree->statement().select_stmt->target_list[0]->res_target->val;
  try {
    PlanPtr plan = session.plan(binder.bind_check(condition, part_of(table, std::move(rows))));
    return first_row(session, std::move(plan), table.schema.columns.size());
  } catch (Error& error) {
    error.position = -1;  // in the condition's text, not in the statement's
    throw;
  }
}

void check_rows(SessionState& session, const TableVersion& table, const CheckSchema& check, RowGroups rows) {
  if (const auto row = failing_row(session, table, check, std::move(rows)))
    throw Error("23514", "new row for relation \"" + table.schema.name +
                                               "\" violates check constraint \"" + check.name + "\"",
                "Failing row contains (" + *row + ").");
}

}  // namespace

ConstraintCheck::ConstraintCheck(SessionState& session, const WriteTransaction& transaction, std::string table)
    : session_(session), transaction_(transaction), name_(std::move(table)) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const auto found = snapshot->tables.find(name_);
  if (found == snapshot->tables.end()) return;
  const TableSchema& schema = found->second->schema;
  if (!schema.checks.empty() || std::ranges::any_of(schema.indexes, &IndexSchema::unique)) before_ = found->second;
}

void ConstraintCheck::run() const {
  if (before_ == nullptr) return;
  const std::shared_ptr<const Snapshot> snapshot = transaction_.snapshot();
  const TableVersion& after = *snapshot->tables.at(name_);
  std::set<uint64_t> known;
  for (const auto& group : before_->row_groups) known.insert(group->id());
  RowGroups added, present;
  for (const auto& group : after.row_groups) (known.contains(group->id()) ? present : added).push_back(group);
  if (added.empty()) return;
  for (const size_t i : check_order(after.schema)) check_rows(session_, after, after.schema.checks[i], added);
  for (const IndexSchema& index : after.schema.indexes)
    if (index.unique()) check_unique(session_, after, index, added, present);
}

void ConstraintCheck::check_index(SessionState& session, const TableVersion& table, const IndexSchema& index) {
  const auto key = repeated_key(session, scan_keys(part_of(table, table.row_groups), index.columns));
  if (key)
    throw Error("23505", "could not create unique index \"" + index.name + "\"",
                key_text(table.schema, index, *key) + " is duplicated.");
}

bool ConstraintCheck::has_null(SessionState& session, const TableVersion& table, uint32_t column) {
  // What the schema promises of the column is what is asked.
  const std::shared_ptr<TableVersion> all = part_of(table, table.row_groups);
  all->schema.columns[column].not_null = false;
  PlanPtr scan = scan_keys(all, {column}, Expression::Kind::kIsNull);
  return first_row(session, std::move(scan), 0).has_value();
}

void ConstraintCheck::check_condition(SessionState& session, const TableVersion& table, const CheckSchema& check) {
  if (failing_row(session, table, check, table.row_groups))
    throw Error("23514", "check constraint \"" + check.name + "\" of relation \"" + table.schema.name +
                             "\" is violated by some row");
}

}  // namespace cairn
