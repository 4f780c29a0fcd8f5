#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/language/schema.h"
#include "tests/fuzz/language/sql_tree.h"
#include "tests/fuzz/random.h"

namespace cairn::fuzz {

struct Finding {
  std::string connection;  ///< where it shows: the variant that differs
  std::string kind;        ///< "rows" or the SQLSTATE of the error of one side alone: what shrinking keeps
  std::string text;
};

/// What is judged. Statements, of which the last is a query whose rows are compared; or what the sides of a relation are
/// made of.
struct Case {
  std::vector<Sql> changes;
  Sql query;
  std::string relation = {};  ///< of the metamorphic fuzzer
  uint64_t choices = 0;       ///< that the relation makes

  /// The statements.
  std::string script() const;
  bool ordered() const;
};

/// Says whether a case holds.
class Judge {
 public:
  virtual ~Judge() = default;
  /// Drops what was there. Throws std::runtime_error where the schema is refused.
  virtual void load(const Schema& schema) = 0;
  virtual std::optional<Finding> check(const Case& tested, Random& random) = 0;
  /// The same where the finding showed.
  virtual std::optional<Finding> check_again(const Case& tested, const std::string& connection) = 0;
  /// A script that shows it.
  virtual std::string script(const Case& tested, const std::string& connection) const = 0;
};

}  // namespace cairn::fuzz
