#include "vector/kernels/mask.h"

#include <bit>
#include <cstring>

#include "vector/kernels/kernels.h"
#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/mask.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
size_t indices_of(const uint64_t* mask, size_t rows, uint32_t* out) {
  size_t count = 0;
  for (size_t word = 0; word * 64 < rows; ++word) {
    for (uint64_t bits = mask[word]; bits != 0; bits &= bits - 1) {
      out[count++] = static_cast<uint32_t>(word * 64 + static_cast<size_t>(__builtin_ctzll(bits)));
    }
  }
  return count;
}
#else
/// Compresses one vector of consecutive indices at a time; writes up to a vector behind the last index.
size_t indices_of(const uint64_t* mask, size_t rows, uint32_t* out) {
  const hn::ScalableTag<uint32_t> d;
  const size_t lanes = hn::Lanes(d);
  size_t count = 0;
  for (size_t word = 0; word * 64 < rows; ++word) {
    const uint64_t bits = mask[word];
    if (bits == 0) continue;
    if (__builtin_popcountll(bits) <= 6) {  // few: one by one is quicker than vector by vector
      for (uint64_t rest = bits; rest != 0; rest &= rest - 1) {
        out[count++] = static_cast<uint32_t>(word * 64 + static_cast<size_t>(__builtin_ctzll(rest)));
      }
      continue;
    }
    for (size_t i = 0; i < 64; i += lanes) {
      uint8_t lane_bits[8] = {};
      const uint64_t part = bits >> i;
      std::memcpy(lane_bits, &part, 8);
      const auto indices = hn::Iota(d, static_cast<uint32_t>(word * 64 + i));
      const auto selected = hn::LoadMaskBits(d, lane_bits);
      hn::StoreU(hn::Compress(indices, selected), d, out + count);
      count += static_cast<size_t>(__builtin_popcountll(part & ((uint64_t{1} << lanes) - 1)));
    }
  }
  return count;
}
#endif

uint64_t count_bits(const uint64_t* mask, size_t words) {
  uint64_t count = 0;
  for (size_t i = 0; i < words; ++i) count += static_cast<uint64_t>(__builtin_popcountll(mask[i]));
  return count;
}

void expand_bits(const uint64_t* mask, size_t rows, uint8_t* out) {
  size_t i = 0;
  for (; i + 8 <= rows; i += 8) {
    const uint64_t byte = (mask[i / 64] >> (i % 64)) & 0xff;
    // Each of the eight bits to the low bit of its own byte: [b7 … b0] -> 0000000b7 … 0000000b0
    uint64_t spread = (byte * 0x0101010101010101u) & 0x8040201008040201u;
    spread = ((spread + 0x7f7f7f7f7f7f7f7fu) | spread) & 0x8080808080808080u;
    spread >>= 7;
    std::memcpy(out + i, &spread, 8);
  }
  for (; i < rows; ++i) out[i] = static_cast<uint8_t>((mask[i / 64] >> (i % 64)) & 1);
}

/// Bit i of the word: bytes[i] != 0; REQUIRES: 64 readable bytes.
uint64_t pack_block(const uint8_t* bytes) {
  const hn::CappedTag<uint8_t, 64> d;
  const size_t lanes = hn::Lanes(d);
  uint64_t word = 0;
  for (size_t i = 0; i < 64; i += lanes) {
    uint64_t bits = 0;
    const auto set = hn::Ne(hn::LoadU(d, bytes + i), hn::Zero(d));
    hn::StoreMaskBits(d, set, reinterpret_cast<uint8_t*>(&bits));
    if (lanes < 64) bits &= (uint64_t{1} << (lanes % 64)) - 1;
    word |= bits << i;
  }
  return word;
}

void pack_bytes(const uint8_t* bytes, size_t rows, uint64_t* out) {
  size_t i = 0;
  for (; i + 64 <= rows; i += 64) out[i / 64] = pack_block(bytes + i);
  if (i == rows) return;
  uint8_t tail[64] = {};
  std::memcpy(tail, bytes + i, rows - i);
  out[i / 64] = pack_block(tail);
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(indices_of);
HWY_EXPORT(count_bits);
HWY_EXPORT(expand_bits);
HWY_EXPORT(pack_bytes);

size_t mask_to_indices(const uint64_t* mask, size_t rows, uint32_t* out) {
  return HWY_DYNAMIC_DISPATCH(indices_of)(mask, rows, out);
}

uint64_t count_mask(const uint64_t* mask, size_t rows) {
  return HWY_DYNAMIC_DISPATCH(count_bits)(mask, mask_words(rows));
}

void mask_to_bytes(const uint64_t* mask, size_t rows, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(expand_bits)(mask, rows, out);
}

void bytes_to_mask(const uint8_t* bytes, size_t rows, uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(pack_bytes)(bytes, rows, out);
}

void indices_to_mask(const uint32_t* indices, size_t count, size_t rows, uint64_t* out) {
  std::memset(out, 0, mask_words(rows) * 8);
  for (size_t i = 0; i < count; ++i) out[indices[i] / 64] |= uint64_t{1} << (indices[i] % 64);
}

}  // namespace cairn
#endif  // HWY_ONCE
