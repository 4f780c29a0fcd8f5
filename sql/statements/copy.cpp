#include "sql/statements/copy.h"

#include <algorithm>

#include "sql/statements/constraint_check.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

bool option_switch(const PgQuery__DefElem& option) {
  if (option.arg == nullptr) return true;
  if (option.arg->node_case == PG_QUERY__NODE__NODE_INTEGER) return option.arg->integer->ival != 0;
  if (option.arg->node_case == PG_QUERY__NODE__NODE_BOOLEAN) return option.arg->boolean->boolval;
  std::string_view word = pg::string_value(option.arg);
  if (word == "true" || word == "on" || word == "1") return true;
  if (word == "false" || word == "off" || word == "0") return false;
  throw Error(sqlstate::kInvalidParameterValue, std::string(option.defname) + " requires a Boolean value, not \"" +
                                                    std::string(word) + "\"").at(option.location);
}

char option_character(const PgQuery__DefElem& option) {
  std::string_view text = pg::string_value(option.arg);
  if (text == "\\t") return '\t';
  if (text.size() != 1)
    throw Error(sqlstate::kFeatureNotSupported, "COPY " + std::string(option.defname) + " must be a single one-byte character")
        .at(option.location);
  return text[0];
}

std::vector<std::string> option_columns(const PgQuery__DefElem& option) {
  if (option.arg != nullptr && option.arg->node_case == PG_QUERY__NODE__NODE_A_STAR) return {"*"};
  if (option.arg == nullptr || option.arg->node_case != PG_QUERY__NODE__NODE_LIST)
    throw Error(sqlstate::kSyntaxError, "argument to option \"" + std::string(option.defname) +
                                            "\" must be a list of column names").at(option.location);
  std::vector<std::string> names;
  for (const pg::Node* name : pg::list(option.arg->list->items, option.arg->list->n_items))
    names.emplace_back(pg::string_value(name));
  return names;
}

std::vector<size_t> table_columns(const PgQuery__CopyStmt& syntax, const TableSchema& table) {
  std::vector<size_t> columns;
  for (const pg::Node* node : pg::list(syntax.attlist, syntax.n_attlist)) {
    std::optional<size_t> column = table.find(pg::string_value(node));
    if (!column)
      throw Error(sqlstate::kUndefinedColumn, "column \"" + std::string(pg::string_value(node)) + "\" of table \"" +
                                                  table.name + "\" does not exist").at(syntax.relation->location);
    if (std::ranges::find(columns, *column) != columns.end())
      throw Error(sqlstate::kDuplicateColumn, "column \"" + std::string(pg::string_value(node)) +
                                                  "\" specified more than once").at(syntax.relation->location);
    columns.push_back(*column);
  }
  if (columns.empty())
    for (size_t i = 0; i < table.columns.size(); i++) columns.push_back(i);
  return columns;
}

const TableVersion& find_table(SessionState& session, const Snapshot& snapshot, const PgQuery__RangeVar& name) {
  const std::string key = find_relation(snapshot, session.search_path(), name);
  auto found = snapshot.tables.find(key);
  if (found != snapshot.tables.end()) return *found->second;
  if (snapshot.views.contains(key))
    throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is a view, not a table",
                "Use COPY (SELECT ...) TO.").at(name.location);
  throw Error(sqlstate::kUndefinedTable, "table \"" + key + "\" does not exist").at(name.location);
}

ResultPtr run_copy_from(SessionState& session, const Statement& statement, const PgQuery__CopyStmt& syntax) {
  if (syntax.where_clause != nullptr) throw_unsupported("WHERE in COPY FROM", pg::location(syntax.where_clause));
  CopyFrom copy;
  copy.path = syntax.filename;
  copy.options = parse_copy_options(syntax);
  copy.threads = session.settings().execution().threads;
  copy.interrupted = &session.interrupted();
  copy.bytes_done = &session.work().done;
  copy.bytes_total = &session.work().total;
  uint64_t count = 0;
  std::shared_ptr<const Snapshot> snapshot = session.snapshot();
  const TableSchema& table = find_table(session, *snapshot, *syntax.relation).schema;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    copy.table = &table;
    copy.columns = table_columns(syntax, table);
    for (size_t i = 0; i < table.columns.size(); i++) {
      const bool given = std::ranges::find(copy.columns, i) != copy.columns.end();
      Binder binder(session.bind_context(statement));
      copy.defaults.push_back(given ? Value() : binder.default_of(table.columns[i]));
    }
    copy.transaction = transaction.get();
    copy.storage = &session.engine().database().storage();
    const ConstraintCheck check(session, *transaction, table.name);
    count = copy_from_file(copy);
    check.run();
  }, table.name);
  return make_done("COPY " + std::to_string(count), static_cast<int64_t>(count));
}

}  // namespace

CopyOptions parse_copy_options(const PgQuery__CopyStmt& syntax) {
  CopyOptions options;
  for (const pg::Node* node : pg::list(syntax.options, syntax.n_options)) {
    const PgQuery__DefElem& option = *node->def_elem;
    if (std::string_view(option.defname) != "format") continue;
    std::string_view format = pg::string_value(option.arg);
    if (format == "csv") {
      options.csv = true;
      options.delimiter = ',';
      options.null = "";
    } else if (format == "binary") {
      throw_unsupported("COPY in binary format", option.location);
    } else if (format != "text") {
      throw Error(sqlstate::kInvalidParameterValue, "COPY format \"" + std::string(format) + "\" not recognized")
          .at(option.location);
    }
  }
  for (const pg::Node* node : pg::list(syntax.options, syntax.n_options)) {
    const PgQuery__DefElem& option = *node->def_elem;
    std::string_view name = option.defname;
    if (name == "format") continue;
    if (name == "delimiter") {
      options.delimiter = option_character(option);
    } else if (name == "null") {
      options.null = pg::string_value(option.arg);
    } else if (name == "header") {
      options.header_match = option.arg != nullptr && pg::string_value(option.arg) == "match";
      options.header = options.header_match || option_switch(option);
    } else if (name == "quote") {
      options.quote = option_character(option);
      if (!options.escape_given) options.escape = options.quote;
    } else if (name == "escape") {
      options.escape = option_character(option);
      options.escape_given = true;
    } else if (name == "force_quote") {
      options.force_quote = option_columns(option);
    } else if (name == "encoding") {
      std::string_view encoding = pg::string_value(option.arg);
      if (encoding != "utf8" && encoding != "UTF8" && encoding != "utf-8" && encoding != "UTF-8")
        throw_unsupported("COPY in encoding \"" + std::string(encoding) + "\"", option.location);
    } else if (name == "freeze") {
      option_switch(option);
    } else if (name == "force_not_null" || name == "force_null") {
      throw_unsupported("COPY option " + std::string(name), option.location);
    } else {
      throw Error(sqlstate::kSyntaxError, "option \"" + std::string(name) + "\" not recognized",
                  "COPY takes FORMAT, DELIMITER, NULL, HEADER, QUOTE, ESCAPE, FORCE_QUOTE, ENCODING.").at(option.location);
    }
  }
  if (options.delimiter == '\n' || options.delimiter == '\r' || (options.csv && options.delimiter == options.quote))
    throw Error(sqlstate::kInvalidParameterValue, "COPY delimiter must differ from line ends and from the quote");
  return options;
}

ResultPtr run_copy(SessionState& session, const Statement& statement) {
  const PgQuery__CopyStmt& syntax = *statement.node->copy_stmt;
  int position = syntax.relation != nullptr ? syntax.relation->location : -1;
  if (syntax.is_program) throw_unsupported("COPY with PROGRAM", position);
  if (syntax.filename[0] == '\0') throw_unsupported("COPY with STDIN or STDOUT", position);
  if (syntax.is_from) return run_copy_from(session, statement, syntax);

  CopyTo copy;
  copy.path = syntax.filename;
  copy.options = parse_copy_options(syntax);
  copy.storage = &session.engine().database().storage();
  Statement query = statement;
  std::shared_ptr<const SyntaxTree> made;
  if (syntax.query != nullptr) {
    if (syntax.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw_unsupported("COPY of this statement", position);
    query.node = syntax.query;
  } else {
    std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    const TableSchema& table = find_table(session, *snapshot, *syntax.relation).schema;
    auto quoted = [](std::string_view name) {
      std::string text = "\"";
      for (char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      return text + "\"";
    };
    std::string text = "SELECT ";
    for (size_t column : table_columns(syntax, table))
      text += (text.size() > 7 ? ", " : "") + quoted(table.columns[column].name);
    made = parse_statement(text + " FROM " + RelationName::of_key(table.name).to_sql());
    query.tree = made;
    query.node = &made->statement();
  }
  ResultPtr rows = run_select(session, query);
  copy.names = rows->names();
  copy.types = rows->types();
  copy.next = [&] { return rows->next(); };
  uint64_t count = copy_to_file(copy);
  return make_done("COPY " + std::to_string(count), static_cast<int64_t>(count));
}

}  // namespace cairn
