#include "tests/fuzz/metamorphic/prover.h"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/support/random_yields.h"

namespace cairn::fuzz {
namespace {

constexpr size_t kLargeRows = 20'000;
constexpr std::chrono::seconds kPatience{5};
/// How often a difference that threads make is looked for again.
constexpr int kTries = 30;
constexpr const char* kBetween = " | ";

bool is_slow(const Answer& answer) { return answer.too_long() || answer.sqlstate == "57014" || answer.sqlstate == "53200"; }

}  // namespace

std::string Prover::Place::text() const { return fmt::format("{}{}{}{}{}", side, kBetween, first.text(), kBetween, other.text()); }

Prover::Place Prover::Place::parse(const std::string& text) {
  const std::string between = kBetween;
  const size_t one = text.find(between), two = text.find(between, one + 1);
  return {std::strtoull(text.c_str(), nullptr, 10), Settings::parse(text.substr(one + between.size(), two - one - between.size())),
          Settings::parse(text.substr(two + between.size()))};
}

Prover::Prover(cairn_database* database) : cairn_(database, "cairn", "SET memory_limit = '1GB'", false) {
  const Answer passes = cairn_.run("SELECT name FROM cairn_passes() WHERE NOT required");
  for (const TextRow& row : passes.rows) passes_.push_back(*row[0]);
  if (passes_.empty()) throw std::runtime_error("cairn_passes() gives no passes: " + passes.message);
}

void Prover::load(const Schema& schema) {
  cairn_.run(Settings::plain().sql);
  for (auto table = schema_.tables.rbegin(); table != schema_.tables.rend(); ++table) cairn_.run(table->drop());
  schema_ = {};
  large_ = false;
  for (const Table& table : schema.tables) {
    const Answer answer = cairn_.run(table.create() + table.insert(), std::chrono::seconds(60));
    schema_.tables.push_back(table);
    // An UPDATE may leave a type's range: what it would have changed stays as it was.
    if (answer.failed() && !answer.sqlstate.starts_with("22")) throw std::runtime_error("Cairn refuses the schema: " + answer.message + "\n" + schema.script());
    large_ |= table.row_count() > kLargeRows;
  }
  schema_.extreme = schema.extreme;
}

const Relation& Prover::relation_of(const Case& tested) {
  for (const Relation& relation : relations())
    if (relation.name == tested.relation) return relation;
  throw std::runtime_error("no relation " + tested.relation);
}

Answer Prover::run(const Side& side, const Settings& settings) {
  if (Answer set = cairn_.run(settings.sql); set.failed()) throw std::runtime_error(settings.sql + ": " + set.message);
  std::unique_ptr<test::RandomYields> yields;
  if (settings.yields != 0) yields = std::make_unique<test::RandomYields>(settings.yields);
  if (!side.in_transaction) return cairn_.run(side.sql, kPatience);
  cairn_.run("BEGIN");
  Answer answer = cairn_.run(side.sql, kPatience);
  cairn_.run("ROLLBACK; DEALLOCATE ALL");
  return answer;
}

std::optional<Finding> Prover::compare(const Sides& sides, const Place& place, const Answer& first, const Answer& other) {
  if (is_slow(first) || is_slow(other)) {
    counts_.slow++;
    return std::nullopt;
  }
  if (first.failed() && other.failed()) {
    counts_.both_failed++;
    counts_.reasons[first.sqlstate + " " + first.message]++;
    return std::nullopt;
  }
  if (first.failed() || other.failed()) {
    const Answer& failed = first.failed() ? first : other;
    if (failed.sqlstate == "0A000") {
      counts_.unsupported++;
      counts_.reasons[failed.sqlstate + " " + failed.message]++;
      return std::nullopt;
    }
    // Which rows an error meets depends on the plan.
    if (failed.sqlstate == "21000" || failed.sqlstate.starts_with("22")) {
      counts_.excused++;
      return std::nullopt;
    }
    return Finding{place.text(), failed.sqlstate, fmt::format("the {} side alone fails: {} {}", first.failed() ? "first" : "other", failed.sqlstate, failed.message)};
  }
  // Where one side is approximate, so is the other.
  std::vector<std::string> types = other.types;
  for (size_t i = 0; i < types.size() && i < first.types.size(); i++)
    if (first.types[i] == "DOUBLE" || first.types[i] == "REAL") types[i] = first.types[i];
  const std::string text = difference(first, other, types, sides.ordered);
  if (!text.empty()) return Finding{place.text(), "rows", text};
  counts_.agreed++;
  return std::nullopt;
}

std::optional<Finding> Prover::check(const Case& tested, Random& random) {
  const Relation& relation = relation_of(tested);
  const Sides sides = relation.sides(*tested.query, tested.choices);
  const auto chosen = [&] { return relation.name.starts_with("repeated") ? yielding_settings(random) : random_settings(random, passes_, large_); };
  counts_.relations[relation.name]++;
  Place place{0, random.chance(50) ? Settings::plain() : chosen(), {}};
  const Answer first = run(sides.sides[0], place.first);
  if (is_slow(first)) {
    counts_.slow++;
    return std::nullopt;
  }
  for (place.side = 1; place.side < sides.sides.size(); place.side++) {
    place.other = chosen();
    const Answer other = run(sides.sides[place.side], place.other);
    if (auto finding = compare(sides, place, first, other)) return finding;
    if (is_slow(other)) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Finding> Prover::check_again(const Case& tested, const std::string& connection) {
  const Sides sides = relation_of(tested).sides(*tested.query, tested.choices);
  const Place place = Place::parse(connection);
  const Counts before = counts_;
  std::optional<Finding> finding;
  const int tries = place.first.yields + place.other.yields == 0 ? 1 : kTries;
  for (int i = 0; i < tries && !finding; i++)
    finding = compare(sides, place, run(sides.sides[0], place.first), run(sides.sides[place.side], place.other));
  counts_ = before;
  return finding;
}

std::string Prover::script(const Case& tested, const std::string& connection) const {
  const Sides sides = relation_of(tested).sides(*tested.query, tested.choices);
  const auto text_of_side = [](const Side& side) { return side.in_transaction ? "BEGIN;\n" + side.sql + ";\nROLLBACK" : side.sql; };
  if (connection.empty()) return fmt::format("-- {}\n{}", tested.relation, text_of_side(sides.sides[0]));
  const Place place = Place::parse(connection);
  const auto settings_text = [](const Settings& settings) {
    return (settings.yields == 0 ? "" : fmt::format("-- threads yield, seed {}\n", settings.yields)) + settings.sql;
  };
  return fmt::format("-- {}\n{};\n{};\n-- agrees with\n{};\n{}", tested.relation, settings_text(place.first), text_of_side(sides.sides[0]),
                     settings_text(place.other), text_of_side(sides.sides[place.side]));
}

}  // namespace cairn::fuzz
