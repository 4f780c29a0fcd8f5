// The writer thread's part of a running query: what it writes, and how the query ends.

#include <fmt/format.h>

#include <algorithm>

#include "checkpoint/kept_matches.h"
#include "checkpoint/place.h"
#include "checkpoint/query_state.h"
#include "checkpoint/store.h"
#include "vector/interleaving.h"

namespace cairn {

namespace {

/// Fragments that are written together: a reader has them in memory at once.
constexpr size_t kFileBytes = size_t{64} << 20;

}  // namespace

bool CheckpointStore::has_room(const State& query, size_t bytes) const {
  return query.request.bytes_max == 0 || bytes_ + bytes <= query.request.bytes_max;
}

void CheckpointStore::write(State& query, const Breaker& breaker, const Content& content, const RowSet& rows) {
  if (query.finished || query.off) return;
  const auto tell = [&](std::string_view what, std::string_view details) {
    if (!query.request.verbose) return;
    query.request.notice(fmt::format("checkpoint: breaker {} of {} {} ({}{}", breaker.number + 1,
                                     query.logged.breakers_total, what, breaker.description, details));
  };
  if (!has_room(query, rows.bytes())) {
    query.set_state(breaker.fingerprint, "skipped: checkpoint_limit reached");
    return tell("skipped", "): checkpoint_limit reached");
  }
  DurableBreaker durable;
  durable.number = breaker.number;
  durable.fingerprint = breaker.fingerprint;
  durable.content = content;
  durable.description = breaker.description;
  durable.file = fmt::format("{}-{}", query.logged.id, breaker.number);
  const uint64_t before = query.file_bytes;
  try {
    const RowSet* const all = &rows;
    if (!make_durable(query, std::move(durable), rows.types(), std::span(&all, 1))) return;
    const double megabytes = static_cast<double>(query.file_bytes - before) / 1e6;
    query.set_state(breaker.fingerprint, fmt::format("durable, {:.1f} MB", megabytes));
    tell("durable", fmt::format(", {:.1f} MB)", megabytes));
  } catch (const std::exception& error) {
    query.give_up(error.what());
  }
}

/// All that waits of one breaker goes into one file, and gets one record.
void CheckpointStore::write_sealed(State& query) {
  std::vector<State::Sealed> all;
  {
    const std::lock_guard lock(query.mutex);
    all.swap(query.sealed);
  }
  for (auto begin = all.begin(), end = begin; begin != all.end() && !query.finished && !query.off; begin = end) {
    const FragmentKey& key = begin->key;
    DurableBreaker durable;
    durable.number = key.breaker.number;
    durable.fingerprint = key.breaker.fingerprint;
    durable.description = key.breaker.description;
    durable.morsels = key.morsels;
    durable.file = fmt::format("{}-{}", query.logged.id, query.logged.breakers_total + query.fragment_files++);
    std::vector<std::shared_ptr<const RowSet>> held;  // shared with the sink
    std::vector<const RowSet*> sets;
    size_t bytes = 0;
    const auto is_like = [&](const FragmentKey& other) {
      return other.breaker.fingerprint == key.breaker.fingerprint && other.morsels == key.morsels && other.matches == key.matches;
    };
    while (end != all.end() && is_like(end->key) && (end == begin || bytes < kFileBytes)) {
      durable.parts.push_back({end->covered, static_cast<uint32_t>(end->rows->chunks().size())});
      bytes += end->rows->bytes();
      sets.push_back(end->rows.get());
      held.push_back(std::move(end->rows));
      ++end;
    }
    if (!has_room(query, bytes)) continue;
    try {
      const RowSet matches = matches_now(key);  // what its morsels have matched was matched before they were sealed
      sets.push_back(&matches);
      make_durable(query, std::move(durable), types_in_file(key), sets, key.keep);
    } catch (const std::exception& error) {
      query.give_up(error.what());
    }
  }
}

/// False where the query has ended meanwhile.
bool CheckpointStore::make_durable(State& query, DurableBreaker durable, const std::vector<Type>& types,
                                   std::span<const RowSet* const> sets, const decltype(FragmentKey::keep)& keep) {
  const std::string place = checkpoint_place(*database_, query.request.directory);
  if (query.owner == nullptr) query.owner = own(place);
  if (!query.pinned) {
    query.logged.pin = QueryPin{query.logged.id, place}.name(*database_);
    database_->pin_durably(query.logged.pin, query.request.snapshot);
    query.pinned = true;
  }
  if (keep && !keep(query.logged.pin)) return false;
  try {
    const std::string path = query.owner->path(durable.file);
    if (!write_fragment_file(storage_, path, types, sets, [&] { return query.finished.load(); }, query.bytes_written, durable)) {
      query.owner->remove(durable.file);
      return false;
    }
    query.owner->sync();
    meet(MeetingPoint::kFragmentFile);
    if (query.begun) {
      query.owner->log()->durable(query.logged.id, durable);
    } else {
      query.owner->log()->begin(query.logged, durable);
    }
  } catch (...) {
    try {
      query.owner->remove(durable.file);
    } catch (const std::exception&) {  // whoever takes the directory over removes it
    }
    throw;
  }
  meet(MeetingPoint::kRecord);
  query.begun = true;
  query.files.push_back(durable.file);
  query.file_bytes += durable.file_bytes;
  bytes_ += durable.file_bytes;
  return true;
}

/// By its end record, and by its pin: either will do. False where neither could be.
bool CheckpointStore::close_query(Owner& owner, const std::string& id, const std::string& pin) {
  bool ended = false;
  attempt([&] { ended = owner.end(id); });
  const bool unpinned = attempt([&] { database_->unpin(pin); });
  if (!ended && !unpinned) owner.keep();
  return ended || unpinned;
}

void CheckpointStore::end(State& query) {
  if (query.begun) {
    if (close_query(*query.owner, query.logged.id, query.logged.pin)) {
      meet(MeetingPoint::kEnded);
      for (const std::string& file : query.files) attempt([&] { query.owner->remove(file); });
      bytes_ -= std::min<uint64_t>(bytes_, query.file_bytes);
    }
  } else if (query.pinned) {
    attempt([&] { database_->unpin(query.logged.pin); });
  }
  query.owner.reset();
  if (query.stands_for.empty() && !query.tried.empty()) attempt([&] { note_try(query.tried, std::nullopt); });
  for (const auto& entry : take(query.stands_for)) attempt([&] { forget(entry); });
  for (auto owner = given_up_.begin(); owner != given_up_.end();) {
    if (owner->use_count() > 1) {
      ++owner;
      continue;
    }
    attempt([&] { (*owner)->remove_if_idle(); });
    owner = given_up_.erase(owner);
  }
}

}  // namespace cairn
