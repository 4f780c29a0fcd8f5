#include "exec/functions/executor.h"

#include <cstring>

#include "exec/functions/integral_type.h"
#include "vector/error.h"
#include "vector/kernels/decode.h"
#include "vector/parse.h"
#include "vector/read_row.h"

namespace cairn::functions {

const void* decode_argument(const Vector& argument, EvaluationContext& context) {
  if (argument.is_flat() || argument.is_constant()) return argument.data;
  void* values = context.allocate(argument.size * physical_bytes(argument.type.physical()));
  decode_values(argument, nullptr, values);
  return values;
}

const int128_t* widen_argument(const Vector& argument, EvaluationContext& context) {
  const size_t count = argument.is_constant() ? 1 : argument.size;
  int128_t* wide = static_cast<int128_t*>(context.allocate(count * sizeof(int128_t)));
  for (size_t row = 0; row < count; ++row) wide[row] = read_integral(argument, row);
  return wide;
}

const uint64_t* combine_validity(std::span<const Vector> arguments, size_t rows, EvaluationContext& context) {
  const uint64_t* combined = nullptr;
  uint64_t* own = nullptr;
  for (const Vector& argument : arguments) {
    if (!argument.may_have_nulls()) continue;
    if (argument.is_constant()) {
      if (argument.valid(0)) continue;
      own = static_cast<uint64_t*>(context.allocate(mask_words(rows) * 8));
      std::memset(own, 0, mask_words(rows) * 8);
      return own;
    }
    if (combined == nullptr) {
      combined = argument.validity;
      continue;
    }
    if (own == nullptr) own = static_cast<uint64_t*>(context.allocate(mask_words(rows) * 8));
    for (size_t word = 0; word < mask_words(rows); ++word) own[word] = combined[word] & argument.validity[word];
    combined = own;
  }
  return combined;
}

uint64_t* copy_validity(const uint64_t* validity, size_t rows, EvaluationContext& context) {
  uint64_t* own = static_cast<uint64_t*>(context.allocate(mask_words(rows) * 8));
  if (validity == nullptr) {
    std::memset(own, 0xFF, mask_words(rows) * 8);
  } else {
    std::memcpy(own, validity, mask_words(rows) * 8);
  }
  return own;
}

void check_text_bytes(uint64_t bytes, const EvaluationContext& context) {
  if (bytes > context.longest_text()) throw Error(sqlstate::kProgramLimit, "requested length too large");
}

void* start_flat(Type type, size_t rows, EvaluationContext& context, Vector& result) {
  void* out = context.allocate(rows * physical_bytes(type.physical()));
  result = Vector();
  result.type = type;
  result.size = rows;
  result.data = out;
  return out;
}

template <typename T>
static void store_as(const int128_t* wide, size_t rows, void* out) {
  T* to = static_cast<T*>(out);
  for (size_t row = 0; row < rows; ++row) to[row] = static_cast<T>(wide[row]);
}

void store_wide(const int128_t* wide, size_t rows, const uint64_t* validity, Type type, void* out) {
  const ValueRange bounds = type_range(type);
  for (size_t row = 0; row < rows; ++row) {
    if (validity != nullptr && !((validity[row / 64] >> (row % 64)) & 1)) continue;
    if (wide[row] < bounds.min || wide[row] > bounds.max) throw out_of_range(type);
  }
  switch (type.physical()) {
    case Physical::kBool: return store_as<uint8_t>(wide, rows, out);
    case Physical::kInt16: return store_as<int16_t>(wide, rows, out);
    case Physical::kInt32: return store_as<int32_t>(wide, rows, out);
    case Physical::kInt64: return store_as<int64_t>(wide, rows, out);
    default: return store_as<int128_t>(wide, rows, out);
  }
}

}  // namespace cairn::functions
