#include "sql/relation_name.h"

#include "sql/binder/binder.h"
#include "sql/create_text.h"
#include "vector/error.h"

namespace cairn {
namespace {

std::string quoted(std::string_view part) {
  std::string text = "\"";
  for (char c : part) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::string key_part(std::string_view part) {
  return part.find_first_of(".\"") == std::string_view::npos ? std::string(part) : quoted(part);
}

/// The parts between dots that are not quoted; `fold`: unquoted letters become lower case.
std::vector<std::string> split_name(std::string_view text, bool fold) {
  std::vector<std::string> parts(1);
  bool inside = false;
  for (size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    if (c == '"' && inside && i + 1 < text.size() && text[i + 1] == '"') {
      parts.back() += text[++i];
    } else if (c == '"') {
      inside = !inside;
    } else if (c == '.' && !inside) {
      parts.emplace_back();
    } else {
      parts.back() += fold && !inside && c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
    }
  }
  if (inside) throw Error("42602", "invalid name syntax: '" + std::string(text) + "'");
  return parts;
}

RelationName of_parts(std::vector<std::string> parts) {
  if (parts.size() > 2) throw_unsupported("a name in another database", -1);
  RelationName name;
  name.name = std::move(parts.back());
  if (parts.size() == 2) name.schema = canonical_schema(parts[0]);
  return name;
}

}  // namespace

std::string canonical_schema(std::string_view schema) { return std::string(schema == "main" ? kPublicSchema : schema); }

RelationName RelationName::of_key(std::string_view key) {
  RelationName name = of_parts(split_name(key, false));
  if (name.schema.empty()) name.schema = kPublicSchema;
  return name;
}

RelationName RelationName::parse(std::string_view text) { return of_parts(split_name(text, true)); }

RelationName RelationName::of(const PgQuery__RangeVar& range) {
  if (range.catalogname[0] != '\0') throw_unsupported("a name in another database", range.location);
  return {canonical_schema(range.schemaname), range.relname};
}

RelationName RelationName::of(pg::Node* const* parts, size_t count) {
  std::vector<std::string> texts;
  for (const pg::Node* part : pg::list(parts, count)) texts.emplace_back(pg::string_value(part));
  return of_parts(std::move(texts));
}

std::string RelationName::key() const {
  return schema.empty() || schema == kPublicSchema ? key_part(name) : key_part(schema) + "." + key_part(name);
}

std::string RelationName::to_sql() const {
  return schema.empty() || schema == kPublicSchema ? spelled_name(name) : spelled_name(schema) + "." + spelled_name(name);
}

bool is_temporary(std::string_view key) { return key.starts_with("pg_temp."); }

SearchPath::SearchPath(std::string_view setting) {
  schemas_.emplace_back(kTemporarySchema);
  for (size_t begin = 0; begin <= setting.size();) {
    size_t end = std::min(setting.find(',', begin), setting.size());
    std::string_view part = setting.substr(begin, end - begin);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty() && part != "\"$user\"" && part != "$user" && part != "pg_catalog" && part != kTemporarySchema)
      schemas_.push_back(canonical_schema(split_name(part, false)[0]));
    begin = end + 1;
  }
  if (schemas_.size() == 1 || schemas_.back() != kPublicSchema) schemas_.emplace_back(kPublicSchema);
  current_ = schemas_[1];
}

SearchPath SearchPath::of_views() {
  SearchPath path;
  path.schemas_ = {std::string(kPublicSchema)};
  return path;
}

namespace {

template <typename Relation>
bool any_in(const NameMap<Relation>& relations, const std::string& prefix) {
  const auto at = relations.lower_bound(prefix);
  return at != relations.end() && at->first.starts_with(prefix);
}

}  // namespace

bool has_schema(const Snapshot& snapshot, std::string_view schema) {
  if (schema == kPublicSchema || schema == kTemporarySchema || snapshot.schemas.contains(schema)) return true;
  // A pinned snapshot is stored without its schemas: what is in them tells.
  const std::string prefix = key_part(schema) + ".";
  return any_in(snapshot.tables, prefix) || any_in(snapshot.views, prefix) || any_in(snapshot.sequences, prefix);
}

void check_schema(const Snapshot& snapshot, std::string_view schema, int position) {
  if (!has_schema(snapshot, schema))
    throw Error(sqlstate::kUndefinedSchema, "schema \"" + std::string(schema) + "\" does not exist").at(position);
}

std::string relation_key(const Snapshot& snapshot, const SearchPath& path, const RelationName& name) {
  if (!name.schema.empty()) return name.key();
  for (const std::string& schema : path.schemas()) {
    std::string key = RelationName{schema, name.name}.key();
    if (snapshot.has_relation(key)) return key;
  }
  return RelationName{path.current(), name.name}.key();
}

std::string find_relation(const Snapshot& snapshot, const SearchPath& path, const RelationName& name, int position) {
  if (!name.schema.empty()) check_schema(snapshot, name.schema, position);
  return relation_key(snapshot, path, name);
}

std::string altered_relation(const Snapshot& snapshot, const SearchPath& path, const PgQuery__RangeVar& range, bool missing_ok) {
  const RelationName name = RelationName::of(range);
  return missing_ok ? relation_key(snapshot, path, name) : find_relation(snapshot, path, name, range.location);
}

std::string new_relation(const Snapshot& snapshot, const SearchPath& path, const PgQuery__RangeVar& range) {
  RelationName name = RelationName::of(range);
  const bool temporary = std::string_view(range.relpersistence) == "t";
  if (!name.schema.empty()) check_schema(snapshot, name.schema, range.location);
  if (temporary && !name.schema.empty() && name.schema != kTemporarySchema)
    throw Error(sqlstate::kInvalidTableDefinition, "cannot create a temporary relation in the schema \"" + name.schema + "\"")
        .at(range.location);
  if (name.schema.empty()) name.schema = temporary ? std::string(kTemporarySchema) : path.current();
  check_schema(snapshot, name.schema, range.location);
  return name.key();
}

}  // namespace cairn
