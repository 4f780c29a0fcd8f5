#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/owner.h"
#include "io/tables/database.h"

namespace cairn {

/// An open query of a dead process.
struct Interrupted {
  LoggedQuery query;
  std::shared_ptr<Owner> owner;
  bool ended = false;  ///< its answer was delivered: the writer thread will forget it

  std::string path(const DurableBreaker& breaker) const { return owner->path(breaker.file); }
};

/// What has become of an interrupted query so far, over all processes that had to do with it: who comes back to the same
/// place again and again, and dies there, is to come back no more.
struct QueryTries {
  uint64_t durable = 0;  ///< breakers of it, and morsels of others, that are durable
  unsigned deaths = 0;   ///< processes that went on with it from there, and died
  std::string noted_in;  ///< the id under which they are noted

  static constexpr unsigned kDeathsMax = 4;
  bool given_up() const { return deaths >= kDeathsMax; }
  /// The newest records may be what kills: from the second death on they are left out, one more each time.
  size_t left_out() const { return deaths < 2 ? 0 : deaths - 1; }
};
/// Of the entries of one query.
QueryTries tries_of(const std::vector<std::shared_ptr<Interrupted>>& entries);

/// What dead processes left in one place. Reading it changes nothing on disk but locks.
struct Recovered {
  std::vector<std::shared_ptr<Owner>> owners;  ///< taken over
  std::vector<Interrupted> queries;            ///< whose snapshots the database keeps: no others can be resumed
  std::vector<std::string> lost_pins;          ///< which keep snapshots for queries that can't
  std::vector<std::string> notices;            ///< about queries that were there, and are lost
  bool complete = true;                        ///< false: there is more, to which there was no way now

  void add(Recovered&& other);
};

/// Takes over what is in `place` (checkpoint_place()) of this database, but what this process holds there: owners' names.
/// Where there are such, pins are not told to be lost: their queries may run. Never throws for what is on disk.
Recovered recover(Database& database, const std::string& place, const std::set<std::string>& held = {});

}  // namespace cairn
