#include <algorithm>
#include <cassert>

#include "vector/kernels/integer_view.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/targets.h"
#include "vector/read_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/range.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

template <typename T>
void bounds_of(const void* data, size_t count, int64_t* low, int64_t* high) {
  const T* HWY_RESTRICT values = static_cast<const T*>(data);
  T min = values[0];
  T max = values[0];
  for (size_t i = 1; i < count; ++i) {
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
  }
  *low = static_cast<int64_t>(min);
  *high = static_cast<int64_t>(max);
}

void integer_bounds(const void* data, size_t bytes, bool is_signed, size_t count, int64_t* low, int64_t* high) {
  switch (bytes) {
    case 1: return bounds_of<uint8_t>(data, count, low, high);
    case 2: return is_signed ? bounds_of<int16_t>(data, count, low, high) : bounds_of<uint16_t>(data, count, low, high);
    case 4: return is_signed ? bounds_of<int32_t>(data, count, low, high) : bounds_of<uint32_t>(data, count, low, high);
    default: return is_signed ? bounds_of<int64_t>(data, count, low, high) : bounds_of<uint64_t>(data, count, low, high);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(integer_bounds);

void bounds_of_integers(const void* data, size_t bytes, bool is_signed, size_t count, int64_t* low, int64_t* high) {
  HWY_DYNAMIC_DISPATCH(integer_bounds)(data, bytes, is_signed, count, low, high);
}

namespace {

/// A NULL row's offset may lead beyond the type; what it leads to is no value.
int128_t saturating_add(int128_t base, uint64_t offset) {
  int128_t sum;
  return __builtin_add_overflow(base, static_cast<int128_t>(offset), &sum) ? kInt128Max : sum;
}

}  // namespace

ValueRange proven_range(const Vector& vector) {
  ValueRange possible;
  if (vector.is_constant()) {
    const int128_t value = vector.valid(0) ? read_integral(vector, 0) : 0;
    return {value, value};
  }
  if (vector.encoding == Encoding::kFrameOfReference) {
    const uint64_t offset_max = vector.code_bytes == 8 ? ~uint64_t{0} : (uint64_t{1} << (vector.code_bytes * 8)) - 1;
    possible.min = vector.base;
    possible.max = saturating_add(vector.base, offset_max);
  } else {
    const size_t bytes = physical_bytes(vector.type.physical());
    if (bytes == 1) possible = {0, 1};
    if (bytes > 1 && bytes < 16) {
      const int128_t bound = int128_t{1} << (bytes * 8 - 1);
      possible = {-bound, bound - 1};
    }
  }
  const ValueRange both{std::max(possible.min, vector.range.min), std::min(possible.max, vector.range.max)};
  return both.min <= both.max ? both : possible;
}

ValueRange compute_range(const Vector& vector) {
  assert(vector.type.is_integral());
  if (vector.size == 0) return {};
  const Physical physical = vector.type.physical();
  if (vector.is_constant()) {
    if (!vector.valid(0)) return {};
    const int128_t value = read_integral(vector, 0);
    return {value, value};
  }
  const bool plain = vector.is_flat() && physical != Physical::kInt128;
  if (!vector.may_have_nulls() && (plain || vector.encoding == Encoding::kFrameOfReference)) {
    int64_t low, high;
    const size_t bytes = plain ? physical_bytes(physical) : vector.code_bytes;
    bounds_of_integers(vector.data, bytes, plain && bytes > 1, vector.size, &low, &high);
    if (plain) return {low, high};
    return {saturating_add(vector.base, static_cast<uint64_t>(low)), saturating_add(vector.base, static_cast<uint64_t>(high))};
  }
  ValueRange range{kInt128Max, kInt128Min};
  bool any = false;
  for (size_t i = 0; i < vector.size; ++i) {
    if (!vector.valid(i)) continue;
    const int128_t value = read_integral(vector, i);
    range.min = std::min(range.min, value);
    range.max = std::max(range.max, value);
    any = true;
  }
  return any ? range : ValueRange{};
}

bool has_value(const Vector& vector) {
  if (vector.validity == nullptr || vector.size == 0) return vector.size > 0;
  if (vector.is_constant()) return !vector.constant_null();
  for (size_t row = 0; row < vector.size; ++row) {
    if (vector.valid(row)) return true;
  }
  return false;
}

}  // namespace cairn
#endif  // HWY_ONCE
