#include <fmt/chrono.h>
#include <fmt/format.h>

#include "checkpoint/query_state.h"
#include "checkpoint/store.h"
#include "exec/plan/plan_nodes.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// `auto`: a query that has run for less than this is cheaper to repeat than to protect.
constexpr std::chrono::milliseconds kAutomaticAfter{1000};

bool has_breaker(const PlanNode& node) {
  switch (node.kind) {
    case PlanNode::Kind::kAggregate:
    case PlanNode::Kind::kJoin:
    case PlanNode::Kind::kWindow:
    case PlanNode::Kind::kSort:
    case PlanNode::Kind::kMaterialize: return true;
    default: return false;
  }
}

/// Fine enough that queries of one session never begin at one time.
std::string now_iso() {
  using namespace std::chrono;
  const system_clock::time_point now = system_clock::now();
  const auto micros = duration_cast<microseconds>(now.time_since_epoch()) % seconds(1);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(system_clock::to_time_t(now)), micros.count());
}

}  // namespace

size_t count_breakers(const PlanNode& plan) {
  size_t count = 0;
  for_each_node(plan, [&](const PlanNode& node) { count += has_breaker(node); });
  return count;
}

QueryCheckpoint::QueryCheckpoint(std::shared_ptr<CheckpointStore> store, CheckpointRequest request)
    : store_(std::move(store)), state_(std::make_shared<State>()) {
  state_->logged.id = random_hex(8);
  state_->logged.text = request.text;
  state_->logged.started = now_iso();
  state_->logged.context = request.context;
  state_->logged.root = fingerprint(*request.plan);
  state_->logged.breakers_total = count_breakers(*request.plan);
  state_->started = std::chrono::steady_clock::now();
  state_->request = std::move(request);

  std::map<Fingerprint, std::string> newest;  // when the query of `found_` began: a later one has seen what an earlier left
  std::lock_guard lock(store_->mutex_);
  for (const auto& [id, interrupted] : store_->interrupted_) {
    const LoggedQuery& query = interrupted->query;
    if (interrupted->ended) continue;
    if (query.root == state_->logged.root) state_->stands_for.push_back(id);
    for (const DurableBreaker& breaker : query.durable) {
      std::string& begun = newest[breaker.fingerprint];
      if (query.started < begun) continue;
      begun = query.started;
      found_.insert_or_assign(breaker.fingerprint, Found{interrupted->path(breaker), breaker});
    }
  }
}

const QueryCheckpoint::Found* QueryCheckpoint::find(const Breaker& breaker) const {
  const auto found = found_.find(breaker.fingerprint);
  return found != found_.end() && found->second.breaker.types == breaker.types ? &found->second : nullptr;
}

std::optional<Content> QueryCheckpoint::durable(const Breaker& breaker) {
  const Found* found = find(breaker);
  return found == nullptr ? std::nullopt : std::optional(found->breaker.content);
}

std::shared_ptr<const RowSet> QueryCheckpoint::load(const Breaker& breaker, size_t resident_bytes_max) {
  const Found* found = find(breaker);
  if (found == nullptr) return nullptr;
  constexpr std::string_view kNotUsed = "a checkpoint is not used";
  try {
    auto rows = read_fragment_file(store_->storage_, found->path, found->breaker, resident_bytes_max);
    state_->set_state(breaker.fingerprint, "durable, loaded");
    return rows;
  } catch (const Error& error) {
    state_->warn(kNotUsed, error.message);
  } catch (const std::bad_alloc&) {
    state_->warn(kNotUsed, "there is not memory enough to load it");
  }
  return nullptr;
}

void QueryCheckpoint::completed(const Breaker& breaker, const Content& content, std::shared_ptr<const RowSet> rows) {
  if (state_->off || state_->finished || state_->request.mode == CheckpointMode::kOff) return;
  const bool early = state_->request.mode == CheckpointMode::kAuto &&
                     std::chrono::steady_clock::now() - state_->started < kAutomaticAfter;
  try {
    if (early) return state_->set_state(breaker.fingerprint, "not kept");
    state_->set_state(breaker.fingerprint, "being written");
    state_->queued = true;
    const size_t bytes = rows->bytes();
    const bool fits = store_->writer_.enqueue(
        [store = store_.get(), state = state_, breaker, content, rows = std::move(rows)] {
          store->write(*state, breaker, content, *rows);
        },
        bytes);
    if (!fits) state_->set_state(breaker.fingerprint, "skipped: the queue was full");
  } catch (const std::exception& error) {  // no memory, no thread: the query goes on
    state_->give_up(error.what());
  }
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

void QueryCheckpoint::finish(bool delivered) noexcept {
  if (state_->finished.exchange(true)) return;
  if (!delivered) state_->stands_for.clear();
  if (!state_->queued && state_->stands_for.empty()) return;
  try {
    store_->mark_ended(state_->stands_for, true);
    store_->writer_.enqueue([store = store_.get(), state = state_] { store->end(*state); });
  } catch (const std::exception&) {  // no memory, no thread: the next process finds it interrupted
    store_->mark_ended(state_->stands_for, false);
  }
}

uint64_t QueryCheckpoint::bytes_written() const { return state_->bytes_written; }

}  // namespace cairn
