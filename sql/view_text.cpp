#include "sql/view_text.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "sql/create_text.h"
#include "sql/parser/column_references.h"
#include "sql/parser/parser.h"
#include "sql/relation_name.h"

namespace cairn {
namespace {

std::vector<std::string> column_names(const Snapshot& snapshot, const std::string& relation) {
  std::vector<std::string> names;
  if (const auto table = snapshot.tables.find(relation); table != snapshot.tables.end())
    for (const ColumnSchema& column : table->second->schema.columns) names.push_back(column.name);
  else if (const auto view = snapshot.views.find(relation); view != snapshot.views.end())
    names = view->second->column_names;
  else
    names = {"last_value", "log_cnt", "is_called"};
  return names;
}

/// Whether the name in the text means by itself what it meant then.
bool is_unchanged(const Snapshot& snapshot, const ViewRelation& relation) {
  return relation.written == relation.relation &&
         std::ranges::equal(relation.columns, column_names(snapshot, relation.relation), {}, [](const ViewRelation::Column& column) {
           return column.name == column.written ? column.name : std::string();
         });
}

/// Behind the name that begins at `at`: parts with dots between them.
size_t name_end(const std::string& text, size_t at) {
  const auto inside = [&](size_t i) {
    const auto c = static_cast<unsigned char>(text[i]);
    return std::isalnum(c) || c == '_' || c == '$' || c >= 0x80;
  };
  while (true) {
    if (text[at] == '"') {
      do at = text.find('"', at + 1) + 1;
      while (at < text.size() && text[at] == '"');
    } else {
      while (at < text.size() && inside(at)) at++;
    }
    if (at >= text.size() || text[at] != '.') return at;
    at++;
  }
}

std::string as_it_was(const ViewRelation& relation) {
  std::string list;
  for (const ViewRelation::Column& column : relation.columns)
    list += (list.empty() ? "" : ", ") + (column.name.empty() ? std::string("NULL") : spelled_name(column.name)) +
            (column.name == column.written ? "" : " AS " + spelled_name(column.written));
  return "(SELECT " + list + " FROM " + RelationName::of_key(relation.relation).to_sql() + ")";
}

}  // namespace

std::string view_text(const Snapshot& snapshot, const ViewSchema& view) {
  if (std::ranges::all_of(view.relations, [&](const ViewRelation& relation) { return is_unchanged(snapshot, relation); }))
    return view.sql;
  const auto tree = parse_statement(view.sql);
  std::set<std::string> common_tables;
  for_each_common_table(tree->statement(), [&](const PgQuery__CommonTableExpr& table) { common_tables.insert(table.ctename); });
  std::vector<std::pair<const PgQuery__RangeVar*, const ViewRelation*>> changed;
  for_each_range_var(tree->statement(), [&](const PgQuery__RangeVar& range) {
    if (range.schemaname[0] == '\0' && common_tables.contains(range.relname)) return;
    const ViewRelation* relation = view.find_written(RelationName::of(range).key());
    if (relation != nullptr && !is_unchanged(snapshot, *relation)) changed.emplace_back(&range, relation);
  });
  std::ranges::sort(changed, std::greater(), [](const auto& change) { return change.first->location; });
  std::string text = view.sql;
  for (const auto& [range, relation] : changed) {
    const auto begin = static_cast<size_t>(range->location);
    const std::string alias = range->alias == nullptr ? " AS " + spelled_name(range->relname) : "";
    text.replace(begin, name_end(text, begin) - begin, as_it_was(*relation) + alias);
  }
  return text;
}

}  // namespace cairn
