#include "io/table.h"

namespace cairn {

std::optional<size_t> TableSchema::find(std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return i;
  }
  return std::nullopt;
}

}  // namespace cairn
