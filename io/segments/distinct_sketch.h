#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cairn {

class ByteReader;
class ByteWriter;

/// Estimates how many distinct hashes were added, within about 5 % (one standard error): HyperLogLog (Flajolet et al.,
/// 2007) with 512 registers and the estimator of Ertl ("New cardinality estimation algorithms for HyperLogLog
/// sketches", 2017), which needs no correction for small or large counts. Sketches of parts merge to that of the whole.
class DistinctSketch {
 public:
  static constexpr int kIndexBits = 9;
  static constexpr size_t kRegisterCount = size_t{1} << kIndexBits;

  /// `hash`: 64 well-mixed bits.
  void add(uint64_t hash) {
    const uint64_t rest = (hash << kIndexBits) | (uint64_t{1} << (kIndexBits - 1));
    const uint8_t rank = static_cast<uint8_t>(__builtin_clzll(rest) + 1);
    uint8_t& slot = registers_[hash >> (64 - kIndexBits)];
    slot = rank > slot ? rank : slot;
  }
  void merge(const DistinctSketch& other);
  double estimate() const;

  /// Few registers are set in a sketch of few values: then only those are written.
  void write(ByteWriter& out) const;
  static DistinctSketch read(ByteReader& in);

  friend bool operator==(const DistinctSketch&, const DistinctSketch&) = default;

 private:
  static constexpr uint8_t kRankMax = 64 - kIndexBits + 1;

  std::array<uint8_t, kRegisterCount> registers_{};
};

/// Mixes the bits of a number (the finalizer of SplitMix64).
inline uint64_t mix_bits(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace cairn
