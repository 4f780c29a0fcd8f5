#include "exec/evaluation/expression_evaluator.h"
#include "sql/binder/nearest_name.h"
#include "sql/binder/type_name.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {

ResultPtr run_prepare(SessionState& session, const Statement& statement) {
  const PgQuery__PrepareStmt& syntax = *statement.node->prepare_stmt;
  if (session.named_statements().contains(std::string_view(syntax.name)))
    throw Error("42P05", "prepared statement \"" + std::string(syntax.name) + "\" already exists");
  Statement prepared = statement;
  prepared.node = syntax.query;
  prepared.parameters = nullptr;
  prepared.parameter_types.clear();
  for (const pg::Node* type : pg::list(syntax.argtypes, syntax.n_argtypes))
    prepared.parameter_types.push_back(std::string_view(pg::last_name(type->type_name->names, type->type_name->n_names)) == "unknown"
                                           ? Type{}
                                           : parameter_type(resolve_type_name(*type->type_name).type));
  BindContext context = session.bind_context(prepared);
  context.parameter_values = nullptr;
  Binder binder(std::move(context));
  if (prepared.node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
    binder.bind_query(*prepared.node->select_stmt);
  } else if (is_modification(*prepared.node)) {
    bind_modification(session, *prepared.node, binder);
  } else {
    throw_unsupported("PREPARE of " + pg::describe(*prepared.node), -1);
  }
  prepared.parameter_types = binder.determined_parameter_types();
  session.named_statements().emplace(syntax.name, std::move(prepared));
  return make_done("PREPARE");
}

ResultPtr run_execute(SessionState& session, const Statement& statement) {
  const PgQuery__ExecuteStmt& syntax = *statement.node->execute_stmt;
  auto found = session.named_statements().find(std::string_view(syntax.name));
  if (found == session.named_statements().end())
    throw Error("26000", "prepared statement \"" + std::string(syntax.name) + "\" does not exist");
  Statement prepared = found->second;
  if (syntax.n_params != prepared.parameter_types.size())
    throw Error(sqlstate::kSyntaxError, "wrong number of parameters for prepared statement \"" + std::string(syntax.name) +
                                            "\": expected " + std::to_string(prepared.parameter_types.size()) +
                                            ", found " + std::to_string(syntax.n_params));
  std::vector<Value> values;
  for (size_t i = 0; i < syntax.n_params; i++) {
    Binder binder(session.bind_context(statement));
    ExpressionPtr value = binder.bind_argument(*syntax.params[i], prepared.parameter_types[i]);
    if (contains(*value, Expression::Kind::kParameter))
      throw_unsupported("a parameter that is not a constant", pg::location(syntax.params[i]));
    values.push_back(evaluate_constant(*value));
  }
  prepared.parameters = &values;
  prepared.of_execute = true;
  // The plan has the values as constants; nothing refers to `values` once it is made.
  try {
    return dispatch(session, prepared);
  } catch (Error& error) {
    error.position = -1;
    throw;
  }
}

ResultPtr run_deallocate(SessionState& session, const PgQuery__DeallocateStmt& statement) {
  if (statement.name[0] == '\0') {
    session.named_statements().clear();
    return make_done("DEALLOCATE ALL");
  }
  auto found = session.named_statements().find(std::string_view(statement.name));
  if (found == session.named_statements().end())
    throw Error("26000", "prepared statement \"" + std::string(statement.name) + "\" does not exist");
  session.named_statements().erase(found);
  return make_done("DEALLOCATE");
}

}  // namespace cairn
