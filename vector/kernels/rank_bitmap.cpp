#include "vector/kernels/rank_bitmap.h"

#include <bit>
#include <cassert>

#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/rank_bitmap.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

/// Without branches: whether a row is found is as good as random. What targets above the baseline add is popcnt.
template <bool selected, typename T>
size_t find_words(const RankBitmap::Block* HWY_RESTRICT blocks, uint64_t domain, const T* HWY_RESTRICT values,
                  uint64_t delta, const uint32_t* HWY_RESTRICT indices, size_t count, uint32_t* HWY_RESTRICT rows,
                  uint32_t* HWY_RESTRICT ranks) {
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = selected ? indices[i] : static_cast<uint32_t>(i);
    const uint64_t member = static_cast<uint64_t>(static_cast<int64_t>(values[row])) + delta;
    const bool inside = member < domain;
    const RankBitmap::Block& block = blocks[inside ? member / 64 : 0];
    const uint64_t shifted = block.bits >> (member % 64);
    const uint64_t below = block.bits & ((uint64_t{1} << (member % 64)) - 1);
    rows[found] = row;
    ranks[found] = static_cast<uint32_t>(block.rank) + static_cast<uint32_t>(__builtin_popcountll(below));
    found += (shifted & 1) & static_cast<uint64_t>(inside);
  }
  return found;
}

template <typename T>
size_t find_as(const RankBitmap::Block* blocks, uint64_t domain, const void* values, uint64_t delta,
               const uint32_t* indices, size_t count, uint32_t* rows, uint32_t* ranks) {
  const T* typed = static_cast<const T*>(values);
  return indices == nullptr ? find_words<false>(blocks, domain, typed, delta, indices, count, rows, ranks)
                            : find_words<true>(blocks, domain, typed, delta, indices, count, rows, ranks);
}

size_t find_in_blocks(const RankBitmap::Block* blocks, uint64_t domain, const void* values, size_t bytes,
                      bool is_signed, uint64_t delta, const uint32_t* indices, size_t count, uint32_t* rows,
                      uint32_t* ranks) {
  switch (bytes) {
    case 1: return find_as<uint8_t>(blocks, domain, values, delta, indices, count, rows, ranks);
    case 2:
      return is_signed ? find_as<int16_t>(blocks, domain, values, delta, indices, count, rows, ranks)
                       : find_as<uint16_t>(blocks, domain, values, delta, indices, count, rows, ranks);
    case 4:
      return is_signed ? find_as<int32_t>(blocks, domain, values, delta, indices, count, rows, ranks)
                       : find_as<uint32_t>(blocks, domain, values, delta, indices, count, rows, ranks);
    default: return find_as<uint64_t>(blocks, domain, values, delta, indices, count, rows, ranks);
  }
}

uint64_t rank_blocks(RankBitmap::Block* blocks, size_t count) {
  uint64_t rank = 0;
  for (size_t i = 0; i < count; ++i) {
    blocks[i].rank = rank;
    rank += static_cast<uint64_t>(__builtin_popcountll(blocks[i].bits));
  }
  return rank;
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(find_in_blocks);
HWY_EXPORT(rank_blocks);

uint32_t RankBitmap::rank() {
  return static_cast<uint32_t>(HWY_DYNAMIC_DISPATCH(rank_blocks)(blocks_.data(), blocks_.size()));
}

size_t find_ranks(const RankBitmap& set, const Vector& vector, int64_t origin, const Selection* selection,
                  uint32_t* rows, uint32_t* ranks) {
  assert(vector.is_flat() || vector.encoding == Encoding::kFrameOfReference);
  const bool offsets = !vector.is_flat();
  const size_t bytes = offsets ? vector.code_bytes : physical_bytes(vector.type.physical());
  const uint64_t base = offsets ? static_cast<uint64_t>(vector.base) : 0;
  const bool is_signed = !offsets && vector.type.physical() != Physical::kBool;
  return HWY_DYNAMIC_DISPATCH(find_in_blocks)(
      set.blocks(), set.domain(), vector.data, bytes, is_signed, base - static_cast<uint64_t>(origin),
      selection != nullptr ? selection->indices : nullptr, selection != nullptr ? selection->count : vector.size, rows,
      ranks);
}

size_t find_ranks(const RankBitmap& set, const uint64_t* keys, size_t count, uint32_t* rows, uint32_t* ranks) {
  return HWY_DYNAMIC_DISPATCH(find_in_blocks)(set.blocks(), set.domain(), keys, 8, false, 0, nullptr, count, rows,
                                              ranks);
}

}  // namespace cairn
#endif  // HWY_ONCE
