#include "tests/ddl_model/draw.h"

namespace cairn::ddl {

namespace {

bool has_index(const Model& model, const std::string& name) {
  return std::ranges::any_of(model.tables, [&](const auto& entry) {
    return std::ranges::find(entry.second.indexes, name, &ModelIndex::name) != entry.second.indexes.end();
  });
}

bool is_distinct(const ModelTable& table, size_t position) {
  std::set<int64_t> values;
  return std::ranges::all_of(table.rows, [&](const auto& row) { return !row[position] || values.insert(*row[position]).second; });
}

}  // namespace

bool create_index(Draw& draw) {
  const std::string key = draw.table_key(), name = draw.one_of(index_names());
  if (key.empty() || key.find('.') != std::string::npos || has_index(draw.model, name)) return false;
  ModelTable& table = draw.model.tables[key];
  const ModelColumn& column = draw.one_of(table.columns);
  const bool unique = draw.chance(60) && is_distinct(table, table.position(column.id));
  table.indexes.push_back({name, column.id, unique});
  draw.text = std::string(unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") + name + " ON " + key + "(" + column.name + ")";
  return true;
}

bool change_index(Draw& draw) {
  const std::string name = draw.one_of(index_names()), to = draw.one_of(index_names());
  for (auto& [key, table] : draw.model.tables) {
    const auto index = std::ranges::find(table.indexes, name, &ModelIndex::name);
    if (index == table.indexes.end()) continue;
    if (draw.chance(40)) {
      draw.text = "DROP INDEX " + name;
      table.indexes.erase(index);
      return true;
    }
    if (has_index(draw.model, to)) return false;
    draw.text = "ALTER INDEX " + name + " RENAME TO " + to;
    index->name = to;
    return true;
  }
  return false;
}

bool create_view(Draw& draw) {
  const bool over_view = draw.chance(35) && !draw.model.views.empty();
  const std::string key = over_view ? draw.view_key() : draw.table_key(), name = draw.free_name("", "v");
  if (key.empty() || name.empty()) return false;
  std::vector<ModelView::Column> from;  // the source's
  if (over_view) from = draw.model.views[key].columns;
  else for (const ModelColumn& column : draw.model.tables[key].columns) from.push_back({column.id, column.name, 0});
  const ModelView::Column filter = draw.one_of(from);
  ModelView view{draw.new_id(), over_view ? draw.model.views[key].id : draw.model.tables[key].id, {}, filter.id,
                 static_cast<int64_t>(draw.below(10)) - 5};
  const bool star = draw.chance(40);
  std::string list;
  for (const ModelView::Column& column : from) {
    if (!star && draw.chance(40)) continue;
    list += (list.empty() ? "" : ", ") + column.name;
    view.columns.push_back({draw.new_id(), column.name, column.id});
  }
  if (view.columns.empty()) return false;
  draw.text = "CREATE VIEW " + name + " AS SELECT " + (star ? "*" : list) + " FROM " + key + " WHERE " + filter.name +
              " >= " + number(view.least);
  draw.model.views[name] = std::move(view);
  return true;
}

bool change_view(Draw& draw) {
  const std::string key = draw.view_key(), to = draw.free_name("", "v");
  if (key.empty()) return false;
  const ModelView view = draw.model.views[key];
  if (draw.chance(40)) {
    draw.text = "DROP VIEW " + key + " CASCADE";
    draw.model.views.erase(key);
    draw.drop_views(view.id, 0);
    return true;
  }
  if (to.empty()) return false;
  draw.text = "ALTER VIEW " + key + " RENAME TO " + to;
  draw.model.views.erase(key);
  draw.model.views[to] = view;
  return true;
}

bool change_sequences(Draw& draw) {
  const std::string name = "q" + number(static_cast<int64_t>(1 + draw.below(4)));
  const std::string to = "q" + number(static_cast<int64_t>(1 + draw.below(4)));
  std::set<std::string>& sequences = draw.model.sequences;
  if (!sequences.contains(name)) {
    sequences.insert(name);
    draw.text = "CREATE SEQUENCE " + name;
  } else if (draw.chance(50) && !sequences.contains(to)) {
    sequences.erase(name);
    sequences.insert(to);
    draw.text = "ALTER SEQUENCE " + name + " RENAME TO " + to;
  } else {
    sequences.erase(name);
    draw.text = "DROP SEQUENCE " + name;
  }
  return true;
}

bool change_schemas(Draw& draw) {
  const std::string name = draw.one_of(schema_names());
  if (!draw.model.schemas.contains(name)) {
    draw.model.schemas.insert(name);
    draw.text = "CREATE SCHEMA " + name;
    return true;
  }
  if (draw.chance(70)) return false;
  draw.model.schemas.erase(name);
  for (auto entry = draw.model.tables.begin(); entry != draw.model.tables.end();) {
    const bool inside = schema_of(entry->first) == name + ".";
    if (inside) draw.drop_views(entry->second.id, 0);
    entry = inside ? draw.model.tables.erase(entry) : std::next(entry);
  }
  draw.text = "DROP SCHEMA " + name + " CASCADE";
  return true;
}

bool change_temporary(Draw& draw) {
  const std::string name = "tt" + number(static_cast<int64_t>(1 + draw.below(3)));
  std::set<std::string>& temporary = draw.model.temporary;
  if (!temporary.contains(name)) {
    temporary.insert(name);
    draw.text = "CREATE TEMP TABLE " + name + "(a INTEGER UNIQUE, b BIGINT GENERATED ALWAYS AS IDENTITY)";
  } else if (draw.chance(25)) {
    temporary.erase(name);
    draw.text = "DROP TABLE " + name;
  } else {
    // The session's tables take part in what is committed.
    const std::string key = draw.table_key();
    if (key.empty() || draw.chance(50)) {
      draw.text = "INSERT INTO " + name + "(a) SELECT count(*) + coalesce(max(a), 0) + 1 FROM " + name;
      return true;
    }
    ModelTable& table = draw.model.tables[key];
    const size_t position = draw.below(table.columns.size());
    std::erase_if(table.rows, [&](const auto& row) { return row[position] && *row[position] == 7; });
    draw.text = "DELETE FROM " + key + " WHERE " + table.columns[position].name + " = 7 AND (SELECT count(*) FROM " + name + ") >= 0";
  }
  return true;
}

}  // namespace cairn::ddl
