#include "tests/grid/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/grid/difference.h"
#include "tests/grid/exceptions.h"

namespace cairn::grid {
namespace {

constexpr size_t kQuestionsPerRoundTrip = 200;
constexpr size_t kExamplesKept = 20;

}  // namespace

Grid::Grid(const test::PostgresServer& server, cairn_database* database, uint64_t seed, double fraction)
    : postgres_(server), cairn_(database, "cairn", "SET threads = 1; SET checkpoint = 'off'", false), random_(seed),
      fraction_(fraction) {}

void Grid::prepare(const std::string& script) {
  flush();
  for (const test::Answer& answer : {postgres_.run(script), cairn_.run(script)})
    if (answer.failed()) throw std::runtime_error(script + ": " + answer.message);
}

void Grid::ask(std::string_view group, std::string_view subject, std::string statement, Compared compared) {
  if (fraction_ < 1 && static_cast<double>(random_.below(1'000'000)) >= fraction_ * 1e6) return;
  questions_.push_back({std::string(group), std::string(subject), std::move(statement), compared});
  if (questions_.size() >= kQuestionsPerRoundTrip) flush();
}

void Grid::flush() {
  // Runs of questions of one kind, so that what changes a table does so in order.
  for (size_t begin = 0, end = 0; begin < questions_.size(); begin = end) {
    const Compared compared = questions_[begin].compared;
    std::vector<std::string> statements;
    for (; end < questions_.size() && questions_[end].compared == compared; end++)
      statements.push_back(questions_[end].statement);
    const std::vector<test::Answer> expected =
        compared == Compared::kTypes ? postgres_.describe_each(statements) : postgres_.run_each(statements);
    for (size_t i = begin; i < end; i++) compare(questions_[i], expected[i - begin], cairn_.run(questions_[i].statement));
  }
  questions_.clear();
}

std::vector<std::string> Grid::postgres_column(const std::string& query) {
  flush();
  std::vector<std::string> values;
  for (const test::TextRow& row : postgres_.run(query).rows) values.push_back(row[0].value_or(""));
  return values;
}

void Grid::compare(const Question& question, const test::Answer& expected, const test::Answer& got) {
  Group& group = groups_[question.group];
  group.asked++;
  const std::optional<Difference> difference =
      question.compared == Compared::kTypes ? difference_of_types(expected, got)
                                            : difference_of_values(expected, got, question.compared == Compared::kSums ? 1e-11 : 1e-14);
  if (!difference) {
    group.agreed++;
    return;
  }
  const std::string line = fmt::format("{}: {}: {} | {}", question.group, question.statement, difference->expected, difference->got);
  if (const Exception* exception = excuse(line)) {
    group.excused++;
    group.reasons[exception->reason].add(line);
    return;
  }
  group.kinds[question.subject + ": " + difference->kind].add(line);
}

void Grid::Kind::add(const std::string& example) {
  count++;
  if (examples.size() < kExamplesKept) examples.push_back(example);
}

void Grid::Kind::show(std::string_view what, size_t most) const {
  fmt::print("    {:6} {}\n", count, what);
  for (size_t i = 0; i < std::min(most, examples.size()); i++) fmt::print("           {}\n", examples[i]);
}

bool Grid::report(const Examples& examples, double least) const {
  bool all = true;
  for (const auto& [name, group] : groups_) {
    const size_t differ = group.asked - group.agreed - group.excused;
    const auto share = [&](size_t count) { return 100.0 * static_cast<double>(count) / static_cast<double>(group.asked); };
    fmt::print("{}: {} asked, {:.2f} % agree, {:.2f} % with those excused, {} differ\n", name, group.asked, share(group.agreed),
               share(group.agreed + group.excused), differ);
    for (const auto& [reason, excused] : group.reasons) excused.show(fmt::format("excused: {}", reason), examples.excused);
    std::vector<std::pair<std::string, const Kind*>> kinds;
    for (const auto& [kind, found] : group.kinds) kinds.emplace_back(kind, &found);
    std::ranges::stable_sort(kinds, [](const auto& a, const auto& b) { return a.second->count > b.second->count; });
    for (const auto& [kind, found] : kinds) found->show("differ: " + kind, examples.different);
    // Of a drawn part, as many as a group of just `least` percent has in nearly every draw.
    const double allowed = static_cast<double>(group.asked) * (100 - least) / 100;
    all = all && static_cast<double>(differ) <= (fraction_ < 1 ? allowed + 3 * std::sqrt(allowed) : allowed);
  }
  return all;
}

}  // namespace cairn::grid
