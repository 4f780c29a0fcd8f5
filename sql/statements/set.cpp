#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

std::string value_text(const pg::Node& node) {
  const pg::Node* value = &node;
  if (value->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) value = value->type_cast->arg;
  if (value->node_case != PG_QUERY__NODE__NODE_A_CONST)
    throw Error(sqlstate::kSyntaxError, "SET expects a constant").at(pg::location(&node));
  const PgQuery__AConst& constant = *value->a_const;
  switch (constant.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL: return std::to_string(constant.ival->ival);
    case PG_QUERY__A__CONST__VAL_FVAL: return constant.fval->fval;
    case PG_QUERY__A__CONST__VAL_BOOLVAL: return constant.boolval->boolval ? "on" : "off";
    case PG_QUERY__A__CONST__VAL_SVAL: return constant.sval->sval;
    default: return "0";
  }
}

/// SET TRANSACTION, and SET SESSION CHARACTERISTICS, which is about those to come.
void set_transaction(SessionState& session, const PgQuery__VariableSetStmt& statement) {
  const bool of_block = std::string_view(statement.name) == "TRANSACTION";
  std::optional<bool> read_only;
  check_transaction_options(pg::list(statement.args, statement.n_args), read_only);
  if (of_block && !session.in_block()) return session.notice("warning: SET TRANSACTION can only be used in transaction blocks");
  if (!read_only) return;
  if (of_block) session.set_block_read_only(*read_only);
  else if (*read_only) throw_unsupported("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", -1);
}

}  // namespace

ResultPtr run_set(SessionState& session, const PgQuery__VariableSetStmt& statement) {
  std::string_view name = statement.name;
  if (statement.is_local && statement.kind != PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI) throw_unsupported("SET LOCAL", -1);
  switch (statement.kind) {
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_VALUE: {
      std::string text;
      for (const pg::Node* argument : pg::list(statement.args, statement.n_args))
        text += (text.empty() ? "" : ", ") + value_text(*argument);
      session.settings().set(name, text);
      return make_done("SET");
    }
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT: session.settings().reset(name); return make_done("SET");
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET: session.settings().reset(name); return make_done("RESET");
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL: session.settings().reset_all(); return make_done("RESET");
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI:
      set_transaction(session, statement);
      return make_done("SET");
    default: throw_unsupported("this form of SET", -1);
  }
}

ResultPtr run_show(SessionState& session, const PgQuery__VariableShowStmt& statement) {
  std::string_view name = statement.name;
  if (name != "all") {
    std::string value = session.settings().get(name);
    RowBuilder rows({std::string(name)}, {Type::varchar()});
    rows.add({Value::of_string(std::move(value))});
    return rows.finish("SHOW");
  }
  RowBuilder rows({"name", "setting", "description"}, {Type::varchar(), Type::varchar(), Type::varchar()});
  for (const SettingDescription& setting : Settings::all())
    rows.add({Value::of_string(std::string(setting.name)), Value::of_string(session.settings().get(setting.name)),
              Value::of_string(std::string(setting.description))});
  return rows.finish("SHOW");
}

}  // namespace cairn
