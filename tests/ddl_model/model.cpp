#include "tests/ddl_model/model.h"

#include <algorithm>

namespace cairn::ddl {
namespace {

std::vector<std::string> numbered(const std::string& letter, int count) {
  std::vector<std::string> names;
  for (int i = 1; i <= count; i++) names.push_back(letter + std::to_string(i));
  return names;
}

void add_line(std::string& text, const std::string& line) { text += line + "\n"; }

void describe(std::string& text, const std::string& name, const ModelTable& table) {
  add_line(text, "table " + name);
  for (const ModelColumn& column : table.columns)
    add_line(text, "  column " + column.name + (column.wide ? " BIGINT" : " INTEGER") + (column.not_null ? " NOT NULL" : "") +
                       (column.default_value ? " DEFAULT " + std::to_string(*column.default_value) : "") +
                       (column.sequence.empty() ? "" : " IDENTITY"));
  std::vector<std::string> checks;
  for (const ModelCheck& check : table.checks) checks.push_back(check.name);
  std::ranges::sort(checks);
  for (const std::string& check : checks) add_line(text, "  check " + check);
  for (const std::string& row : sorted_rows(table.rows)) add_line(text, "  row " + row);
}

void describe(std::string& text, const Model& model, const std::string& name, const ModelView& view) {
  add_line(text, "view " + name);
  for (const ModelView::Column& column : view.columns) add_line(text, "  column " + column.name);
  for (const std::string& row : sorted_rows(model.rows(view))) add_line(text, "  row " + row);
}

}  // namespace

std::vector<std::string> index_names() { return numbered("i", 6); }
std::vector<std::string> schema_names() { return numbered("s", 3); }

const ModelColumn* ModelTable::find(uint64_t column) const {
  const auto found = std::ranges::find(columns, column, &ModelColumn::id);
  return found == columns.end() ? nullptr : &*found;
}

size_t ModelTable::position(uint64_t column) const {
  return static_cast<size_t>(std::ranges::find(columns, column, &ModelColumn::id) - columns.begin());
}

bool ModelTable::is_key(uint64_t column) const {
  return std::ranges::any_of(indexes, [&](const ModelIndex& index) { return index.unique && index.column == column; });
}

bool ModelView::needs(uint64_t column) const {
  return filter == column || std::ranges::find(columns, column, &Column::source) != columns.end();
}

bool Model::has_relation(const std::string& name) const {
  return tables.contains(name) || views.contains(name) || sequences.contains(name);
}

bool Model::has_identity_sequence(const std::string& schema, const std::string& name) const {
  return std::ranges::any_of(tables, [&](const auto& entry) {
    return schema_of(entry.first) == schema &&
           std::ranges::find(entry.second.columns, name, &ModelColumn::sequence) != entry.second.columns.end();
  });
}

std::vector<std::vector<Cell>> Model::rows(const ModelView& view) const {
  const auto is_source = [&](const auto& entry) { return entry.second.id == view.source; };
  std::vector<uint64_t> ids;
  std::vector<std::vector<Cell>> from, shown;
  if (const auto table = std::ranges::find_if(tables, is_source); table != tables.end()) {
    for (const ModelColumn& column : table->second.columns) ids.push_back(column.id);
    from = table->second.rows;
  } else {
    const ModelView& below = std::ranges::find_if(views, is_source)->second;
    for (const ModelView::Column& column : below.columns) ids.push_back(column.id);
    from = rows(below);
  }
  const auto position = [&](uint64_t id) { return static_cast<size_t>(std::ranges::find(ids, id) - ids.begin()); };
  for (const std::vector<Cell>& row : from) {
    const Cell& tested = row[position(view.filter)];
    if (!tested || *tested < view.least) continue;
    std::vector<Cell>& cells = shown.emplace_back();
    for (const ModelView::Column& column : view.columns) cells.push_back(row[position(column.source)]);
  }
  return shown;
}

std::vector<std::string> sorted_rows(const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::string> lines;
  for (const std::vector<Cell>& row : rows) {
    std::string line;
    for (const Cell& cell : row) line += (line.empty() ? "" : "|") + (cell ? std::to_string(*cell) : std::string("NULL"));
    lines.push_back(std::move(line));
  }
  std::ranges::sort(lines);
  return lines;
}

std::string Model::text() const {
  std::string text;
  for (const auto& [name, table] : tables) describe(text, name, table);
  for (const auto& [name, view] : views) describe(text, *this, name, view);
  for (const std::string& name : sequences) add_line(text, "sequence " + name);
  for (const std::string& name : schemas) add_line(text, "schema " + name);
  for (const std::string& name : index_names())
    for (const auto& [key, table] : tables)
      for (const ModelIndex& index : table.indexes)
        if (index.name == name && key.find('.') == std::string::npos) add_line(text, "index " + name);
  return text;
}

}  // namespace cairn::ddl
