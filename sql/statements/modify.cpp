#include "sql/statements/modify.h"

#include <algorithm>

#include "sql/binder/nearest_name.h"
#include "sql/create_text.h"
#include "sql/dependencies.h"
#include "sql/statements/constraint_check.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn {

RunningPlan::RunningPlan(SessionState& session, const PlanPtr& plan, std::shared_ptr<QueryCheckpoint> checkpoint)
    : session_(session), execution_(session.start(plan, checkpoint, false)) {
  session_.begin_running(execution_.get(), std::move(checkpoint));
}

RunningPlan::~RunningPlan() { session_.end_running(execution_.get()); }

int64_t insert_rows(SessionState& session, PlanPtr rows, const std::string& table,
                    const std::shared_ptr<WriteTransaction>& transaction, std::shared_ptr<QueryCheckpoint> checkpoint) {
  auto insert = std::make_shared<PlanNode>();
  insert->kind = PlanNode::Kind::kInsert;
  insert->types = {Type::big_int()};
  insert->names = {"count"};
  insert->estimated_rows = 1;
  insert->target = table;
  insert->transaction = transaction;
  insert->children.push_back(std::move(rows));
  RunningPlan running(session, insert, std::move(checkpoint));
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
  const Value clause = read_value(chunk.columns[*bound_.columns.action].view(), row);
  if (clause.null) return Action::kNothing;
  const Action action = bound_.actions[static_cast<size_t>(clause.integer) - 1];
  const Value identity = read_value(chunk.columns[*bound_.columns.identity].view(), row);
  if (action != Action::kNothing && !identity.null && !mark(static_cast<int64_t>(identity.integer)))
    throw Error(sqlstate::kCardinalityViolation, "MERGE command cannot affect row a second time",
                "Ensure that not more than one source row matches any one target row.");
  return action;
}

/// The row, as errors show it.
std::string Modification::row_text(const RowSet::Chunk& chunk, size_t row) const {
  std::string text;
  for (size_t i = 0; i < bound_.row_columns; i++) {
    const Value value = read_value(chunk.columns[i].view(), row);
    text += (i == 0 ? "" : ", ") + (value.null ? std::string("null") : value.to_string());
  }
  return "Failing row contains (" + text + ").";
}

/// Errors: of the constraint that the proposed row breaks, whether or not it conflicts with another.
void Modification::check_proposed(const RowSet::Chunk& chunk, size_t row) const {
  const Value violation = read_value(chunk.columns[*bound_.columns.violation].view(), row);
  if (violation.null) return;
  const TableSchema& table = bound_.target->schema;
  const size_t number = static_cast<size_t>(violation.integer) - 1;
  const std::string hint = bound_.conflict == BoundModification::Conflict::kDoUpdate ? "" : row_text(chunk, row);
  if (number < table.columns.size())
    throw Error(sqlstate::kNotNullViolation, "null value in column \"" + table.columns[number].name + "\" of relation \"" +
                                                 table.name + "\" violates not-null constraint", hint);
  throw Error("23514", "new row for relation \"" + table.name + "\" violates check constraint \"" +
                           table.checks[number - table.columns.size()].name + "\"", hint);
}

/// Notes the first new row that a view with a CHECK OPTION does not have; constraints are told about first.
void Modification::check_view(const RowSet::Chunk& chunk, size_t row) {
  for (size_t i = 0; i < bound_.checking_views.size() && !outside_view_; i++) {
    const Value visible = read_value(chunk.columns[bound_.columns.checks[i]].view(), row);
    if (!visible.null && visible.integer != 0) continue;
    outside_view_ = Error("44000", "new row violates check option for view \"" + bound_.checking_views[i] + "\"",
                          row_text(chunk, row));
  }
}

bool Modification::takes(const RowSet::Chunk& chunk, size_t row) {
  using Conflict = BoundModification::Conflict;
  const ModificationColumns& columns = bound_.columns;
  if (columns.violation) check_proposed(chunk, row);
  if (!columns.identity) return true;
  if (bound_.conflict == Conflict::kMerge) {
    const BoundModification::Action action = merge_action(chunk, row);
    changed_rows_ += action == BoundModification::Action::kDelete;
    return action == BoundModification::Action::kStore;
  }
  const Value identity = read_value(chunk.columns[*columns.identity].view(), row);
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
  if (columns.applies) {
    const Value applies = read_value(chunk.columns[*columns.applies].view(), row);
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
    if (takes(*chunk, row)) {
      check_view(*chunk, row);
      taken.push_back(static_cast<uint32_t>(row));
    }
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

std::string_view verb_of(const pg::Node& node) {
  return node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT   ? "update"
         : node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT ? "delete from"
                                                              : "insert into";
}

const PgQuery__RangeVar& target_name(const pg::Node& node) {
  if (node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) return *node.update_stmt->relation;
  if (node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT) return *node.delete_stmt->relation;
  if (node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT) return *node.merge_stmt->relation;
  return *node.insert_stmt->relation;
}

Error no_table(const Snapshot& snapshot, const std::string& name, int position) {
  std::vector<std::string> names;
  for (const auto& [other, version] : snapshot.tables) names.push_back(other);
  const std::string nearest = nearest_name(name, names);
  return Error(sqlstate::kUndefinedTable, "table \"" + name + "\" does not exist",
               nearest.empty() ? "" : "Perhaps you meant the table \"" + nearest + "\".").at(position);
}

std::shared_ptr<const TableVersion> target_table(const SessionState& session, const Snapshot& snapshot,
                                                 const PgQuery__RangeVar& range) {
  const std::string name = relation_key(snapshot, session.search_path(), RelationName::of(range));
  const auto table = snapshot.tables.find(name);
  if (table != snapshot.tables.end()) return table->second;
  if (snapshot.views.contains(name))
    throw Error(sqlstate::kFeatureNotSupported, "cannot execute MERGE on relation \"" + name + "\"",
                "This operation is not supported for views; merge into the table below.").at(range.location);
  throw no_table(snapshot, name, range.location);
}

constexpr std::string_view kOfSeveral = "that do not select from a single table or view";

/// The relation that the view's rows are those of, as far as its FROM tells; the binder looks at the rest.
std::string below(const ViewSchema& view, std::string_view verb) {
  const auto tree = parse_statement(view.sql);
  const PgQuery__SelectStmt& select = *tree->statement().select_stmt;
  if (select.n_from_clause != 1 || select.from_clause[0]->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) throw not_updatable(view, verb, kOfSeveral);
  const ViewRelation* relation = view.find_written(RelationName::of(*select.from_clause[0]->range_var).key());
  if (relation == nullptr) throw not_updatable(view, verb, kOfSeveral);
  return relation->relation;
}

/// A new sequence under the old one's name begins anew with the transaction, and not without it.
void restart_sequences(WriteTransaction& transaction, const Snapshot& snapshot, const std::string& table) {
  for (const auto& [name, sequence] : snapshot.sequences) {
    if (sequence->schema.owner_table != table) continue;
    transaction.drop_sequence(name);
    transaction.create_sequence(sequence->schema);
  }
}

void delete_all_rows(WriteTransaction& transaction, const TableVersion& table) {
  for (const auto& group : table.row_groups) {
    std::vector<uint64_t> all(mask_words(group->row_count()), ~uint64_t{0});
    if (group->row_count() % 64 != 0) all.back() = (uint64_t{1} << (group->row_count() % 64)) - 1;
    transaction.delete_rows(table.schema.name, group->id(), all);
  }
}

/// A statement that goes on, on the snapshot of its beginning, finds its target as it was then; one that only adds rows
/// cares for its definition alone. Errors: kWriteConflict.
void check_target(const Statement& statement, const TableVersion& then, bool only_adds, const Snapshot& now) {
  if (statement.resumed == nullptr) return;
  const auto found = now.tables.find(then.schema.name);
  const bool same = found != now.tables.end() && found->second->table_id == then.table_id &&
                    (only_adds ? create_text(found->second->schema) == create_text(then.schema)
                               : found->second->version == then.version);
  if (!same) throw cannot_go_on(*statement.resumed, "table \"" + then.schema.name + "\" has changed since it began");
}

std::string command_tag(const pg::Node& node, int64_t changed_rows) {
  const std::string_view verb = node.node_case == PG_QUERY__NODE__NODE_INSERT_STMT   ? "INSERT 0 "
                                : node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT ? "UPDATE "
                                : node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT  ? "MERGE "
                                                                                     : "DELETE ";
  return std::string(verb) + std::to_string(changed_rows);
}

}  // namespace

std::string changed_table(SessionState& session, const pg::Node& node) {
  const PgQuery__RangeVar& range = target_name(node);
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = relation_key(*snapshot, session.search_path(), RelationName::of(range));
  return snapshot->views.contains(key) && node.node_case != PG_QUERY__NODE__NODE_MERGE_STMT
             ? modification_target(session, *snapshot, key, verb_of(node), range.location).table->schema.name
             : key;
}

bool is_modification(const pg::Node& node) {
  return node.node_case == PG_QUERY__NODE__NODE_INSERT_STMT || node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT ||
         node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT || node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT;
}

ModificationTarget modification_target(SessionState& session, const Snapshot& snapshot, const std::string& key, std::string_view verb,
                                       int position) {
  ModificationTarget target{.verb = verb};
  std::string name = key;
  while (true) {
    if (const auto table = snapshot.tables.find(name); table != snapshot.tables.end()) {
      target.table = table->second;
      return target;
    }
    const auto view = snapshot.views.find(name);
    if (view == snapshot.views.end()) {
      if (target.views.empty()) throw no_table(snapshot, name, position);
      throw not_updatable(*target.views.back(), verb, kOfSeveral);
    }
    target.views.push_back(std::make_shared<const ViewSchema>(pinned(session, snapshot, *view->second)));
    name = below(*target.views.back(), verb);
  }
}

BoundModification bind_modification(SessionState& session, const pg::Node& node, Binder& binder) {
  const Snapshot& snapshot = binder.snapshot();
  if (node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT)
    return binder.bind_merge(*node.merge_stmt, target_table(session, snapshot, *node.merge_stmt->relation));
  const PgQuery__RangeVar& range = target_name(node);
  const ModificationTarget target =
      modification_target(session, snapshot, relation_key(snapshot, session.search_path(), RelationName::of(range)),
                          verb_of(node), range.location);
  if (node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) return binder.bind_update(*node.update_stmt, target);
  if (node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT) return binder.bind_delete(*node.delete_stmt, target);
  return binder.bind_insert(*node.insert_stmt, target);
}

ResultPtr run_modification(SessionState& session, const Statement& statement) {
  if (ResultPtr result = session.go_on_here(statement)) return result;
  ResultPtr result;
  modify(session, statement, [&](ResultPtr rows) { result = std::move(rows); });
  return result;
}

void modify(SessionState& session, const Statement& statement, const std::function<void(ResultPtr)>& take) {
  int64_t count = 0;
  std::vector<std::string> names;
  std::vector<Type> types;
  std::vector<std::unique_ptr<RowSet::Chunk>> returned;
  std::optional<Error> outside_view;
  std::shared_ptr<QueryCheckpoint> checkpoint;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    BindContext context = session.bind_context(statement);
    SessionState::Planned planned;
    planned.snapshot = context.committed;
    NamesMet met;
    context.names = &met;
    Binder binder(std::move(context));
    BoundModification bound = bind_modification(session, *statement.node, binder);
    if (statement.parameters == nullptr && !binder.parameter_types().empty())
      throw Error("42P02", "there is no parameter $" + std::to_string(binder.parameter_types().size()),
                  "Parameters stand in prepared statements.");
    const ConstraintCheck check(session, *transaction, bound.target->schema.name);
    const PlanPtr plan = planned.plan = session.plan(std::move(bound.plan));
    planned.keep_committed(met, bound.target->schema.name);
    session.check_resumed(planned, statement);
    check_target(statement, *bound.target, bound.only_stores(), *transaction->snapshot());
    // Whose rows COPY writes: to go on would be to write its file again.
    const bool is_copied = statement.tree->statement().node_case == PG_QUERY__NODE__NODE_COPY_STMT;
    if (!is_copied) checkpoint = session.make_observer(planned, statement, true);
    if (bound.only_stores()) {
      count = insert_rows(session, plan, bound.target->schema.name, transaction, checkpoint);
    } else {
      Modification modification(bound, *transaction);
      RunningPlan running(session, plan, checkpoint);
      while (std::unique_ptr<RowSet::Chunk> chunk = running.next()) modification.apply(std::move(chunk));
      modification.finish();
      count = modification.changed_rows();
      returned = modification.take_returned();
      outside_view = modification.outside_view();
      for (size_t i = bound.row_columns; i < bound.row_columns + bound.returning_columns; i++) {
        names.push_back(plan->names[i]);
        types.push_back(plan->types[i]);
      }
    }
    if (statement.node->node_case != PG_QUERY__NODE__NODE_DELETE_STMT) check.run();
    if (outside_view) throw std::move(*outside_view);
    const std::string tag = command_tag(*statement.node, count);
    if (checkpoint != nullptr) checkpoint->leave_receipts(*transaction, tag);
    take(make_rows(std::move(names), std::move(types), std::move(returned), tag, count));
  }, changed_table(session, *statement.node));
  if (checkpoint != nullptr) checkpoint->finish(true);
}

ResultPtr run_truncate(SessionState& session, const Statement& statement) {
  const PgQuery__TruncateStmt& syntax = *statement.node->truncate_stmt;
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  std::vector<std::string> names;
  for (const pg::Node* node : pg::list(syntax.relations, syntax.n_relations)) {
    const PgQuery__RangeVar& range = *node->range_var;
    const std::string name = find_relation(*snapshot, session.search_path(), range);
    if (!snapshot->tables.contains(name) && snapshot->has_relation(name))
      throw Error(sqlstate::kWrongObjectType, "\"" + name + "\" is not a table").at(range.location);
    names.push_back(target_table(session, *snapshot, range)->schema.name);
  }
  for (const bool temporary : {false, true}) {
    const auto is_ours = [&](const std::string& name) { return is_temporary(name) == temporary; };
    const auto first = std::ranges::find_if(names, is_ours);
    if (first == names.end()) continue;
    session.change([&](std::shared_ptr<WriteTransaction> transaction) {
      const std::shared_ptr<const Snapshot> current = transaction->snapshot();
      for (const std::string& name : names) {
        if (!is_ours(name)) continue;
        delete_all_rows(*transaction, *current->tables.at(name));
        if (syntax.restart_seqs) restart_sequences(*transaction, *current, name);
      }
    }, *first);
  }
  return make_done("TRUNCATE TABLE");
}

}  // namespace cairn
