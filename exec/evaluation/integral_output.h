#pragma once

#include "vector/column_buffer.h"
#include "vector/error.h"
#include "vector/int128.h"

namespace cairn {

/// Appends `rows` results of an integral type, value(row) each, NULL where `counts` is given and counts[row] is 0.
/// Errors: kNumericOutOfRange where a value does not fit the column's type.
template <typename ValueOf>
void append_integers(ColumnBuffer& out, size_t rows, const int64_t* counts, ValueOf value) {
  const size_t first = out.size();
  const Type type = out.type();
  void* const to = out.append_uninitialized(rows);
  const auto write = [&]<typename T>(T* values, int128_t min, int128_t max) {
    for (size_t row = 0; row < rows; ++row) {
      if (counts != nullptr && counts[row] == 0) {
        values[row] = 0;
        out.set_null(first + row);
        continue;
      }
      const int128_t result = value(row);
      if (result < min || result > max) {
        throw Error(sqlstate::kNumericOutOfRange,
                    "aggregate " + to_string(result) + " (unscaled) is out of range for " + type.to_string());
      }
      values[row] = static_cast<T>(result);
    }
  };
  int128_t bound = kInt128Max;
  if (type.id == TypeId::kDecimal) bound = power_of_ten(type.precision) - 1;
  switch (type.physical()) {
    case Physical::kBool: return write(static_cast<uint8_t*>(to), 0, 1);
    case Physical::kInt16: return write(static_cast<int16_t*>(to), INT16_MIN, INT16_MAX);
    case Physical::kInt32: return write(static_cast<int32_t*>(to), INT32_MIN, INT32_MAX);
    case Physical::kInt64:
      if (type.id == TypeId::kDecimal) return write(static_cast<int64_t*>(to), -bound, bound);
      return write(static_cast<int64_t*>(to), INT64_MIN, INT64_MAX);
    default: return write(static_cast<int128_t*>(to), type.id == TypeId::kDecimal ? -bound : kInt128Min, bound);
  }
}

/// The same for REAL and DOUBLE columns.
template <typename ValueOf>
void append_floats(ColumnBuffer& out, size_t rows, const int64_t* counts, ValueOf value) {
  const size_t first = out.size();
  void* const to = out.append_uninitialized(rows);
  const bool single = out.type().physical() == Physical::kFloat;
  for (size_t row = 0; row < rows; ++row) {
    const bool null = counts != nullptr && counts[row] == 0;
    const double result = null ? 0.0 : value(row);
    if (single) {
      static_cast<float*>(to)[row] = static_cast<float>(result);
    } else {
      static_cast<double*>(to)[row] = result;
    }
    if (null) out.set_null(first + row);
  }
}

}  // namespace cairn
