#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "checkpoint/kept_matches.h"
#include "checkpoint/query_state.h"
#include "checkpoint/store.h"
#include "exec/plan/plan_nodes.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// `auto`: a query that has run for less than this is cheaper to repeat than to protect.
constexpr std::chrono::milliseconds kAutomaticAfter{1000};
/// Where no epoch is set: fragments are not sealed more often, nor where that would take more than a twentieth of the
/// time that they stand for (copied, encoded and written at about this speed).
constexpr std::chrono::milliseconds kEpochMin{500};
constexpr double kSealBytesPerSecond = 200e6, kSealShare = 0.05;

constexpr std::string_view kNotUsed = "a checkpoint is not used";

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

bool can_be_kept(const PlanNode& plan, bool writes) {
  bool reads = false;
  for_each_node(plan, [&](const PlanNode& node) {
    reads |= node.kind == PlanNode::Kind::kScan || node.kind == PlanNode::Kind::kTableFunction;
  });
  return count_breakers(plan) > 0 || (writes && reads);
}

size_t count_breakers(const PlanNode& plan) {
  size_t count = 0;
  for_each_node(plan, [&](const PlanNode& node) { count += has_breaker(node); });
  return count;
}

std::string statement_receipt(std::string_view id) { return fmt::format("statement {}", id); }

QueryCheckpoint::QueryCheckpoint(std::shared_ptr<CheckpointStore> store, CheckpointRequest request)
    : store_(std::move(store)), state_(std::make_shared<State>()) {
  state_->logged.id = random_hex(8);
  state_->logged.text = request.text;
  state_->logged.started = now_iso();
  state_->logged.context = request.context;
  state_->logged.root = fingerprint(*request.plan);
  state_->logged.breakers_total = count_breakers(*request.plan);
  if (request.writes) state_->logged.writes = request.goes_on.empty() ? state_->logged.id : request.goes_on;
  state_->logged.receipt = request.receipt;
  if (request.retention.count() > 0) {
    state_->logged.keep_until_s = unix_seconds() + static_cast<uint64_t>(request.retention.count() / 1000);
  }
  state_->started = std::chrono::steady_clock::now();
  state_->request = std::move(request);

  std::vector<std::shared_ptr<Interrupted>> same, all;
  QueryTries tries;
  {
    const std::lock_guard lock(store_->mutex_);
    for (const auto& [id, interrupted] : store_->interrupted_) {
      if (interrupted->ended) continue;
      all.push_back(interrupted);
      if (interrupted->query.key() != state_->logged.key()) continue;
      state_->stands_for.push_back(id);
      same.push_back(interrupted);
    }
    tries = tries_of(same);
  }
  const std::set<const DurableBreaker*> left_out = begin_try(std::move(same), tries);
  std::map<Fingerprint, std::string> newest;  // when the query of `found_` began: a later one has seen what an earlier left
  for (const auto& interrupted : all) {
    const LoggedQuery& query = interrupted->query;
    for (const DurableBreaker& breaker : query.durable) {
      if (left_out.contains(&breaker)) continue;
      if (!breaker.is_complete()) {
        found_fragments_[breaker.fingerprint].push_back({interrupted->path(breaker), breaker, query.key() == state_->logged.key()});
        continue;
      }
      std::string& begun = newest[breaker.fingerprint];
      if (query.started < begun) continue;
      begun = query.started;
      found_.insert_or_assign(breaker.fingerprint, Found{interrupted->path(breaker), breaker, false});
    }
  }
}

/// Goes on with what these entries hold, and notes that it does. What it had better leave out, as QueryTries tell.
std::set<const DurableBreaker*> QueryCheckpoint::begin_try(std::vector<std::shared_ptr<Interrupted>> entries,
                                                            const QueryTries& tries) {
  if (entries.empty()) return {};
  std::ranges::sort(entries, {}, [](const auto& entry) { return std::tie(entry->query.started, entry->query.id); });
  std::vector<const DurableBreaker*> records;
  for (const auto& entry : entries) {
    for (const DurableBreaker& breaker : entry->query.durable) records.push_back(&breaker);
  }
  if (tries.given_up()) return {records.begin(), records.end()};
  state_->tried = tries.noted_in;
  store_->attempt([&] {
    store_->writer_.enqueue([store = store_.get(), tries] { store->note_try(tries.noted_in, tries.durable); });
  });
  const size_t count = std::min(tries.left_out(), records.size());
  return {records.end() - static_cast<ptrdiff_t>(count), records.end()};
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

namespace {

/// Whether two sets, both ascending, have a morsel in common.
bool overlap(const MorselSet& a, const MorselSet& b) {
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (x->first < y->second && y->first < x->second) return true;
    (x->second < y->second) ? ++x : ++y;
  }
  return false;
}

uint64_t count_morsels(const MorselSet& set) {
  uint64_t count = 0;
  for (const auto& [first, last] : set) count += last - first;
  return count;
}

}  // namespace

/// Processes that died one after another have left fragments that complement each other.
void QueryCheckpoint::fragments(const FragmentKey& key, uint64_t morsel_count, const Take& take) {
  const auto found = found_fragments_.find(key.breaker.fingerprint);
  if (found == found_fragments_.end()) return;
  MorselSet covered;
  const auto offer = [&](const MorselSet& part, std::shared_ptr<const RowSet> saved) {
    if (overlap(covered, part) || !take(part, std::move(saved))) return;
    const auto middle = static_cast<ptrdiff_t>(covered.size());
    covered.insert(covered.end(), part.begin(), part.end());
    std::inplace_merge(covered.begin(), covered.begin() + middle, covered.end());
  };
  std::vector<std::pair<MorselSet, std::shared_ptr<const RowSet>>> named;  // workers have handed them over in any order
  for (const auto& [path, durable, own] : found->second) {
    if (durable.morsels != key.morsels || durable.types != types_in_file(key) || (key.keep && !own)) continue;
    std::vector<RowSet::Chunk> chunks;
    try {
      chunks = read_fragment_file(store_->storage_, path, durable)->take_chunks();
      size_t of_parts = 0;
      for (const DurableBreaker::Part& part : durable.parts) of_parts += part.chunks;
      set_matches(key, std::span(chunks).subspan(of_parts));
    } catch (const Error& error) {
      state_->warn(kNotUsed, error.message);
      continue;
    } catch (const std::bad_alloc&) {
      state_->warn(kNotUsed, "there is not memory enough to load it");
      continue;
    }
    auto chunk = chunks.begin();
    for (const DurableBreaker::Part& part : durable.parts) {
      auto saved = std::make_shared<RowSet>(key.breaker.types);
      for (const auto end = chunk + part.chunks; chunk != end; ++chunk) {
        remove_matches(key, *chunk);
        chunk->stored.reset();  // it stays in memory; the file need not stay open
        saved->append_chunk(std::move(*chunk));
      }
      key.keep ? void(named.emplace_back(part.covered, std::move(saved))) : offer(part.covered, std::move(saved));
    }
  }
  std::ranges::sort(named, {}, [](const auto& part) { return part.first; });
  for (auto& [part, saved] : named) offer(part, std::move(saved));
  if (covered.empty()) return;
  state_->request.notice(fmt::format("resumed: {} of {} morsels of breaker {} done ({})", count_morsels(covered), morsel_count,
                                     key.breaker.number + 1, key.breaker.description));
}

/// `auto`: a query that has run for less than a while is cheaper to repeat.
bool QueryCheckpoint::is_early() const {
  return state_->request.mode == CheckpointMode::kAuto &&
         std::chrono::steady_clock::now() - state_->started < kAutomaticAfter;
}

ExecutionObserver::Wish QueryCheckpoint::at_morsel_boundary(const OpenFragment& fragment) {
  if (!fragment.can_be_kept || state_->off || state_->request.mode == CheckpointMode::kOff) return Wish::kContinue;
  if (!is_due(fragment)) return Wish::kContinue;
  const bool would_be_written = store_->has_room(*state_, fragment.bytes) && store_->writer_.has_room(fragment.bytes);
  return would_be_written ? Wish::kSeal : Wish::kContinue;
}

bool QueryCheckpoint::is_due(const OpenFragment& fragment) const {
  const std::chrono::duration<double> age = std::chrono::steady_clock::now() - fragment.opened;
  if (state_->request.epoch.count() > 0) return age >= state_->request.epoch;
  const double cost = static_cast<double>(fragment.bytes) / kSealBytesPerSecond;
  return age >= kEpochMin && age.count() * kSealShare >= cost && !is_early();
}

void QueryCheckpoint::sealed(const FragmentKey& key, const MorselSet& covered, std::shared_ptr<const RowSet> saved) {
  if (state_->off || state_->finished || state_->request.mode == CheckpointMode::kOff) return;
  try {
    const size_t bytes = saved->bytes() + 1;
    const RowSet* const rows = saved.get();
    {
      const std::lock_guard lock(state_->mutex);
      state_->sealed.push_back({key, covered, std::move(saved)});
    }
    state_->queued = true;
    // What waits goes together. Where the queue is full nothing more comes, and this is skipped.
    if (store_->writer_.enqueue([store = store_.get(), state = state_] { store->write_sealed(*state); }, bytes)) return;
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->sealed, [&](const State::Sealed& each) { return each.rows.get() == rows; });
  } catch (const std::exception& error) {
    state_->give_up(error.what());
  }
}

void QueryCheckpoint::completed(const Breaker& breaker, const Content& content, std::shared_ptr<const RowSet> rows) {
  if (state_->off || state_->finished || state_->request.mode == CheckpointMode::kOff) return;
  try {
    if (is_early()) return state_->set_state(breaker.fingerprint, "not kept");
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
  if (!state_->queued && state_->stands_for.empty() && state_->tried.empty()) return;
  try {
    store_->mark_ended(state_->stands_for, true);
    store_->writer_.enqueue([store = store_.get(), state = state_] { store->end(*state); });
  } catch (const std::exception&) {  // no memory, no thread: the next process finds it interrupted
    store_->mark_ended(state_->stands_for, false);
  }
}

void QueryCheckpoint::leave_receipts(WriteTransaction& transaction, std::string_view answer) const {
  if (state_->queued) transaction.leave_receipt(statement_receipt(state_->logged.id), answer);
  for (const std::string& id : state_->stands_for) transaction.leave_receipt(statement_receipt(id), answer);
  // The session that it began in would have left its own.
  const Receipts::Receipt& receipt = state_->logged.receipt;
  if (!state_->request.goes_on.empty() && !receipt.first.empty()) transaction.leave_receipt(receipt.first, receipt.second);
}

uint64_t QueryCheckpoint::bytes_written() const { return state_->bytes_written; }

}  // namespace cairn
