// Mutated statements through parser, binder, optimizer and executor: none may crash, none may take longer than five
// seconds of processor time to fail or to be interrupted, every error is one with a SQLSTATE and no internal one.
//   mutation_fuzz [--seed N] [--minutes N] [FILE|DIR…]
// Files: *.test (sqllogictest) and *.sql (queries over TPC-H's tables).

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "tests/fuzz/mutation/trial.h"
#include "tests/fuzz/random.h"
#include "tests/sqllogictest/test_file.h"

namespace {

namespace fs = std::filesystem;
using cairn::fuzz::Source;
using cairn::fuzz::Tokens;
using cairn::fuzz::Trials;
using cairn::fuzz::Verdict;
using Clock = std::chrono::steady_clock;

std::string content_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_of(const std::vector<std::string>& names) {
  std::vector<fs::path> files;
  for (const std::string& name : names) {
    if (!fs::is_directory(name)) {
      files.emplace_back(name);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(name))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);  // directories list their entries in any order
  return files;
}

/// One source per sqllogictest file; all .sql files together are one.
std::vector<Source> sources_of(const std::vector<std::string>& names) {
  std::vector<Source> sources;
  Source queries{"TPC-H", {"CALL tpch_load(0.001)"}};
  for (const fs::path& file : files_of(names)) {
    if (file.extension() == ".sql") queries.statements.push_back(content_of(file));
    if (file.extension() != ".test" && file.extension() != ".slt") continue;
    Source source{file.string(), {}};
    for (const cairn::test::Record& record : cairn::test::read_test_file(file.string())) source.statements.push_back(record.sql);
    if (!source.statements.empty()) sources.push_back(std::move(source));
  }
  if (queries.statements.size() > 1) sources.push_back(std::move(queries));
  return sources;
}

/// The statement with as few tokens as still fail in the same way: halves are left out, then quarters, …
std::string shrunk(Trials& trials, const Source& source, size_t record, uint64_t seed, const std::string& statement,
                   const Verdict& verdict) {
  const Clock::time_point end = Clock::now() + std::chrono::seconds(60);
  const std::string kind = verdict.kind.substr(0, 24);
  Tokens tokens = cairn::fuzz::tokens_of(statement);
  for (size_t piece = std::max<size_t>(tokens.size() / 2, 1); piece > 0; piece /= 2) {
    for (size_t begin = 0; begin < tokens.size() && Clock::now() < end;) {
      Tokens fewer = tokens;
      const auto first = fewer.begin() + static_cast<ptrdiff_t>(begin);
      fewer.erase(first, first + static_cast<ptrdiff_t>(std::min(piece, fewer.size() - begin)));
      if (trials.run_one(source, record, seed, cairn::fuzz::text_of(fewer)).kind.starts_with(kind)) tokens = std::move(fewer);
      else begin += piece;
    }
  }
  return cairn::fuzz::text_of(tokens);
}

void report(Trials& trials, const Source& source, uint64_t seed, const Verdict& verdict) {
  const size_t record = trials.progress().record;
  const std::string statement = trials.progress().statement;
  fmt::print("\nFAILED: {}\nin {}, made of statement {}, after {}:\n{}\n", verdict.kind, source.name, record + 1,
             trials.progress().settings, statement);
  const Verdict alone = trials.run_one(source, record, seed, statement);
  if (!alone.failed()) {
    fmt::print("(alone it passes)\n");
    return;
  }
  const std::string small = shrunk(trials, source, record, seed, statement, alone);
  const size_t needed = trials.run_one(source, 0, seed, small).failed() ? 0 : record;
  fmt::print("smaller ({}{}):\n{};\n", alone.kind, needed == 0 ? ", on an empty database" : "", small);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t seed = std::random_device{}();
  double minutes = 0.5;
  size_t mutations = 12;
  std::vector<std::string> names;
  CLI::App app("Mutated statements: no crash, no hang, every error an error.");
  app.add_option("--seed", seed, "Begin with this seed");
  app.add_option("--minutes", minutes, "How long to go on");
  app.add_option("--mutations", mutations, "Mutations of each statement per round");
  app.add_option("files", names, "Files and directories of statements")->required();
  CLI11_PARSE(app, argc, argv);
  fmt::print("--seed {}\n", seed);
  std::fflush(stdout);

  const std::vector<Source> sources = sources_of(names);
  if (sources.empty()) {
    fmt::print("There are no statements.\n");
    return 2;
  }
  Trials trials(sources);
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(minutes * 60'000));
  size_t failed = 0;
  for (uint64_t round = seed; Clock::now() < end; round++) {
    cairn::fuzz::Random random(round);
    const size_t index = random.below(sources.size());
    const Verdict verdict = trials.run(sources[index], index, round, mutations);
    if (!verdict.failed()) continue;
    fmt::print("\n(round --seed {})", round);
    report(trials, sources[index], round, verdict);
    failed++;
  }
  fmt::print("{} statements were accepted.\n{} passed, {} failed\n", trials.progress().accepted, trials.progress().passed, failed);
  return failed == 0 ? 0 : 1;
}
