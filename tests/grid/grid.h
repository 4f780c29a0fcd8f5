#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/random.h"
#include "tests/peers/cairn_connection.h"
#include "tests/peers/postgres.h"

namespace cairn::grid {

/// What is compared of two answers; errors, by their SQLSTATE, always are.
enum class Compared : uint8_t {
  kTypes,   ///< of the columns; PostgreSQL only describes the statement, and Cairn should run it over no rows
  kValues,  ///< of all rows, in order
  kSums,    ///< the same, where PostgreSQL rounds sums of DOUBLE at every step and Cairn once
};

/// How many are shown of each kind.
struct Examples {
  size_t different = 1, excused = 0;
};

/// Asks PostgreSQL and Cairn the same questions, and counts by group where they agree.
class Grid {
 public:
  /// Of the questions it draws `fraction`.
  Grid(const test::PostgresServer& server, cairn_database* database, uint64_t seed, double fraction);

  /// Runs in both: tables that a section's questions are about. Throws where one of them fails.
  void prepare(const std::string& script);
  /// A statement that both shall answer alike. `subject` is what differences are gathered under: a function's name,
  /// "integer to date".
  void ask(std::string_view group, std::string_view subject, std::string statement, Compared compared);
  /// Answers what has been asked so far.
  void flush();
  /// PostgreSQL's answer to a query of the section's own, of the first column.
  std::vector<std::string> postgres_column(const std::string& query);
  fuzz::Random& random() { return random_; }

  /// Per group: questions, agreements, excused ones, and what differs by kind, with examples of each. True where in every
  /// group `least` percent agree or are excused; of a drawn part, where that is not unlikely of the whole.
  bool report(const Examples& examples, double least) const;

 private:
  struct Question {
    std::string group, subject, statement;
    Compared compared;
  };
  struct Kind {
    size_t count = 0;
    std::vector<std::string> examples;

    void add(const std::string& example);
    void show(std::string_view what, size_t most) const;
  };
  struct Group {
    size_t asked = 0, agreed = 0, excused = 0;
    std::map<std::string, Kind> kinds;
    std::map<std::string_view, Kind> reasons;  ///< of the excused
  };

  void compare(const Question& question, const test::Answer& expected, const test::Answer& got);

  test::PostgresConnection postgres_;
  test::CairnConnection cairn_;
  fuzz::Random random_;
  double fraction_;
  std::vector<Question> questions_;
  std::map<std::string, Group> groups_;
};

}  // namespace cairn::grid
