#include "tests/ddl_model/generator.h"

#include <algorithm>

namespace cairn::ddl {
namespace {

/// One statement on its way: what is drawn from, what it changes, and its text.
class Draw {
 public:
  Draw(std::mt19937_64& random, Model& changed) : random_(random), model(changed) {}

  size_t below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  bool chance(size_t percent) { return below(100) < percent; }
  template <typename T>
  const T& one_of(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  uint64_t new_id() { return model.next_id++; }

  /// A table's key, at random; "" where there is none.
  std::string table_key() {
    if (model.tables.empty()) return "";
    return std::next(model.tables.begin(), static_cast<ptrdiff_t>(below(model.tables.size())))->first;
  }
  std::string view_key() {
    if (model.views.empty()) return "";
    return std::next(model.views.begin(), static_cast<ptrdiff_t>(below(model.views.size())))->first;
  }
  /// A name that no relation has, in the schema ("" or "s1."); "" where all are taken.
  std::string free_name(const std::string& schema, const std::string& letter) {
    const std::string name = schema + letter + std::to_string(1 + below(8));
    return model.has_relation(name) ? "" : name;
  }
  std::string free_column(const ModelTable& table) {
    const std::string name(1, static_cast<char>('a' + below(8)));
    return std::ranges::find(table.columns, name, &ModelColumn::name) == table.columns.end() ? name : "";
  }
  void drop_views(uint64_t table, uint64_t column) {
    std::erase_if(model.views, [&](const auto& entry) {
      return entry.second.table == table && (column == 0 || entry.second.needs(column));
    });
  }

 private:
  std::mt19937_64& random_;

 public:
  Model& model;
  std::string text;
};

std::string schema_of(const std::string& key) { return key.substr(0, key.find('.') + 1); }
std::string name_of(const std::string& key) { return key.substr(key.find('.') + 1); }
std::string number(int64_t value) { return std::to_string(value); }

/// What a new value of the column has to be, at least.
int64_t least_value(const ModelTable& table, uint64_t column) {
  int64_t least = -20;
  for (const ModelCheck& check : table.checks)
    if (check.column == column) least = std::max(least, check.least);
  return least;
}

/// A new column's text; it goes to the end of the table.
std::string define_column(Draw& draw, ModelTable& table, const std::string& name) {
  ModelColumn column{draw.new_id(), name, draw.chance(30), false, {}};
  std::string text = name + (column.wide ? " BIGINT" : " INTEGER");
  if (draw.chance(50)) column.default_value = static_cast<int64_t>(draw.below(50));
  if (column.default_value) text += " DEFAULT " + number(*column.default_value);
  column.not_null = draw.chance(30) && (column.default_value || table.rows.empty());
  if (column.not_null) text += " NOT NULL";
  for (std::vector<Cell>& row : table.rows) row.push_back(column.default_value);
  table.columns.push_back(column);
  return text;
}

bool create_table(Draw& draw) {
  std::string schema;
  if (!draw.model.schemas.empty() && draw.chance(40)) schema = *draw.model.schemas.begin() + ".";
  const std::string key = draw.free_name(schema, "t");
  if (key.empty()) return false;
  ModelTable table;
  table.id = draw.new_id();
  draw.text = "CREATE TABLE " + key + "(";
  for (size_t i = 0; i < 1 + draw.below(4); i++) {
    const std::string name = draw.free_column(table);
    if (name.empty()) continue;
    if (!table.columns.empty()) draw.text += ", ";
    draw.text += define_column(draw, table, name);
  }
  if (table.columns.empty()) return false;
  draw.text += ")";
  draw.model.tables[key] = std::move(table);
  return true;
}

bool drop_table(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty() || draw.chance(50)) return false;
  draw.drop_views(draw.model.tables[key].id, 0);
  draw.model.tables.erase(key);
  draw.text = "DROP TABLE " + key + " CASCADE";
  return true;
}

bool rename_table(Draw& draw) {
  const std::string key = draw.table_key();
  const std::string to = key.empty() ? "" : draw.free_name(schema_of(key), "t");
  if (to.empty()) return false;
  draw.model.tables[to] = std::move(draw.model.tables[key]);
  draw.model.tables.erase(key);
  draw.text = "ALTER TABLE " + key + " RENAME TO " + name_of(to);
  return true;
}

bool move_table(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty() || draw.model.schemas.empty()) return false;
  const std::string schema = key.find('.') == std::string::npos ? *draw.model.schemas.rbegin() : "public";
  const std::string to = (schema == "public" ? "" : schema + ".") + name_of(key);
  const ModelTable& table = draw.model.tables[key];
  if (draw.model.has_relation(to) || !table.indexes.empty()) return false;
  draw.model.tables[to] = ModelTable(table);
  draw.model.tables.erase(key);
  draw.text = "ALTER TABLE " + key + " SET SCHEMA " + schema;
  return true;
}

bool add_column(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  const std::string name = draw.free_column(table);
  if (name.empty()) return false;
  draw.text = "ALTER TABLE " + key + " ADD COLUMN " + define_column(draw, table, name);
  return true;
}

bool drop_column(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty() || draw.model.tables[key].columns.size() < 2) return false;
  ModelTable& table = draw.model.tables[key];
  const ModelColumn column = draw.one_of(table.columns);
  const size_t position = table.position(column.id);
  draw.drop_views(table.id, column.id);
  std::erase_if(table.checks, [&](const ModelCheck& check) { return check.column == column.id; });
  std::erase_if(table.indexes, [&](const ModelIndex& index) { return index.column == column.id; });
  for (std::vector<Cell>& row : table.rows) row.erase(row.begin() + static_cast<ptrdiff_t>(position));
  table.columns.erase(table.columns.begin() + static_cast<ptrdiff_t>(position));
  draw.text = "ALTER TABLE " + key + " DROP COLUMN " + column.name + " CASCADE";
  return true;
}

bool rename_column(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  const std::string to = draw.free_column(table);
  if (to.empty()) return false;
  ModelColumn& column = table.columns[draw.below(table.columns.size())];
  draw.text = "ALTER TABLE " + key + " RENAME COLUMN " + column.name + " TO " + to;
  column.name = to;
  return true;
}

bool widen_column(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  ModelColumn& column = table.columns[draw.below(table.columns.size())];
  for (const auto& [name, view] : draw.model.views)
    if (view.table == table.id && view.needs(column.id)) return false;
  column.wide = true;
  draw.text = "ALTER TABLE " + key + " ALTER COLUMN " + column.name + " TYPE BIGINT";
  return true;
}

bool change_nullability(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  const size_t position = draw.below(table.columns.size());
  ModelColumn& column = table.columns[position];
  if (!column.not_null && std::ranges::any_of(table.rows, [&](const auto& row) { return !row[position]; })) return false;
  column.not_null = !column.not_null;
  draw.text = "ALTER TABLE " + key + " ALTER COLUMN " + column.name + (column.not_null ? " SET NOT NULL" : " DROP NOT NULL");
  return true;
}

bool change_default(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  ModelColumn& column = table.columns[draw.below(table.columns.size())];
  column.default_value = draw.chance(60) ? Cell(static_cast<int64_t>(draw.below(50))) : Cell();
  draw.text = "ALTER TABLE " + key + " ALTER COLUMN " + column.name +
              (column.default_value ? " SET DEFAULT " + number(*column.default_value) : " DROP DEFAULT");
  return true;
}

bool add_check(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  const size_t position = draw.below(table.columns.size());
  const std::string name = "c" + number(static_cast<int64_t>(1 + draw.below(5)));
  if (std::ranges::find(table.checks, name, &ModelCheck::name) != table.checks.end()) return false;
  int64_t least = -5;
  for (const std::vector<Cell>& row : table.rows)
    if (row[position]) least = std::min(least, *row[position]);
  const ModelColumn& column = table.columns[position];
  table.checks.push_back({name, column.id, least});
  draw.text = "ALTER TABLE " + key + " ADD CONSTRAINT " + name + " CHECK (" + column.name + " >= " + number(least) + ")";
  return true;
}

bool change_check(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty() || draw.model.tables[key].checks.empty()) return false;
  std::vector<ModelCheck>& checks = draw.model.tables[key].checks;
  const size_t at = draw.below(checks.size());
  const std::string to = "c" + number(static_cast<int64_t>(1 + draw.below(5)));
  if (draw.chance(50)) {
    draw.text = "ALTER TABLE " + key + " DROP CONSTRAINT " + checks[at].name;
    checks.erase(checks.begin() + static_cast<ptrdiff_t>(at));
    return true;
  }
  if (std::ranges::find(checks, to, &ModelCheck::name) != checks.end()) return false;
  draw.text = "ALTER TABLE " + key + " RENAME CONSTRAINT " + checks[at].name + " TO " + to;
  checks[at].name = to;
  return true;
}

bool has_index(const Model& model, const std::string& name) {
  return std::ranges::any_of(model.tables, [&](const auto& entry) {
    return std::ranges::find(entry.second.indexes, name, &ModelIndex::name) != entry.second.indexes.end();
  });
}

bool create_index(Draw& draw) {
  const std::string key = draw.table_key(), name = draw.one_of(index_names());
  if (key.empty() || key.find('.') != std::string::npos || has_index(draw.model, name)) return false;
  ModelTable& table = draw.model.tables[key];
  const ModelColumn& column = draw.one_of(table.columns);
  table.indexes.push_back({name, column.id});
  draw.text = "CREATE INDEX " + name + " ON " + key + "(" + column.name + ")";
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
  const std::string key = draw.table_key(), name = draw.free_name("", "v");
  if (key.empty() || name.empty()) return false;
  const ModelTable& table = draw.model.tables[key];
  ModelView view{table.id, {}, draw.one_of(table.columns).id, static_cast<int64_t>(draw.below(10)) - 5};
  const bool star = draw.chance(40);
  std::string list;
  for (const ModelColumn& column : table.columns) {
    if (!star && draw.chance(40)) continue;
    list += (list.empty() ? "" : ", ") + column.name;
    view.columns.emplace_back(column.name, column.id);
  }
  if (view.columns.empty()) return false;
  draw.text = "CREATE VIEW " + name + " AS SELECT " + (star ? "*" : list) + " FROM " + key + " WHERE " +
              table.find(view.filter)->name + " >= " + number(view.least);
  draw.model.views[name] = std::move(view);
  return true;
}

bool change_view(Draw& draw) {
  const std::string key = draw.view_key(), to = draw.free_name("", "v");
  if (key.empty()) return false;
  if (draw.chance(40)) {
    draw.text = "DROP VIEW " + key;
  } else {
    if (to.empty()) return false;
    draw.text = "ALTER VIEW " + key + " RENAME TO " + to;
    draw.model.views[to] = draw.model.views[key];
  }
  draw.model.views.erase(key);
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

bool insert_rows(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  draw.text = "INSERT INTO " + key + " VALUES ";
  const size_t count = 1 + draw.below(4);
  for (size_t i = 0; i < count; i++) {
    std::vector<Cell> row;
    std::string list;
    for (const ModelColumn& column : table.columns) {
      const bool null = !column.not_null && draw.chance(20);
      row.push_back(null ? Cell() : Cell(least_value(table, column.id) + static_cast<int64_t>(draw.below(30))));
      list += (list.empty() ? "" : ", ") + (null ? std::string("NULL") : number(*row.back()));
    }
    draw.text += (i == 0 ? "(" : ", (") + list + ")";
    table.rows.push_back(std::move(row));
  }
  return true;
}

bool update_rows(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  const size_t position = draw.below(table.columns.size());
  const int64_t more = 1 + static_cast<int64_t>(draw.below(5)), least = static_cast<int64_t>(draw.below(20)) - 10;
  for (std::vector<Cell>& row : table.rows)
    if (row[position] && *row[position] >= least) row[position] = *row[position] + more;
  const std::string& column = table.columns[position].name;
  draw.text = "UPDATE " + key + " SET " + column + " = " + column + " + " + number(more) + " WHERE " + column + " >= " + number(least);
  return true;
}

bool delete_rows(Draw& draw) {
  const std::string key = draw.table_key();
  if (key.empty()) return false;
  ModelTable& table = draw.model.tables[key];
  if (draw.chance(10)) {
    table.rows.clear();
    draw.text = "TRUNCATE " + key;
    return true;
  }
  const size_t position = draw.below(table.columns.size());
  const int64_t least = 5 + static_cast<int64_t>(draw.below(20));
  std::erase_if(table.rows, [&](const auto& row) { return row[position] && *row[position] >= least; });
  draw.text = "DELETE FROM " + key + " WHERE " + table.columns[position].name + " >= " + number(least);
  return true;
}

/// Statements, each with how often it is drawn.
struct Kind {
  bool (*draw)(Draw&);
  size_t weight;
};
constexpr Kind kKinds[] = {
    {create_table, 8}, {drop_table, 2},  {rename_table, 4},       {move_table, 3},     {add_column, 6},
    {drop_column, 4},  {rename_column, 5}, {widen_column, 2},     {change_nullability, 4}, {change_default, 3},
    {add_check, 4},    {change_check, 4}, {create_index, 4},      {change_index, 4},   {create_view, 7},
    {change_view, 3},  {change_sequences, 4}, {change_schemas, 4}, {insert_rows, 20},  {update_rows, 10},
    {delete_rows, 5},
};

std::string draw_statement(std::mt19937_64& random, Model& model) {
  size_t total = 0;
  for (const Kind& kind : kKinds) total += kind.weight;
  while (true) {
    size_t ticket = random() % total;
    const Kind* kind = kKinds;
    for (; ticket >= kind->weight; ++kind) ticket -= kind->weight;
    Model changed = model;
    Draw draw(random, changed);
    if (!kind->draw(draw)) continue;
    model = std::move(changed);
    return draw.text;
  }
}

}  // namespace

Transaction draw_transaction(std::mt19937_64& random, const Model& before) {
  Transaction transaction{{}, {}, before};
  if (random() % 3 == 0) {
    transaction.statements.push_back(draw_statement(random, transaction.after));
    return transaction;
  }
  transaction.statements.emplace_back("BEGIN");
  for (size_t count = 1 + random() % 6; count > 0; count--)
    transaction.statements.push_back(draw_statement(random, transaction.after));
  const size_t end = random() % 10;
  if (end == 0) {
    transaction.failing = transaction.statements.size();
    transaction.statements.emplace_back("INSERT INTO nowhere VALUES (1)");
  }
  transaction.statements.emplace_back(end == 1 ? "ROLLBACK" : "COMMIT");
  if (end <= 1) transaction.after = before;
  return transaction;
}

}  // namespace cairn::ddl
