#include <fmt/chrono.h>
#include <fmt/format.h>

#include <set>

#include "checkpoint/store_state.h"
#include "checkpoint/store.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// `auto`: a query that has run for less than this is cheaper to repeat than to protect.
constexpr std::chrono::milliseconds kAutomaticAfter{1000};

void collect_breakers(const PlanNode& node, std::set<const PlanNode*>& seen, size_t& count) {
  if (!seen.insert(&node).second) return;
  switch (node.kind) {
    case PlanNode::Kind::kAggregate:
    case PlanNode::Kind::kJoin:
    case PlanNode::Kind::kWindow:
    case PlanNode::Kind::kSort:
    case PlanNode::Kind::kMaterialize: ++count; break;
    default: break;
  }
  for (const PlanPtr& child : node.children) collect_breakers(*child, seen, count);
}

std::string now_iso() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

}  // namespace

size_t count_breakers(const PlanNode& plan) {
  std::set<const PlanNode*> seen;
  size_t count = 0;
  collect_breakers(plan, seen, count);
  return count;
}

std::shared_ptr<QueryCheckpoint> CheckpointStore::begin(CheckpointRequest request) {
  return std::shared_ptr<QueryCheckpoint>(new QueryCheckpoint(shared_from_this(), std::move(request)));
}

QueryCheckpoint::QueryCheckpoint(std::shared_ptr<CheckpointStore> store, CheckpointRequest request)
    : store_(std::move(store)), state_(std::make_shared<State>()) {
  state_->logged.id = random_hex(8);
  state_->logged.text = request.text;
  state_->logged.started = now_iso();
  state_->logged.root = fingerprint(*request.plan);
  state_->logged.breakers_total = count_breakers(*request.plan);
  state_->started = std::chrono::steady_clock::now();
  state_->request = std::move(request);

  std::lock_guard lock(store_->mutex_);
  for (const auto& [id, interrupted] : store_->interrupted_) {
    if (interrupted->query.root == state_->logged.root) state_->stands_for.push_back(id);
    for (const DurableBreaker& breaker : interrupted->query.durable) {
      found_.try_emplace(breaker.fingerprint, Found{interrupted->path(breaker), breaker});
    }
  }
}

bool QueryCheckpoint::is_durable(const Breaker& breaker) {
  const auto found = found_.find(breaker.fingerprint);
  return found != found_.end() && found->second.breaker.types == breaker.types;
}

std::shared_ptr<const RowSet> QueryCheckpoint::load(const Breaker& breaker) {
  const auto found = found_.find(breaker.fingerprint);
  if (found == found_.end()) return nullptr;
  try {
    auto rows = read_fragment_file(store_->storage_, found->second.path, found->second.breaker);
    state_->set_state(breaker.fingerprint, "durable, loaded");
    return rows;
  } catch (const Error& error) {
    state_->request.notice("warning: a checkpoint is not used: " + error.message);
    return nullptr;
  }
}

void QueryCheckpoint::completed(const Breaker& breaker, std::shared_ptr<const RowSet> rows) {
  if (state_->off || state_->finished || state_->request.mode == CheckpointMode::kOff) return;
  if (state_->request.mode == CheckpointMode::kAuto &&
      std::chrono::steady_clock::now() - state_->started < kAutomaticAfter) {
    state_->set_state(breaker.fingerprint, "not kept");
    return;
  }
  state_->set_state(breaker.fingerprint, "being written");
  state_->queued = true;
  CheckpointStore::Task task;
  task.query = state_;
  task.breaker = breaker;
  task.bytes = rows->bytes();
  task.rows = std::move(rows);
  store_->enqueue(std::move(task));
}

void QueryCheckpoint::planned(size_t pipelines_skipped, size_t pipelines_total) {
  if (pipelines_skipped > 0) {
    state_->request.notice(fmt::format("resumed: {} of {} pipelines skipped", pipelines_skipped, pipelines_total));
  }
}

std::string QueryCheckpoint::state(const Breaker& breaker) {
  std::lock_guard lock(state_->mutex);
  const auto found = state_->states.find(breaker.fingerprint);
  return found == state_->states.end() ? "" : found->second;
}

void QueryCheckpoint::finish() {
  if (state_->finished.exchange(true)) return;
  if (!state_->queued && state_->stands_for.empty()) return;
  CheckpointStore::Task task;
  task.query = state_;
  store_->enqueue(std::move(task));
}

uint64_t QueryCheckpoint::bytes_written() const { return state_->bytes_written; }

}  // namespace cairn
