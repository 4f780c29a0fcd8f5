#pragma once

// The generic executor: makes of a functor on plain values the evaluate function of a table's row. It decodes encoded
// arguments, spreads constants, combines NULLs, and leaves rows with a NULL out where the function may raise.

#include <array>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "exec/functions/evaluation_context.h"
#include "exec/functions/function.h"
#include "vector/column_buffer.h"
#include "vector/error.h"
#include "vector/string_ref.h"

namespace cairn::functions {

/// What a functor may ask besides its values.
struct Call {
  std::span<const Vector> arguments;
  Type result_type;
  EvaluationContext& context;
  StringHeap& strings;  ///< for results longer than a StringRef holds; lives as long as the batch's results
};

/// The argument's values as plain T, one per row, or a single one for all rows (stride 0). int128_t reads any integral
/// type; every other T is the physical type itself.
template <typename T>
struct PlainArgument {
  const T* values;
  size_t stride;
};

/// Flat values of the physical type, in `context` where they had to be decoded.
const void* decode_argument(const Vector& argument, EvaluationContext& context);
/// Flat values of an integral type as 128-bit integers.
const int128_t* widen_argument(const Vector& argument, EvaluationContext& context);
/// Validity of a strict function's result: the AND of the arguments'; nullptr where nothing is NULL.
const uint64_t* combine_validity(std::span<const Vector> arguments, size_t rows, EvaluationContext& context);
/// Makes `result` a flat vector of `rows` uninitialized values.
void* start_flat(Type type, size_t rows, EvaluationContext& context, Vector& result);
/// Checks that 128-bit results fit the declared type and stores them as its physical type.
void store_wide(const int128_t* wide, size_t rows, const uint64_t* validity, Type type, void* out);

template <typename T>
PlainArgument<T> plain_argument(const Vector& argument, EvaluationContext& context) {
  const size_t stride = argument.is_constant() ? 0 : 1;
  if constexpr (std::is_same_v<T, int128_t>) {
    return {widen_argument(argument, context), stride};
  } else {
    return {static_cast<const T*>(decode_argument(argument, context)), stride};
  }
}

/// Throws kProgramLimit where a text has so many bytes that no function may make it.
void check_text_bytes(uint64_t bytes, const EvaluationContext& context);

template <typename Functor>
struct Signature;
template <typename R, typename... A>
struct Signature<R (*)(A...)> {
  using Result = R;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool kTakesCall = false;
};
template <typename R, typename... A>
struct Signature<R (*)(const Call&, A...)> {
  using Result = R;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool kTakesCall = true;
};

/// What a functor returns: a value, or an optional one, empty for NULL.
template <typename R>
struct Returned {
  using Value = R;
  static constexpr bool kMayBeNull = false;
};
template <typename R>
struct Returned<std::optional<R>> {
  using Value = R;
  static constexpr bool kMayBeNull = true;
};

/// BOOLEAN is one byte in a vector and bool in a functor.
template <typename T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

/// A copy of `validity` (nullptr: nothing is NULL) that may be written to.
uint64_t* copy_validity(const uint64_t* validity, size_t rows, EvaluationContext& context);

template <auto F, size_t... I>
void evaluate_rows(const Function& self, std::span<const Vector> arguments, size_t rows, Type type,
                   EvaluationContext& context, Vector& result, std::index_sequence<I...>) {
  using S = Signature<decltype(F)>;
  using Return = Returned<typename S::Result>;
  using Result = Stored<typename Return::Value>;
  const Call call{arguments, type, context, context.strings()};
  const auto plain =
      std::make_tuple(plain_argument<Stored<std::tuple_element_t<I, typename S::Arguments>>>(arguments[I], context)...);
  const uint64_t* validity = combine_validity(arguments, rows, context);
  [[maybe_unused]] uint64_t* results_validity = nullptr;
  if constexpr (Return::kMayBeNull) validity = results_validity = copy_validity(validity, rows, context);
  const auto call_row = [&]([[maybe_unused]] size_t row) {
    if constexpr (S::kTakesCall) {
      return F(call, std::get<I>(plain).values[row * std::get<I>(plain).stride]...);
    } else {
      return F(std::get<I>(plain).values[row * std::get<I>(plain).stride]...);
    }
  };
  const auto compute = [&](size_t row) -> Result {
    if constexpr (Return::kMayBeNull) {
      const auto value = call_row(row);
      if (value) return static_cast<Result>(*value);
      results_validity[row / 64] &= ~(uint64_t{1} << (row % 64));
      return Result{};
    } else {
      return static_cast<Result>(call_row(row));
    }
  };
  void* out = start_flat(type, rows, context, result);
  Result* to = static_cast<Result*>(out);
  const bool narrow = std::is_same_v<Result, int128_t> && type.physical() != Physical::kInt128;
  if (narrow) to = static_cast<Result*>(context.allocate(rows * sizeof(Result)));
  // Under a NULL there may be rubbish: a function that can raise, or that follows a string's pointer, must not see it.
  constexpr bool kFollowsPointers = (std::is_same_v<std::tuple_element_t<I, typename S::Arguments>, StringRef> || ...);
  if (validity != nullptr && (self.can_raise || kFollowsPointers)) {
    for (size_t row = 0; row < rows; ++row) {
      to[row] = (validity[row / 64] >> (row % 64)) & 1 ? compute(row) : Result{};
    }
  } else {
    for (size_t row = 0; row < rows; ++row) to[row] = compute(row);
  }
  if constexpr (std::is_same_v<Result, int128_t>) {
    if (narrow) store_wide(to, rows, validity, type, out);
  }
  result.validity = validity;
}

/// The evaluate function of functor F: R(A...) or R(const Call&, A...), R a value or an optional one.
template <auto F>
void evaluate_each(const Function& self, std::span<const Vector> arguments, size_t rows, Type type,
                   EvaluationContext& context, Vector& result) {
  using Arguments = typename Signature<decltype(F)>::Arguments;
  evaluate_rows<F>(self, arguments, rows, type, context, result, std::make_index_sequence<std::tuple_size_v<Arguments>>());
}

/// A result_type that is always T.
template <Type (*Make)()>
Type always(std::span<const Type>) { return Make(); }
inline Type varchar_type() { return Type::varchar(); }
inline Type first_type(std::span<const Type> arguments) { return arguments[0]; }

/// A table's row.
template <auto F>
Function row(std::string_view name, std::vector<TypeId> arguments, Type (*result_type)(std::span<const Type>),
             bool can_raise) {
  Function function;
  function.name = name;
  function.arguments = std::move(arguments);
  function.result_type = result_type;
  function.can_raise = can_raise;
  function.evaluate = evaluate_each<F>;
  return function;
}
inline constexpr bool kRaises = true;
inline constexpr bool kNeverRaises = false;

// The tables, one per topic.
const std::vector<Function>& arithmetic_functions();
const std::vector<Function>& math_functions();
const std::vector<Function>& date_part_functions();
const std::vector<Function>& date_arithmetic_functions();
const std::vector<Function>& date_making_functions();
const std::vector<Function>& string_functions();
const std::vector<Function>& string_making_functions();
const std::vector<Function>& regexp_functions();
const std::vector<Function>& volatile_functions();
const std::vector<Function>& trigonometric_functions();
const std::vector<Function>& number_theory_functions();
const std::vector<Function>& bit_functions();
const std::vector<Function>& digest_functions();
const std::vector<Function>& datetime_to_char_functions();
const std::vector<Function>& datetime_from_char_functions();
const std::vector<Function>& number_to_char_functions();
const std::vector<Function>& format_functions();
const std::vector<Function>& null_count_functions();
const std::vector<Function>& row_count_functions();

}  // namespace cairn::functions
