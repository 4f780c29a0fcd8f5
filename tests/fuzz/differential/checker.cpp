#include "tests/fuzz/differential/checker.h"

#include <fmt/format.h>

#include <functional>
#include <stdexcept>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {
namespace {

/// What PostgreSQL does not support, or not as a group: it knows grouped columns in a subquery, but no grouped expressions,
/// and a FULL JOIN's merged column is one.
bool is_beyond_postgres(const Answer& answer, const Case& tested) {
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  if (answer.sqlstate == "0A000") return true;
  if (answer.sqlstate != "42803" || !has(answer.message, "subquery uses ungrouped column")) return false;
  const std::string script = tested.script();
  return has(script, "FULL JOIN") && has(script, " USING (");
}

Answer answer_of(const Case& tested, const std::function<Answer(const std::string& sql)>& run) {
  if (tested.changes.empty()) return run(tested.script());
  run("BEGIN");
  Answer answer = run(tested.script());
  run("ROLLBACK");
  return answer;
}

}  // namespace

Checker::Checker(const PostgresServer& server, cairn_database* database) : postgres_(server) {
  auto add = [&](const std::string& name, const std::string& settings, bool may_be_slow = false) {
    const std::string all = settings + "; SET memory_limit = '2GB'";
    cairns_.push_back(std::make_unique<CairnConnection>(database, name, all, may_be_slow));
  };
  add("threads 1", "SET threads = 1; SET vector_capacity = 1024; SET checkpoint = off");
  add("threads 8", "SET threads = 8; SET checkpoint = off");
  add("capacity 1", "SET threads = 1; SET vector_capacity = 1; SET checkpoint = off", true);
  add("checkpoint all", "SET threads = 2; SET checkpoint = 'all'");
  const Answer passes = cairns_[0]->run("SELECT name FROM cairn_passes() WHERE NOT required");
  if (passes.failed() || passes.rows.empty()) throw std::runtime_error("cairn_passes() gives no passes: " + passes.message);
  for (const TextRow& row : passes.rows)
    add("without " + *row[0], fmt::format("SET threads = 2; SET checkpoint = off; SET disabled_passes = '{}'", *row[0]), true);
}

bool Checker::add_view(const Table& view) {
  if (postgres_.run(view.create()).failed()) return false;
  if (cairns_[0]->run(view.create()).failed()) {  // its query is worth a case of its own, not a view's
    postgres_.run(view.drop());
    return false;
  }
  schema_.tables.push_back(view);
  return true;
}

void Checker::load(const Schema& schema) {
  for (auto table = schema_.tables.rbegin(); table != schema_.tables.rend(); ++table) {
    postgres_.run(table->drop());
    cairns_[0]->run(table->drop());
  }
  schema_ = schema;
  const std::string script = schema.script();
  if (Answer answer = postgres_.run(script); answer.failed())
    throw std::runtime_error("PostgreSQL refuses the schema: " + answer.message + script);
  if (Answer answer = cairns_[0]->run(script); answer.failed())
    throw std::runtime_error("Cairn refuses the schema: " + answer.message + "\n" + script);
}

/// Which rows an error meets depends on the plan: where one system alone meets it, that is no difference if the values
/// of an extreme schema cause it, or a subquery with more rows than one that the other never needed.
bool Checker::is_excused(const Answer& expected, const Answer& got) const {
  const std::string& sqlstate = expected.failed() ? expected.sqlstate : got.sqlstate;
  if (sqlstate == "21000") return true;
  return schema_.extreme && sqlstate.starts_with("22");
}

/// PostgreSQL cuts constants to a column's length before it knows whether there are rows to store: no difference where
/// the statement that it refuses stores none.
bool Checker::refuses_no_rows(const Case& tested, CairnConnection& cairn) {
  bool none = false;
  postgres_.run("BEGIN");
  cairn.run("BEGIN");
  for (const Sql& change : tested.changes) {
    const std::string text = text_of(*change);
    const Answer refused = postgres_.run(text), stored = cairn.run(text);
    if (!refused.failed()) continue;
    none = refused.sqlstate == "22001" && stored.changed_rows == 0;
    break;
  }
  postgres_.run("ROLLBACK");
  cairn.run("ROLLBACK");
  return none;
}

std::optional<Answer> Checker::expected_answer(const Case& tested) {
  Answer answer = answer_of(tested, [&](const std::string& sql) { return postgres_.run(sql); });
  if (answer.sqlstate.starts_with("08")) throw std::runtime_error("PostgreSQL is gone: " + answer.message);
  if (is_beyond_postgres(answer, tested)) {  // Cairn does it the same way in all variants
    counts_.without_postgres++;
    answer = answer_of(tested, [&](const std::string& sql) { return cairns_[0]->run(sql); });
  }
  if (answer.sqlstate != "57014" && !answer.too_long()) return answer;
  counts_.slow++;
  return std::nullopt;
}

std::optional<Finding> Checker::compare(const Case& tested, CairnConnection& cairn, const Answer& expected) {
  Answer got = answer_of(tested, [&](const std::string& sql) { return cairn.run(sql); });
  if (got.sqlstate == "57014" || got.sqlstate == "53200") {
    counts_.slow_alone++;
    if (cairn.may_be_slow()) return std::nullopt;
    // What PostgreSQL need not evaluate (a subquery of a branch not taken, all but a LIMIT's rows), Cairn may have computed
    // for all rows. No answer differs; but somebody should read it.
    if (got.sqlstate == "57014")
      got = answer_of(tested, [&](const std::string& sql) { return cairn.run(sql, kPatience); });
    if (got.sqlstate == "57014" || got.sqlstate == "53200") {
      fmt::print("\n-- slow: {}, {}\n{}{};\n", cairn.name(), got.message, schema_.script(), tested.script());
      return std::nullopt;
    }
  }
  if (got.sqlstate == "0A000") {
    counts_.unsupported++;
    counts_.unsupported_reasons[got.message]++;
    return std::nullopt;
  }
  if (expected.failed() && got.failed()) {
    counts_.both_failed++;
    counts_.errors[expected.sqlstate + "/" + got.sqlstate + " " + got.message]++;
    return std::nullopt;
  }
  if (expected.failed() || got.failed()) {
    if (is_excused(expected, got) || (expected.sqlstate == "22001" && refuses_no_rows(tested, cairn))) {
      counts_.excused++;
      return std::nullopt;
    }
    if (got.failed()) return Finding{cairn.name(), got.sqlstate, "Cairn alone fails: " + got.sqlstate + " " + got.message};
    return Finding{cairn.name(), expected.sqlstate, "PostgreSQL alone fails: " + expected.message};
  }
  const std::string text = difference(expected, got, got.types, tested.ordered());
  if (!text.empty()) return Finding{cairn.name(), "rows", text};
  counts_.agreed++;
  return std::nullopt;
}

std::optional<Finding> Checker::check(const Case& tested, Random& random) {
  const std::optional<Answer> expected = expected_answer(tested);
  if (!expected) return std::nullopt;
  if (auto finding = compare(tested, *cairns_[0], *expected)) return finding;
  for (size_t i = 0; i < kVariants; i++)
    if (auto finding = compare(tested, *cairns_[1 + random.below(cairns_.size() - 1)], *expected)) return finding;
  return std::nullopt;
}

std::optional<Finding> Checker::check_again(const Case& tested, const std::string& connection) {
  const Counts before = counts_;
  std::optional<Finding> finding;
  if (const std::optional<Answer> expected = expected_answer(tested))
    for (auto& cairn : cairns_)
      if (cairn->name() == connection) finding = compare(tested, *cairn, *expected);
  counts_ = before;
  return finding;
}

}  // namespace cairn::fuzz
