#include "vector/kernels/exact_product.h"

#include <algorithm>
#include <cstring>

#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/exact_product.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using ProductTag = hn::ScalableTag<double>;
using ProductLanes = hn::Vec<ProductTag>;

/// What a * b has below its rounded product.
HWY_INLINE ProductLanes product_rest(ProductLanes a, ProductLanes b, ProductLanes product) {
#if HWY_NATIVE_FMA
  return hn::MulSub(a, b, product);
#else
  const auto high_half = [](ProductLanes x) HWY_ATTR {
    const ProductLanes scaled = hn::Mul(x, hn::Set(ProductTag(), 0x1p27 + 1));
    return hn::Sub(scaled, hn::Sub(scaled, x));
  };
  const ProductLanes a_high = high_half(a), b_high = high_half(b);
  const ProductLanes a_low = hn::Sub(a, a_high), b_low = hn::Sub(b, b_high);
  const ProductLanes first = hn::Sub(hn::Mul(a_high, b_high), product);
  const ProductLanes cross = hn::Add(hn::Add(first, hn::Mul(a_high, b_low)), hn::Mul(a_low, b_high));
  return hn::Add(cross, hn::Mul(a_low, b_low));
#endif
}

/// Returns a bit per lane whose product is odd.
HWY_INLINE uint64_t multiply(const double* a, const double* b, double* high, double* low, ProductLanes& rests) {
  const ProductTag d;
  const ProductLanes x = hn::LoadU(d, a), y = hn::LoadU(d, b);
  const ProductLanes product = hn::Mul(x, y), magnitude = hn::Abs(product);
  const auto great = hn::Set(d, 0x1p900), small = hn::Set(d, 0x1p-900);
  const auto zero = hn::Or(hn::Eq(x, hn::Zero(d)), hn::Eq(y, hn::Zero(d)));
  const auto middling = hn::And(hn::Lt(hn::Abs(x), great), hn::Lt(hn::Abs(y), great));  // NaN is not less
  const auto fine = hn::And(middling, hn::Or(zero, hn::And(hn::Lt(magnitude, great), hn::Gt(magnitude, small))));
  hn::StoreU(hn::IfThenElseZero(fine, product), d, high);
  const ProductLanes rest = hn::IfThenElseZero(fine, product_rest(x, y, product));
  rests = hn::Or(rests, rest);
  hn::StoreU(rest, d, low);
  uint8_t bits[8] = {};
  hn::StoreMaskBits(d, hn::Not(fine), bits);
  uint64_t word;
  std::memcpy(&word, bits, sizeof word);
  return word & ((uint64_t{1} << hn::Lanes(d)) - 1);
}

bool multiply_all(const double* a, const double* b, size_t rows, double* high, double* low, uint64_t* odd) {
  const ProductTag d;
  const size_t lanes = hn::Lanes(d);
  ProductLanes rests = hn::Zero(d);
  std::fill_n(odd, (rows + 63) / 64, 0);
  size_t row = 0;
  for (; row + lanes <= rows; row += lanes) {
    odd[row / 64] |= multiply(a + row, b + row, high + row, low + row, rests) << (row % 64);
  }
  double padded[4][HWY_MAX_BYTES / sizeof(double)] = {};
  const size_t bytes = (rows - row) * sizeof(double);
  std::memcpy(padded[0], a + row, bytes);
  std::memcpy(padded[1], b + row, bytes);
  if (row < rows) odd[row / 64] |= multiply(padded[0], padded[1], padded[2], padded[3], rests) << (row % 64);
  std::memcpy(high + row, padded[2], bytes);
  std::memcpy(low + row, padded[3], bytes);
  return !hn::AllTrue(d, hn::Eq(rests, hn::Zero(d)));
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(multiply_all);

bool exact_products(const double* a, const double* b, size_t rows, double* high, double* low, uint64_t* odd) {
  return HWY_DYNAMIC_DISPATCH(multiply_all)(a, b, rows, high, low, odd);
}

}  // namespace cairn
#endif  // HWY_ONCE
