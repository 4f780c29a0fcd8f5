#include "exec/evaluation/integral.h"

#include <algorithm>
#include <cassert>

#include "exec/evaluation/node.h"
#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"
#include "vector/kernels/aggregate.h"
#include "vector/kernels/arithmetic.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/kernels.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

using Operation = Function::Native;

bool propagate_range(Operation operation, const ValueRange& a, const ValueRange& b, ValueRange& result) {
  switch (operation) {
    case Operation::kAdd:
      return !__builtin_add_overflow(a.min, b.min, &result.min) && !__builtin_add_overflow(a.max, b.max, &result.max);
    case Operation::kSubtract:
      return !__builtin_sub_overflow(a.min, b.max, &result.min) && !__builtin_sub_overflow(a.max, b.min, &result.max);
    case Operation::kNegate:
      return !__builtin_sub_overflow(int128_t{0}, a.max, &result.min) &&
             !__builtin_sub_overflow(int128_t{0}, a.min, &result.max);
    default: break;
  }
  int128_t corners[4];
  if (__builtin_mul_overflow(a.min, b.min, &corners[0]) || __builtin_mul_overflow(a.min, b.max, &corners[1]) ||
      __builtin_mul_overflow(a.max, b.min, &corners[2]) || __builtin_mul_overflow(a.max, b.max, &corners[3])) {
    return false;
  }
  result = {*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4)};
  return true;
}

size_t offset_bytes(const ValueRange& range) {
  const uint128_t span = static_cast<uint128_t>(range.max) - static_cast<uint128_t>(range.min);
  return span <= UINT8_MAX ? 1 : span <= UINT16_MAX ? 2 : span <= UINT32_MAX ? 4 : span <= UINT64_MAX ? 8 : 16;
}

ValueRange certain_range(const Vector& vector) {
  const ValueRange proven = proven_range(vector);
  const ValueRange possible = type_range(vector.type);
  const ValueRange both{std::max(proven.min, possible.min), std::min(proven.max, possible.max)};
  return both.min <= both.max ? both : proven;
}

Vector without_dictionary(const Vector& vector, EvaluationContext& context) {
  if (vector.encoding != Encoding::kDictionary) return vector;
  Vector flat = vector;
  flat.encoding = Encoding::kFlat;
  flat.data = functions::decode_argument(vector, context);
  flat.dictionary = nullptr;
  return flat;
}

const uint64_t* both_valid(const Vector& a, const Vector& b, size_t rows, EvaluationContext& context) {
  const Vector both[] = {a, b};
  return functions::combine_validity(both, rows, context);
}

const void* offsets_from(const Vector& vector, int128_t base, size_t bytes, EvaluationContext& context) {
  const IntegerView view = view_integers(vector);
  const uint64_t add = static_cast<uint64_t>(view.base - base);
  if (view.bytes == bytes && add == 0) return view.data;
  void* offsets = context.allocate(vector.size * bytes);
  convert_integers(view, vector.size, bytes, add, offsets);
  return offsets;
}

namespace {

bool lies_within(const ValueRange& range, const ValueRange& bounds) {
  return range.min >= bounds.min && range.max <= bounds.max;
}

Vector frame_of_reference(Type type, size_t rows, const void* offsets, size_t bytes, int128_t base,
                          const ValueRange& range, const uint64_t* validity) {
  Vector vector;
  vector.type = type;
  vector.encoding = Encoding::kFrameOfReference;
  vector.code_bytes = static_cast<uint8_t>(bytes);
  vector.size = rows;
  vector.data = offsets;
  vector.base = base;
  vector.range = range;
  vector.validity = validity;
  return vector;
}

/// The raw data in `bytes` bytes, its base left aside.
const void* data_in(const IntegerView& view, size_t rows, size_t bytes, EvaluationContext& context) {
  if (view.bytes == bytes) return view.data;
  void* out = context.allocate(rows * bytes);
  convert_integers(view, rows, bytes, 0, out);
  return out;
}

/// factor * vector + addend (modulo 2^128), whose range (at most 8 bytes wide) is known.
Vector scale(const Vector& vector, int128_t factor, int128_t addend, Type type, const ValueRange& range,
             EvaluationContext& context) {
  const IntegerView view = view_integers(vector);
  // Moving a frame of reference moves its base, and nothing else. (The base may lie below all values, and leave the type.)
  int128_t moved;
  if (factor == 1 && view.bytes <= 8 && (!view.is_signed || proven_range(vector).min >= 0) &&
      !__builtin_add_overflow(view.base, addend, &moved)) {
    return frame_of_reference(type, vector.size, vector.data, view.bytes, moved, range, vector.validity);
  }
  const size_t bytes = offset_bytes(range);
  const void* data = data_in(view, vector.size, bytes, context);
  void* out = context.allocate(vector.size * bytes);
  const uint64_t k = static_cast<uint64_t>(factor) * static_cast<uint64_t>(view.base) + static_cast<uint64_t>(addend) -
                     static_cast<uint64_t>(range.min);
  scale_integers(bytes, data, static_cast<uint64_t>(factor), k, vector.size, out);
  return frame_of_reference(type, vector.size, out, bytes, range.min, range, vector.validity);
}

/// Both operands vary, and the result's range is at most 8 bytes wide.
Vector combine(Operation operation, const Vector& a, const Vector& b, Type type, const ValueRange& range,
               const uint64_t* validity, EvaluationContext& context) {
  const size_t bytes = offset_bytes(range);
  const size_t rows = a.size;
  const IntegerView x = view_integers(a);
  const IntegerView y = view_integers(b);
  const uint64_t x_base = static_cast<uint64_t>(x.base);
  const uint64_t y_base = static_cast<uint64_t>(y.base);
  const uint64_t less = static_cast<uint64_t>(range.min);
  void* out = context.allocate(rows * bytes);
  if (operation == Operation::kMultiply && bytes == 8) {
    // Two factors of 32 bits: one multiplication instead of the three that 64 bits take on many processors.
    const ValueRange small{0, UINT32_MAX};
    if (lies_within(certain_range(a), small) && lies_within(certain_range(b), small)) {
      multiply_widening(static_cast<const uint32_t*>(data_in(x, rows, 4, context)), static_cast<uint32_t>(x_base),
                        static_cast<const uint32_t*>(data_in(y, rows, 4, context)), static_cast<uint32_t>(y_base),
                        uint64_t{0} - less, rows, static_cast<uint64_t*>(out));
      return frame_of_reference(type, rows, out, bytes, range.min, range, validity);
    }
  }
  const void* x_data = data_in(x, rows, bytes, context);
  const void* y_data = data_in(y, rows, bytes, context);
  switch (operation) {
    case Operation::kAdd: add_integers(bytes, x_data, y_data, x_base + y_base - less, rows, out); break;
    case Operation::kSubtract: subtract_integers(bytes, x_data, y_data, x_base - y_base - less, rows, out); break;
    default: multiply_integers(bytes, x_data, x_base, y_data, y_base, uint64_t{0} - less, rows, out);
  }
  return frame_of_reference(type, rows, out, bytes, range.min, range, validity);
}

/// One row in 128 bits; true: it overflows.
bool operate(Operation operation, int128_t a, int128_t b, int128_t& result) {
  switch (operation) {
    case Operation::kAdd: return __builtin_add_overflow(a, b, &result);
    case Operation::kSubtract: return __builtin_sub_overflow(a, b, &result);
    case Operation::kNegate: return __builtin_sub_overflow(int128_t{0}, a, &result);
    default: return __builtin_mul_overflow(a, b, &result);
  }
}

bool is_valid(const uint64_t* validity, size_t row) {
  return validity == nullptr || ((validity[row / 64] >> (row % 64)) & 1);
}

/// Row by row in 128 bits, each checked.
bool compute_wide(Operation operation, const Vector& a, const Vector& b, Type type, const uint64_t* validity,
                  bool may_raise, EvaluationContext& context, Vector& out) {
  const ValueRange bounds = type_range(type);
  const size_t rows = a.size;
  const int128_t* x = functions::widen_argument(a, context);
  const int128_t* y = functions::widen_argument(b, context);
  const size_t x_step = a.is_constant() ? 0 : 1;
  const size_t y_step = b.is_constant() ? 0 : 1;
  int128_t* results = static_cast<int128_t*>(context.allocate(rows * sizeof(int128_t)));
  for (size_t row = 0; row < rows; ++row) {
    const bool overflow = operate(operation, x[row * x_step], y[row * y_step], results[row]);
    if (overflow || results[row] < bounds.min || results[row] > bounds.max) {
      if (is_valid(validity, row)) {
        if (!may_raise) return false;
        throw out_of_range(type);
      }
      results[row] = 0;
    }
  }
  void* values = functions::start_flat(type, rows, context, out);
  functions::store_wide(results, rows, nullptr, type, values);
  out.validity = validity;
  return true;
}

/// The vector as 64-bit integers.
const int64_t* as_int64(const Vector& vector, EvaluationContext& context) {
  if (!vector.is_constant()) return static_cast<const int64_t*>(offsets_from(vector, 0, 8, context));
  int64_t* values = static_cast<int64_t*>(context.allocate(vector.size * sizeof(int64_t)));
  const int64_t value = static_cast<int64_t>(read_integral(vector, 0));
  fill_values(8, &value, vector.size, values);
  return values;
}

/// Operands and result fit 64 bits, but the result may leave the type's range.
bool compute_narrow_checked(Operation operation, const Vector& a, const Vector& b, Type type, const uint64_t* validity,
                            bool may_raise, EvaluationContext& context, Vector& out) {
  const ValueRange bounds = type_range(type);
  const int64_t* x = as_int64(operation == Operation::kNegate ? integral_constant(a.type, 0, a.size, context) : a, context);
  const int64_t* y = as_int64(operation == Operation::kNegate ? a : b, context);
  int64_t* results = static_cast<int64_t*>(context.allocate(a.size * sizeof(int64_t)));
  const CheckedOperation checked = operation == Operation::kAdd        ? CheckedOperation::kAdd
                                   : operation == Operation::kMultiply ? CheckedOperation::kMultiply
                                                                       : CheckedOperation::kSubtract;
  if (compute_checked(checked, x, y, static_cast<int64_t>(bounds.min), static_cast<int64_t>(bounds.max), a.size, results)) {
    return compute_wide(operation, a, b, type, validity, may_raise, context, out);  // which finds out about NULL rows
  }
  const size_t bytes = physical_bytes(type.physical());
  const IntegerView view{results, 8, true, 0};
  out = Vector();
  out.type = type;
  out.size = a.size;
  out.data = data_in(view, a.size, bytes, context);
  out.validity = validity;
  return true;
}

/// Looks at the values where the range is only what type and encoding promise. NULL rows are looked at only if need be.
void tighten(Vector& vector, bool exactly) {
  if (vector.is_constant() || vector.size == 0) return;
  Vector looked_at = vector;
  if (!exactly) looked_at.validity = nullptr;
  const ValueRange range = compute_range(looked_at);
  if (range.known()) {
    vector.range = range;
  } else if (exactly && count_valid(vector) == 0) {
    vector.range = {0, 0};  // all are NULL: any range holds
  }
}

}  // namespace

Vector retype(const Vector& vector, Type type, EvaluationContext& context) {
  Vector result = vector;
  if (vector.is_constant()) {
    result = vector.valid(0) ? integral_constant(type, read_integral(vector, 0), vector.size, context)
                             : null_vector(type, vector.size, context);
    return result;
  }
  result.range = certain_range(vector);
  if (vector.encoding == Encoding::kFrameOfReference || vector.type.physical() == type.physical()) {
    result.type = type;
    return result;
  }
  result = without_dictionary(vector, context);
  result.range = certain_range(vector);
  if (result.range.known() && offset_bytes(result.range) <= 8) {
    result = scale(result, 1, 0, type, result.range, context);
    result.type = type;
    return result;
  }
  void* values = context.allocate(vector.size * physical_bytes(type.physical()));
  functions::store_wide(functions::widen_argument(result, context), vector.size, vector.validity, type, values);
  result.type = type;
  result.data = values;
  return result;
}

bool compute_integral(Operation operation, const Vector& left, const Vector& right, Type type, bool may_raise,
                      EvaluationContext& context, Vector& out) {
  const bool unary = operation == Operation::kNegate;
  const size_t rows = left.size;
  if (left.constant_null() || (!unary && right.constant_null()) || rows == 0) {
    out = null_vector(type, rows, context);
    return true;
  }
  Vector a = without_dictionary(left, context);
  Vector b = unary ? integral_constant(type, 0, rows, context) : without_dictionary(right, context);
  const uint64_t* validity = both_valid(a, b, rows, context);
  const ValueRange bounds = type_range(type);
  ValueRange range;
  const auto prove = [&] {
    return propagate_range(operation, certain_range(a), certain_range(b), range) && lies_within(range, bounds);
  };
  bool proven = prove();
  if (!proven || offset_bytes(range) > 8) {
    // What zone maps don't say, the values do, at a fraction of what checked or 128-bit arithmetic costs.
    tighten(a, false);
    tighten(b, false);
    proven = prove();
    if (!proven && validity != nullptr) {
      tighten(a, true);
      tighten(b, true);
      proven = prove();
    }
  }
  if (a.is_constant() && b.is_constant()) {
    int128_t result;
    if (operate(operation, read_integral(a, 0), read_integral(b, 0), result) || result < bounds.min || result > bounds.max) {
      if (!may_raise) return false;
      throw out_of_range(type);
    }
    out = integral_constant(type, result, rows, context);
    return true;
  }
  if (!proven || offset_bytes(range) > 8) {
    const ValueRange words{INT64_MIN, INT64_MAX};
    const bool narrow = lies_within(certain_range(a), words) && lies_within(certain_range(b), words) &&
                        type.physical() != Physical::kInt128;
    return narrow ? compute_narrow_checked(operation, a, b, type, validity, may_raise, context, out)
                  : compute_wide(operation, a, b, type, validity, may_raise, context, out);
  }
  if (operation == Operation::kNegate) {
    out = scale(a, -1, 0, type, range, context);
  } else if (a.is_constant() || b.is_constant()) {
    const int128_t value = read_integral(a.is_constant() ? a : b, 0);
    const Vector& varying = a.is_constant() ? b : a;
    if (operation == Operation::kMultiply) {
      out = scale(varying, value, 0, type, range, context);
    } else if (operation == Operation::kAdd) {
      out = scale(varying, 1, value, type, range, context);
    } else {
      const auto negative = static_cast<int128_t>(-static_cast<uint128_t>(value));
      out = a.is_constant() ? scale(varying, -1, value, type, range, context)
                            : scale(varying, 1, negative, type, range, context);
    }
  } else {
    out = combine(operation, a, b, type, range, validity, context);
  }
  return true;
}

}  // namespace cairn::evaluation
