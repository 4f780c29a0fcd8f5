// What a view is defined with beside its query, and ALTER VIEW, which changes that.

#include "sql/statements/view_options.h"

#include <algorithm>

#include "sql/dependencies.h"
#include "sql/statements/modify.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {

CheckOption with_options(CheckOption option, std::span<pg::Node* const> options, bool reset) {
  for (const pg::Node* node : options) {
    const PgQuery__DefElem& element = *node->def_elem;
    const std::string_view name = element.defname;
    if (name == "security_barrier" || name == "security_invoker") continue;  // there are no roles to keep apart
    if (name != "check_option")
      throw Error(sqlstate::kInvalidParameterValue, "unrecognized parameter \"" + std::string(name) + "\"")
          .at(element.location);
    if (reset) {
      option = CheckOption::kNone;
      continue;
    }
    const bool is_word = element.arg != nullptr && element.arg->node_case == PG_QUERY__NODE__NODE_TYPE_NAME;
    const std::string_view value = is_word ? pg::last_name(element.arg->type_name->names, element.arg->type_name->n_names)
                                   : element.arg == nullptr ? std::string_view("true")
                                                            : pg::string_value(element.arg);
    if (value != "local" && value != "cascaded")
      throw Error(sqlstate::kInvalidParameterValue,
                  "invalid value for enum option \"check_option\": " + std::string(value),
                  "Valid values are \"local\" and \"cascaded\".").at(element.location);
    option = value == "local" ? CheckOption::kLocal : CheckOption::kCascaded;
  }
  return option;
}

void check_updatable(SessionState& session, const ViewSchema& view, int position) {
  if (view.check_option == CheckOption::kNone) return;
  Snapshot with_view = *session.snapshot();
  with_view.views.insert_or_assign(view.name, std::make_shared<const ViewSchema>(view));
  try {
    Binder(session.bind_context({})).target_names(modification_target(session, with_view, view.name, "update", -1));
  } catch (const Error& error) {
    throw Error(sqlstate::kFeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views",
                error.hint).at(position);
  }
}

namespace {

void apply(const PgQuery__AlterTableCmd& command, const std::string& key, ViewSchema& view) {
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions:
      view.check_option = with_options(view.check_option, pg::list(command.def->list->items, command.def->list->n_items),
                                       command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions);
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
      if (std::ranges::find(view.column_names, command.name) == view.column_names.end())
        throw Error(sqlstate::kUndefinedColumn,
                    "column \"" + std::string(command.name) + "\" of relation \"" + key + "\" does not exist");
      if (command.def == nullptr) return;  // it has none
      throw Error(sqlstate::kFeatureNotSupported, "a default of a view's column is not supported",
                  "Rows that are inserted through the view get the defaults of the table.");
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner: throw_unsupported("ALTER VIEW … OWNER", -1);
    default:
      throw Error(sqlstate::kWrongObjectType, "ALTER action " + pg::describe(pg_query__alter_table_type__descriptor, command.subtype) +
                                                  " cannot be performed on relation \"" + key + "\"",
                  "This operation is not supported for views.");
  }
}

}  // namespace

ResultPtr alter_view(SessionState& session, const PgQuery__AlterTableStmt& syntax, const std::string& key) {
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    const std::shared_ptr<const Snapshot> snapshot = session.snapshot();
    const auto found = snapshot->views.find(key);
    if (found == snapshot->views.end())
      throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist").at(syntax.relation->location);
    ViewSchema view = *found->second;
    for (const pg::Node* command : pg::list(syntax.cmds, syntax.n_cmds)) apply(*command->alter_table_cmd, key, view);
    check_updatable(session, view, syntax.relation->location);
    store_views(*transaction, {view}, is_temporary(key));
  }, key);
  return make_done("ALTER VIEW");
}

}  // namespace cairn
