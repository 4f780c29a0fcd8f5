#pragma once

#include <string>
#include <vector>

namespace cairn::test {

/// What is run while allocations or I/O fail.
struct FaultStatement {
  enum class Kind {
    kQuery,   ///< changes nothing: run again and again over one database
    kChange,  ///< each time over a new one; all of it or nothing happens
    kResume,  ///< of `sql`, interrupted before
  };
  std::string name;
  std::string sql;         ///< one or several statements
  Kind kind = Kind::kQuery;
  std::string before = {};  ///< run without faults, on the same connection
  bool varies = false;      ///< its rows are other ones each time
};

/// What the database holds: tables a (of several row groups, with deleted rows), b and e (empty), a view, a sequence.
extern const char* const kFaultSchema;

/// Every operator and every kind of statement.
const std::vector<FaultStatement>& fault_statements();

}  // namespace cairn::test
