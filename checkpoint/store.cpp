#include "checkpoint/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "checkpoint/place.h"
#include "checkpoint/query_state.h"
#include "io/storage/own_files.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// Where the database may have checkpoints: in it, where the setting says, and where its pins do.
std::set<std::string> places_of(const Database& database, const std::string& directory, std::vector<std::string>& told) {
  std::set<std::string> places{checkpoint_place(database, "")};
  try {
    places.insert(checkpoint_place(database, directory));
  } catch (const std::exception& error) {  // it is relative, and the process's own directory is gone
    told.push_back(std::string("warning: checkpoints: ") + error.what());
  }
  for (const std::string& name : database.pin_names()) {
    const std::optional<QueryPin> pin = QueryPin::of_name(database, name);
    if (pin && !pin->place.empty()) places.insert(pin->place);
  }
  return places;
}

/// Pins of another version of Cairn, which no log that was read has named.
void release_foreign(const Database& database, Recovered& recovered) {
  for (const std::string& name : database.pin_names()) {
    const std::optional<QueryPin> pin = QueryPin::of_name(database, name);
    if (!pin || !pin->place.empty() || std::ranges::find(recovered.lost_pins, name) != recovered.lost_pins.end()) continue;
    recovered.lost_pins.push_back(name);
    recovered.notices.push_back(fmt::format(
        "the interrupted query {} was begun by another version of Cairn and is discarded", pin->id));
  }
}

}  // namespace

std::shared_ptr<CheckpointStore> CheckpointStore::open(std::shared_ptr<Database> database, const std::string& directory,
                                                       Notice notice, std::vector<std::string>& told) {
  std::shared_ptr<CheckpointStore> store(new CheckpointStore(std::move(database), std::move(notice)));
  store->visited_ = {"", directory};
  auto all = std::make_shared<Recovered>();
  for (const std::string& place : places_of(*store->database_, directory, all->notices)) {
    store->places_.insert(place);
    all->add(store->take_over(place));
  }
  if (all->complete) release_foreign(*store->database_, *all);
  told = all->notices;
  if (!all->owners.empty() || !all->lost_pins.empty()) {
    store->writer_.enqueue([raw = store.get(), all] { raw->tidy_up(*all); });
  }
  store->forget_expired(told);
  return store;
}

/// What nobody came back for in the time for which its session wanted it kept.
void CheckpointStore::forget_expired(std::vector<std::string>& told) {
  const uint64_t now = unix_seconds();
  std::vector<std::string> expired;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : interrupted_) {
      if (entry->query.keep_until_s == 0 || entry->query.keep_until_s > now || entry->owner->of_others()) continue;
      entry->ended = true;
      expired.push_back(id);
      told.push_back(fmt::format("the interrupted query {} of {} is forgotten: nobody came back for it within checkpoint_retention: {}",
                                 id, entry->query.started, entry->query.text));
    }
  }
  if (expired.empty()) return;
  writer_.enqueue([this, expired] {
    for (const auto& entry : take(expired)) attempt([&] { forget(entry); });
  });
}

CheckpointStore::CheckpointStore(std::shared_ptr<Database> database, Notice notice)
    : database_(std::move(database)),
      storage_(database_->storage()),
      notice_(std::move(notice)),
      writer_([this](std::string_view failure) { notice_("checkpoint: " + std::string(failure)); }) {}

CheckpointStore::~CheckpointStore() { close(); }

std::shared_ptr<QueryCheckpoint> CheckpointStore::begin(CheckpointRequest request) {
  visit(request.directory);
  return std::shared_ptr<QueryCheckpoint>(new QueryCheckpoint(shared_from_this(), std::move(request)));
}

/// What a process left there that died before its first pin, or after its last, nothing in the database tells of.
void CheckpointStore::visit(const std::string& directory) {
  {
    const std::lock_guard lock(mutex_);
    if (visited_.contains(directory)) return;
  }
  attempt([&] {
    writer_.enqueue([this, directory] {
      attempt([&] {
        const std::string place = checkpoint_place(*database_, directory);
        if (!places_.contains(place)) take_over_late(place);
      });
    });
    const std::lock_guard lock(mutex_);
    visited_.insert(directory);
  });
}

/* ---- Interrupted queries ---- */

std::vector<InterruptedQuery> CheckpointStore::interrupted(const Check& check) {
  retry_unread(check);
  const std::lock_guard lock(mutex_);
  // A query that was killed again while it was being recovered has left two entries: they are one query to its user.
  using Key = decltype(LoggedQuery().key());
  std::map<Key, InterruptedQuery> by_key;
  std::map<Key, std::set<Fingerprint>> durable;
  std::map<Key, std::vector<std::shared_ptr<Interrupted>>> entries;
  for (const auto& [id, entry] : interrupted_) {
    if (entry->ended) continue;
    const LoggedQuery& logged = entry->query;
    const Key key = logged.key();
    InterruptedQuery& query = by_key[key];
    entries[key].push_back(entry);
    if (query.id.empty() || std::tie(logged.started, id) < std::tie(query.started, query.id)) {
      query.id = id;
      query.text = logged.text;
      query.started = logged.started;
      query.pin = logged.pin;
      query.context = logged.context;
      query.root = logged.root;
      query.writes = logged.writes;
      query.receipt = logged.receipt;
      query.breakers_total = logged.breakers_total;
    }
    if (!query.committed) query.committed = logged.answer;
    if (!query.committed && !logged.writes.empty()) query.committed = database_->receipt(statement_receipt(id));
    for (const DurableBreaker& breaker : logged.durable) {
      if (breaker.is_complete()) durable[key].insert(breaker.fingerprint);
      query.bytes += breaker.file_bytes;
    }
  }
  std::vector<InterruptedQuery> out;
  for (auto& [key, query] : by_key) {
    query.breakers_durable = durable[key].size();
    query.tries = tries_of(entries[key]);
    out.push_back(std::move(query));
  }
  std::ranges::sort(out, {}, [](const InterruptedQuery& query) { return std::tie(query.started, query.id); });
  return out;
}

std::optional<InterruptedQuery> CheckpointStore::find(std::string_view id, const Check& check) {
  std::vector<InterruptedQuery> queries = interrupted(check);
  const std::lock_guard lock(mutex_);
  const auto entry = interrupted_.find(id);
  if (entry == interrupted_.end()) return std::nullopt;
  const auto found = std::ranges::find(queries, entry->second->query.key(), &InterruptedQuery::key);
  return found == queries.end() ? std::nullopt : std::optional(std::move(*found));
}

bool CheckpointStore::discard(std::string_view id, const Check& check) {
  const std::optional<InterruptedQuery> query = find(id, check);
  if (!query) return false;
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [each, entry] : interrupted_) {
      if (entry->query.key() == query->key()) ids.push_back(each);
    }
  }
  writer_.run([this, ids] {
    for (const auto& entry : take(ids)) forget(entry);
  }, check);
  return true;
}

/// Receipts are not kept for ever; what they say of statements that are there still is noted in the log.
void CheckpointStore::note_answers(Owner& owner) {
  if (owner.of_others() || owner.log() == nullptr || owner.log()->broken()) return;
  const std::map<std::string, LoggedQuery> queries = owner.log()->queries();
  for (const auto& [id, query] : queries) {
    if (query.writes.empty() || query.answer) continue;
    if (const auto receipt = database_->receipt(statement_receipt(id))) owner.log()->answer(id, *receipt);
  }
}

/// That a process goes on with it, of which so much is durable; nullopt: it gives it back.
void CheckpointStore::note_try(const std::string& id, std::optional<uint64_t> durable) {
  std::shared_ptr<Interrupted> entry;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = interrupted_.find(id); found != interrupted_.end()) entry = found->second;
  }
  if (entry == nullptr || entry->owner->of_others() || entry->owner->log()->broken()) return;
  durable ? entry->owner->log()->begin_try(id, *durable) : entry->owner->log()->end_try(id);
  const std::lock_guard lock(mutex_);
  entry->query.tries = entry->owner->log()->queries().at(id).tries;
}

void CheckpointStore::mark_ended(const std::vector<std::string>& ids, bool ended) {
  const std::lock_guard lock(mutex_);
  for (const std::string& id : ids) {
    if (const auto found = interrupted_.find(id); found != interrupted_.end()) found->second->ended = ended;
  }
}

/// What there was no way to (no rights, no disk, another process) may be there now.
void CheckpointStore::retry_unread(const Check& check) {
  const auto unread = [this] {
    const std::lock_guard lock(mutex_);
    return unread_;
  };
  if (unread().empty()) return;
  writer_.run([this, unread] {
    for (const std::string& place : unread()) take_over_late(place);
  }, check);
}

Recovered CheckpointStore::take_over(const std::string& place) {
  Recovered recovered = recover(*database_, place, held(place));
  const std::lock_guard lock(mutex_);
  if (recovered.complete) unread_.erase(place);
  else unread_.insert(place);
  for (const Interrupted& query : recovered.queries) {
    const auto entry = interrupted_[query.query.id] = std::make_shared<Interrupted>(query);
    if (!query.query.writes.empty() && !query.query.answer) entry->query.answer = database_->receipt(statement_receipt(query.query.id));
    for (const DurableBreaker& breaker : query.query.durable) bytes_ += breaker.file_bytes;
  }
  return recovered;
}

/// Names of the directories in the place that this process has made or taken over.
std::set<std::string> CheckpointStore::held(const std::string& place) {
  std::set<std::string> names;
  const auto add = [&](const std::shared_ptr<Owner>& owner) {
    if (owner != nullptr && owner->place() == place) names.insert(owner->name());
  };
  for (const auto& [of, owner] : own_) add(owner);
  for (const auto& owner : given_up_) add(owner);
  const std::lock_guard lock(mutex_);
  for (const auto& [id, query] : interrupted_) add(query->owner);
  return names;
}

/* ---- The writer thread ---- */

/// Whatever becomes of one thing, the next is to be done. False where it failed.
bool CheckpointStore::attempt(const std::function<void()>& io) noexcept {
  try {
    io();
    return true;
  } catch (const std::exception& error) {
    try {
      notice_(std::string("warning: checkpoints: ") + error.what());
    } catch (const std::exception&) {  // no memory to say so
    }
  }
  return false;
}

void CheckpointStore::take_over_late(const std::string& place) {
  const Recovered recovered = take_over(place);
  places_.insert(place);
  for (const std::string& notice : recovered.notices) notice_(notice);
  tidy_up(recovered);
}

void CheckpointStore::tidy_up(const Recovered& recovered) {
  for (const std::string& pin : recovered.lost_pins) attempt([&] { database_->unpin(pin); });
  for (const auto& owner : recovered.owners) {
    std::set<std::string> needed;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, entry] : interrupted_) {
        if (entry->owner != owner) continue;
        for (const DurableBreaker& breaker : entry->query.durable) needed.insert(breaker.file);
      }
    }
    attempt([&] { owner->sweep(needed); });
    attempt([&] { note_answers(*owner); });
    remove_idle(owner);
  }
}

std::shared_ptr<Owner> CheckpointStore::own(const std::string& place) {
  if (!places_.contains(place)) take_over_late(place);
  std::shared_ptr<Owner>& owner = own_[place];
  if (owner != nullptr && owner->log()->broken()) given_up_.insert(std::exchange(owner, nullptr));
  if (owner == nullptr) owner = Owner::make(storage_, place);
  return owner;
}

std::vector<std::shared_ptr<Interrupted>> CheckpointStore::take(const std::vector<std::string>& ids) {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Interrupted>> taken;
  taken.reserve(ids.size());
  for (const std::string& id : ids) {
    const auto found = interrupted_.find(id);
    if (found == interrupted_.end()) continue;
    taken.push_back(std::move(found->second));
    interrupted_.erase(found);
  }
  return taken;
}

void CheckpointStore::forget(const std::shared_ptr<Interrupted>& query) {
  if (!close_query(*query->owner, query->query.id, query->query.pin)) {
    const std::lock_guard lock(mutex_);
    query->ended = false;
    interrupted_[query->query.id] = query;
    throw Error(sqlstate::kIoError, "query " + query->query.id + " could not be discarded");
  }
  if (query->owner->of_others()) {
    attempt([&] {
      notice_(fmt::format("the checkpoints of query {} stay in \"{}\": they are of the database at another path, of which "
                          "this one may be a copy", query->query.id, query->owner->place()));
    });
  }
  for (const DurableBreaker& breaker : query->query.durable) {
    attempt([&] { query->owner->remove(breaker.file); });
    bytes_ -= std::min<uint64_t>(bytes_, breaker.file_bytes);
  }
  remove_idle(query->owner);
}

/// A dead process's directory goes with its last open query.
void CheckpointStore::remove_idle(const std::shared_ptr<Owner>& owner) {
  {
    const std::lock_guard lock(mutex_);
    const auto needs = [&](const auto& entry) { return entry.second->owner == owner; };
    if (std::ranges::any_of(interrupted_, needs)) return;
  }
  attempt([&] { owner->remove_if_idle(); });
  for (const std::string& place : places_) {
    if (!own_.contains(place)) remove_place(place);
  }
}

void CheckpointStore::remove_place(const std::string& place) {
  try {
    if (!is_own_place(*database_, place)) return;
    const size_t slash = place.rfind('/');
    remove_own(storage_, OwnName::kCheckpoints, place.substr(0, slash), place.substr(slash + 1));
  } catch (const std::exception&) {  // it is not empty: others' directories are in it; or there is no memory to look
  }
}

void CheckpointStore::close() {
  if (auto self = weak_from_this().lock(); self != nullptr && writer_.is_this_thread()) {
    return writer_.end_alone(std::move(self));
  }
  writer_.close();
  leave();
}

void CheckpointStore::leave() {
  for (const auto& [place, owner] : own_) {
    if (owner != nullptr) attempt([&] { owner->remove_if_idle(); });
  }
  own_.clear();
  for (const auto& owner : given_up_) attempt([&] { owner->remove_if_idle(); });
  given_up_.clear();
  for (const std::string& place : places_) remove_place(place);
  places_.clear();
}

}  // namespace cairn
