// Table functions over the session: cairn_queries(), cairn_settings(), cairn_tables(), cairn_columns(), cairn_views();
// and cairn_passes().

#include <algorithm>
#include <span>

#include "sql/create_text.h"
#include "sql/optimizer/pass.h"
#include "sql/session_state.h"
#include "sql/table_functions.h"
#include "sql/view_text.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Rows that were made when the function was bound.
class FixedRows final : public TableFunctionSource {
 public:
  explicit FixedRows(std::vector<std::vector<Value>> rows) : rows_(std::move(rows)) {}
  bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
    size_t count = 0;
    for (; count < max_rows && next_ < rows_.size(); count++, next_++)
      for (size_t i = 0; i < columns.size(); i++) {
        const Value& value = rows_[next_][i];
        if (value.null) columns[i].append_null();
        else columns[i].append_value(value);
      }
    return count > 0;
  }
  void rewind() override { next_ = 0; }

 private:
  std::vector<std::vector<Value>> rows_;
  size_t next_ = 0;
};

SessionState& required(SessionState* session) {
  if (session == nullptr) throw Error(sqlstate::kFeatureNotSupported, "this function needs a session");
  return *session;
}

Value text(std::string_view value) { return Value::of_string(std::string(value)); }
Value number(uint64_t value) { return Value::of_integer(Type::big_int(), static_cast<int128_t>(value)); }

BoundTableFunction queries(const std::vector<Value>&, SessionState* session) {
  std::vector<std::vector<Value>> rows;
  for (const Session::InterruptedQuery& query : required(session).interrupted_queries())
    rows.push_back({text(query.id), text(query.text), text(query.started), number(query.breakers_durable),
                    number(query.breakers_total), number(query.bytes), number(query.bytes_pinned),
                    text(query.committed ? "committed" : query.given_up ? "given up" : "interrupted")});
  return {{"id", "text", "started", "breakers_durable", "breakers_total", "bytes", "bytes_pinned", "state"},
          {Type::varchar(), Type::varchar(), Type::varchar(), Type::big_int(), Type::big_int(), Type::big_int(), Type::big_int(),
           Type::varchar()},
          std::make_shared<FixedRows>(std::move(rows))};
}

BoundTableFunction settings(const std::vector<Value>&, SessionState* session) {
  std::vector<std::vector<Value>> rows;
  for (const SettingDescription& setting : Settings::all())
    rows.push_back({text(setting.name), text(required(session).settings().get(setting.name)), text(setting.description)});
  return {{"name", "setting", "description"}, {Type::varchar(), Type::varchar(), Type::varchar()},
          std::make_shared<FixedRows>(std::move(rows))};
}

BoundTableFunction tables(const std::vector<Value>&, SessionState* session) {
  std::vector<std::vector<Value>> rows;
  std::shared_ptr<const Snapshot> snapshot = required(session).snapshot();
  for (const auto& [name, table] : snapshot->tables) {
    uint64_t bytes = 0;
    for (const auto& group : table->row_groups)
      for (size_t column = 0; column < table->schema.columns.size(); column++) bytes += group->stored_bytes(column);
    rows.push_back({text(name), text("table"), number(table->row_count), number(table->row_groups.size()), number(bytes),
                    text(create_text(table->schema))});
  }
  for (const auto& [name, view] : snapshot->views)
    rows.push_back({text(name), text("view"), Value::null_of(Type::big_int()), Value::null_of(Type::big_int()),
                    Value::null_of(Type::big_int()), text(create_text(*snapshot, *view))});
  return {{"name", "kind", "row_count", "row_groups", "stored_bytes", "sql"},
          {Type::varchar(), Type::varchar(), Type::big_int(), Type::big_int(), Type::big_int(), Type::varchar()},
          std::make_shared<FixedRows>(std::move(rows))};
}

BoundTableFunction columns(const std::vector<Value>&, SessionState* session) {
  std::vector<std::vector<Value>> rows;
  std::shared_ptr<const Snapshot> snapshot = required(session).snapshot();
  for (const auto& [name, table] : snapshot->tables) {
    int position = 0;
    for (const ColumnSchema& column : table->schema.columns)
      rows.push_back({text(name), text(column.name), Value::of_integer(Type::integer(), ++position),
                      text(column.type.to_string()), Value::of_boolean(!column.not_null),
                      column.default_sql.empty() ? Value::null_of(Type::varchar()) : text(column.default_sql)});
  }
  for (const auto& [name, view] : snapshot->views) {
    int position = 0;
    for (const std::string& column : view->column_names)
      rows.push_back({text(name), text(column), Value::of_integer(Type::integer(), ++position),
                      Value::null_of(Type::varchar()), Value::of_boolean(true), Value::null_of(Type::varchar())});
  }
  return {{"table_name", "column_name", "position", "type", "nullable", "default_sql"},
          {Type::varchar(), Type::varchar(), Type::integer(), Type::varchar(), Type::boolean(), Type::varchar()},
          std::make_shared<FixedRows>(std::move(rows))};
}

BoundTableFunction views(const std::vector<Value>&, SessionState* session) {
  std::vector<std::vector<Value>> rows;
  const std::shared_ptr<const Snapshot> snapshot = required(session).snapshot();
  for (const auto& [name, view] : snapshot->views) rows.push_back({text(name), text(view_text(*snapshot, *view))});
  return {{"name", "sql"}, {Type::varchar(), Type::varchar()}, std::make_shared<FixedRows>(std::move(rows))};
}

/// In the order in which they first run.
BoundTableFunction passes(const std::vector<Value>&, SessionState*) {
  std::vector<std::vector<Value>> rows;
  for (const std::string& name : optimizer_pass_names()) {
    const auto pass = std::ranges::find(optimizer_passes(), name, &Pass::name);
    rows.push_back({text(name), Value::of_boolean(pass->required)});
  }
  return {{"name", "required"}, {Type::varchar(), Type::boolean()}, std::make_shared<FixedRows>(std::move(rows))};
}

constexpr TableFunction kSession[] = {
    {"cairn_columns", "cairn_columns()", 0, 0, columns},
    {"cairn_passes", "cairn_passes()", 0, 0, passes},
    {"cairn_queries", "cairn_queries()", 0, 0, queries},
    {"cairn_settings", "cairn_settings()", 0, 0, settings},
    {"cairn_tables", "cairn_tables()", 0, 0, tables},
    {"cairn_views", "cairn_views()", 0, 0, views},
};

}  // namespace

std::span<const TableFunction> session_table_functions() { return kSession; }

}  // namespace cairn
