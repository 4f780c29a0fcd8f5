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
