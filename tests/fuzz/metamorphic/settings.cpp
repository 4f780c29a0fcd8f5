#include "tests/fuzz/metamorphic/settings.h"

#include <fmt/format.h>

#include <cstdlib>

namespace cairn::fuzz {
namespace {

constexpr const char* kYield = "yield ";

std::string settings_text(const std::string& threads, const std::string& capacity, const std::string& checkpoint, const std::string& passes) {
  return fmt::format("SET threads = {}; SET vector_capacity = {}; SET checkpoint = '{}'; SET disabled_passes = '{}'", threads, capacity, checkpoint, passes);
}

}  // namespace

std::string Settings::text() const { return yields == 0 ? sql : fmt::format("{}{}; {}", kYield, yields, sql); }

Settings Settings::parse(const std::string& text) {
  const std::string head = kYield;
  if (!text.starts_with(head)) return {text};
  return {text.substr(text.find("; ") + 2), std::strtoull(text.c_str() + head.size(), nullptr, 10)};
}

Settings Settings::plain() { return {settings_text("1", "1024", "off", "")}; }

Settings random_settings(Random& random, const std::vector<std::string>& passes, bool large) {
  std::string off;
  if (!large && random.chance(45)) {
    off = random.one_of(passes);
    if (random.chance(50)) off += "," + random.one_of(passes);
  }
  const std::string capacity = large ? random.word({"1024", "1024", "2000", "100000"}) : random.word({"1", "7", "1024", "1024", "100000"});
  Settings settings{settings_text(random.word({"1", "2", "8"}), capacity, random.word({"off", "off", "all"}), off)};
  if (random.chance(20)) settings.yields = random.below(1'000'000) + 1;
  return settings;
}

Settings yielding_settings(Random& random) {
  return {settings_text(random.word({"2", "3", "8"}), random.word({"7", "1024", "100000"}), random.word({"off", "off", "off", "all"}), ""), random.below(1'000'000) + 1};
}

}  // namespace cairn::fuzz
