// Sums of floating-point numbers as integers.

#include "vector/kernels/exact_sum.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/exact_sum.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#ifndef CAIRN_VECTOR_KERNELS_EXACT_SUM_ONCE_
#define CAIRN_VECTOR_KERNELS_EXACT_SUM_ONCE_
namespace cairn {
/// The rows to add, as the kernels take them.
struct ExactRows {
  const void* values = nullptr;
  bool single_precision = false;
  const uint64_t* counts = nullptr;  ///< bit per row: it counts; nullptr: all do
  size_t begin = 0, end = 0;
};
struct ExactUnit {
  ExactUnit(int exponent, double below)
      : limit(below), high_magic(std::ldexp(1.5, exponent + kLowBits + 52)), low_magic(std::ldexp(1.5, exponent + 52)) {}
  double limit, high_magic, low_magic;
};
/// Sums that fit the nearer caches are not worth a prefetch.
inline constexpr size_t kCachedBytes = size_t{1} << 19;
inline constexpr size_t kRowsAhead = 24;
}  // namespace cairn
#endif

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
using DI = hn::RebindToSigned<D>;
using VI = hn::Vec<DI>;

HWY_INLINE V load_numbers(const double* from) { return hn::LoadU(D(), from); }
HWY_INLINE V load_numbers(const float* from) { return hn::PromoteTo(D(), hn::LoadU(hn::Rebind<float, D>(), from)); }

/// The numbers of rows [row, row + rows), 0 for those that do not count, and behind them.
template <typename T>
HWY_INLINE V load_rows(const T* values, const uint64_t* counts, size_t row, size_t rows) {
  const D d;
  V numbers;
  if (rows < hn::Lanes(d)) {
    T padded[HWY_MAX_BYTES / sizeof(double)] = {};
    std::memcpy(padded, values + row, rows * sizeof(T));
    numbers = load_numbers(padded);
  } else {
    numbers = load_numbers(values + row);
  }
  if (counts == nullptr) return numbers;
  uint8_t bits[16] = {};
  const uint64_t word = counts[row / 64] >> (row % 64);
  std::memcpy(bits, &word, 8);
  return hn::IfThenElseZero(hn::LoadMaskBits(d, bits), numbers);
}

/// Cuts a number x into integers: x = (high * 2^40 + low) * 2^unit, |low| <= 2^39. With m = 1.5 * 2^(52 + e), x + m is
/// x rounded to a multiple of 2^e, which stands as an integer in the low bits of the sum; x - ((x + m) - m) is exact.
class NumberCutter {
 public:
  HWY_INLINE explicit NumberCutter(const ExactUnit& unit)
      : high_magic_(hn::Set(D(), unit.high_magic)), low_magic_(hn::Set(D(), unit.low_magic)), magnitude_(hn::Zero(D())),
        left_(hn::Zero(D())) {}

  HWY_INLINE void cut(V numbers, VI& high, VI& low) {
    const DI di;
    magnitude_ = hn::Max(magnitude_, hn::Abs(numbers));
    const V shifted = hn::Add(numbers, high_magic_);
    const V rest = hn::Sub(numbers, hn::Sub(shifted, high_magic_));
    const V low_shifted = hn::Add(rest, low_magic_);
    left_ = hn::Or(left_, hn::Sub(rest, hn::Sub(low_shifted, low_magic_)));
    high = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, high_magic_));
    low = hn::Sub(hn::BitCast(di, low_shifted), hn::BitCast(di, low_magic_));
  }
  HWY_INLINE double magnitude() const { return hn::GetLane(hn::MaxOfLanes(D(), magnitude_)); }
  /// All numbers so far were multiples of the unit, and finite.
  HWY_INLINE bool exact() const { return hn::AllTrue(D(), hn::Eq(left_, hn::Zero(D()))); }

 private:
  V high_magic_, low_magic_, magnitude_;
  V left_;  ///< what was below the unit, ORed as bits; NaN for what is not finite
};

template <bool kAdd>
HWY_INLINE void add_parts(const int64_t* parts, ExactSum& sum) {
  const hn::CappedTag<int64_t, 2> pair;
  int64_t* const to = &sum.low;
  for (size_t part = 0; part < 2; part += hn::Lanes(pair)) {
    const auto old = hn::LoadU(pair, to + part), own = hn::LoadU(pair, parts + part);
    hn::StoreU(kAdd ? hn::Add(old, own) : hn::Sub(old, own), pair, to + part);
  }
}

/// Adds (or takes away again) a block's rows. Returns the greatest magnitude; infinity where a number is no multiple of
/// the unit.
template <bool kAdd, typename Id, typename T>
double scatter_block(const Id* ids, const T* values, const uint64_t* counts, size_t begin, size_t end,
                     const ExactUnit& unit, ExactSum* sums, size_t ahead) {
  const DI di;
  constexpr size_t kLanes = hn::MaxLanes(DI());
  NumberCutter cutter(unit);
  HWY_ALIGN int64_t parts[2 * kLanes];
  for (size_t row = begin; row < end; row += kLanes) {
    const size_t rows = std::min(kLanes, end - row);
    VI high, low;
    cutter.cut(load_rows(values, counts, row, rows), high, low);
    hn::StoreInterleaved2(low, high, di, parts);
    if (ahead > 0 && row + kLanes <= end) {
      for (size_t i = 0; i < kLanes; ++i) __builtin_prefetch(sums + ids[row + ahead + i]);
    }
    if (rows == kLanes) {
#pragma GCC unroll 8
      for (size_t i = 0; i < kLanes; ++i) add_parts<kAdd>(parts + 2 * i, sums[ids[row + i]]);
    } else {
      for (size_t i = 0; i < rows; ++i) add_parts<kAdd>(parts + 2 * i, sums[ids[row + i]]);
    }
  }
  return cutter.exact() ? cutter.magnitude() : HUGE_VAL;
}

template <typename Id, typename T>
ExactRowsAdded scatter_as(const Id* ids, const T* values, const ExactRows& rows, const ExactUnit& unit, ExactSum* sums,
                          size_t ahead) {
  ExactRowsAdded added;
  for (size_t row = rows.begin; row < rows.end; row += kExactBlockRows) {
    const size_t end = std::min(rows.end, row + kExactBlockRows);
    const double magnitude = scatter_block<true>(ids, values, rows.counts, row, end, unit, sums, std::min(ahead, rows.end - end));
    if (!(magnitude < unit.limit)) {
      scatter_block<false>(ids, values, rows.counts, row, end, unit, sums, ahead);
      return added;
    }
    added.rows = end - rows.begin;
    added.magnitude = std::max(added.magnitude, magnitude);
  }
  return added;
}

template <typename Id>
ExactRowsAdded scatter_with(const void* ids, const ExactRows& rows, const ExactUnit& unit, ExactSum* sums, size_t ahead) {
  const Id* const of = static_cast<const Id*>(ids);
  return rows.single_precision ? scatter_as(of, static_cast<const float*>(rows.values), rows, unit, sums, ahead)
                               : scatter_as(of, static_cast<const double*>(rows.values), rows, unit, sums, ahead);
}

ExactRowsAdded scatter_exact(const GroupIds& groups, const ExactRows& rows, const ExactUnit& unit, ExactSum* sums) {
  const size_t ahead = groups.group_count * sizeof(ExactSum) <= kCachedBytes ? 0 : kRowsAhead;
  switch (groups.id_bytes) {
    case 1: return scatter_with<uint8_t>(groups.ids, rows, unit, sums, ahead);
    case 2: return scatter_with<uint16_t>(groups.ids, rows, unit, sums, ahead);
    default: return scatter_with<uint32_t>(groups.ids, rows, unit, sums, ahead);
  }
}

template <typename T>
ExactRowsAdded total_as(const T* values, const ExactRows& rows, const ExactUnit& unit, ExactSum& sum) {
  const DI di;
  ExactRowsAdded added;
  for (size_t row = rows.begin; row < rows.end; row += kExactBlockRows) {
    const size_t end = std::min(rows.end, row + kExactBlockRows);
    NumberCutter cutter(unit);
    VI high_sum = hn::Zero(di), low_sum = hn::Zero(di);
    for (size_t at = row; at < end; at += hn::Lanes(di)) {
      VI high, low;
      cutter.cut(load_rows(values, rows.counts, at, end - at), high, low);
      high_sum = hn::Add(high_sum, high);
      low_sum = hn::Add(low_sum, low);
    }
    const double magnitude = cutter.exact() ? cutter.magnitude() : HUGE_VAL;
    if (!(magnitude < unit.limit)) return added;
    int64_t high_lanes[HWY_MAX_BYTES / sizeof(int64_t)], low_lanes[HWY_MAX_BYTES / sizeof(int64_t)];
    hn::StoreU(high_sum, di, high_lanes);
    hn::StoreU(low_sum, di, low_lanes);
    for (size_t i = 0; i < hn::Lanes(di); ++i) {
      sum.high += high_lanes[i];
      sum.low += low_lanes[i];
    }
    added.rows = end - rows.begin;
    added.magnitude = std::max(added.magnitude, magnitude);
  }
  return added;
}

ExactRowsAdded total_exact(const ExactRows& rows, const ExactUnit& unit, ExactSum* sum) {
  return rows.single_precision ? total_as(static_cast<const float*>(rows.values), rows, unit, *sum)
                               : total_as(static_cast<const double*>(rows.values), rows, unit, *sum);
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(scatter_exact);
HWY_EXPORT(total_exact);

namespace {

ExactRows exact_rows(const Vector& values, const uint64_t* counts, size_t begin) {
  return {values.data, values.type.physical() == Physical::kFloat, counts, begin, values.size};
}

}  // namespace

ExactRowsAdded exact_sum_grouped(const GroupIds& groups, const Vector& values, size_t begin, int unit, double limit,
                                 ExactSum* sums) {
  return HWY_DYNAMIC_DISPATCH(scatter_exact)(groups, exact_rows(values, values.validity, begin), ExactUnit(unit, limit), sums);
}

ExactRowsAdded exact_sum_single(const Vector& values, const uint64_t* mask, size_t begin, int unit, double limit,
                                ExactSum& sum) {
  const uint64_t* counts = mask == nullptr ? values.validity : mask;
  if (mask != nullptr && values.validity != nullptr) {
    thread_local std::vector<uint64_t> both;
    both.resize(mask_words(values.size));
    for (size_t word = 0; word < both.size(); ++word) both[word] = mask[word] & values.validity[word];
    counts = both.data();
  }
  return HWY_DYNAMIC_DISPATCH(total_exact)(exact_rows(values, counts, begin), ExactUnit(unit, limit), &sum);
}

}  // namespace cairn
#endif  // HWY_ONCE
