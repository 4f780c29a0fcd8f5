// Runs files in sqllogictest's format (tests/sqllogictest/README.md) through cairn.h, each on an empty database:
//   sqllogictest [--db :memory:|DIR] [--threads N] [--set 'name=value']… [--data-dir DIR] FILE|DIR…
// Prints each record that fails, the counts of each folder, and last "N passed, N failed". Exits 0 where none failed.
//   --known FILE     lines "folder/file.test:line reason": these may fail, and are counted apart

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <map>

#include "tests/sqllogictest/runner.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> test_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && entry.path().extension() == ".test") files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

std::set<std::string> read_known_failures(const std::string& path) {
  std::set<std::string> places;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') places.insert(line.substr(0, line.find(' ')));
  }
  return places;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"SQL conformance files against Cairn"};
  cairn::test::RunnerOptions options;
  std::vector<std::string> paths;
  std::string known;
  unsigned threads = 0;
  app.add_option("--db", options.database, "\":memory:\" or a directory that gets a database per file");
  app.add_option("--threads", threads, "worker threads");
  app.add_option("--set", options.settings, "name=value, any setting")->allow_extra_args(false);
  app.add_option("--data-dir", options.data_directory, "what {DATA_DIR} stands for");
  app.add_option("--timeout", options.timeout_s, "seconds until a record is interrupted");
  app.add_option("--known", known, "file of records that are expected to fail")->check(CLI::ExistingFile);
  app.add_option("paths", paths, "files, and directories that are searched for *.test")->required()->check(CLI::ExistingPath);
  CLI11_PARSE(app, argc, argv);
  if (!known.empty()) options.known_failures = read_known_failures(known);
  if (threads != 0) options.settings.push_back(fmt::format("threads={}", threads));

  std::map<std::string, cairn::test::FileResult> folders;
  cairn::test::FileResult total;
  for (const fs::path& file : test_files(paths)) {
    cairn::test::FileResult result;
    try {
      result = cairn::test::run_test_file(file, options);
    } catch (const std::exception& error) {
      fmt::print("{}: {}\n", file.string(), error.what());
      result.failed = 1;
    }
    std::fflush(stdout);
    cairn::test::FileResult& folder = folders[file.parent_path().string()];
    for (cairn::test::FileResult* sum : {&folder, &total}) {
      sum->passed += result.passed;
      sum->failed += result.failed;
      sum->known += result.known;
    }
  }
  for (const auto& [folder, result] : folders) {
    const size_t count = result.passed + result.failed + result.known;
    fmt::print("{}: {} of {} ({:.1f} %)\n", folder, result.passed, count,
               count == 0 ? 100.0 : 100.0 * static_cast<double>(result.passed) / static_cast<double>(count));
  }
  if (total.known > 0) fmt::print("{} failed as expected ({})\n", total.known, known);
  fmt::print("{} passed, {} failed\n", total.passed, total.failed);
  return total.failed == 0 ? 0 : 1;
}
