#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/answer.h"
#include "tests/fuzz/judge.h"
#include "tests/peers/cairn_connection.h"
#include "tests/peers/postgres.h"

namespace cairn::fuzz {

using test::CairnConnection;
using test::PostgresConnection;
using test::PostgresServer;

/// Runs cases in PostgreSQL and in every variant of Cairn.
class Checker : public Judge {
 public:
  Checker(const PostgresServer& server, cairn_database* database);

  void load(const Schema& schema) override;
  /// In PostgreSQL, the plain Cairn and some others that `random` chooses.
  std::optional<Finding> check(const Case& tested, Random& random) override;
  std::optional<Finding> check_again(const Case& tested, const std::string& connection) override;
  std::string script(const Case& tested, const std::string& /*connection*/) const override { return tested.script(); }
  /// False where one of them refuses it; then none has it.
  bool add_view(const Table& view);

  struct Counts {
    size_t agreed = 0, both_failed = 0, unsupported = 0, excused = 0, without_postgres = 0, slow = 0, slow_alone = 0;
    std::map<std::string, size_t> unsupported_reasons, errors;
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr size_t kVariants = 3;
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
