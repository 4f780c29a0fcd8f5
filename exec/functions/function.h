#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "vector/type.h"
#include "vector/vector.h"

namespace cairn {

class EvaluationContext;  // exec/functions/evaluation_context.h

/// In a function's arguments: any type, taken as it is (an untyped literal as VARCHAR).
inline constexpr TypeId kAnyType = TypeId::kNull;

/// A scalar function overload as the binder sees it and the evaluator calls it. Adding one is a functor on plain
/// values and one row in its topic's table (exec/functions/<topic>.cpp); the generic executor supplies NULLs,
/// constants, encodings and selections. Shared tests walk every table.
struct Function {
  std::string_view name;        ///< lower case, as SQL calls it; operators by their symbol: "+", "||"
  std::vector<TypeId> arguments;
  bool variadic = false;        ///< the last argument type repeats
  bool strict = true;           ///< NULL in any argument gives NULL
  /// Another value on every call, or an effect: called once per row that counts, wherever it stands (is_volatile). Such
  /// functions say can_raise.
  bool is_volatile = false;
  bool can_raise = true;        ///< may throw on some values: never evaluated on rows that are not selected
  /// can_raise: whether it does not after all for integral arguments within these bounds; null: nothing is known.
  bool (*never_raises)(std::span<const ValueRange> arguments, std::span<const Type> types) = nullptr;
  /// Arithmetic on integral values that the evaluator computes itself, in the narrowest width that the operands' ranges
  /// allow; `evaluate` is null for these. Operands of unequal DECIMAL scales are brought to one by the evaluator.
  enum class Native : uint8_t { kNone, kAdd, kSubtract, kMultiply, kNegate };
  Native native = Native::kNone;
  /// The result's type for actual argument types (DECIMAL arithmetic needs precisions and scales).
  Type (*result_type)(std::span<const Type> arguments) = nullptr;
  /// Computes all rows of `arguments` (flat, constant or encoded, `rows` each) into `result`, validity included.
  void (*evaluate)(const Function& self, std::span<const Vector> arguments, size_t rows, Type result_type,
                   EvaluationContext& context, Vector& result) = nullptr;
  /// Bounds of an integral result, given those of integral arguments (others: unknown); null: the type's.
  ValueRange (*result_range)(std::span<const ValueRange> arguments, std::span<const Type> types) = nullptr;
};

/// Whether the call may throw, with integral arguments within these bounds (unknown for others).
bool may_raise(const Function& function, std::span<const ValueRange> arguments, std::span<const Type> types);

/// All overloads of `name`; empty where there is none.
std::vector<const Function*> find_functions(std::string_view name);
/// Every registered function's name, ascending: for completion, suggestions of the nearest name, and the shared tests.
std::vector<std::string_view> function_names();

class AggregateState;       // exec/aggregates/state.h
struct AggregateStateSpec;

/// Which of the results that its state can give a function gives. kOnly: there is one.
enum class AggregateKind : uint8_t {
  kOnly, kAverage,
  kVarianceSample, kVariancePopulation, kDeviationSample, kDeviationPopulation,
  kCovariancePopulation, kCovarianceSample, kCorrelation, kRegressionAverageX, kRegressionAverageY, kRegressionCount,
  kRegressionIntercept, kRegressionR2, kRegressionSlope, kRegressionSxx, kRegressionSxy, kRegressionSyy,
  kMode, kPercentileContinuous, kPercentileDiscrete,
};

/// An aggregate function: count, sum, avg, min, max, … Adding one is a row in exec/aggregates/table.cpp, and a state
/// where none of those that are there will do. Functions over one argument whose states are made alike share one.
struct AggregateFunction {
  /// kOrderedSet: what WITHIN GROUP (ORDER BY …) sorts is its first argument; direct arguments stand behind it.
  enum class Form : uint8_t { kPlain, kOrderedSet };
  /// What of a group's rows decides the result: whether values are there, or true, or what bits they have; what they add
  /// up to; one that is given out; all of them in their order; one of several that are equal, by chance.
  enum class Shows : uint8_t { kBits, kSum, kValue, kOrder, kChance };
  std::string_view name;
  Type (*result_type)(std::span<const Type> arguments) = nullptr;  ///< throws where the argument types do not fit
  /// nullptr: the number of values is all it needs.
  std::unique_ptr<AggregateState> (*make_state)(const AggregateStateSpec& spec) = nullptr;
  Shows shows = Shows::kChance;
  /// What an argument of a type is cast to; of an untyped literal's, kNull, kNull means that there are several choices.
  /// nullptr: literals are texts, and all others stay as they are.
  Type (*argument_type)(const Type& given) = nullptr;
  AggregateKind kind = AggregateKind::kOnly;
  Form form = Form::kPlain;
  bool counts = false;              ///< over no rows it is 0; never NULL
  bool needs_count = false;         ///< of values, exactly
  bool ignores_duplicates = false;  ///< DISTINCT is for nothing
  bool depends_on_order = false;    ///< of the input, where the call has none of its own
};
const AggregateFunction* find_aggregate(std::string_view name);
std::vector<std::string_view> aggregate_names();

}  // namespace cairn
