#pragma once

#include <cassert>
#include <cstdint>

/// dbgen's random numbers: the multiplicative congruential generator of Park and Miller ("Random number generators:
/// good ones are hard to find", CACM 1988), one stream of it per random column.
namespace cairn::tpch {

inline constexpr uint32_t kModulus = 2147483647;  // 2^31 - 1, a prime
inline constexpr uint32_t kMultiplier = 16807;

/// a * b mod kModulus, for a and b below it; never 0 unless one of them is. Plain 64-bit arithmetic without branches,
/// so that loops over it become SIMD code.
constexpr uint32_t mul_mod(uint64_t a, uint64_t b) {
  uint64_t x = a * b;
  x = (x & kModulus) + (x >> 31);  // at most 2 * kModulus - 1, and not kModulus itself
  return static_cast<uint32_t>((x & kModulus) + (x >> 31));
}

/// base^exponent mod kModulus.
constexpr uint32_t power_mod(uint64_t base, uint64_t exponent) {
  uint32_t result = 1;
  for (uint32_t square = static_cast<uint32_t>(base); exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = mul_mod(result, square);
    square = mul_mod(square, square);
  }
  return result;
}

/// The state after so many draws.
constexpr uint32_t jump(uint32_t state, uint64_t draw_count) {
  return mul_mod(state, power_mod(kMultiplier, draw_count % (kModulus - 1)));
}

/// Up to this range, trunc(s / M * R) in doubles equals floor(s * R / M): s * R / M is no integer, because M is prime,
/// so it is at least 2^-31 away from one, and two roundings move it by less than R * 2^-52.
inline constexpr uint64_t kExactRange = 1 << 20;

/// floor(state * range / kModulus), exact while range is below 2^31.
constexpr uint64_t scale_exact(uint32_t state, uint64_t range) {
  const uint64_t x = state * range;
  return (x + (x >> 31) + 1) >> 31;
}

/// The same as dbgen computes it: divided first, each step rounded. For ranges above kExactRange the two differ for a
/// few states.
inline int64_t scale_rounded(uint32_t state, uint64_t range) {
  return static_cast<int64_t>(static_cast<double>(static_cast<int32_t>(state)) / static_cast<double>(kModulus) *
                              static_cast<double>(range));
}

/// The draws of one stream, one after the other.
class Draws {
 public:
  explicit constexpr Draws(uint32_t state) : state_(state) {}

  uint32_t next() { return state_ = mul_mod(state_, kMultiplier); }

  /// A number in [low, high].
  int64_t draw(int64_t low, int64_t high) {
    assert(low <= high);
    const uint64_t range = static_cast<uint64_t>(high - low) + 1;
    const uint32_t state = next();
    return low + (range <= kExactRange ? static_cast<int64_t>(scale_exact(state, range)) : scale_rounded(state, range));
  }

 private:
  uint32_t state_;
};

/// A stream belongs to one column and gives each row unit (order, part, customer, …) a fixed budget of draws, so the
/// state before a unit follows from its number alone.
struct Stream {
  uint32_t seed;
  uint32_t budget;

  /// The state before the first draw of a unit, counted from 0.
  constexpr uint32_t state_at(uint64_t unit) const { return jump(seed, unit % (kModulus - 1) * budget); }
};

/// Walks a stream unit by unit.
class UnitStream {
 public:
  UnitStream(Stream stream, uint64_t first_unit)
      : state_(stream.state_at(first_unit)), unit_step_(power_mod(kMultiplier, stream.budget)) {}

  Draws next_unit() {
    const Draws draws(state_);
    state_ = mul_mod(state_, unit_step_);
    return draws;
  }

 private:
  uint32_t state_;
  uint32_t unit_step_;
};

/// dbgen's 64-bit generator, which takes the place of the other for customer and part keys in orders and lineitem from
/// scale factor kWideScaleFactor on. Its jumps are still those of the 31-bit generator, so its values depend on the
/// unit from which a range was begun.
class WideDraws {
 public:
  WideDraws(Stream stream, uint64_t first_unit) : state_(stream.state_at(first_unit)) {}

  int64_t draw(int64_t low, int64_t high) {
    state_ = state_ * 6364136223846793005u + 1;
    const uint64_t magnitude = static_cast<int64_t>(state_) < 0 ? 0 - state_ : state_;
    return low + static_cast<int64_t>(magnitude % (static_cast<uint64_t>(high - low) + 1));
  }

  /// Skips what a unit left of its budget, by the rule of the 31-bit generator on the wrapped signed state.
  void skip(uint32_t draw_count) {
    for (uint64_t factor = kMultiplier; draw_count != 0; draw_count >>= 1, factor = factor * factor % kModulus)
      if (draw_count & 1) state_ = static_cast<uint64_t>(static_cast<int64_t>(factor * state_) % int64_t{kModulus});
  }

 private:
  uint64_t state_;
};

inline constexpr uint32_t kWideScaleFactor = 30000;

}  // namespace cairn::tpch
