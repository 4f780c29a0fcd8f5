// Whatever Cairn deletes goes through remove_own (io/storage/own_files.h): nothing else calls what deletes.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

/// The storages, which remove_own calls; tpchgen's output, which stands below io/ and unlinks the file that it made; and the
/// shell, which stands above cairn.h, and unlinks what begins as its notes of scripts do.
const std::set<std::string> kAllowed = {"io/storage/own_files.cpp", "io/storage/file_directory.cpp", "io/storage/simulated_storage.cpp",
                                        "tpch/output_file.cpp", "shell/script_run.cpp"};

TEST(Deletion, GoesThroughOneFunction) {
  const fs::path root = CAIRN_SOURCE_DIR;
  const std::regex deletes(R"((\b(unlink|unlinkat|rmdir|remove_all)\s*\()|((^|[^:\w])::\s*remove\s*\()|)"
                           R"((filesystem::remove|fs::remove)|(\bstorage_?(\.|->|\(\)\.)remove\s*\())");
  size_t files = 0;
  std::set<std::string> found;
  for (const char* folder : {"vector", "io", "exec", "checkpoint", "tpch", "sql", "capi", "shell"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      ++files;
      const std::string name = fs::relative(entry.path(), root).string();
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        if (!std::regex_search(line, deletes)) continue;
        found.insert(name);
        EXPECT_TRUE(kAllowed.contains(name) || name == "io/storage/simulated_disk.h" || name == "io/storage/simulated_disk.cpp")
            << name << ": " << line;
      }
    }
  }
  EXPECT_GT(files, 100U) << "the test no longer sees the sources";
  EXPECT_TRUE(found.contains("io/storage/own_files.cpp")) << "the test no longer sees what deletes";
}

}  // namespace
