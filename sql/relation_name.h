#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/tables/database.h"
#include "sql/parser/nodes.h"

namespace cairn {

inline constexpr std::string_view kPublicSchema = "public";        ///< "main" is another name for it
inline constexpr std::string_view kTemporarySchema = "pg_temp";    ///< the session's own, in memory

/// A relation's name in its schema.
///
/// Snapshots hold relations under one key: "table" in public, else "schema.table". Parts with a dot or a double quote
/// stand in double quotes, so that no two names have one key, and a key reads like SQL.
struct RelationName {
  std::string schema;
  std::string name;

  static RelationName of_key(std::string_view key);
  /// As SQL text (and nextval's argument) spells it. Unquoted parts are folded to lower case; schema may be empty.
  static RelationName parse(std::string_view text);
  static RelationName of(const PgQuery__RangeVar& range);
  /// Of DROP's and ALTER's lists of names.
  static RelationName of(pg::Node* const* parts, size_t count);

  std::string key() const;
  std::string to_sql() const;
};

bool is_temporary(std::string_view key);

/// The schemas that names without one are looked for in, in order: the session's own, the current one, public.
class SearchPath {
 public:
  SearchPath() : SearchPath(kPublicSchema) {}
  explicit SearchPath(std::string_view setting);
  const std::vector<std::string>& schemas() const { return schemas_; }
  const std::string& current() const { return current_; }  ///< where new relations go
  /// A view's text names what is not in public with its schema.
  static SearchPath of_views();

 private:
  std::vector<std::string> schemas_;
  std::string current_;
};

/// The key of the relation: of the search path's first that exists; where none does, of what would be created. A query's
/// names: in a schema that does not exist there is no such relation.
std::string relation_key(const Snapshot& snapshot, const SearchPath& path, const RelationName& name);
/// The same for statements about the relation itself. Errors: kUndefinedSchema.
std::string find_relation(const Snapshot& snapshot, const SearchPath& path, const RelationName& name, int position);
inline std::string find_relation(const Snapshot& snapshot, const SearchPath& path, const PgQuery__RangeVar& range) {
  return find_relation(snapshot, path, RelationName::of(range), range.location);
}
/// The same of ALTER, with or without IF EXISTS.
std::string altered_relation(const Snapshot& snapshot, const SearchPath& path, const PgQuery__RangeVar& range, bool missing_ok);
/// The key of a relation to be made. Errors: kUndefinedSchema.
std::string new_relation(const Snapshot& snapshot, const SearchPath& path, const PgQuery__RangeVar& range);

/// "public" for "main".
std::string canonical_schema(std::string_view schema);
bool has_schema(const Snapshot& snapshot, std::string_view schema);
/// Errors: kUndefinedSchema.
void check_schema(const Snapshot& snapshot, std::string_view schema, int position);

}  // namespace cairn
