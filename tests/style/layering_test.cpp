// Keeps the picture of docs/ARCHITECTURE.md true: reads every include and fails on an arrow that points up.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

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

/// The rooms of a folder, from the lowest floor up: a room may include itself and those of lower floors.
const std::map<std::string, std::vector<std::set<std::string>>> kFloors = {
    {"io", {{"storage"}, {"segments"}, {"tables"}, {"csv"}}},
    {"exec",
     {{"crew", "functions"}, {"plan"}, {"evaluation"}, {"rows"}, {"pipeline"}, {"keys", "sorting"}, {"aggregates"}, {"windows"},
      {"operators"}, {"run"}}},
};

/// The floor of the room that "exec/rows/row_set.h" is in; -1: none.
int floor_of(const fs::path& path) {
  auto part = path.begin();
  const auto floors = kFloors.find((part++)->string());
  if (floors == kFloors.end() || part == path.end()) return -1;
  const auto at = std::ranges::find_if(floors->second, [&](const auto& rooms) { return rooms.contains(part->string()); });
  return at == floors->second.end() ? -1 : static_cast<int>(at - floors->second.begin());
}

std::string room_of(const fs::path& path) { return std::next(path.begin())->string(); }

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

TEST(Layering, NoRoomIncludesWhatStandsAboveIt) {
  const fs::path root = CAIRN_SOURCE_DIR;
  const std::regex include(R"re(^\s*#\s*include "([^"]+)")re");
  for (const auto& [folder, floors] : kFloors) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path path = fs::relative(entry.path(), root);
      if (path.extension() != ".h" && path.extension() != ".cpp") continue;
      const int floor = floor_of(path);
      EXPECT_GE(floor, 0) << path << " is in no room";
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, include) || first_part(match[1].str()) != folder) continue;
        const fs::path target = match[1].str();
        EXPECT_TRUE(room_of(target) == room_of(path) || floor_of(target) < floor) << path << " includes " << target;
      }
    }
  }
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
