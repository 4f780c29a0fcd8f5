#include "io/segments/distinct_sketch.h"

#include <algorithm>
#include <cmath>

#include "io/segments/byte_codec.h"

namespace cairn {

namespace {

// The two series of Ertl's estimator: the share of registers that are still empty, and of those that are full.
double sigma(double x) {
  if (x == 1) return INFINITY;
  double y = 1, sum = x, before;
  do {
    x *= x;
    before = sum;
    sum += x * y;
    y += y;
  } while (sum != before);
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, sum = 1 - x, before;
  do {
    x = std::sqrt(x);
    before = sum;
    y *= 0.5;
    sum -= (1 - x) * (1 - x) * y;
  } while (sum != before);
  return sum / 3;
}

}  // namespace

void DistinctSketch::merge(const DistinctSketch& other) {
  for (size_t i = 0; i < kRegisterCount; ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

double DistinctSketch::estimate() const {
  std::array<int, kRankMax + 1> count{};
  for (const uint8_t rank : registers_) ++count[rank];
  constexpr double m = kRegisterCount;
  double z = m * tau(1 - count[kRankMax] / m);
  for (int rank = kRankMax - 1; rank >= 1; --rank) z = 0.5 * (z + count[rank]);
  z += m * sigma(count[0] / m);
  return m * m / (2 * std::log(2.0) * z);
}

void DistinctSketch::write(ByteWriter& out) const {
  const size_t set =
      static_cast<size_t>(std::count_if(registers_.begin(), registers_.end(), [](uint8_t r) { return r != 0; }));
  if (set > kRegisterCount / 3) {
    out.varint(kRegisterCount);
    out.raw(std::as_bytes(std::span(registers_)));
    return;
  }
  out.varint(set);
  for (size_t i = 0; i < kRegisterCount; ++i) {
    if (registers_[i] == 0) continue;
    out.fixed(static_cast<uint16_t>(i));
    out.fixed(registers_[i]);
  }
}

DistinctSketch DistinctSketch::read(ByteReader& in) {
  DistinctSketch sketch;
  const uint64_t set = in.varint_up_to(kRegisterCount, "the number of registers of a sketch");
  for (uint64_t i = 0; i < set; ++i) {
    const size_t index = set == kRegisterCount ? i : in.fixed<uint16_t>();
    const uint8_t rank = in.fixed<uint8_t>();
    if (index >= kRegisterCount || rank > kRankMax) in.fail("holds a sketch with an impossible register");
    sketch.registers_[index] = rank;
  }
  return sketch;
}

}  // namespace cairn
