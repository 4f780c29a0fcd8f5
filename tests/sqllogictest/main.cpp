// Runs files in sqllogictest's format (tests/sqllogictest/README.md) through cairn.h, each on an empty database:
//   sqllogictest [--db :memory:|DIR] [--threads N] [--set 'name=value']… [--data-dir DIR] FILE|DIR…
// Prints each record that fails, the counts of each folder, and last "N passed, N failed". Exits 0 where none failed.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"SQL conformance files against Cairn"};
  cairn::test::RunnerOptions options;
  std::vector<std::string> paths;
  unsigned threads = 0;
  app.add_option("--db", options.database, "\":memory:\" or a directory that gets a database per file");
  app.add_option("--threads", threads, "worker threads");
  app.add_option("--set", options.settings, "name=value, any setting");
  app.add_option("--data-dir", options.data_directory, "what {DATA_DIR} stands for");
  app.add_option("--timeout", options.timeout_s, "seconds until a record is interrupted");
  app.add_option("paths", paths, "files, and directories that are searched for *.test")->required()->check(CLI::ExistingPath);
  CLI11_PARSE(app, argc, argv);
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
    }
  }
  for (const auto& [folder, result] : folders) {
    const size_t count = result.passed + result.failed;
    fmt::print("{}: {} of {} ({:.1f} %)\n", folder, result.passed, count,
               count == 0 ? 100.0 : 100.0 * static_cast<double>(result.passed) / static_cast<double>(count));
  }
  fmt::print("{} passed, {} failed\n", total.passed, total.failed);
  return total.failed == 0 ? 0 : 1;
}
