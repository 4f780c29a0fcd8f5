#include "checkpoint/place.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <filesystem>

#include "io/storage/own_files.h"
#include "io/storage/storage.h"

namespace cairn {

namespace {

constexpr std::string_view kInside = "checkpoints";  ///< below the database's directory
constexpr size_t kIdDigits = 8, kHashDigits = 16;

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

/// A place that checkpoint_place() could have named: nothing else is ever read or tidied up for a pin's sake.
bool is_place(const Database& database, std::string_view place) {
  if (!place.starts_with('/')) return false;
  const std::string_view name = place.substr(place.rfind('/') + 1);
  const std::string own = database.identity() + "-";
  return name.starts_with(own) && is_hex(name.substr(own.size()), kHashDigits);
}

}  // namespace

std::string checkpoint_place(const Database& database, const std::string& directory) {
  if (directory.empty()) return fmt::format("{}/{}", database.path(), kInside);
  const auto absolute = [](const std::string& path) {
    return without_end_slashes(std::filesystem::absolute(path).lexically_normal().string());  // "db/." is "db/" by then
  };
  const std::string path = absolute(database.path());
  return absolute(fmt::format("{}/{}-{:016x}", directory, database.identity(), XXH3_64bits(path.data(), path.size())));
}

bool is_own_place(const Database& database, const std::string& place) {
  return place == checkpoint_place(database, "") ||
         place == checkpoint_place(database, std::filesystem::path(place).parent_path().string());
}

void guard_place(Storage& storage, const std::string& place) {
  const size_t slash = place.rfind('/');
  storage.guard(place.substr(0, slash), place.substr(slash + 1), Access::kPrivate);
}

std::string QueryPin::name(const Database& database) const {
  return fmt::format("query {} in {}", id, place == checkpoint_place(database, "") ? kInside : place);
}

std::optional<QueryPin> QueryPin::of_name(const Database& database, std::string_view name) {
  constexpr std::string_view kStart = "query ", kIn = " in ", kForeign = "query in ";
  if (name.starts_with(kForeign)) {  // "query in <hash of a directory>: <id>"
    const size_t colon = name.rfind(": ");
    if (colon == std::string_view::npos || !is_hex(name.substr(colon + 2), kIdDigits)) return std::nullopt;
    return QueryPin{std::string(name.substr(colon + 2)), ""};
  }
  if (!name.starts_with(kStart)) return std::nullopt;
  name.remove_prefix(kStart.size());
  const std::string_view id = name.substr(0, kIdDigits);
  if (!is_hex(id, kIdDigits) || !name.substr(kIdDigits).starts_with(kIn)) return std::nullopt;
  const std::string_view place = name.substr(kIdDigits + kIn.size());
  if (place == kInside) return QueryPin{std::string(id), checkpoint_place(database, "")};
  if (!is_place(database, place)) return std::nullopt;
  return QueryPin{std::string(id), std::string(place)};
}

}  // namespace cairn
