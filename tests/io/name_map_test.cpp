#include "io/tables/name_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace cairn {
namespace {

using Model = std::map<std::string, int, std::less<>>;

void expect_same(const NameMap<int>& map, const Model& model) {
  EXPECT_EQ(map.size(), model.size());
  EXPECT_EQ(map.empty(), model.empty());
  EXPECT_TRUE(std::ranges::equal(map, model));
}

TEST(NameMapTest, IsAMapWhoseCopiesKeepWhatTheyHad) {
  std::mt19937_64 random(11);
  NameMap<int> map;
  Model model;
  std::vector<std::pair<NameMap<int>, Model>> kept;
  for (int step = 0; step < 4000; ++step) {
    const std::string name = "t" + std::to_string(random() % 300);
    if (random() % 3 == 0) {
      map.erase(name);
      model.erase(name);
    } else {
      map.insert_or_assign(name, step);
      model[name] = step;
    }
    EXPECT_EQ(map.contains(name), model.contains(name));
    const std::string bound = "t" + std::to_string(random() % 400);
    const auto at = map.lower_bound(bound);
    const auto wanted = model.lower_bound(bound);
    ASSERT_EQ(at == map.end(), wanted == model.end());
    if (wanted != model.end()) {
      EXPECT_EQ(at->first, wanted->first);
      EXPECT_EQ(std::distance(at, map.end()), std::distance(wanted, model.end()));
    }
    if (step % 97 == 0) kept.emplace_back(map, model);
  }
  expect_same(map, model);
  for (const auto& [copy, was] : kept) expect_same(copy, was);
  EXPECT_THROW(map.at("nosuch"), std::out_of_range);
  EXPECT_EQ(map.find("nosuch"), map.end());
}

TEST(NameMapTest, AChangeTouchesFewNodes) {
  NameMap<int> map;
  for (int i = 0; i < 10'000; ++i) map.insert_or_assign("t" + std::to_string(i), i);
  const uint64_t before = counted_work;
  for (int i = 0; i < 100; ++i) {
    const NameMap<int> copy = map;
    map.insert_or_assign("t" + std::to_string(i * 97), -i);
    map.erase("t" + std::to_string(i * 89 + 1));
  }
  EXPECT_LT(counted_work - before, 100u * 100);
}

}  // namespace
}  // namespace cairn
