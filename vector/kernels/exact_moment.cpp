// Sums of numbers and of their products as integers, a row of sums for each group.

#include "vector/kernels/exact_moment.h"

#include <algorithm>
#include <cstring>

#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/exact_moment.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "vector/kernels/exact_cut-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

/// What a * b has below its rounded product.
HWY_INLINE V product_rest(V a, V b, V product) {
#if HWY_NATIVE_FMA
  return hn::MulSub(a, b, product);
#else
  const auto high_half = [](V x) HWY_ATTR {
    const V scaled = hn::Mul(x, hn::Set(D(), 0x1p27 + 1));
    return hn::Sub(scaled, hn::Sub(scaled, x));
  };
  const V a_high = high_half(a), b_high = high_half(b);
  const V a_low = hn::Sub(a, a_high), b_low = hn::Sub(b, b_high);
  const V first = hn::Sub(hn::Mul(a_high, b_high), product);
  const V cross = hn::Add(hn::Add(first, hn::Mul(a_high, b_low)), hn::Mul(a_low, b_high));
  return hn::Add(cross, hn::Mul(a_low, b_low));
#endif
}

/// Lanes whose product exists, as exact_product_exists has it.
HWY_INLINE hn::Mask<D> product_exists(V a, V b, V product) {
  const V great = hn::Set(D(), kGreatProduct), small = hn::Set(D(), kSmallProduct), magnitude = hn::Abs(product);
  const auto zero = hn::Or(hn::Eq(a, hn::Zero(D())), hn::Eq(b, hn::Zero(D())));
  const auto middling = hn::And(hn::Lt(hn::Abs(a), great), hn::Lt(hn::Abs(b), great));
  return hn::And(middling, hn::Or(zero, hn::And(hn::Lt(magnitude, great), hn::Gt(magnitude, small))));
}

/// 64 rows on their way to their groups.
template <size_t kArguments>
class MomentTile {
 public:
  using Layout = ExactMomentLayout<kArguments>;
  static constexpr size_t kRowBytes = Layout::kSums * sizeof(ExactSum);

  /// `counts`: the rows that do, of the 64.
  HWY_INLINE void load(size_t argument, const double* from, size_t rows, uint64_t counts) {
    if (counts == ~uint64_t{0}) {
      of_[argument] = from;
      return;
    }
    double* const to = numbers_[argument];
    of_[argument] = to;
    std::memcpy(to, from, rows * sizeof(double));
    std::memset(to + rows, 0, (kTileRows - rows) * sizeof(double));
    for (size_t row = 0; row < kTileRows; row += kLanes) {
      hn::Store(keep_rows(hn::Load(D(), to + row), &counts, row), D(), to + row);
    }
  }

  /// The products of the loaded arguments, and all numbers cut. Unless careful, false where one of them is not in its
  /// window.
  template <bool kCareful>
  HWY_INLINE bool cut(const ExactMomentNumber* numbers, uint64_t counts) {
    if (kCareful) std::fill_n(misfits_, Layout::kNumbers, 0);
    for (size_t a = 0; a < kArguments; ++a) {
      for (size_t b = 0; b <= a; ++b) multiply<kCareful>(a, b);
    }
    bool all = true;
    constexpr size_t kPaired = Layout::kNumbers / 2 * 2;
    for (size_t first = 0; first < kPaired && all; first += 2) all = cut_pair<kCareful, false>(first, numbers, counts);
    if constexpr (Layout::kCounts) all = all && cut_pair<kCareful, true>(kPaired, numbers, counts);
    return all;
  }

  /// Rows [0, rows), while the sums of those of the next tile are on their way into the cache where it is wanted.
  template <bool kPrefetch, typename Id>
  HWY_INLINE void scatter(const Id* ids, size_t rows, ExactSum* sums) const {
#pragma GCC unroll 2
    for (size_t row = 0; row < rows; ++row) {
      if constexpr (kPrefetch) {
        const char* const next = reinterpret_cast<const char*>(sums + ids[row + kTileRows] * Layout::kSums);
        for (size_t line = 0; line < kRowBytes; line += 64) __builtin_prefetch(next + line);
      }
      add_row(row, &sums[ids[row] * Layout::kSums].low);
    }
  }

  /// All rows, to the one group.
  HWY_INLINE void total(ExactSum* sums) const {
    const hn::CappedTag<int64_t, 4> four;
    for (size_t pair = 0; pair < Layout::kSums / 2; ++pair) {
      for (size_t part = 0; part < 4; part += hn::Lanes(four)) {
        int64_t* const at = &sums->low + 4 * pair + part;
        auto sum = hn::Load(four, at);
        for (size_t row = 0; row < kTileRows; ++row) sum = hn::Add(sum, hn::Load(four, parts_[pair] + 4 * row + part));
        hn::Store(sum, four, at);
      }
    }
  }

  void tell(size_t word, bool all, ExactMomentNumber* numbers) const {
    for (size_t i = 0; i < Layout::kNumbers; ++i) {
      numbers[i].magnitude = std::max(numbers[i].magnitude, magnitudes_[i]);
      numbers[i].misfits[word] = all ? 0 : misfits_[i];
      numbers[i].all &= all || misfits_[i] == 0;
    }
  }

 private:
  HWY_INLINE void add_row(size_t row, int64_t* to) const {
    const hn::CappedTag<int64_t, 4> four;
#pragma GCC unroll 4
    for (size_t pair = 0; pair < Layout::kSums / 2; ++pair) {
#pragma GCC unroll 4
      for (size_t part = 0; part < 4; part += hn::Lanes(four)) {
        int64_t* const at = to + 4 * pair + part;
        hn::Store(hn::Add(hn::Load(four, at), hn::Load(four, parts_[pair] + 4 * row + part)), four, at);
      }
    }
  }

  template <bool kCareful>
  HWY_INLINE void multiply(size_t a, size_t b) {
    double *const high = numbers_[Layout::high_of(a, b)], *const low = high + kTileRows;
    of_[Layout::high_of(a, b)] = high;
    of_[Layout::high_of(a, b) + 1] = low;
    for (size_t row = 0; row < kTileRows; row += kLanes) {
      const V x = hn::LoadU(D(), of_[a] + row), y = hn::LoadU(D(), of_[b] + row);
      V product = hn::Mul(x, y), rest = product_rest(x, y, product);
      if constexpr (kCareful) {
        const auto exists = product_exists(x, y, product);
        misfits_[Layout::high_of(a, b)] |= lane_bits(hn::Not(exists)) << row;
        product = hn::IfThenElseZero(exists, product);
        rest = hn::IfThenElseZero(exists, rest);
      }
      hn::Store(product, D(), high + row);
      hn::Store(rest, D(), low + row);
    }
  }

  /// Two numbers, or the last and the number of rows.
  template <bool kCareful, bool kCounting>
  HWY_INLINE bool cut_pair(size_t first, const ExactMomentNumber* numbers, uint64_t counts) {
    constexpr DI di;
    const size_t second = kCounting ? first : first + 1;
    NumberCutter a(numbers[first].window), b(numbers[second].window);
    int64_t* const to = parts_[first / 2];
    uint64_t a_misfits = 0, b_misfits = 0;
    for (size_t row = 0; row < kTileRows; row += kLanes) {
      VI a_high, a_low, b_high = hn::Zero(di), b_low = hn::Set(di, 1);
      a_misfits |= a.cut<kCareful>(hn::LoadU(D(), of_[first] + row), a_high, a_low) << row;
      if constexpr (!kCounting) {
        b_misfits |= b.cut<kCareful>(hn::LoadU(D(), of_[second] + row), b_high, b_low) << row;
      } else if (counts != ~uint64_t{0}) {
        b_low = hn::BitCast(di, keep_rows(hn::BitCast(D(), b_low), &counts, row));
      }
      hn::StoreInterleaved4(a_low, a_high, b_low, b_high, di, to + 4 * row);
    }
    magnitudes_[first] = a.magnitude();
    if (!kCounting) magnitudes_[second] = b.magnitude();
    if constexpr (kCareful) {
      misfits_[first] |= a_misfits;
      misfits_[second] |= b_misfits;
    }
    return kCareful || (a.all_fit() && b.all_fit());
  }

  const double* of_[Layout::kNumbers];  ///< a number's 64 rows
  HWY_ALIGN double numbers_[Layout::kNumbers][kTileRows];
  HWY_ALIGN int64_t parts_[Layout::kSums / 2][4 * kTileRows];  ///< of each row: low, high, low, high
  double magnitudes_[Layout::kNumbers];
  uint64_t misfits_[Layout::kNumbers];  ///< where all were cut carefully
};

/// Where factors are in windows like these all products exist.
inline bool is_middling(const ExactWindow& window) { return window.unit > -400 && window.unit + kExactBits < 400; }

template <size_t kArguments, typename Id>
void moments_of(const Id* ids, const GroupIds& groups, const double* const* arguments, const uint64_t* validity,
                ExactMomentNumber* numbers, ExactSum* sums) {
  const bool prefetches = groups.group_count * MomentTile<kArguments>::kRowBytes > kCachedBytes;
  const bool middling = is_middling(numbers[0].window) && is_middling(numbers[kArguments - 1].window);
  MomentTile<kArguments> tile;
  for (size_t begin = 0; begin < groups.rows; begin += kTileRows) {
    const size_t rows = std::min(kTileRows, groups.rows - begin);
    uint64_t counts = rows == kTileRows ? ~uint64_t{0} : (uint64_t{1} << rows) - 1;
    if (validity != nullptr) counts &= validity[begin / 64];
    for (size_t a = 0; a < kArguments; ++a) tile.load(a, arguments[a] + begin, rows, counts);
    const bool all = middling && tile.template cut<false>(numbers, counts);
    if (HWY_UNLIKELY(!all)) tile.template cut<true>(numbers, counts);
    if (groups.group_count == 1) {
      tile.total(sums);
    } else if (prefetches && begin + 2 * kTileRows <= groups.rows) {
      tile.template scatter<true>(ids + begin, rows, sums);
    } else {
      tile.template scatter<false>(ids + begin, rows, sums);
    }
    tile.tell(begin / 64, all, numbers);
  }
}

template <size_t kArguments>
void moments_with(const GroupIds& groups, const double* const* arguments, const uint64_t* validity,
                  ExactMomentNumber* numbers, ExactSum* sums) {
  const auto with_ids = [&](const auto* ids) { moments_of<kArguments>(ids, groups, arguments, validity, numbers, sums); };
  switch (groups.id_bytes) {
    case 1: return with_ids(static_cast<const uint8_t*>(groups.ids));
    case 2: return with_ids(static_cast<const uint16_t*>(groups.ids));
    default: return with_ids(static_cast<const uint32_t*>(groups.ids));
  }
}

void moments_of_one(const GroupIds& groups, const double* const* arguments, const uint64_t* validity,
                    ExactMomentNumber* numbers, ExactSum* sums) {
  moments_with<1>(groups, arguments, validity, numbers, sums);
}

void moments_of_two(const GroupIds& groups, const double* const* arguments, const uint64_t* validity,
                    ExactMomentNumber* numbers, ExactSum* sums) {
  moments_with<2>(groups, arguments, validity, numbers, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(moments_of_one);
HWY_EXPORT(moments_of_two);

template <>
void exact_moments_grouped<1>(const GroupIds& groups, const double* const* arguments, const uint64_t* validity,
                              ExactMomentNumber* numbers, ExactSum* sums) {
  HWY_DYNAMIC_DISPATCH(moments_of_one)(groups, arguments, validity, numbers, sums);
}

template <>
void exact_moments_grouped<2>(const GroupIds& groups, const double* const* arguments, const uint64_t* validity,
                              ExactMomentNumber* numbers, ExactSum* sums) {
  HWY_DYNAMIC_DISPATCH(moments_of_two)(groups, arguments, validity, numbers, sums);
}

}  // namespace cairn
#endif  // HWY_ONCE
