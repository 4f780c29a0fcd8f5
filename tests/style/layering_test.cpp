// Keeps the picture of docs/ARCHITECTURE.md true: reads every include and fails on an arrow that points up.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

/// What each folder may include besides itself.
const std::map<std::string, std::set<std::string>> kAllowed = {
    {"vector", {}},
    {"io", {"vector"}},
    {"exec", {"io", "vector"}},
    {"checkpoint", {"exec", "io", "vector"}},
    {"tpch", {"vector"}},
    {"sql", {"checkpoint", "exec", "io", "vector", "tpch"}},
    {"capi", {"sql", "io", "vector"}},
    {"shell", {"capi"}},
};

std::string first_part(const fs::path& path) { return path.begin()->string(); }

TEST(Layering, NoFolderIncludesWhatStandsAboveIt) {
  const fs::path root = CAIRN_SOURCE_DIR;
  const std::regex include(R"re(^\s*#\s*include\s+"([^"]+)")re");
  size_t includes = 0;
  for (const auto& [folder, allowed] : kAllowed) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) continue;
        ++includes;
        const std::string target = first_part(match[1].str());
        const bool fine = target == folder || allowed.contains(target) || !kAllowed.contains(target);
        EXPECT_TRUE(fine) << entry.path() << " includes " << match[1].str();
      }
    }
  }
  EXPECT_GT(includes, 100u) << "the test no longer sees the sources";
}

TEST(Layering, ShellUsesNothingButTheCApi) {
  const std::regex include(R"re(^\s*#\s*include\s+"([^"]+)")re");
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(CAIRN_SOURCE_DIR) / "shell")) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      std::smatch match;
      if (!std::regex_search(line, match, include) || first_part(match[1].str()) == "shell") continue;
      EXPECT_EQ(match[1].str(), "capi/include/cairn.h") << entry.path();
    }
  }
}

TEST(Layering, EveryFolderOpensWithAReadme) {
  for (const auto& [folder, allowed] : kAllowed) {
    EXPECT_TRUE(fs::exists(fs::path(CAIRN_SOURCE_DIR) / folder / "README.md")) << folder;
  }
}

}  // namespace
