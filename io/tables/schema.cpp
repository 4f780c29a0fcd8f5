#include "io/tables/schema.h"

#include <algorithm>

namespace cairn {

std::optional<size_t> TableSchema::find(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return i;
  }
  return std::nullopt;
}

bool ViewRelation::uses(std::string_view column) const {
  return std::ranges::any_of(columns, [&](const Column& other) { return other.used && other.name == column; });
}

const ViewRelation* ViewSchema::find_written(std::string_view key) const {
  const auto found = std::ranges::find(relations, key, &ViewRelation::written);
  return found == relations.end() ? nullptr : &*found;
}

const ViewRelation* ViewSchema::find_relation(std::string_view key) const {
  const auto found = std::ranges::find(relations, key, &ViewRelation::relation);
  return found == relations.end() ? nullptr : &*found;
}

}  // namespace cairn
