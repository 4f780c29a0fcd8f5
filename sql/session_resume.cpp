// What a session's queries leave behind for a restart, and how they go on.

#include <algorithm>

#include "exec/plan/plan_nodes.h"
#include "sql/session_state.h"
#include "sql/statements/results.h"
#include "vector/error.h"

namespace cairn {

QueryContext SessionState::context_of(const Statement& statement) const {
  QueryContext context;
  context.settings = settings_.of_queries();
  context.parameter_types = statement.parameter_types;
  if (statement.parameters != nullptr) context.parameters = *statement.parameters;
  context.now_micros = statement.resumed != nullptr ? statement.resumed->context.now_micros : now_micros_;
  return context;
}

namespace {

std::string in_one_piece(const Receipts::Receipt& receipt) {
  return receipt.first.empty() ? "" : receipt.first + ": " + receipt.second;
}

}  // namespace

/// The same text given again is another statement; whoever gives it may think of the one that was interrupted.
void SessionState::tell_of_interrupted(CheckpointStore& store, const Statement& statement) {
  if (statement.resumed != nullptr) return;
  for (const cairn::InterruptedQuery& query : store.interrupted(interruption_check())) {
    if (query.text != statement.text || query.writes.empty()) continue;
    notice("notice: statement " + query.id + " of the same text " +
           (query.committed ? "had committed when its process died" : "was interrupted") +
           ", and this is another one; CALL resume('" + query.id + "') " + (query.committed ? "says so" : "goes on with it") +
           ", CALL discard('" + query.id + "') forgets it");
  }
}

std::shared_ptr<QueryCheckpoint> SessionState::make_observer(const Planned& planned, const Statement& statement, bool writes) {
  if (planned.snapshot == nullptr || !can_be_kept(*planned.plan, writes) || is_volatile(*planned.plan)) return nullptr;
  if (writes && block_) return nullptr;  // its changes go with the block's
  std::shared_ptr<CheckpointStore> store = checkpoint_store();
  if (store == nullptr) return nullptr;
  if (writes) tell_of_interrupted(*store, statement);
  CheckpointRequest request;
  request.writes = writes;
  if (statement.resumed != nullptr) request.goes_on = statement.resumed->writes;
  request.receipt = statement.resumed != nullptr ? statement.resumed->receipt : receipt_;
  request.text = statement.text;
  request.context = context_of(statement);
  request.plan = planned.plan;
  request.snapshot = planned.snapshot;
  request.directory = settings_.get("checkpoint_directory");
  request.mode = settings_.checkpoint();
  request.epoch = settings_.checkpoint_epoch();
  request.bytes_max = settings_.checkpoint_limit_bytes();
  request.retention = settings_.checkpoint_retention();
  request.verbose = settings_.checkpoint_verbose();
  request.notice = notice_forwarder();
  return store->begin(std::move(request));
}

/// Of what comes from now on: these are asked for between statements, too.
CheckpointStore::Check SessionState::interruption_check() const {
  return [this, stale = interrupted_.load()] {
    if (!stale) check_interrupted();
  };
}

Error cannot_go_on(const cairn::InterruptedQuery& statement, const std::string& why) {
  return Error(sqlstate::kWriteConflict, "statement " + statement.id + " cannot go on: " + why,
               "CALL discard('" + statement.id + "') forgets it; run its text anew.");
}

namespace {

/// Stored bytes of what the newest snapshot has no more.
uint64_t bytes_pinned(const Snapshot* pinned, const Snapshot& newest) {
  if (pinned == nullptr) return 0;
  std::set<uint64_t> there;
  for (const auto& [name, table] : newest.tables)
    for (const auto& group : table->row_groups) there.insert(group->id());
  uint64_t bytes = 0;
  for (const auto& [name, table] : pinned->tables)
    for (const auto& group : table->row_groups)
      for (size_t column = 0; column < table->schema.columns.size() && !there.contains(group->id()); column++)
        bytes += group->stored_bytes(column);
  return bytes;
}

}  // namespace

std::vector<Session::InterruptedQuery> SessionState::interrupted_queries() {
  std::shared_ptr<CheckpointStore> store = checkpoint_store();
  std::vector<InterruptedQuery> queries;
  if (store == nullptr) return queries;
  const Database& database = engine_->database();
  for (const cairn::InterruptedQuery& query : store->interrupted(interruption_check()))
    queries.push_back({query.id, query.text, query.started, query.breakers_durable, query.breakers_total,
                       in_one_piece(query.receipt), query.bytes, bytes_pinned(database.pinned(query.pin).get(), *database.snapshot()), query.tries.given_up(),
                       query.committed.has_value(), !query.writes.empty()});
  return queries;
}

namespace {

Error no_such_query(std::string_view id) {
  return Error(sqlstate::kUndefinedObject, "there is no interrupted query \"" + std::string(id) + "\"",
               "SELECT * FROM cairn_queries() lists them.");
}

void check_tries(const cairn::InterruptedQuery& query) {
  if (!query.tries.given_up()) return;
  throw Error(sqlstate::kNotInPrerequisiteState,
              "query " + query.id + " is not resumed any more: " + std::to_string(query.tries.deaths) +
                  " processes went on with it from where it is, and died",
              "Perhaps it takes more memory than there is. CALL discard('" + query.id + "') forgets it; its text runs anew.");
}

/// Settings as an interrupted query had them, until they are put back.
class SettingsOf {
 public:
  SettingsOf(Settings& settings, const QueryContext& context) : settings_(settings), before_(settings) {
    Settings values = settings;
    for (const auto& [name, value] : context.settings) values.set(name, value);
    settings_ = std::move(values);
  }
  ~SettingsOf() { settings_ = std::move(before_); }
  SettingsOf(const SettingsOf&) = delete;
  SettingsOf& operator=(const SettingsOf&) = delete;

 private:
  Settings& settings_;
  Settings before_;
};

}  // namespace

std::unique_ptr<StatementResult> SessionState::resume(std::string_view id) {
  return failing_block([&] {
    std::shared_ptr<CheckpointStore> store = checkpoint_store();
    const auto query = store == nullptr ? std::nullopt : store->find(id, interruption_check());
    const auto committed = query ? query->committed : engine_->database().receipt(statement_receipt(id));
    if (committed) return answer_of_committed(id, *committed);
    if (!query) throw no_such_query(id);
    check_tries(*query);
    return resume_query(*query);
  });
}

/// Of a statement that changed the database before its process died; its checkpoints have served.
std::unique_ptr<StatementResult> SessionState::answer_of_committed(std::string_view id, std::string_view answer) {
  if (std::shared_ptr<CheckpointStore> store = checkpoint_store()) store->discard(id, interruption_check());
  const std::string count(answer.substr(answer.rfind(' ') + 1));  // of its command tag
  RowBuilder rows({"resume"}, {Type::varchar()});
  rows.add({Value::of_string("already committed, " + count + (count == "1" ? " row" : " rows"))});
  return rows.finish("CALL");
}

namespace {

bool has_parameters(const QueryContext& context, const Statement& statement) {
  static const std::vector<Value> none;
  const auto same = [](const Value& a, const Value& b) {
    return a.type == b.type && a.null == b.null && (a.null || a.to_string() == b.to_string());
  };
  return std::ranges::equal(context.parameters, statement.parameters != nullptr ? *statement.parameters : none, same);
}

}  // namespace

std::unique_ptr<StatementResult> SessionState::go_on_here(const Statement& statement) {
  if (receipt_.first.empty() || block_ || statement.resumed != nullptr) return nullptr;
  std::shared_ptr<CheckpointStore> store = checkpoint_store();
  if (store == nullptr) return nullptr;
  for (const cairn::InterruptedQuery& query : store->interrupted(interruption_check()))
    if (query.text == statement.text && !query.writes.empty() && !query.committed && query.receipt == receipt_ &&
        has_parameters(query.context, statement))
      return resume_query(query);
  return nullptr;
}

void SessionState::leave_receipts(std::string_view name, std::string_view text) {
  receipt_ = {std::string(name), std::string(text)};
}

std::optional<std::string> SessionState::receipt(std::string_view name) { return engine_->database().receipt(name); }

/// Runs the query as the session that began it would: with its parameters, its settings, its clock.
std::unique_ptr<StatementResult> SessionState::resume_query(const cairn::InterruptedQuery& query) {
  if (!query.writes.empty() && block_)
    throw Error(sqlstate::kActiveTransaction, "a statement that changes the database cannot be resumed inside a transaction block");
  Statement statement;
  statement.text = query.text;
  const StatementExtent extent = scan_statement(statement.text);
  statement.tree = parse_statement(statement.text, extent);
  statement.node = &statement.tree->statement();
  // An EXECUTE was logged with the statement that it executed.
  if (statement.node->node_case == PG_QUERY__NODE__NODE_PREPARE_STMT) statement.node = statement.node->prepare_stmt->query;
  statement.parameters = &query.context.parameters;
  statement.parameter_types = query.context.parameter_types;
  statement.resumed = &query;
  statement.snapshot = engine_->database().pinned(query.pin);
  if (statement.snapshot == nullptr)
    throw Error(sqlstate::kDataCorrupted, "the snapshot of query " + query.id + " is not there any more",
                "CALL discard('" + query.id + "') forgets the query; run its text anew.");
  const SettingsOf settings(settings_, query.context);
  if (extent.depth <= kShallowStatementDepth) return run(statement);
  std::unique_ptr<StatementResult> result;
  run_on_large_stack([&] { result = run(statement); });
  return result;
}

void SessionState::discard(std::string_view id) {
  failing_block([&] {
    std::shared_ptr<CheckpointStore> store = checkpoint_store();
    if (store == nullptr || !store->discard(id, interruption_check())) throw no_such_query(id);
  });
}

}  // namespace cairn
