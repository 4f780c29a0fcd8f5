// What the kernels of exact sums share, once per instruction set (see Highway's -inl.h).
#if defined(CAIRN_VECTOR_KERNELS_EXACT_CUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CAIRN_VECTOR_KERNELS_EXACT_CUT_INL_H_
#undef CAIRN_VECTOR_KERNELS_EXACT_CUT_INL_H_
#else
#define CAIRN_VECTOR_KERNELS_EXACT_CUT_INL_H_
#endif

#include "hwy/highway.h"
#include "vector/kernels/exact_window.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
using DI = hn::RebindToSigned<D>;
using VI = hn::Vec<DI>;
inline constexpr size_t kLanes = hn::MaxLanes(D());

/// A bit per lane.
HWY_INLINE uint64_t lane_bits(hn::Mask<D> mask) {
  uint64_t bits = 0;
  hn::StoreMaskBits(D(), mask, reinterpret_cast<uint8_t*>(&bits));
  return bits & ((uint64_t{1} << kLanes) - 1);
}

/// The lanes whose bits are set in `counts` from `row` on; the others are 0.
HWY_INLINE V keep_rows(V numbers, const uint64_t* counts, size_t row) {
  const uint64_t word = counts[row / 64] >> (row % 64);
  return hn::IfThenElseZero(hn::LoadMaskBits(D(), reinterpret_cast<const uint8_t*>(&word)), numbers);
}

/// Cuts a number x into integers: x = (high * 2^40 + low) * 2^unit, |low| <= 2^39. With m = 1.5 * 2^(52 + e), x + m is
/// x rounded to a multiple of 2^e, which stands as an integer in the low bits of the sum; x - ((x + m) - m) is exact.
class NumberCutter {
 public:
  HWY_INLINE explicit NumberCutter(const ExactWindow& window)
      : high_magic_(hn::Set(D(), window.high_magic)), low_magic_(hn::Set(D(), window.low_magic)),
        limit_(hn::Set(D(), window.limit)), magnitude_(hn::Zero(D())), left_(hn::Zero(D())) {}

  /// Carefully: a number outside the window is cut into zeros; returns a bit per lane with one. Otherwise all_fit()
  /// tells afterwards whether any was.
  template <bool kCareful>
  HWY_INLINE uint64_t cut(V numbers, VI& high, VI& low) {
    const DI di;
    const V magnitudes = hn::Abs(numbers);
    const V shifted = hn::Add(numbers, high_magic_);
    const V rest = hn::Sub(numbers, hn::Sub(shifted, high_magic_));
    const V low_shifted = hn::Add(rest, low_magic_);
    const V left = hn::Sub(rest, hn::Sub(low_shifted, low_magic_));
    high = hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, high_magic_));
    low = hn::Sub(hn::BitCast(di, low_shifted), hn::BitCast(di, low_magic_));
    if constexpr (kCareful) {
      const auto fits = hn::And(hn::Lt(magnitudes, limit_), hn::Eq(left, hn::Zero(D())));  // NaN is neither
      high = hn::IfThenElseZero(hn::RebindMask(di, fits), high);
      low = hn::IfThenElseZero(hn::RebindMask(di, fits), low);
      magnitude_ = hn::Max(magnitude_, hn::IfThenElseZero(fits, magnitudes));
      return lane_bits(hn::Not(fits));
    }
    left_ = hn::Or(left_, left);
    magnitude_ = hn::Max(magnitude_, magnitudes);
    return 0;
  }
  HWY_INLINE bool all_fit() const {
    return hn::AllTrue(D(), hn::And(hn::Lt(magnitude_, limit_), hn::Eq(left_, hn::Zero(D()))));
  }
  /// The greatest of what was cut.
  HWY_INLINE double magnitude() const { return hn::GetLane(hn::MaxOfLanes(D(), magnitude_)); }

 private:
  V high_magic_, low_magic_, limit_, magnitude_;
  V left_;  ///< what was below the unit, ORed as bits; NaN for what is not finite
};

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#endif
