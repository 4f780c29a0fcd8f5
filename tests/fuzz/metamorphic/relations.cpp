#include <fmt/format.h>

#include <algorithm>

#include "tests/fuzz/metamorphic/relation.h"

namespace cairn::fuzz {

std::string column_list(const std::string& prefix, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) text += fmt::format("{}{}{}", i == 0 ? "" : ", ", prefix, i);
  return text;
}

size_t column_count(const SqlNode& query) { return static_cast<size_t>(std::ranges::count(query.role, ' ')); }

Sql typed_key(Sql key) {
  if (!key->pattern.starts_with('\'')) return key;
  std::string role = key->role;
  return sql(std::move(role), "CAST(@ AS text)", std::move(key));
}

std::string named_items(const SqlNode& list, const std::string& prefix) {
  std::string text;
  for (size_t i = 0; i < list.children.size(); i++)
    text += fmt::format("{}{} AS {}{}", i == 0 ? "" : ", ", text_of(*list.children[i]), prefix, i);
  return text;
}

const std::vector<Relation>& relations() {
  static const std::vector<Relation> all = [] {
    std::vector<Relation> result;
    for (auto* topic : {partition_relations, join_relations, subquery_relations, window_relations, rewriting_relations})
      for (Relation& relation : topic()) result.push_back(std::move(relation));
    return result;
  }();
  return all;
}

}  // namespace cairn::fuzz
