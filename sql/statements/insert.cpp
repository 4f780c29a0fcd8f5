#include <algorithm>
#include <deque>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/plan/table_function.h"
#include "sql/statements/constraint_check.h"
#include "sql/statements/literal_row.h"
#include "sql/statements/modify.h"
#include "sql/statements/statements.h"
#include "vector/error.h"
#include "vector/utf8.h"

namespace cairn {
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
        pieces_(extent.insert_pieces), at_(extent.insert_pieces[0]), columns_(InsertColumns::of(first, TargetNames::of(table))) {
    for (size_t column : columns_.positions) types_.push_back(table.columns[column].type);
    for (size_t i = 0; i < table.columns.size(); i++) {
      bool given = std::ranges::find(columns_.positions, i) != columns_.positions.end();
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
    for (size_t i = 0; i < columns_.positions.size(); i++) {
      ColumnBuffer& column = columns[columns_.positions[i]];
      if (row[i].null) column.append_null();
      else column.append_value(row[i]);
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
  InsertColumns columns_;
  std::vector<Type> types_;                 ///< of columns_
  std::vector<std::pair<size_t, ExpressionPtr>> defaults_;  ///< table columns that no row gives
  std::deque<std::vector<Value>> ready_;    ///< bound rows
};

/// Whether rows of plain literals may go straight into the target: it is a table, and no identity has a say.
bool takes_literals(SessionState& session, const PgQuery__InsertStmt& insert) {
  const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const std::string key = relation_key(*snapshot, session.search_path(), RelationName::of(*insert.relation));
  const auto table = snapshot->tables.find(key);
  if (table == snapshot->tables.end()) return !snapshot->views.contains(key);
  return std::ranges::all_of(table->second->schema.columns,
                             [](const ColumnSchema& column) { return column.identity == Identity::kNone; });
}

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
  if (!takes_literals(session, insert)) {
    Statement whole;
    whole.text = text;
    whole.tree = parse_statement(whole.text, extent);
    whole.node = &whole.tree->statement();
    return run_modification(session, whole);
  }
  int64_t count = 0;
  const std::string key = relation_key(*session.snapshot(), session.search_path(), RelationName::of(*insert.relation));
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    // Binds the first row, so that whatever is wrong with the statement as a whole is found here.
    Binder binder(session.bind_context(first));
    bind_modification(session, *first.node, binder);
    const ConstraintCheck check(session, *transaction, key);
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
    check.run();
  }, key);
  return make_done("INSERT 0 " + std::to_string(count), count);
}

}  // namespace cairn
