#include <algorithm>
#include <deque>

#include "exec/expression_evaluator.h"
#include "exec/table_function.h"
#include "sql/binder/nearest_name.h"
#include "sql/statements/literal_row.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"
#include "vector/utf8.h"

namespace cairn {
namespace {

std::vector<size_t> target_columns(const PgQuery__InsertStmt& insert, const TableSchema& table) {
  std::vector<size_t> columns;
  for (const pg::Node* node : pg::list(insert.cols, insert.n_cols)) {
    const PgQuery__ResTarget& target = *node->res_target;
    if (target.n_indirection > 0) throw_unsupported("assignment to a part of a column", target.location);
    std::optional<size_t> column = table.find(target.name);
    if (!column) {
      std::vector<std::string> names;
      for (const ColumnSchema& other : table.columns) names.push_back(other.name);
      std::string nearest = nearest_name(target.name, names);
      throw Error(sqlstate::kUndefinedColumn,
                  "column \"" + std::string(target.name) + "\" of table \"" + table.name + "\" does not exist",
                  nearest.empty() ? "" : "Perhaps you meant the column \"" + nearest + "\".").at(target.location);
    }
    if (std::ranges::find(columns, *column) != columns.end())
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(target.name) + "\" specified more than once")
          .at(target.location);
    columns.push_back(*column);
  }
  if (insert.n_cols > 0) return columns;
  // Without a list, as many leading columns as VALUES has; a query must have all or fewer too.
  size_t count = table.columns.size();
  if (insert.select_stmt != nullptr) {
    const PgQuery__SelectStmt& source = *insert.select_stmt->select_stmt;
    if (source.n_values_lists > 0) count = std::min(count, source.values_lists[0]->list->n_items);
    bool has_star = std::ranges::any_of(pg::list(source.target_list, source.n_target_list), [](const pg::Node* target) {
      const pg::Node& value = *target->res_target->val;
      return value.node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
             value.column_ref->fields[value.column_ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
    });
    if (source.n_target_list > 0 && !has_star) count = std::min(count, source.n_target_list);
  }
  for (size_t i = 0; i < count; i++) columns.push_back(i);
  return columns;
}

}  // namespace

LogicalPlan bind_insert(SessionState& session, const PgQuery__InsertStmt& insert, Binder& binder) {
  int position = insert.relation->location;
  if (insert.on_conflict_clause != nullptr) throw_unsupported("ON CONFLICT", insert.on_conflict_clause->location);
  if (insert.n_returning_list > 0) throw_unsupported("RETURNING", pg::location(insert.returning_list[0]));
  if (insert.with_clause != nullptr) throw_unsupported("WITH before INSERT", insert.with_clause->location);
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = find_relation(*snapshot, session.search_path(), *insert.relation);
  auto table = snapshot->tables.find(key);
  if (table == snapshot->tables.end()) {
    if (snapshot->views.contains(key))
      throw Error(sqlstate::kWrongObjectType, "cannot insert into view \"" + key + "\"")
          .at(position);
    std::vector<std::string> names;
    for (const auto& [name, version] : snapshot->tables) names.push_back(name);
    std::string nearest = nearest_name(key, names);
    throw Error(sqlstate::kUndefinedTable, "table \"" + key + "\" does not exist",
                nearest.empty() ? "" : "Perhaps you meant the table \"" + nearest + "\".").at(position);
  }
  const TableSchema& schema = table->second->schema;
  if (insert.select_stmt == nullptr) return binder.bind_default_row(schema);
  return binder.bind_insert_source(*insert.select_stmt->select_stmt, schema, target_columns(insert, schema));
}

int64_t insert_rows(SessionState& session, PlanPtr rows, const std::string& table,
                    const std::shared_ptr<WriteTransaction>& transaction) {
  auto insert = std::make_shared<PlanNode>();
  insert->kind = PlanNode::Kind::kInsert;
  insert->types = {Type::big_int()};
  insert->names = {"count"};
  insert->estimated_rows = 1;
  insert->target = table;
  insert->transaction = transaction;
  insert->children.push_back(std::move(rows));
  PlanPtr plan = std::move(insert);
  std::unique_ptr<QueryExecution> execution = session.start(plan, nullptr, false);
  session.begin_running(execution.get(), nullptr);
  struct End {
    SessionState& session;
    QueryExecution* execution;
    ~End() { session.end_running(execution); }
  } end{session, execution.get()};
  int64_t count = 0;
  while (std::unique_ptr<RowSet::Chunk> chunk = execution->next())
    for (size_t row = 0; row < chunk->row_count; row++) count += chunk->columns[0].values<int64_t>()[row];
  return count;
}

ResultPtr run_insert(SessionState& session, const Statement& statement) {
  const PgQuery__InsertStmt& insert = *statement.node->insert_stmt;
  int64_t count = 0;
  const std::string key = find_relation(*session.snapshot(), session.search_path(), *insert.relation);
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    Binder binder(session.bind_context(statement));
    PlanPtr rows = session.plan(bind_insert(session, insert, binder));
    count = insert_rows(session, std::move(rows), key, transaction);
  }, key);
  return make_done("INSERT 0 " + std::to_string(count), count);
}

namespace {

/// The rows of INSERT … VALUES, read piece by piece while they are inserted: rows of plain literals straight from the
/// text (the grammar takes microseconds per value and half a kilobyte of memory), the others a piece at a time through
/// parser and binder. Either way a value ends up as an assignment to its column would make it.
class ValuesRows final : public TableFunctionSource {
 public:
  /// `first` is the statement with its first row alone.
  ValuesRows(SessionState& session, std::string_view text, const StatementExtent& extent, const TableSchema& table,
             const PgQuery__InsertStmt& first, const Statement& statement)
      : session_(session), text_(text), header_(text.substr(0, extent.insert_header_end)), table_(table),
        pieces_(extent.insert_pieces), at_(extent.insert_pieces[0]), columns_(target_columns(first, table)) {
    for (size_t column : columns_) types_.push_back(table.columns[column].type);
    for (size_t i = 0; i < table.columns.size(); i++) {
      bool given = std::ranges::find(columns_, i) != columns_.end();
      if (!given) defaults_.emplace_back(i, Binder(session.bind_context(statement)).default_value(table.columns[i]));
    }
  }

  bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
    size_t count = 0;
    while (count < max_rows && fill()) {
      for (; count < max_rows && !ready_.empty(); count++) {
        append(ready_.front(), columns);
        ready_.pop_front();
      }
      while (count < max_rows && ready_.empty() && at_ < text_.size()) {
        std::optional<LiteralRow> row = read_literal_row(text_, at_, types_);
        if (!row) break;
        append(row->values, columns);
        count++;
        advance(row->end);
      }
    }
    session_.check_interrupted();
    return count > 0;
  }
  void rewind() override { at_ = pieces_[0]; }

 private:
  void append(const std::vector<Value>& row, std::vector<ColumnBuffer>& columns) {
    for (const auto& [column, expression] : defaults_) {
      const bool constant = expression->kind == Expression::Kind::kConstant;
      const Value value = constant ? expression->value : evaluate_constant(*expression);
      if (value.null) columns[column].append_null();
      else columns[column].append_value(value);
    }
    for (size_t i = 0; i < columns_.size(); i++) {
      if (row[i].null) columns[columns_[i]].append_null();
      else columns[columns_[i]].append_value(row[i]);
    }
  }

  /// Behind a row: past the comma, or at the end.
  void advance(size_t row_end) {
    at_ = text_.find_first_not_of(" \t\r\n\v\f", row_end);
    if (at_ == std::string_view::npos) at_ = text_.size();
    else if (text_[at_] == ',') at_++;
    // Anything else is the parser's to complain about.
    else at_ = row_end;
  }

  /// Makes sure that a row is ready or that a literal one stands at at_; false at the end.
  bool fill() {
    if (!ready_.empty()) return true;
    if (at_ >= text_.size()) return false;
    if (read_literal_row(text_, at_, types_)) return true;
    auto piece = std::ranges::upper_bound(pieces_, at_);
    size_t end = piece == pieces_.end() ? text_.size() : *piece - 1;
    bind_piece(end);
    at_ = piece == pieces_.end() ? text_.size() : *piece;
    return !ready_.empty();
  }

  void bind_piece(size_t end) {
    try {
      Statement piece;
      piece.text = header_ + " " + std::string(text_.substr(at_, end - at_));
      piece.tree = parse_statement(piece.text);
      piece.node = &piece.tree->statement();
      Binder binder(session_.bind_context(piece));
      for (auto& row : binder.bind_insert_rows(*piece.node->insert_stmt->select_stmt->select_stmt, table_, columns_)) {
        std::vector<Value> values;
        for (ExpressionPtr& value : row) values.push_back(evaluate_constant(*value));
        ready_.push_back(std::move(values));
      }
    } catch (Error& error) {
      if (error.position > static_cast<int>(header_.size()))
        error.position += static_cast<int>(at_) - static_cast<int>(header_.size()) - 1;
      throw;
    }
  }

  SessionState& session_;
  std::string_view text_;
  std::string header_;  ///< INSERT INTO t (…) VALUES
  const TableSchema& table_;
  std::vector<size_t> pieces_;
  size_t at_;
  std::vector<size_t> columns_;
  std::vector<Type> types_;                 ///< of columns_
  std::vector<std::pair<size_t, ExpressionPtr>> defaults_;  ///< table columns that no row gives
  std::deque<std::vector<Value>> ready_;    ///< bound rows
};

}  // namespace

ResultPtr run_large_insert(SessionState& session, std::string_view text, const StatementExtent& extent) {
  size_t invalid = find_invalid_utf8(text);
  Statement first;
  size_t first_end = find_row_end(text, extent.insert_pieces[0]);
  // The parser words the error of bytes that are not UTF-8.
  first.text = text.substr(0, invalid == std::string_view::npos ? first_end : text.size());
  first.tree = invalid == std::string_view::npos ? parse_statement(first.text) : parse_statement(first.text, extent);
  first.node = &first.tree->statement();
  const PgQuery__InsertStmt& insert = *first.node->insert_stmt;
  int64_t count = 0;
  const std::string key = find_relation(*session.snapshot(), session.search_path(), *insert.relation);
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    // Binds the first row, so that whatever is wrong with the statement as a whole is found here.
    Binder binder(session.bind_context(first));
    bind_insert(session, insert, binder);
    std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    const TableSchema& table = snapshot->tables.find(key)->second->schema;
    auto rows = std::make_shared<PlanNode>();
    rows->kind = PlanNode::Kind::kTableFunction;
    for (const ColumnSchema& column : table.columns) {
      rows->types.push_back(column.type);
      rows->names.push_back(column.name);
    }
    rows->function_source = std::make_shared<ValuesRows>(session, text, extent, table, insert, first);
    count = insert_rows(session, std::move(rows), key, transaction);
  }, key);
  return make_done("INSERT 0 " + std::to_string(count), count);
}

}  // namespace cairn
