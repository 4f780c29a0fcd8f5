// Counts and sums per group.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vector/kernels/aggregate.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/grouped_rows.h"
#include "vector/kernels/integer_view.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/targets.h"
#include "vector/read_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/grouped.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#ifndef CAIRN_VECTOR_KERNELS_GROUPED_ONCE_
#define CAIRN_VECTOR_KERNELS_GROUPED_ONCE_
namespace cairn {
/// Up to this many groups are counted by masks, all rows once per group.
inline constexpr uint32_t kMaskedGroups = 16;
/// Sums of wide values move more bytes per group: fewer groups are better scattered (kernels_bench, BM_GroupedSum).
inline constexpr uint32_t masked_groups(size_t value_bytes) { return value_bytes <= 2 ? 16 : value_bytes == 4 ? 10 : 8; }
/// Rows whose group masks are kept at a time.
inline constexpr size_t kBlockRows = 4096;
}  // namespace cairn
#endif

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Bit i of the word: ids[i] == group; 64 ids.
HWY_INLINE uint64_t match_block(const uint8_t* ids, uint8_t group) {
  const hn::CappedTag<uint8_t, 64> d;
  const size_t lanes = hn::Lanes(d);
  const auto wanted = hn::Set(d, group);
  uint64_t word = 0;
  for (size_t i = 0; i < 64; i += lanes) {
    uint64_t bits = 0;
    hn::StoreMaskBits(d, hn::Eq(hn::LoadU(d, ids + i), wanted), reinterpret_cast<uint8_t*>(&bits));
    if (lanes < 64) bits &= (uint64_t{1} << (lanes % 64)) - 1;
    word |= bits << i;
  }
  return word;
}

/// The rows of `group` as a mask; returns their count.
uint64_t match_group(const uint8_t* ids, size_t rows, uint32_t group, const uint64_t* validity, uint64_t* words) {
  uint64_t count = 0;
  for (size_t row = 0; row < rows; row += 64) {
    uint64_t word;
    if (row + 64 <= rows) {
      word = match_block(ids + row, static_cast<uint8_t>(group));
    } else {
      uint8_t tail[64];
      std::memset(tail, 0xff, sizeof tail);
      std::memcpy(tail, ids + row, rows - row);
      word = match_block(tail, static_cast<uint8_t>(group)) & ((uint64_t{1} << (rows - row)) - 1);
    }
    if (validity != nullptr) word &= validity[row / 64];
    words[row / 64] = word;
    count += static_cast<uint64_t>(__builtin_popcountll(word));
  }
  return count;
}

#if HWY_TARGET == HWY_SCALAR
template <typename T>
uint64_t sum_masked(const void* data, T flip, size_t rows, const uint64_t* words) {
  const T* values = static_cast<const T*>(data);
  uint64_t total = 0;
  for (size_t word = 0; word * 64 < rows; ++word) {
    for (uint64_t bits = words[word]; bits != 0; bits &= bits - 1) {
      total += static_cast<T>(values[word * 64 + static_cast<size_t>(__builtin_ctzll(bits))] ^ flip);
    }
  }
  return total;
}
#else
/// Sums of lanes of T, unsigned, in 64-bit lanes. Of narrow lanes, whole words are added up along with (some of) their
/// parts, and the parts' share is taken off once at the end: words = low + 2^32 * high, modulo 2^64.
template <typename T>
struct LaneSums {
  using D64 = hn::ScalableTag<uint64_t>;
  using V64 = hn::Vec<D64>;
  V64 words;
  V64 high;
  HWY_INLINE LaneSums() : words(hn::Zero(D64())), high(hn::Zero(D64())) {}

  template <class V>
  HWY_INLINE void add(V values) {
    const D64 d64;
    if constexpr (sizeof(T) == 1) {
      words = hn::Add(words, hn::SumsOf8(hn::BitCast(hn::ScalableTag<uint8_t>(), values)));
    } else if constexpr (sizeof(T) == 2) {
      const auto all = hn::BitCast(d64, values);
      const auto ones = hn::Set(d64, 0x0000ffff0000ffffu);
      const auto pairs = hn::Add(hn::And(all, ones), hn::And(hn::ShiftRight<16>(all), ones));
      words = hn::Add(words, pairs);
      high = hn::Add(high, hn::ShiftRight<32>(pairs));
    } else if constexpr (sizeof(T) == 4) {
      const auto all = hn::BitCast(d64, values);
      words = hn::Add(words, all);
      high = hn::Add(high, hn::ShiftRight<32>(all));
    } else {
      words = hn::Add(words, hn::BitCast(d64, values));
    }
  }

  HWY_INLINE uint64_t total() const {
    const D64 d64;
    uint64_t word_lanes[HWY_MAX_BYTES / 8], high_lanes[HWY_MAX_BYTES / 8];
    hn::StoreU(words, d64, word_lanes);
    hn::StoreU(high, d64, high_lanes);
    uint64_t sum = 0;
    for (size_t i = 0; i < hn::Lanes(d64); ++i) sum += word_lanes[i] - (high_lanes[i] << 32) + high_lanes[i];
    return sum;
  }
};

/// Sum modulo 2^64 of values[i] ^ flip over the mask's rows. Reads whole vectors: the last 64 rows are copied first.
template <typename T, bool kFlip>
uint64_t sum_masked_as(const T* values, T flip, size_t rows, const uint64_t* words) {
  const hn::ScalableTag<T> d;
  constexpr size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  const auto flips = hn::Set(d, flip);
  LaneSums<T> sums;
  T tail[64] = {};
  for (size_t row = 0; row < rows; row += 64) {
    const uint64_t word = words[row / 64];
    if (word == 0) continue;
    const T* block = values + row;
    if (row + 64 > rows) {
      std::memcpy(tail, block, (rows - row) * sizeof(T));
      block = tail;
    }
    uint8_t bits[16] = {};
    for (size_t i = 0; i < 64; i += kLanes) {
      const uint64_t part = word >> i;
      std::memcpy(bits, &part, 8);
      auto lanes = hn::LoadU(d, block + i);
      if constexpr (kFlip) lanes = hn::Xor(lanes, flips);
      sums.add(hn::IfThenElseZero(hn::LoadMaskBits(d, bits), lanes));
    }
  }
  return sums.total();
}

template <typename T>
uint64_t sum_masked(const void* data, T flip, size_t rows, const uint64_t* words) {
  const T* values = static_cast<const T*>(data);
  return flip == 0 ? sum_masked_as<T, false>(values, flip, rows, words) : sum_masked_as<T, true>(values, flip, rows, words);
}
#endif  // HWY_SCALAR

template <typename T>
void sum_groups_as(const uint8_t* ids, uint32_t group_count, uint32_t trash_group, size_t rows, const T* values, T flip,
                   const uint64_t* validity, uint64_t* sums, int64_t* counts) {
  uint64_t words[kBlockRows / 64];
  for (size_t begin = 0; begin < rows; begin += kBlockRows) {
    const size_t block = rows - begin < kBlockRows ? rows - begin : kBlockRows;
    for (uint32_t group = 0; group < group_count; ++group) {
      const uint64_t count = match_group(ids + begin, block, group, validity == nullptr ? nullptr : validity + begin / 64, words);
      if (count == 0 || group == trash_group) continue;
      counts[group] += static_cast<int64_t>(count);
      sums[group] += sum_masked<T>(values + begin, flip, block, words);
    }
  }
}

/// sums[g] += sum modulo 2^64 of the values as unsigned ones (signed ones with their sign bit flipped), counts[g] +=
/// rows, for up to kMaskedGroups groups with one-byte ids.
void sum_groups(const uint8_t* ids, uint32_t group_count, uint32_t trash_group, size_t rows, const void* values, size_t bytes, bool is_signed,
                const uint64_t* validity, uint64_t* sums, int64_t* counts) {
  switch (bytes) {
    case 1:
      return sum_groups_as<uint8_t>(ids, group_count, trash_group, rows, static_cast<const uint8_t*>(values), 0, validity, sums, counts);
    case 2:
      return sum_groups_as<uint16_t>(ids, group_count, trash_group, rows, static_cast<const uint16_t*>(values),
                                     is_signed ? 0x8000 : 0, validity, sums, counts);
    case 4:
      return sum_groups_as<uint32_t>(ids, group_count, trash_group, rows, static_cast<const uint32_t*>(values),
                                     is_signed ? 0x80000000u : 0, validity, sums, counts);
    default:
      return sum_groups_as<uint64_t>(ids, group_count, trash_group, rows, static_cast<const uint64_t*>(values),
                                     is_signed ? uint64_t{1} << 63 : 0, validity, sums, counts);
  }
}

void count_groups(const uint8_t* ids, uint32_t group_count, size_t rows, const uint64_t* validity, int64_t* counts) {
  uint64_t words[kBlockRows / 64];
  for (size_t begin = 0; begin < rows; begin += kBlockRows) {
    const size_t block = rows - begin < kBlockRows ? rows - begin : kBlockRows;
    for (uint32_t group = 0; group < group_count; ++group) {
      counts[group] += static_cast<int64_t>(
          match_group(ids + begin, block, group, validity == nullptr ? nullptr : validity + begin / 64, words));
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(sum_groups);
HWY_EXPORT(count_groups);

namespace {

std::vector<int64_t>& zeroed_counts(uint32_t group_count) {
  thread_local std::vector<int64_t> counts;
  counts.assign(group_count, 0);
  return counts;
}

/// sums[ids[row]] += base + values[row]
template <typename Sum, typename Id, typename T>
void scatter_add(const Id* ids, const T* values, Sum base, size_t rows, const uint64_t* validity, uint32_t group_count,
                 Sum* sums) {
  constexpr size_t kLanes = 4;
  if (group_count > 512 || rows < 8 * group_count) {
    for_valid_rows(rows, validity, [&](size_t row) { sums[ids[row]] += base + static_cast<Sum>(values[row]); });
    return;
  }
  // Neighbouring rows of one group would wait for each other's store: four sums side by side keep them apart.
  thread_local std::vector<Sum> lanes;
  lanes.assign(kLanes * group_count, Sum{0});
  Sum* of = lanes.data();
  for_valid_rows(rows, validity, [&](size_t row) { of[ids[row] * kLanes + row % kLanes] += base + static_cast<Sum>(values[row]); });
  for (uint32_t group = 0; group < group_count; ++group) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[group] += of[group * kLanes + lane];
  }
}

}  // namespace

void grouped_count(const GroupIds& groups, const uint64_t* validity, int64_t* counts) {
  if (groups.id_bytes == 1 && groups.group_count <= kMaskedGroups) {
    HWY_DYNAMIC_DISPATCH(count_groups)
    (static_cast<const uint8_t*>(groups.ids), groups.group_count, groups.rows, validity, counts);
    return;
  }
  with_ids(groups, [&](auto ids) {
    if (groups.group_count > 512 || groups.rows < 8 * groups.group_count) {
      for_valid_rows(groups.rows, validity, [&](size_t row) { ++counts[ids[row]]; });
      return;
    }
    thread_local std::vector<int64_t> lanes;
    lanes.assign(size_t{4} * groups.group_count, 0);
    for_valid_rows(groups.rows, validity, [&](size_t row) { ++lanes[ids[row] * 4u + row % 4]; });
    for (size_t i = 0; i < lanes.size(); ++i) counts[i / 4] += lanes[i];
  });
}

void grouped_count_valid(const GroupIds& groups, const Vector& values, int64_t* counts) {
  if (values.constant_null()) return;
  grouped_count(groups, values.is_constant() ? nullptr : values.validity, counts);
}

bool grouped_sum(const GroupIds& groups, const Vector& values, const int64_t*, int64_t* sums) {
  if (values.constant_null() || groups.rows == 0) return true;
  const ValueRange range = proven_range(values);
  const int128_t limit = (int128_t{1} << 62) / static_cast<int128_t>(groups.rows);
  if (range.min <= -limit || range.max >= limit) return false;
  if (values.is_constant()) {
    auto& counts = zeroed_counts(groups.group_count);
    grouped_count(groups, nullptr, counts.data());
    for (uint32_t group = 0; group < groups.group_count; ++group) sums[group] += static_cast<int64_t>(range.min) * counts[group];
    return true;
  }
  const Vector plain = plain_values(values);
  const IntegerView view = view_integers(plain);
  if (view.bytes == 16) {
    with_ids(groups, [&](auto ids) {
      scatter_add(ids, static_cast<const int128_t*>(view.data), static_cast<uint64_t>(view.base), groups.rows,
                  plain.validity, groups.group_count, reinterpret_cast<uint64_t*>(sums));
    });
    return true;
  }
  // From here all sums are modulo 2^64, which the bound above makes exact.
  uint64_t* wrapped = reinterpret_cast<uint64_t*>(sums);
  uint64_t base = static_cast<uint64_t>(view.base);
  if (groups.id_bytes == 1 && groups.group_count <= masked_groups(view.bytes)) {
    if (view.is_signed) base -= uint64_t{1} << (view.bytes * 8 - 1);
    int64_t counts[kMaskedGroups] = {};
    HWY_DYNAMIC_DISPATCH(sum_groups)
    (static_cast<const uint8_t*>(groups.ids), groups.group_count, groups.trash_group, groups.rows, view.data, view.bytes, view.is_signed,
     plain.validity, wrapped, counts);
    for (uint32_t group = 0; group < groups.group_count; ++group) wrapped[group] += base * static_cast<uint64_t>(counts[group]);
    return true;
  }
  with_ids(groups, [&](auto ids) {
    with_values(view, [&](auto data) {
      scatter_add(ids, data, base, groups.rows, plain.validity, groups.group_count, wrapped);
    });
  });
  return true;
}

void grouped_sum_wide(const GroupIds& groups, const Vector& values, int128_t* sums) {
  if (values.constant_null()) return;
  const Vector plain = plain_values(values);
  const IntegerView view = view_integers(plain);
  uint128_t* wrapped = reinterpret_cast<uint128_t*>(sums);
  const uint128_t base = static_cast<uint128_t>(view.base);
  const uint64_t* validity = values.is_constant() ? nullptr : plain.validity;
  with_ids(groups, [&](auto ids) {
    with_values(view, [&](auto data) {
      for_valid_rows(groups.rows, validity, [&](size_t row) {
        wrapped[ids[row]] += base + static_cast<uint128_t>(static_cast<int128_t>(data[row]));
      });
    });
  });
}

}  // namespace cairn
#endif  // HWY_ONCE
