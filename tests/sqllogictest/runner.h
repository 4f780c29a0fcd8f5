#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/sqllogictest/test_file.h"

namespace cairn::test {

struct RunnerOptions {
  std::string database = ":memory:";  ///< or a directory, in which every file gets an empty database of its own
  std::vector<std::string> settings;  ///< "name=value", made in every connection
  std::string data_directory;         ///< for {DATA_DIR}; empty: the data/ beside the nearest README.md above the file
  std::set<std::string> known_failures;  ///< "folder/file.test:line": ends of the path; they are counted apart
  unsigned timeout_s = 60;            ///< a record that runs longer is interrupted, and has failed
};

struct FileResult {
  size_t passed = 0, failed = 0;
  size_t known = 0;  ///< failed as expected
};

/// Runs one file against an empty database and prints every record that fails, or that passes against expectation.
FileResult run_test_file(const std::filesystem::path& file, const RunnerOptions& options);

}  // namespace cairn::test
