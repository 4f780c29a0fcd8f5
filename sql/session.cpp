#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "exec/functions/function.h"
#include "sql/parser/spellings.h"
#include "sql/session_state.h"
#include "sql/statements/statements.h"
#include "vector/error.h"
#include "vector/memory_account.h"
#include "vector/memory_pool.h"
#include "vector/statement_clock.h"

namespace cairn {
namespace {

/// From here on INSERT … VALUES is read row by row while it runs: its syntax tree never stands in memory whole.
constexpr size_t kLargeInsertTokens = 256;

class PreparedText final : public PreparedStatement {
 public:
  PreparedText(SessionState& session, Statement statement) : session_(session), statement_(std::move(statement)) {}

  size_t parameter_count() const override { return statement_.parameter_types.size(); }
  Type parameter_type(size_t index) const override { return statement_.parameter_types.at(index); }
  std::unique_ptr<StatementResult> execute(const std::vector<Value>& parameters) override {
    return session_.failing_block([&] {
      if (parameters.size() != statement_.parameter_types.size())
        throw Error(sqlstate::kInvalidParameterValue,
                    "expected " + std::to_string(statement_.parameter_types.size()) + " parameters, found " +
                        std::to_string(parameters.size()));
      Statement bound = statement_;
      bound.parameters = &parameters;
      return session_.run(bound);
    });
  }

 private:
  SessionState& session_;
  Statement statement_;
};

}  // namespace

SessionState::SessionState(std::shared_ptr<EngineState> engine) : engine_(std::move(engine)) {
  notices_->set([](std::string_view text) { std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data()); });
}

SessionState::~SessionState() { notices_->set(nullptr); }

NoticeSink::Handler SessionState::notice_forwarder() const {
  return [sink = notices_](std::string_view text) { sink->send(text); };
}

std::shared_ptr<CheckpointStore> SessionState::checkpoint_store() {
  return engine_->checkpoints(settings_.get("checkpoint_directory"), notice_forwarder());
}

void SessionState::start_statement() {
  interrupted_ = false;
  work_.done = work_.total = 0;
  // Inside a block all statements see one time, as they see one snapshot.
  if (!block_) read_clock();
}

void SessionState::read_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  now_micros_ = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

void SessionState::check_block_goes_on() const {
  if (block_ && block_->failed)
    throw Error(sqlstate::kInFailedTransaction,
                "current transaction is aborted, commands ignored until end of transaction block");
}

std::unique_ptr<StatementResult> SessionState::execute(std::string_view text, size_t& consumed) {
  return failing_block([&] { return execute_first(text, consumed); });
}

std::unique_ptr<StatementResult> SessionState::execute_first(std::string_view text, size_t& consumed) {
  StatementExtent extent = scan_statement(text);
  consumed = extent.consumed;
  if (extent.empty) {
    // A lone ';' is passed over; the end of the text is the end.
    if (consumed == text.size()) return nullptr;
    size_t more = 0;
    auto result = execute_first(text.substr(consumed), more);
    consumed += more;
    return result;
  }
  return with_spellings(text, extent, [this](std::string_view spelled, const StatementExtent& its_extent) {
    return run_prescanned(spelled, its_extent);
  });
}

std::unique_ptr<StatementResult> SessionState::run_prescanned(std::string_view text, const StatementExtent& extent) {
  if (extent.token_count > kLargeInsertTokens && !extent.insert_pieces.empty() &&
      extent.depth <= kShallowStatementDepth && extent.end <= kMaxStatementBytes) {
    start_statement();
    const StatementClock clock(now_micros_);
    check_block_goes_on();
    return run_large_insert(*this, text.substr(0, extent.end), extent);
  }
  Statement statement;
  statement.tree = parse_statement(text, extent);
  statement.node = &statement.tree->statement();
  statement.text = text.substr(0, extent.end);
  if (extent.depth <= kShallowStatementDepth) return run(statement);
  std::unique_ptr<StatementResult> result;
  run_on_large_stack([&] { result = run(statement); });
  return result;
}

std::unique_ptr<StatementResult> SessionState::run(const Statement& statement) {
  start_statement();
  const StatementClock clock(statement.resumed != nullptr ? statement.resumed->context.now_micros : now_micros_);
  if (!ends_block(*statement.node)) check_block_goes_on();
  return failing_block([&] { return dispatch(*this, statement); });
}

std::unique_ptr<PreparedStatement> SessionState::prepare(std::string_view text) {
  return failing_block([&] { return prepare_only(text); });
}

std::unique_ptr<PreparedStatement> SessionState::prepare_only(std::string_view text) {
  StatementExtent extent = scan_statement(text);
  if (extent.empty) throw Error(sqlstate::kSyntaxError, "expected a statement, found an empty text");
  if (!scan_statement(text.substr(extent.consumed)).empty)
    throw Error(sqlstate::kSyntaxError, "cannot prepare several statements at once").at(static_cast<int>(extent.consumed));
  return with_spellings(text, extent, [this](std::string_view spelled, const StatementExtent& its_extent) {
    return prepare_prescanned(spelled, its_extent);
  });
}

std::unique_ptr<PreparedStatement> SessionState::prepare_prescanned(std::string_view text, const StatementExtent& extent) {
  Statement statement;
  statement.tree = parse_statement(text, extent);
  statement.node = &statement.tree->statement();
  statement.text = text.substr(0, extent.end);
  if (!ends_block(*statement.node)) check_block_goes_on();
  start_statement();
  const StatementClock clock(now_micros_);
  // Binding finds the parameters and their types.
  BindContext context = bind_context(statement);
  context.parameter_values = nullptr;
  Binder binder(std::move(context));
  if (statement.node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
    binder.bind_query(*statement.node->select_stmt);
  } else if (is_modification(*statement.node)) {
    bind_modification(*this, *statement.node, binder);
  }
  statement.parameter_types = binder.determined_parameter_types();
  return std::make_unique<PreparedText>(*this, std::move(statement));
}

void SessionState::interrupt() {
  interrupted_ = true;
  std::lock_guard lock(mutex_);
  for (Running& running : running_) running.execution->cancel();
}

void SessionState::check_interrupted() const { cairn::check_interrupted(&interrupted_); }

Progress SessionState::progress() const {
  Progress progress;
  std::lock_guard lock(mutex_);
  if (running_.empty()) {
    uint64_t total = work_.total.load();
    if (total > 0) progress.fraction = std::min(1.0, static_cast<double>(work_.done.load()) / static_cast<double>(total));
    return progress;
  }
  const Running& running = running_.back();
  const QueryProfile& profile = running.execution->profile();
  progress.pipelines_done = profile.pipelines_done;
  progress.pipelines_total = profile.pipelines_total;
  uint64_t total = profile.morsels_total, done = profile.morsels_done;
  if (total > 0) progress.fraction = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  if (running.checkpoint != nullptr) progress.checkpointed_bytes = running.checkpoint->bytes_written();
  return progress;
}

void SessionState::set_notice_handler(std::function<void(std::string_view)> handler) { notices_->set(std::move(handler)); }

void SessionState::begin_running(QueryExecution* execution, std::shared_ptr<QueryCheckpoint> checkpoint) {
  std::lock_guard lock(mutex_);
  running_.push_back({execution, std::move(checkpoint)});
  if (interrupted_) execution->cancel();
}

void SessionState::end_running(QueryExecution* execution) {
  std::lock_guard lock(mutex_);
  std::erase_if(running_, [&](const Running& running) { return running.execution == execution; });
}

BindContext SessionState::bind_context(const Statement& statement) {
  BindContext context;
  View seen = statement.snapshot != nullptr    ? View{statement.snapshot, statement.snapshot}
              : statement.relations != nullptr ? View{statement.relations, nullptr}
                                               : view();
  context.snapshot = std::move(seen.relations);
  context.committed = std::move(seen.committed);
  context.session = this;
  context.search_path = search_path();
  context.volatile_source = std::make_shared<StatementValues>(values_, context.snapshot, context.search_path,
                                                              engine_->database(), temporary_.get(), block_is_read_only());
  context.now_micros = statement.resumed != nullptr ? statement.resumed->context.now_micros : now_micros_;
  static const std::vector<Value> none;
  context.parameter_values = statement.parameters != nullptr ? statement.parameters : &none;
  context.parameter_types = statement.parameter_types;
  context.interrupted = &interrupted_;
  return context;
}

PlanPtr SessionState::plan(LogicalPlan&& logical, std::vector<PassTrace>* trace) {
  optimize(logical, settings_.disabled_passes(), trace);
  check_interrupted();
  return make_physical_plan(logical);
}

SessionState::Planned SessionState::plan_query(const Statement& statement, std::vector<PassTrace>* trace) {
  BindContext context = bind_context(statement);
  Planned planned;
  planned.snapshot = context.committed;
  NamesMet names;
  context.names = &names;
  Binder binder(std::move(context));
  LogicalPlan logical = binder.bind_query(*statement.node->select_stmt);
  planned.keep_committed(names);
  planned.names = logical.result_names;
  planned.plan = plan(std::move(logical), trace);
  check_resumed(planned, statement);
  return planned;
}

void SessionState::Planned::keep_committed(const NamesMet& met, std::string_view target) {
  if (is_temporary(target) || std::ranges::any_of(met.relations, is_temporary, &NamesMet::Relation::key)) snapshot = nullptr;
}

void SessionState::check_resumed(const Planned& planned, const Statement& statement) const {
  if (statement.resumed == nullptr) return;
  // Another session may have been quicker; here it is this one's turn to write.
  if (!statement.resumed->writes.empty() && engine_->database().receipt(statement_receipt(statement.resumed->id)))
    throw Error(sqlstate::kNotInPrerequisiteState, "statement " + statement.resumed->id + " was already committed by another session");
  if (fingerprint(*planned.plan) == statement.resumed->root) return;
  throw Error(sqlstate::kNotInPrerequisiteState,
              "query " + statement.resumed->id + " cannot be resumed: it is planned otherwise than when it began",
              "CALL discard('" + statement.resumed->id + "') forgets the query; run its text anew.");
}

std::string SessionState::temp_directory() const {
  const std::string& setting = settings_.get("temp_directory");
  if (!setting.empty()) return setting;
  if (!engine_->database().in_memory()) return engine_->database().path();
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : directory.string();  // whether it is there matters to queries that write alone
}

std::unique_ptr<QueryExecution> SessionState::start(const PlanPtr& plan, std::shared_ptr<ExecutionObserver> observer,
                                                    bool profiling) {
  ExecutionSettings settings = settings_.execution();
  settings.storage = engine_->storage();
  settings.temp_directory = temp_directory();
  // memory_limit: half for the database's columns, three eighths for breakers' rows, the rest for what is on its way.
  engine_->database().limit_cache(settings.memory_limit_bytes / 2);
  limit_kept_blocks(settings.memory_limit_bytes / 16);
  MemoryAccount::process().set_limit(settings.memory_limit_bytes);
  settings.memory_limit_bytes = settings.memory_limit_bytes / 8 * 3;
  return QueryExecution::start(plan, std::move(settings), std::move(observer), profiling);
}

}  // namespace cairn
