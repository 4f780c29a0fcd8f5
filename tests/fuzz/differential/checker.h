#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/differential/answer.h"
#include "tests/fuzz/differential/schema.h"
#include "tests/fuzz/differential/sql_tree.h"
#include "tests/fuzz/random.h"
#include "tests/peers/cairn_connection.h"
#include "tests/peers/postgres.h"

namespace cairn::fuzz {

using test::CairnConnection;
using test::PostgresConnection;
using test::PostgresServer;

struct Finding {
  std::string connection;  ///< the variant that differs
  std::string kind;        ///< "rows" or the SQLSTATE of the error of one system alone: what shrinking keeps
  std::string text;
};

/// Statements of a case, in one transaction that is rolled back. The last is a query whose rows are compared.
struct Case {
  std::vector<Sql> changes;
  Sql query;

  std::string script() const;
  bool ordered() const;
};

/// Runs cases in PostgreSQL and in every variant of Cairn.
class Checker {
 public:
  Checker(const PostgresServer& server, cairn_database* database);

  /// Drops what was there.
  void load(const Schema& schema);
  /// In PostgreSQL, the plain Cairn and `variants` others that `random` chooses.
  std::optional<Finding> check(const Case& tested, Random& random, size_t variants);
  /// The same in one variant.
  std::optional<Finding> check_in(const Case& tested, const std::string& connection);
  /// False where one of them refuses it; then none has it.
  bool add_view(const Table& view);

  struct Counts {
    size_t agreed = 0, both_failed = 0, unsupported = 0, excused = 0, without_postgres = 0, slow = 0, slow_alone = 0;
    std::map<std::string, size_t> unsupported_reasons, errors;
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr std::chrono::seconds kPatience{60};  ///< with what PostgreSQL does within its two

  /// PostgreSQL's; what PostgreSQL cannot do is Cairn's own; none where PostgreSQL takes too long.
  std::optional<Answer> expected_answer(const Case& tested);
  std::optional<Finding> compare(const Case& tested, CairnConnection& cairn, const Answer& expected);
  bool is_excused(const Answer& expected, const Answer& got) const;
  bool refuses_no_rows(const Case& tested, CairnConnection& cairn);

  PostgresConnection postgres_;
  std::vector<std::unique_ptr<CairnConnection>> cairns_;
  Schema schema_;
  Counts counts_;
};

}  // namespace cairn::fuzz
