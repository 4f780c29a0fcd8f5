// CREATE VIEW and CREATE OR REPLACE VIEW.

#include <algorithm>

#include "sql/create_text.h"
#include "sql/dependencies.h"
#include "sql/parser/source_text.h"
#include "sql/statements/statements.h"
#include "sql/statements/table_definition.h"
#include "sql/statements/view_options.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr std::string_view kInvalidDefinition = "42P16";

/// The view's text. Names that public does not have are written with their schemas, so that the text means the same
/// whatever the search path is.
std::string text_to_store(const Statement& statement, const NamesMet& names) {
  std::vector<std::string> schemas;
  std::vector<std::pair<size_t, std::string>> insertions;
  std::vector<PgQuery__RangeVar*> unqualified;
  for (const NamesMet::Relation& met : names.relations) schemas.push_back(RelationName::of_key(met.key).schema);
  for (size_t i = 0; i < schemas.size(); i++) {
    auto* range = const_cast<PgQuery__RangeVar*>(names.relations[i].range);
    if (range == nullptr || schemas[i] == kPublicSchema || *range->schemaname != '\0') continue;
    range->schemaname = schemas[i].data();
    unqualified.push_back(range);
    insertions.emplace_back(static_cast<size_t>(range->location), spelled_name(schemas[i]) + ".");
  }
  std::string text = view_query_text(statement.text, *statement.node->view_stmt, std::move(insertions));
  static char empty[] = "";
  for (PgQuery__RangeVar* range : unqualified) range->schemaname = empty;
  parse_statement(text);
  return text;
}

CheckOption check_option(const PgQuery__ViewStmt& syntax) {
  switch (syntax.with_check_option) {
    case PG_QUERY__VIEW_CHECK_OPTION__LOCAL_CHECK_OPTION: return CheckOption::kLocal;
    case PG_QUERY__VIEW_CHECK_OPTION__CASCADED_CHECK_OPTION: return CheckOption::kCascaded;
    default: return with_options(CheckOption::kNone, pg::list(syntax.options, syntax.n_options), false);
  }
}

/// A view keeps its columns, which others may need, when its query is replaced; it may get more.
void check_replacement(const std::vector<std::pair<std::string, Type>>& before, const std::vector<std::string>& names,
                       const std::vector<Type>& types, int position) {
  if (names.size() < before.size()) throw Error(kInvalidDefinition, "cannot drop columns from view").at(position);
  for (size_t i = 0; i < before.size(); i++) {
    const auto& [name, type] = before[i];
    if (name != names[i])
      throw Error(kInvalidDefinition, "cannot change name of view column \"" + name + "\" to \"" + names[i] + "\"",
                  "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.").at(position);
    if (type != types[i])
      throw Error(kInvalidDefinition, "cannot change data type of view column \"" + name + "\" from " + type_name(type) +
                                          " to " + type_name(types[i])).at(position);
  }
}

/// Whether there is a view to be replaced. Errors: kWrongObjectType, kDuplicateTable, and what may not be replaced.
bool replaces(SessionState& session, const PgQuery__ViewStmt& syntax, const std::shared_ptr<const Snapshot>& snapshot,
              const ViewSchema& view, const std::vector<Type>& types) {
  const int position = syntax.view->location;
  if (!syntax.replace || !snapshot->has_relation(view.name)) {
    check_free(*snapshot, view.name, position);
    return false;
  }
  const auto before = snapshot->views.find(view.name);
  if (before == snapshot->views.end())
    throw Error(sqlstate::kWrongObjectType, "\"" + view.name + "\" is not a view").at(position);
  if (const auto columns = columns_of_view(session, *before->second, snapshot))
    check_replacement(*columns, view.column_names, types, position);
  return true;
}

/// A view as its statement defines it, and the types of its columns.
struct Definition {
  ViewSchema view;
  std::vector<Type> types;
};

Definition define(SessionState& session, const Statement& statement) {
  const PgQuery__ViewStmt& syntax = *statement.node->view_stmt;
  const int position = syntax.view->location;
  NamesMet names;
  BindContext context = session.bind_context(statement);
  context.names = &names;
  Binder binder(std::move(context));
  const LogicalPlan plan = binder.bind_query(*syntax.query->select_stmt);
  Definition result;
  ViewSchema& view = result.view;
  view.name = new_relation(*session.snapshot(), session.search_path(), *syntax.view);
  view.column_names = plan.result_names;
  if (!binder.parameter_types().empty())
    throw Error("42P02", "there is no parameter $1", "A view cannot have parameters.").at(position);
  if (syntax.n_aliases > view.column_names.size())
    throw Error(sqlstate::kSyntaxError, "CREATE VIEW specifies more column names than columns").at(position);
  name_columns(view.column_names, syntax.aliases, syntax.n_aliases, position);
  view.relations = view_relations(names);
  view.check_option = check_option(syntax);
  const bool reads_temporary =
      std::ranges::any_of(view.relations, [](const ViewRelation& relation) { return is_temporary(relation.relation); });
  if (reads_temporary && !is_temporary(view.name)) {
    session.notice("notice: view \"" + view.name + "\" will be a temporary view");
    view.name = RelationName{std::string(kTemporarySchema), syntax.view->relname}.key();
  }
  view.sql = text_to_store(statement, names);
  check_updatable(session, view, position);
  for (const ColumnId column : plan.root->outputs) result.types.push_back(plan.columns[column].type);
  return result;
}

}  // namespace

ResultPtr run_create_view(SessionState& session, const Statement& statement) {
  const PgQuery__ViewStmt& syntax = *statement.node->view_stmt;
  const int position = syntax.view->location;
  if (syntax.query->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) throw_unsupported("a view over this statement", position);
  if (syntax.query->select_stmt->into_clause != nullptr)
    throw Error(sqlstate::kFeatureNotSupported, "views must not contain SELECT INTO").at(position);
  const uint64_t before = session.engine().database().snapshot()->number;
  Definition defined = define(session, statement);
  const std::string key = defined.view.name;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    // What it reads may have been dropped until now, or become another.
    if (session.engine().database().snapshot()->number != before) defined = define(session, statement);
    const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    if (replaces(session, syntax, snapshot, defined.view, defined.types)) {
      store_views(*transaction, unpinned_views(session, *snapshot, key), is_temporary(key));
      transaction->drop_view(key);
    }
    transaction->create_view(std::move(defined.view));
  }, key);
  return make_done("CREATE VIEW");
}

}  // namespace cairn
