#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vector/type.h"
#include "vector/value.h"

namespace cairn {

/// GENERATED … AS IDENTITY: who may give the column's value. The values are drawn by `default_sql`.
enum class Identity : uint8_t { kNone = 0, kAlways = 1, kByDefault = 2 };

struct ColumnSchema {
  std::string name;
  Type type;
  bool not_null = false;
  std::string default_sql = {};  ///< the DEFAULT expression's text, or empty
  Identity identity = Identity::kNone;
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
  bool validated = true;  ///< false: rows that were there before it may fail it (NOT VALID)
};

/// ON COMMIT of a temporary table; manifests hold none.
enum class OnCommit : uint8_t { kPreserveRows, kDeleteRows, kDrop };

struct TableSchema {
  std::string name;
  std::vector<ColumnSchema> columns;
  std::vector<IndexSchema> indexes;
  std::vector<CheckSchema> checks;
  OnCommit on_commit = OnCommit::kPreserveRows;

  /// Position of the column, exact match; nullopt where there is none.
  std::optional<size_t> find(std::string_view column) const;
};

/// What a name in a view's text means: a relation, with the columns that it had when the view was made. What the
/// relation gets later the text does not see; what is renamed keeps its meaning.
struct ViewRelation {
  struct Column {
    std::string written;  ///< its name in the view's text
    std::string name;     ///< its name now; empty: it was dropped
    bool used = false;    ///< the view needs it
  };
  std::string written;   ///< its key in the view's text
  std::string relation;  ///< its key now
  std::vector<Column> columns;

  bool uses(std::string_view column) const;
};

/// WITH CHECK OPTION: whether rows that are written through a view must be seen by it, and by the views below it.
enum class CheckOption : uint8_t { kNone = 0, kLocal = 1, kCascaded = 2 };

/// A view is its text, which is bound where it is used, and what the names in it mean.
struct ViewSchema {
  std::string name;
  std::vector<std::string> column_names;
  std::string sql;
  std::vector<ViewRelation> relations;  ///< empty where an older version stored the view: names mean what they mean now
  CheckOption check_option = CheckOption::kNone;

  const ViewRelation* find_written(std::string_view key) const;
  const ViewRelation* find_relation(std::string_view key) const;
};

}  // namespace cairn
