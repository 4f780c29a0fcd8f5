#include "exec/evaluation/expression_evaluator.h"
#include "sql/binder/nearest_name.h"
#include "sql/statements/statements.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// One procedure that CALL runs. Adding one is one row.
struct Procedure {
  std::string_view name;
  std::string_view signature;
  std::vector<Type> parameters;
  ResultPtr (*run)(SessionState& session, const std::vector<Value>& arguments) = nullptr;
};

const std::vector<Procedure>& procedures() {
  static const std::vector<Procedure> table = {
      {"resume", "resume(id)", {Type::varchar()},
       [](SessionState& session, const std::vector<Value>& arguments) { return session.resume(arguments[0].string); }},
      {"discard", "discard(id)", {Type::varchar()},
       [](SessionState& session, const std::vector<Value>& arguments) {
         session.discard(arguments[0].string);
         return make_done("CALL");
       }},
      {"tpch_load", "tpch_load(scale_factor)", {Type::double_()},
       [](SessionState& session, const std::vector<Value>& arguments) {
         int64_t rows = load_tpch(session, arguments[0].floating);
         return make_done("CALL", rows);
       }},
  };
  return table;
}

}  // namespace

ResultPtr run_call(SessionState& session, const Statement& statement) {
  const PgQuery__FuncCall& call = *statement.node->call_stmt->funccall;
  std::string name(pg::last_name(call.funcname, call.n_funcname));
  if (call.n_funcname > 1)
    check_schema(*session.snapshot(), canonical_schema(pg::string_value(call.funcname[call.n_funcname - 2])), call.location);
  const Procedure* procedure = nullptr;
  std::vector<std::string> names;
  for (const Procedure& one : procedures()) {
    names.emplace_back(one.name);
    if (one.name == name) procedure = &one;
  }
  if (procedure == nullptr) {
    std::string nearest = nearest_name(name, names);
    throw Error(sqlstate::kUndefinedFunction, "procedure \"" + name + "\" does not exist",
                nearest.empty() ? "There are resume, discard and tpch_load." : "Perhaps you meant \"" + nearest + "\".")
        .at(call.location);
  }
  if (call.n_args != procedure->parameters.size())
    throw Error(sqlstate::kUndefinedFunction, "expected " + std::string(procedure->signature) + ", found " +
                                                  std::to_string(call.n_args) + " arguments").at(call.location);
  std::vector<Value> arguments;
  for (size_t i = 0; i < call.n_args; i++) {
    Binder binder(session.bind_context(statement));
    ExpressionPtr value = binder.bind_standalone(*call.args[i], &procedure->parameters[i], CastContext::kImplicit);
    const bool is_constant = is_constant_tree(*value);
    arguments.push_back(is_constant ? evaluate_constant(*value) : Value());
    if (!is_constant || arguments.back().null)
      throw Error(sqlstate::kInvalidParameterValue, "arguments of " + name + " are constants, not NULL")
          .at(pg::location(call.args[i]));
  }
  session.check_interrupted();
  return procedure->run(session, arguments);
}

}  // namespace cairn
