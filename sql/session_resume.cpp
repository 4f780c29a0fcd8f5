// What a session's queries leave behind for a restart, and how they go on.

#include "exec/plan/plan_nodes.h"
#include "sql/session_state.h"
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

std::shared_ptr<QueryCheckpoint> SessionState::make_observer(const Planned& planned, const Statement& statement) {
  if (planned.snapshot == nullptr || count_breakers(*planned.plan) == 0 || is_volatile(*planned.plan)) return nullptr;
  std::shared_ptr<CheckpointStore> store = checkpoint_store();
  if (store == nullptr) return nullptr;
  CheckpointRequest request;
  request.text = statement.text;
  request.context = context_of(statement);
  request.plan = planned.plan;
  request.snapshot = planned.snapshot;
  request.directory = settings_.get("checkpoint_directory");
  request.mode = settings_.checkpoint();
  request.epoch = settings_.checkpoint_epoch();
  request.bytes_max = settings_.checkpoint_limit_bytes();
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

std::vector<Session::InterruptedQuery> SessionState::interrupted_queries() {
  std::shared_ptr<CheckpointStore> store = checkpoint_store();
  std::vector<InterruptedQuery> queries;
  if (store == nullptr) return queries;
  for (const cairn::InterruptedQuery& query : store->interrupted(interruption_check()))
    queries.push_back({query.id, query.text, query.started, query.breakers_durable, query.breakers_total, query.bytes});
  return queries;
}

namespace {

Error no_such_query(std::string_view id) {
  return Error(sqlstate::kUndefinedObject, "there is no interrupted query \"" + std::string(id) + "\"",
               "SELECT * FROM cairn_queries() lists them.");
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
    if (!query) throw no_such_query(id);
    return resume_query(*query);
  });
}

/// Runs the query as the session that began it would: with its parameters, its settings, its clock.
std::unique_ptr<StatementResult> SessionState::resume_query(const cairn::InterruptedQuery& query) {
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
