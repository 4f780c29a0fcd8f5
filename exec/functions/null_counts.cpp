// num_nulls and num_nonnulls: how many of the arguments are NULL, or are not.

#include "exec/functions/executor.h"

namespace cairn::functions {

namespace {

template <bool CountNulls>
void evaluate_count(const Function&, std::span<const Vector> arguments, size_t rows, Type type,
                    EvaluationContext& context, Vector& result) {
  int32_t* out = static_cast<int32_t*>(start_flat(type, rows, context, result));
  for (size_t i = 0; i < rows; ++i) {
    out[i] = 0;
    for (const Vector& argument : arguments) out[i] += (argument.type.id != TypeId::kNull && argument.valid(i)) != CountNulls;
  }
}

Function count_row(std::string_view name, decltype(Function::evaluate) evaluate) {
  Function function;
  function.name = name;
  function.arguments = {kAnyType};
  function.variadic = true;
  function.strict = false;
  function.can_raise = false;
  function.result_type = always<Type::integer>;
  function.evaluate = evaluate;
  return function;
}

}  // namespace

const std::vector<Function>& null_count_functions() {
  static const std::vector<Function> table = {count_row("num_nulls", evaluate_count<true>),
                                              count_row("num_nonnulls", evaluate_count<false>)};
  return table;
}

}  // namespace cairn::functions
