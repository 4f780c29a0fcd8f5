#include "exec/aggregates/exact_number.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace cairn {
namespace {

constexpr int kWordBits = 64;

}  // namespace

ExactNumber::ExactNumber(std::span<const Term> terms) {
  int least = INT32_MAX, greatest = INT32_MIN;
  for (const Term& term : terms) {
    if (term.value == 0) continue;
    least = std::min(least, term.exponent);
    greatest = std::max(greatest, term.exponent);
  }
  if (greatest < least) return;
  exponent_ = least;
  count_ = static_cast<size_t>(greatest - least) / kWordBits + 4;
  assert(count_ <= kWords);
  std::fill_n(words_.begin(), count_, 0);
  for (const Term& term : terms) {
    if (term.value == 0) continue;
    const auto shift = static_cast<size_t>(term.exponent - least);
    const unsigned bits = shift % kWordBits;
    const uint64_t sign = term.value < 0 ? ~uint64_t{0} : 0;
    const auto low = static_cast<uint64_t>(term.value);
    const auto high = static_cast<uint64_t>(static_cast<uint128_t>(term.value) >> kWordBits);
    const auto spilled = [bits](uint64_t word) { return bits == 0 ? 0 : word >> (kWordBits - bits); };
    const uint64_t parts[3] = {low << bits, high << bits | spilled(low), sign << bits | spilled(high)};
    uint64_t carry = 0;
    for (size_t i = shift / kWordBits, part = 0; i < count_; ++i, ++part) {
      const uint128_t sum = uint128_t{words_[i]} + (part < 3 ? parts[part] : sign) + carry;
      words_[i] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> kWordBits);
    }
  }
  negative_ = words_[count_ - 1] >> (kWordBits - 1) != 0;
  if (negative_) {
    uint64_t carry = 1;
    for (size_t i = 0; i < count_; ++i) {
      words_[i] = ~words_[i] + carry;
      carry = carry != 0 && words_[i] == 0 ? 1 : 0;
    }
  }
  trim();
}

ExactNumber& ExactNumber::operator=(const ExactNumber& other) {
  negative_ = other.negative_;
  exponent_ = other.exponent_;
  count_ = other.count_;
  std::copy_n(other.words_.begin(), count_, words_.begin());  // the rest is undefined, and long
  return *this;
}

void ExactNumber::trim() {
  while (count_ > 0 && words_[count_ - 1] == 0) --count_;
  size_t zeros = 0;
  while (zeros < count_ && words_[zeros] == 0) ++zeros;
  if (zeros == 0) return;
  std::copy(words_.begin() + zeros, words_.begin() + count_, words_.begin());
  count_ -= zeros;
  exponent_ += static_cast<int>(zeros) * kWordBits;
}

ExactNumber ExactNumber::times(const ExactNumber& other) const {
  ExactNumber product;
  if (is_zero() || other.is_zero()) return product;
  product.negative_ = negative_ != other.negative_;
  product.exponent_ = exponent_ + other.exponent_;
  product.count_ = count_ + other.count_;
  assert(product.count_ <= kWords);
  std::fill_n(product.words_.begin(), product.count_, 0);
  for (size_t i = 0; i < count_; ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < other.count_; ++j) {
      const uint128_t sum = uint128_t{words_[i]} * other.words_[j] + product.words_[i + j] + carry;
      product.words_[i + j] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> kWordBits);
    }
    product.words_[i + other.count_] = carry;
  }
  product.trim();
  return product;
}

ExactNumber ExactNumber::times(uint64_t factor) const {
  const Term term{static_cast<int128_t>(factor), 0};
  return times(ExactNumber({&term, 1}));
}

/// The same number with a lower exponent.
ExactNumber ExactNumber::aligned(int exponent) const {
  const auto shift = static_cast<size_t>(exponent_ - exponent);
  const size_t whole = shift / kWordBits;
  const unsigned bits = shift % kWordBits;
  ExactNumber result;
  result.negative_ = negative_;
  result.exponent_ = exponent;
  result.count_ = count_ + whole + 1;
  assert(result.count_ <= kWords);
  std::fill_n(result.words_.begin(), result.count_, 0);
  for (size_t i = 0; i < count_; ++i) {
    result.words_[i + whole] |= words_[i] << bits;
    if (bits != 0) result.words_[i + whole + 1] = words_[i] >> (kWordBits - bits);
  }
  return result;
}

ExactNumber ExactNumber::minus(const ExactNumber& other) const {
  if (other.is_zero()) return *this;
  if (is_zero()) {
    ExactNumber result = other;
    result.negative_ = !other.negative_;
    return result;
  }
  const int exponent = std::min(exponent_, other.exponent_);
  ExactNumber a = aligned(exponent), b = other.aligned(exponent);
  const size_t count = std::max(a.count_, b.count_) + 1;
  assert(count <= kWords);
  for (ExactNumber* number : {&a, &b}) {
    std::fill(number->words_.begin() + number->count_, number->words_.begin() + count, 0);
    number->count_ = count;
  }
  if (a.negative_ != b.negative_) {
    uint64_t carry = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint128_t sum = uint128_t{a.words_[i]} + b.words_[i] + carry;
      a.words_[i] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> kWordBits);
    }
    a.trim();
    return a;
  }
  const bool less = std::lexicographical_compare(a.words_.rend() - count, a.words_.rend(), b.words_.rend() - count,
                                                 b.words_.rend());
  if (less) {
    std::swap(a, b);
    a.negative_ = !a.negative_;
  }
  uint64_t borrow = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint128_t difference = uint128_t{a.words_[i]} - b.words_[i] - borrow;
    a.words_[i] = static_cast<uint64_t>(difference);
    borrow = difference >> kWordBits != 0 ? 1 : 0;
  }
  a.trim();
  return a;
}

uint64_t ExactNumber::head(int& exponent) const {
  const uint64_t top = words_[count_ - 1], below = count_ > 1 ? words_[count_ - 2] : 0;
  const auto shift = static_cast<unsigned>(std::countl_zero(top));
  uint64_t bits = top << shift | (shift == 0 ? 0 : below >> (kWordBits - shift));
  bool more = shift == 0 ? below != 0 : below << shift != 0;
  for (size_t i = 0; i + 2 < count_ && !more; ++i) more = words_[i] != 0;
  if (more) bits |= 1;
  exponent = exponent_ + static_cast<int>(count_ - 1) * kWordBits - static_cast<int>(shift);
  return bits;
}

ScaledDouble ExactNumber::to_scaled() const {
  if (is_zero()) return {};
  int exponent = 0;
  const double magnitude = static_cast<double>(head(exponent));
  return {negative_ ? -magnitude : magnitude, exponent};
}

double ExactNumber::to_double() const {
  const ScaledDouble scaled = to_scaled();
  return std::ldexp(scaled.mantissa, scaled.exponent);
}

float ExactNumber::to_float() const {
  if (is_zero()) return 0;
  int exponent = 0;
  const auto magnitude = static_cast<float>(head(exponent));
  return std::ldexp(negative_ ? -magnitude : magnitude, exponent);
}

}  // namespace cairn
