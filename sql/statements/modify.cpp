#include "sql/statements/modify.h"

#include <algorithm>

#include "sql/binder/nearest_name.h"
#include "sql/statements/constraint_check.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn {

std::vector<size_t> insert_columns(const PgQuery__InsertStmt& insert, const TableSchema& table) {
  std::vector<size_t> columns;
  for (const pg::Node* node : pg::list(insert.cols, insert.n_cols)) {
    const PgQuery__ResTarget& target = *node->res_target;
    const size_t column = find_target_column(table, target);
    if (std::ranges::find(columns, column) != columns.end())
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(target.name) + "\" specified more than once")
          .at(target.location);
    columns.push_back(column);
  }
  if (insert.n_cols > 0) return columns;
  // Without a list, as many leading columns as VALUES has; a query must have all or fewer too.
  size_t count = table.columns.size();
  if (insert.select_stmt != nullptr) {
    const PgQuery__SelectStmt& source = *insert.select_stmt->select_stmt;
    if (source.n_values_lists > 0) count = std::min(count, source.values_lists[0]->list->n_items);
    bool has_star = std::ranges::any_of(pg::list(source.target_list, source.n_target_list), [](const pg::Node* target) {
      const pg::Node& value = *target->res_target->val;
      return value.node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
             value.column_ref->fields[value.column_ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
    });
    if (source.n_target_list > 0 && !has_star) count = std::min(count, source.n_target_list);
  }
  for (size_t i = 0; i < count; i++) columns.push_back(i);
  return columns;
}

RunningPlan::RunningPlan(SessionState& session, const PlanPtr& plan)
    : session_(session), execution_(session.start(plan, nullptr, false)) {
  session_.begin_running(execution_.get(), nullptr);
}

RunningPlan::~RunningPlan() { session_.end_running(execution_.get()); }

int64_t insert_rows(SessionState& session, PlanPtr rows, const std::string& table,
                    const std::shared_ptr<WriteTransaction>& transaction) {
  auto insert = std::make_shared<PlanNode>();
  insert->kind = PlanNode::Kind::kInsert;
  insert->types = {Type::big_int()};
  insert->names = {"count"};
  insert->estimated_rows = 1;
  insert->target = table;
  insert->transaction = transaction;
  insert->children.push_back(std::move(rows));
  RunningPlan running(session, insert);
  int64_t count = 0;
  while (const std::unique_ptr<RowSet::Chunk> chunk = running.next())
    for (size_t row = 0; row < chunk->row_count; row++) count += chunk->columns[0].values<int64_t>()[row];
  return count;
}

// --- Modification ----------------------------------------------------------------------------------------------------

Modification::Modification(const BoundModification& bound, WriteTransaction& transaction)
    : bound_(bound), transaction_(transaction), deleted_(bound.target->row_groups.size()),
      new_keys_(bound.arbiters.size()) {}

/// False: the row goes already.
bool Modification::mark(int64_t value) {
  const RowIdentity identity = RowIdentity::of(value);
  std::vector<uint64_t>& mask = deleted_[identity.group];
  if (mask.empty()) mask.resize(mask_words(bound_.target->row_groups[identity.group]->row_count()));
  uint64_t& word = mask[identity.row / 64];
  const uint64_t bit = uint64_t{1} << (identity.row % 64);
  if ((word & bit) != 0) return false;
  word |= bit;
  return true;
}

/// Whether a row that this statement stored before has one of the keys; notes them where not.
bool Modification::is_repeated_key(const RowSet::Chunk& chunk, size_t row) {
  std::vector<std::pair<size_t, std::string>> keys;
  for (size_t i = 0; i < bound_.arbiters.size(); i++) {
    std::string key;
    bool any_null = false;
    for (const uint32_t column : bound_.arbiters[i]) {
      const Value value = read_value(chunk.columns[column].view(), row);
      any_null = any_null || value.null;
      const std::string text = value.to_string();
      key += std::to_string(text.size()) + ":" + text;
    }
    if (any_null) continue;
    if (new_keys_[i].contains(key)) return true;
    keys.emplace_back(i, std::move(key));
  }
  for (auto& [arbiter, key] : keys) new_keys_[arbiter].insert(std::move(key));
  return false;
}

/// What the row's WHEN clause says.
BoundModification::Action Modification::merge_action(const RowSet::Chunk& chunk, size_t row) {
  using Action = BoundModification::Action;
  const Value clause = read_value(chunk.columns[bound_.row_columns + 1].view(), row);
  if (clause.null) return Action::kNothing;
  const Action action = bound_.actions[static_cast<size_t>(clause.integer) - 1];
  const Value identity = read_value(chunk.columns[bound_.row_columns].view(), row);
  if (action != Action::kNothing && !identity.null && !mark(static_cast<int64_t>(identity.integer)))
    throw Error(sqlstate::kCardinalityViolation, "MERGE command cannot affect row a second time",
                "Ensure that not more than one source row matches any one target row.");
  return action;
}

bool Modification::takes(const RowSet::Chunk& chunk, size_t row) {
  using Conflict = BoundModification::Conflict;
  if (!bound_.has_identity) return true;
  if (bound_.conflict == Conflict::kMerge) {
    const BoundModification::Action action = merge_action(chunk, row);
    changed_rows_ += action == BoundModification::Action::kDelete;
    return action == BoundModification::Action::kStore;
  }
  const size_t column = bound_.row_columns + bound_.returning_columns;
  const Value identity = read_value(chunk.columns[column].view(), row);
  const auto second_time = [] {
    return Error(sqlstate::kCardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time",
                 "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.");
  };
  if (identity.null) {
    if (!is_repeated_key(chunk, row)) return true;
    if (bound_.conflict == Conflict::kDoUpdate) throw second_time();
    return false;
  }
  if (bound_.conflict == Conflict::kDoNothing) return false;
  if (bound_.conflict == Conflict::kDoUpdate && column + 1 < chunk.columns.size()) {
    const Value applies = read_value(chunk.columns[column + 1].view(), row);
    if (applies.null || applies.integer == 0) return false;
  }
  // Of several rows that FROM has for one row, the first one counts.
  const bool first = mark(static_cast<int64_t>(identity.integer));
  if (!first && bound_.conflict == Conflict::kDoUpdate) throw second_time();
  return first;
}

void Modification::apply(std::unique_ptr<RowSet::Chunk> chunk) {
  std::vector<uint32_t> taken;
  for (size_t row = 0; row < chunk->row_count; row++)
    if (takes(*chunk, row)) taken.push_back(static_cast<uint32_t>(row));
  if (taken.empty()) return;
  changed_rows_ += static_cast<int64_t>(taken.size());
  Selection selection;
  selection.indices = taken.data();
  selection.count = taken.size();
  if (bound_.row_columns > 0) {
    Batch batch;
    batch.size = chunk->row_count;
    batch.selected = true;
    batch.selection = selection;
    for (size_t i = 0; i < bound_.row_columns; i++) batch.columns.push_back(chunk->columns[i].view());
    if (writer_ == nullptr) writer_ = transaction_.writer(bound_.target->schema.name);
    writer_->append(batch);
  }
  if (!bound_.has_returning) return;
  auto rows = std::make_unique<RowSet::Chunk>();
  rows->row_count = taken.size();
  for (size_t i = bound_.row_columns; i < bound_.row_columns + bound_.returning_columns; i++)
    rows->columns.emplace_back(chunk->columns[i].type()).append(chunk->columns[i].view(), &selection);
  returned_.push_back(std::move(rows));
}

void Modification::finish() {
  if (writer_ != nullptr) writer_->finish();
  for (size_t i = 0; i < deleted_.size(); i++)
    if (!deleted_[i].empty())
      transaction_.delete_rows(bound_.target->schema.name, bound_.target->row_groups[i]->id(), deleted_[i]);
}

// --- Statements ------------------------------------------------------------------------------------------------------

namespace {

const PgQuery__RangeVar& target_name(const pg::Node& node) {
  if (node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) return *node.update_stmt->relation;
  if (node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT) return *node.delete_stmt->relation;
  if (node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT) return *node.merge_stmt->relation;
  return *node.insert_stmt->relation;
}

std::shared_ptr<const TableVersion> target_table(const SessionState& session, const Snapshot& snapshot,
                                                 const PgQuery__RangeVar& range, std::string_view verb) {
  const std::string name = find_relation(snapshot, session.search_path(), range);
  const auto table = snapshot.tables.find(name);
  if (table != snapshot.tables.end()) return table->second;
  if (snapshot.views.contains(name))
    throw Error(sqlstate::kWrongObjectType, "cannot " + std::string(verb) + " view \"" + name + "\"")
        .at(range.location);
  std::vector<std::string> names;
  for (const auto& [other, version] : snapshot.tables) names.push_back(other);
  const std::string nearest = nearest_name(name, names);
  throw Error(sqlstate::kUndefinedTable, "table \"" + name + "\" does not exist",
              nearest.empty() ? "" : "Perhaps you meant the table \"" + nearest + "\".").at(range.location);
}

void delete_all_rows(WriteTransaction& transaction, const TableVersion& table) {
  for (const auto& group : table.row_groups) {
    std::vector<uint64_t> all(mask_words(group->row_count()), ~uint64_t{0});
    if (group->row_count() % 64 != 0) all.back() = (uint64_t{1} << (group->row_count() % 64)) - 1;
    transaction.delete_rows(table.schema.name, group->id(), all);
  }
}

std::string command_tag(const pg::Node& node, int64_t changed_rows) {
  const std::string_view verb = node.node_case == PG_QUERY__NODE__NODE_INSERT_STMT   ? "INSERT 0 "
                                : node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT ? "UPDATE "
                                : node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT  ? "MERGE "
                                                                                     : "DELETE ";
  return std::string(verb) + std::to_string(changed_rows);
}

}  // namespace

bool is_modification(const pg::Node& node) {
  return node.node_case == PG_QUERY__NODE__NODE_INSERT_STMT || node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT ||
         node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT || node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT;
}

BoundModification bind_modification(SessionState& session, const pg::Node& node, Binder& binder) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  if (node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT)
    return binder.bind_update(*node.update_stmt, target_table(session, *snapshot, *node.update_stmt->relation, "update"));
  if (node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT)
    return binder.bind_delete(*node.delete_stmt, target_table(session, *snapshot, *node.delete_stmt->relation, "delete from"));
  if (node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT)
    return binder.bind_merge(*node.merge_stmt, target_table(session, *snapshot, *node.merge_stmt->relation, "merge into"));
  const PgQuery__InsertStmt& insert = *node.insert_stmt;
  const std::shared_ptr<const TableVersion> table = target_table(session, *snapshot, *insert.relation, "insert into");
  return binder.bind_insert(insert, table, insert_columns(insert, table->schema));
}

ResultPtr run_modification(SessionState& session, const Statement& statement) {
  ResultPtr result;
  modify(session, statement, [&](ResultPtr rows) { result = std::move(rows); });
  return result;
}

void modify(SessionState& session, const Statement& statement, const std::function<void(ResultPtr)>& take) {
  int64_t count = 0;
  std::vector<std::string> names;
  std::vector<Type> types;
  std::vector<std::unique_ptr<RowSet::Chunk>> returned;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    Binder binder(session.bind_context(statement));
    BoundModification bound = bind_modification(session, *statement.node, binder);
    if (statement.parameters == nullptr && !binder.parameter_types().empty())
      throw Error("42P02", "there is no parameter $" + std::to_string(binder.parameter_types().size()),
                  "Parameters stand in prepared statements.");
    const ConstraintCheck check(session, *transaction, bound.target->schema.name);
    const PlanPtr plan = session.plan(std::move(bound.plan));
    if (!bound.has_identity && !bound.has_returning) {
      count = insert_rows(session, plan, bound.target->schema.name, transaction);
    } else {
      Modification modification(bound, *transaction);
      RunningPlan running(session, plan);
      while (std::unique_ptr<RowSet::Chunk> chunk = running.next()) modification.apply(std::move(chunk));
      modification.finish();
      count = modification.changed_rows();
      returned = modification.take_returned();
      for (size_t i = bound.row_columns; i < bound.row_columns + bound.returning_columns; i++) {
        names.push_back(plan->names[i]);
        types.push_back(plan->types[i]);
      }
    }
    if (statement.node->node_case != PG_QUERY__NODE__NODE_DELETE_STMT) check.run();
    take(make_rows(std::move(names), std::move(types), std::move(returned), command_tag(*statement.node, count), count));
  }, find_relation(*session.snapshot(), session.search_path(), target_name(*statement.node)));
}

ResultPtr run_truncate(SessionState& session, const Statement& statement) {
  const PgQuery__TruncateStmt& syntax = *statement.node->truncate_stmt;
  if (syntax.restart_seqs) throw_unsupported("TRUNCATE … RESTART IDENTITY", -1);
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  std::vector<std::string> names;
  for (const pg::Node* node : pg::list(syntax.relations, syntax.n_relations))
    names.push_back(target_table(session, *snapshot, *node->range_var, "truncate")->schema.name);
  for (const bool temporary : {false, true}) {
    const auto is_ours = [&](const std::string& name) { return is_temporary(name) == temporary; };
    const auto first = std::ranges::find_if(names, is_ours);
    if (first == names.end()) continue;
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      const std::shared_ptr<const Snapshot> current = transaction->snapshot();
      for (const std::string& name : names) {
        if (is_ours(name)) delete_all_rows(*transaction, *current->tables.at(name));
      }
    }, *first);
  }
  return make_done("TRUNCATE TABLE");
}

}  // namespace cairn
