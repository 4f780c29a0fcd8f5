#pragma once

#include <cstdint>
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

/// An index, or a key that a constraint asks for. Zone maps serve lookups, so an index has no structure of its own: it
/// is what it demands of the rows.
struct IndexSchema {
  enum class Kind : uint8_t { kPlain = 0, kUnique = 1, kUniqueConstraint = 2, kPrimaryKey = 3 };
  std::string name;
  Kind kind = Kind::kPlain;
  std::vector<uint32_t> columns;  ///< positions; of a plain index over expressions those that are plain columns

  bool unique() const { return kind != Kind::kPlain; }
  bool of_constraint() const { return kind == Kind::kUniqueConstraint || kind == Kind::kPrimaryKey; }
};

struct CheckSchema {
  std::string name;
  std::string sql;  ///< a condition over the table's columns that no row may fail
};

struct TableSchema {
  std::string name;
  std::vector<ColumnSchema> columns;
  std::vector<IndexSchema> indexes;
  std::vector<CheckSchema> checks;

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
