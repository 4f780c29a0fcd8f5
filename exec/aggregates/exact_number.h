#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "vector/int128.h"

namespace cairn {

/// mantissa * 2^exponent: what ExactNumber rounds to, with an exponent that no double need have.
struct ScaledDouble {
  double mantissa = 0;
  int exponent = 0;
};

/// An integer times a power of two, as wide as sums of squares of DOUBLEs get. Without the heap.
class ExactNumber {
 public:
  /// value * 2^exponent.
  struct Term {
    int128_t value;
    int exponent;
  };
  /// No sum of DOUBLEs or of their products is in more limbs than these.
  struct Terms {
    std::array<Term, 240> list;
    size_t count = 0;
    void add(int128_t value, int exponent) {
      if (value != 0) list[count++] = {value, exponent};
    }
    std::span<const Term> all() const { return {list.data(), count}; }
  };
  ExactNumber() = default;
  ExactNumber(const ExactNumber& other) { *this = other; }
  ExactNumber& operator=(const ExactNumber& other);
  /// Their sum.
  explicit ExactNumber(std::span<const Term> terms);

  bool is_zero() const { return count_ == 0; }
  /// REQUIRES: no more bits than n sums of n squares of sums of DOUBLEs have, for n < 2^63.
  ExactNumber times(const ExactNumber& other) const;
  ExactNumber times(uint64_t factor) const;
  ExactNumber minus(const ExactNumber& other) const;

  /// To the nearest, ties to even; infinite where it is too large.
  double to_double() const;
  float to_float() const;
  ScaledDouble to_scaled() const;

 private:
  static constexpr size_t kWords = 80;

  ExactNumber aligned(int exponent) const;
  void trim();
  /// The highest 64 bits, of which the last is set, too, where there is something below them.
  uint64_t head(int& exponent) const;

  bool negative_ = false;
  int exponent_ = 0;  ///< of words_[0]'s lowest bit
  size_t count_ = 0;  ///< words_ behind these are undefined; the last is not 0
  std::array<uint64_t, kWords> words_;
};

}  // namespace cairn
