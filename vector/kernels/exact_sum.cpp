// Sums of floating-point numbers as integers.

#include "vector/kernels/exact_sum.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/exact_sum.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "vector/kernels/exact_cut-inl.h"

#ifndef CAIRN_VECTOR_KERNELS_EXACT_SUM_ONCE_
#define CAIRN_VECTOR_KERNELS_EXACT_SUM_ONCE_
namespace cairn {
/// The rows to add, as the kernels take them.
struct ExactRows {
  const void* values = nullptr;
  bool single_precision = false;
  const uint64_t* counts = nullptr;  ///< bit per row: it counts; nullptr: all do
  size_t size = 0;
};
}  // namespace cairn
#endif

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

HWY_INLINE V load_numbers(const double* from) { return hn::LoadU(D(), from); }
HWY_INLINE V load_numbers(const float* from) { return hn::PromoteTo(D(), hn::LoadU(hn::Rebind<float, D>(), from)); }

/// The numbers of rows [row, row + rows), 0 for those that do not count, and behind them.
template <typename T>
HWY_INLINE V load_rows(const T* values, const uint64_t* counts, size_t row, size_t rows) {
  V numbers;
  if (rows < kLanes) {
    T padded[HWY_MAX_BYTES / sizeof(double)] = {};
    std::memcpy(padded, values + row, rows * sizeof(T));
    numbers = load_numbers(padded);
  } else {
    numbers = load_numbers(values + row);
  }
  return counts == nullptr ? numbers : keep_rows(numbers, counts, row);
}

HWY_INLINE void add_parts(const int64_t* parts, ExactSum& sum) {
  const hn::CappedTag<int64_t, 2> pair;
  int64_t* const to = &sum.low;
  for (size_t part = 0; part < 2; part += hn::Lanes(pair)) {
    hn::StoreU(hn::Add(hn::LoadU(pair, to + part), hn::LoadU(pair, parts + part)), pair, to + part);
  }
}

/// Cuts the 64 rows from `begin` on into (low, high). Unless careful, false where a number does not fit.
template <bool kCareful, typename T>
HWY_INLINE bool cut_tile(const T* values, const ExactRows& rows, size_t begin, NumberCutter& cutter, int64_t* parts,
                         uint64_t& misfits) {
  const size_t end = std::min(rows.size, begin + kTileRows);
  for (size_t row = begin; row < end; row += kLanes) {
    VI high, low;
    misfits |= cutter.cut<kCareful>(load_rows(values, rows.counts, row, end - row), high, low) << (row - begin);
    hn::StoreInterleaved2(low, high, DI(), parts + 2 * (row - begin));
  }
  return kCareful || cutter.all_fit();
}

/// While the sums of the next tile's rows are on their way into the cache where it is wanted.
template <bool kPrefetch, typename Id>
HWY_INLINE void scatter_tile(const Id* ids, size_t rows, const int64_t* parts, ExactSum* sums) {
#pragma GCC unroll 8
  for (size_t row = 0; row < rows; ++row) {
    if constexpr (kPrefetch) __builtin_prefetch(sums + ids[row + kTileRows]);
    add_parts(parts + 2 * row, sums[ids[row]]);
  }
}

template <typename Id, typename T>
ExactRowsAdded scatter_as(const Id* ids, const T* values, const ExactRows& rows, const ExactWindow& window, ExactSum* sums,
                          bool prefetches, uint64_t* misfits) {
  ExactRowsAdded added;
  HWY_ALIGN int64_t parts[2 * kTileRows];
  for (size_t begin = 0; begin < rows.size; begin += kTileRows) {
    uint64_t left_out = 0;
    NumberCutter cutter(window);
    if (HWY_UNLIKELY(!cut_tile<false>(values, rows, begin, cutter, parts, left_out))) {
      cutter = NumberCutter(window);
      cut_tile<true>(values, rows, begin, cutter, parts, left_out);
      misfits[begin / 64] = left_out;
      added.all = false;
    }
    added.magnitude = std::max(added.magnitude, cutter.magnitude());
    if (prefetches && begin + 2 * kTileRows <= rows.size) {
      scatter_tile<true>(ids + begin, kTileRows, parts, sums);
    } else {
      scatter_tile<false>(ids + begin, std::min(kTileRows, rows.size - begin), parts, sums);
    }
  }
  return added;
}

template <typename Id>
ExactRowsAdded scatter_with(const void* ids, const ExactRows& rows, const ExactWindow& window, ExactSum* sums,
                            bool prefetches, uint64_t* misfits) {
  const Id* const of = static_cast<const Id*>(ids);
  return rows.single_precision
             ? scatter_as(of, static_cast<const float*>(rows.values), rows, window, sums, prefetches, misfits)
             : scatter_as(of, static_cast<const double*>(rows.values), rows, window, sums, prefetches, misfits);
}

ExactRowsAdded scatter_exact(const GroupIds& groups, const ExactRows& rows, const ExactWindow& window, ExactSum* sums,
                             uint64_t* misfits) {
  const bool prefetches = groups.group_count * sizeof(ExactSum) > kCachedBytes;
  switch (groups.id_bytes) {
    case 1: return scatter_with<uint8_t>(groups.ids, rows, window, sums, prefetches, misfits);
    case 2: return scatter_with<uint16_t>(groups.ids, rows, window, sums, prefetches, misfits);
    default: return scatter_with<uint32_t>(groups.ids, rows, window, sums, prefetches, misfits);
  }
}

/// Adds the 64 rows from `begin` on, unless some do not fit; carefully: those that do.
template <bool kCareful, typename T>
HWY_INLINE bool total_tile(const T* values, const ExactRows& rows, size_t begin, NumberCutter& cutter, VI& high_sum,
                           VI& low_sum, uint64_t& misfits) {
  const size_t end = std::min(rows.size, begin + kTileRows);
  VI high_tile = high_sum, low_tile = low_sum;
  for (size_t row = begin; row < end; row += kLanes) {
    VI high, low;
    misfits |= cutter.cut<kCareful>(load_rows(values, rows.counts, row, end - row), high, low) << (row - begin);
    high_tile = hn::Add(high_tile, high);
    low_tile = hn::Add(low_tile, low);
  }
  if (!kCareful && !cutter.all_fit()) return false;
  high_sum = high_tile;
  low_sum = low_tile;
  return true;
}

template <typename T>
ExactRowsAdded total_as(const T* values, const ExactRows& rows, const ExactWindow& window, ExactSum& sum,
                        uint64_t* misfits) {
  const DI di;
  ExactRowsAdded added;
  VI high_sum = hn::Zero(di), low_sum = hn::Zero(di);
  for (size_t begin = 0; begin < rows.size; begin += kTileRows) {
    uint64_t left_out = 0;
    NumberCutter cutter(window);
    if (HWY_UNLIKELY(!total_tile<false>(values, rows, begin, cutter, high_sum, low_sum, left_out))) {
      cutter = NumberCutter(window);
      total_tile<true>(values, rows, begin, cutter, high_sum, low_sum, left_out);
      misfits[begin / 64] = left_out;
      added.all = false;
    }
    added.magnitude = std::max(added.magnitude, cutter.magnitude());
  }
  int64_t high_lanes[kLanes], low_lanes[kLanes];
  hn::StoreU(high_sum, di, high_lanes);
  hn::StoreU(low_sum, di, low_lanes);
  for (size_t i = 0; i < kLanes; ++i) {
    sum.high += high_lanes[i];
    sum.low += low_lanes[i];
  }
  return added;
}

ExactRowsAdded total_exact(const ExactRows& rows, const ExactWindow& window, ExactSum* sum, uint64_t* misfits) {
  return rows.single_precision ? total_as(static_cast<const float*>(rows.values), rows, window, *sum, misfits)
                               : total_as(static_cast<const double*>(rows.values), rows, window, *sum, misfits);
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(scatter_exact);
HWY_EXPORT(total_exact);

namespace {

ExactRows exact_rows(const Vector& values, const uint64_t* counts) {
  return {values.data, values.type.physical() == Physical::kFloat, counts, values.size};
}

}  // namespace

ExactRowsAdded exact_sum_grouped(const GroupIds& groups, const Vector& values, const ExactWindow& window, ExactSum* sums,
                                 uint64_t* misfits) {
  return HWY_DYNAMIC_DISPATCH(scatter_exact)(groups, exact_rows(values, values.validity), window, sums, misfits);
}

ExactRowsAdded exact_sum_single(const Vector& values, const uint64_t* mask, const ExactWindow& window, ExactSum& sum,
                                uint64_t* misfits) {
  const uint64_t* counts = mask == nullptr ? values.validity : mask;
  if (mask != nullptr && values.validity != nullptr) {
    thread_local std::vector<uint64_t> both;
    both.resize(mask_words(values.size));
    for (size_t word = 0; word < both.size(); ++word) both[word] = mask[word] & values.validity[word];
    counts = both.data();
  }
  return HWY_DYNAMIC_DISPATCH(total_exact)(exact_rows(values, counts), window, &sum, misfits);
}

}  // namespace cairn
#endif  // HWY_ONCE
