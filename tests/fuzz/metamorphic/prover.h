#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/answer.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/metamorphic/relation.h"
#include "tests/fuzz/metamorphic/settings.h"
#include "tests/peers/cairn_connection.h"

namespace cairn::fuzz {

using test::CairnConnection;

/// Asks the sides of relations, each under settings of its own, whether they agree.
class Prover : public Judge {
 public:
  explicit Prover(cairn_database* database);

  void load(const Schema& schema) override;
  std::optional<Finding> check(const Case& tested, Random& random) override;
  std::optional<Finding> check_again(const Case& tested, const std::string& connection) override;
  std::string script(const Case& tested, const std::string& connection) const override;

  struct Counts {
    size_t agreed = 0, both_failed = 0, excused = 0, slow = 0, unsupported = 0;
    std::map<std::string, size_t> relations, reasons;
  };
  const Counts& counts() const { return counts_; }

 private:
  /// Which of the sides differs from the first, and how both were run.
  struct Place {
    size_t side = 1;
    Settings first, other;
    std::string text() const;
    static Place parse(const std::string& text);
  };

  Answer run(const Side& side, const Settings& settings);
  std::optional<Finding> compare(const Sides& sides, const Place& place, const Answer& first, const Answer& other);
  static const Relation& relation_of(const Case& tested);

  CairnConnection cairn_;
  std::vector<std::string> passes_;
  Schema schema_;
  bool large_ = false;
  Counts counts_;
};

}  // namespace cairn::fuzz
