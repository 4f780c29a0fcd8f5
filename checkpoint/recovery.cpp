#include "checkpoint/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "checkpoint/place.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// Names of the pins of queries whose checkpoints are in the place, by the queries' ids.
std::map<std::string, std::string> pins_of(const Database& database, const std::string& place) {
  std::map<std::string, std::string> pins;
  for (const std::string& name : database.pin_names()) {
    const std::optional<QueryPin> pin = QueryPin::of_name(database, name);
    if (pin && pin->place == place) pins[pin->id] = name;
  }
  return pins;
}

void take_over(const Database& database, const std::shared_ptr<Owner>& owner, std::map<std::string, std::string>& pins,
               Recovered& recovered) {
  recovered.owners.push_back(owner);
  if (owner->log() == nullptr) return;
  for (const auto& [id, query] : owner->log()->queries()) {
    const auto pin = pins.find(id);
    if (pin == pins.end()) continue;  // it has ended, or it is of a copy of this database
    recovered.queries.push_back({query, owner, false});
    pins.erase(pin);
  }
  const std::vector<std::string> names = database.pin_names();
  for (const auto& [id, query] : owner->log()->foreign()) {
    if (std::ranges::find(names, query.pin) == names.end()) continue;
    recovered.lost_pins.push_back(query.pin);
    recovered.notices.push_back(fmt::format(
        "the interrupted query {} of {} was begun by another version of Cairn and is discarded: {}", id, query.started,
        query.text));
    pins.erase(id);
  }
}

}  // namespace

Recovered recover(Database& database, const std::string& place, const std::set<std::string>& held) {
  Recovered recovered;
  Storage& storage = database.storage();
  std::map<std::string, std::string> pins = pins_of(database, place);
  const auto failed = [&](const Error& error) {
    const bool of_somebody_else = error.sqlstate == sqlstate::kDataCorrupted;  // a link, a pipe: no owner's
    if (!of_somebody_else) recovered.complete = false;
    if (error.sqlstate == sqlstate::kObjectInUse) return;  // it lives
    recovered.notices.push_back("warning: checkpoints of an earlier process: " + error.message);
  };
  const auto open = is_own_place(database, place) ? Owner::adopt : Owner::borrow;
  bool there = true;
  guard_place(storage, place);
  try {
    there = storage.exists(place);
    if (there) {
      for (const DirectoryEntry& entry : storage.list(place)) {
        if (held.contains(entry.name)) continue;
        try {
          if (const auto owner = open(storage, place, entry)) take_over(database, owner, pins, recovered);
        } catch (const Error& error) {
          failed(error);
        }
      }
    }
  } catch (const Error& error) {
    failed(error);
    recovered.complete = false;  // the place itself could not be read
  }
  if (!recovered.complete || !held.empty()) return recovered;
  for (const auto& [id, pin] : pins) {
    recovered.lost_pins.push_back(pin);
    // Where the place is there, the process died before it had anything to resume from.
    if (!there) {
      recovered.notices.push_back(fmt::format(
          "the interrupted query {} is discarded: its checkpoints in \"{}\" are gone", id, place));
    }
  }
  return recovered;
}

QueryTries tries_of(const std::vector<std::shared_ptr<Interrupted>>& entries) {
  QueryTries tries;
  std::vector<uint64_t> begun;
  std::set<Fingerprint> complete;
  std::map<std::pair<Fingerprint, Fingerprint>, std::set<uint64_t>> morsels;
  for (const auto& entry : entries) {
    for (const DurableBreaker& breaker : entry->query.durable) {
      if (breaker.is_complete()) complete.insert(breaker.fingerprint);
      for (const DurableBreaker::Part& part : breaker.parts)
        for (const auto& [first, last] : part.covered)
          for (uint64_t morsel = first; morsel < last; ++morsel) morsels[{breaker.fingerprint, breaker.morsels}].insert(morsel);
    }
    begun.insert(begun.end(), entry->query.tries.begin(), entry->query.tries.end());
    if (tries.noted_in.empty() || entry->query.id < tries.noted_in) tries.noted_in = entry->query.id;
  }
  // What was left out and is durable again is no progress.
  tries.durable = complete.size();
  for (const auto& [of, covered] : morsels) tries.durable += covered.size();
  tries.deaths = static_cast<unsigned>(std::ranges::count(begun, tries.durable));
  return tries;
}

void Recovered::add(Recovered&& other) {
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(owners, other.owners);
  append(queries, other.queries);
  append(lost_pins, other.lost_pins);
  append(notices, other.notices);
  complete &= other.complete;
}

}  // namespace cairn
