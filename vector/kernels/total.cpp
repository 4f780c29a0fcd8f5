// Totals over a whole vector: sums, extremes, counts.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vector/kernels/aggregate.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/integer_view.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/targets.h"
#include "vector/read_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/total.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
template <typename T>
void sum_unsigned(const void* data, T flip, size_t rows, const uint64_t* mask, uint128_t* sum) {
  const T* values = static_cast<const T*>(data);
  uint128_t total = 0;
  for (size_t row = 0; row < rows; ++row) {
    if (mask == nullptr || ((mask[row / 64] >> (row % 64)) & 1)) total += static_cast<T>(values[row] ^ flip);
  }
  *sum = total;
}
#else
/// Adds lanes of T, read as unsigned, into 64-bit lanes. Eight-byte lanes are split into halves, so that no sum of up
/// to 2^32 rows overflows: low holds the low halves' sum, high the high halves'.
template <typename T, class V, class Acc>
HWY_INLINE void add_lanes(V values, Acc& low, Acc& high) {
  const hn::ScalableTag<uint64_t> d64;
  const auto words = hn::BitCast(d64, values);
  if constexpr (sizeof(T) == 1) {
    low = hn::Add(low, hn::SumsOf8(hn::BitCast(hn::ScalableTag<uint8_t>(), values)));
  } else if constexpr (sizeof(T) == 2) {
    const auto ones = hn::Set(d64, 0x0000ffff0000ffffu);
    const auto pairs = hn::Add(hn::And(words, ones), hn::And(hn::ShiftRight<16>(words), ones));
    low = hn::Add(low, hn::Add(hn::And(pairs, hn::Set(d64, 0xffffffffu)), hn::ShiftRight<32>(pairs)));
  } else if constexpr (sizeof(T) == 4) {
    low = hn::Add(low, hn::Add(hn::And(words, hn::Set(d64, 0xffffffffu)), hn::ShiftRight<32>(words)));
  } else {
    low = hn::Add(low, hn::And(words, hn::Set(d64, 0xffffffffu)));
    high = hn::Add(high, hn::ShiftRight<32>(words));
  }
}

/// Sum of values[i] ^ flip over the rows whose bit is set (mask null: all), unsigned.
template <typename T>
void sum_unsigned(const void* data, T flip, size_t rows, const uint64_t* mask, uint128_t* sum) {
  const T* values = static_cast<const T*>(data);
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<uint64_t> d64;
  const size_t lanes = hn::Lanes(d);
  auto low = hn::Zero(d64);
  auto high = hn::Zero(d64);
  const auto flips = hn::Set(d, flip);
  size_t row = 0;
  for (; row + 64 <= rows; row += 64) {
    const uint64_t word = mask == nullptr ? ~uint64_t{0} : mask[row / 64];
    if (word == 0) continue;
    if (word == ~uint64_t{0}) {
      for (size_t i = 0; i < 64; i += lanes) add_lanes<T>(hn::Xor(hn::LoadU(d, values + row + i), flips), low, high);
      continue;
    }
    for (size_t i = 0; i < 64; i += lanes) {
      uint8_t bits[16] = {};
      const uint64_t part = word >> i;
      std::memcpy(bits, &part, 8);
      const auto selected = hn::LoadMaskBits(d, bits);
      add_lanes<T>(hn::IfThenElseZero(selected, hn::Xor(hn::LoadU(d, values + row + i), flips)), low, high);
    }
  }
  uint64_t low_lanes[HWY_MAX_BYTES / 8], high_lanes[HWY_MAX_BYTES / 8];
  hn::StoreU(low, d64, low_lanes);
  hn::StoreU(high, d64, high_lanes);
  uint128_t total = 0;
  for (size_t i = 0; i < hn::Lanes(d64); ++i) total += (static_cast<uint128_t>(high_lanes[i]) << 32) + low_lanes[i];
  for (; row < rows; ++row) {
    if (mask == nullptr || ((mask[row / 64] >> (row % 64)) & 1)) total += static_cast<T>(values[row] ^ flip);
  }
  *sum = total;
}
#endif

void sum_offsets(const void* data, size_t bytes, bool is_signed, size_t rows, const uint64_t* mask, uint128_t* sum) {
  // A signed value is an unsigned one (with its sign bit flipped) less 2^(bits - 1); the caller takes that off.
  switch (bytes) {
    case 1: return sum_unsigned<uint8_t>(data, 0, rows, mask, sum);
    case 2: return sum_unsigned<uint16_t>(data, is_signed ? 0x8000 : 0, rows, mask, sum);
    case 4: return sum_unsigned<uint32_t>(data, is_signed ? 0x80000000u : 0, rows, mask, sum);
    default: return sum_unsigned<uint64_t>(data, is_signed ? uint64_t{1} << 63 : 0, rows, mask, sum);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(sum_offsets);

namespace {

bool counts(const Vector& values, const uint64_t* mask, size_t row) {
  return (mask == nullptr || ((mask[row / 64] >> (row % 64)) & 1)) && values.valid(row);
}

/// Mask and validity in one; null where every row counts.
const uint64_t* combined_mask(const Vector& values, const uint64_t* mask, std::vector<uint64_t>& scratch) {
  if (!values.may_have_nulls() || values.is_constant()) return mask;
  if (mask == nullptr) return values.validity;
  scratch.resize(mask_words(values.size));
  for (size_t i = 0; i < scratch.size(); ++i) scratch[i] = mask[i] & values.validity[i];
  return scratch.data();
}

uint64_t count_rows(const uint64_t* mask, size_t rows) {
  if (mask == nullptr) return rows;
  uint64_t count = 0;
  for (size_t i = 0; i < rows / 64; ++i) count += static_cast<uint64_t>(__builtin_popcountll(mask[i]));
  if (rows % 64 != 0) count += static_cast<uint64_t>(__builtin_popcountll(mask[rows / 64] & low_bits(rows % 64)));
  return count;
}

}  // namespace

uint64_t count_valid(const Vector& values, const uint64_t* mask) {
  if (values.constant_null()) return 0;
  thread_local std::vector<uint64_t> scratch;
  return count_rows(combined_mask(values, mask, scratch), values.size);
}

SumResult sum_integral(const Vector& values, const uint64_t* mask) {
  SumResult result;
  if (values.constant_null() || values.size == 0) return result;
  thread_local std::vector<uint64_t> scratch;
  const uint64_t* rows = combined_mask(values, mask, scratch);
  result.count = count_rows(rows, values.size);
  if (values.is_constant()) {
    result.sum = static_cast<int128_t>(static_cast<uint128_t>(read_integral(values, 0)) * result.count);  // modulo 2^128
    return result;
  }
  thread_local FlatScratch flat_scratch;
  const Vector plain = values.encoding == Encoding::kDictionary ? flatten(values, nullptr, flat_scratch) : values;
  const IntegerView view = view_integers(plain);
  if (view.bytes == 16) {
    uint128_t sum = 0;
    for (size_t row = 0; row < plain.size; ++row) {
      if (counts(plain, mask, row)) sum += static_cast<uint128_t>(plain.values<int128_t>()[row]);
    }
    result.sum = static_cast<int128_t>(sum);
    return result;
  }
  uint128_t sum = 0;
  HWY_DYNAMIC_DISPATCH(sum_offsets)(view.data, view.bytes, view.is_signed, plain.size, rows, &sum);
  const int128_t bias = view.is_signed ? int128_t{1} << (view.bytes * 8 - 1) : 0;
  result.sum = static_cast<int128_t>(sum + static_cast<uint128_t>(view.base - bias) * result.count);
  return result;
}

bool min_max_integral(const Vector& values, const uint64_t* mask, int128_t& min, int128_t& max) {
  if (mask == nullptr && !values.may_have_nulls() && !values.is_constant() && values.size != 0 &&
      values.encoding != Encoding::kDictionary) {
    const ValueRange range = compute_range(values);
    min = range.min;
    max = range.max;
    return true;
  }
  bool any = false;
  for (size_t row = 0; row < values.size; ++row) {
    if (!counts(values, mask, row)) continue;
    const int128_t value = read_integral(values, row);
    min = any ? std::min(min, value) : value;
    max = any ? std::max(max, value) : value;
    any = true;
  }
  return any;
}

bool min_max_floating(const Vector& values, const uint64_t* mask, double& min, double& max) {
  thread_local FlatScratch scratch;
  const Vector flat = flatten(values, nullptr, scratch);
  const bool single = values.type.physical() == Physical::kFloat;
  const auto less = [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; };
  bool any = false;
  for (size_t row = 0; row < flat.size; ++row) {
    if (!counts(flat, mask, row)) continue;
    const double value = single ? static_cast<double>(flat.values<float>()[row]) : flat.values<double>()[row];
    if (!any || less(value, min)) min = value;
    if (!any || less(max, value)) max = value;
    any = true;
  }
  return any;
}

bool min_max_string(const Vector& values, const uint64_t* mask, StringRef& min, StringRef& max) {
  bool any = false;
  for (size_t row = 0; row < values.size; ++row) {
    if (!counts(values, mask, row)) continue;
    const StringRef value = read_row<StringRef>(values, row);
    if (!any || value < min) min = value;
    if (!any || max < value) max = value;
    any = true;
  }
  return any;
}

}  // namespace cairn
#endif  // HWY_ONCE
