#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vector/type.h"
#include "vector/value.h"

namespace cairn {

struct ColumnSchema {
  std::string name;
  Type type;
  bool not_null = false;
  std::string default_sql;  ///< the DEFAULT expression's text, or empty
};

struct TableSchema {
  std::string name;
  std::vector<ColumnSchema> columns;

  /// Position of the column, exact match; nullopt where there is none.
  std::optional<size_t> find(std::string_view column) const;
};

/// A view is its text; it is bound where it is used.
struct ViewSchema {
  std::string name;
  std::vector<std::string> column_names;
  std::string sql;
};

}  // namespace cairn
