// Frame of reference: integral values as unsigned offsets over their minimum.
//
//   0    i128  base, the minimum
//   16   u8    bits per offset           17  47 zeros
//   64         one offset per row (packed_codes.h)
//
// Opened, offsets have 1, 2, 4 or 8 bytes; where that is the width of the type, the column is flat.

#include "io/segments/schemes/packed_codes.h"
#include "io/segments/schemes/scheme.h"

namespace cairn {

namespace {

struct Head {
  int128_t base;
  uint8_t bits;
  uint8_t reserved[47];
};
static_assert(sizeof(Head) == 64);

uint8_t stored_bits(const ColumnAnalysis& analysis) {
  return stored_bits_for(bits_for(analysis.range), analysis.pack());
}

std::optional<size_t> encoded_bytes(const ColumnAnalysis& analysis) {
  if (!analysis.integral() || !analysis.has_range || analysis.all_null()) return std::nullopt;
  // As wide as the type: plain needs no addition.
  if (stored_bits(analysis) >= 8 * physical_bytes(analysis.physical)) return std::nullopt;
  return sizeof(Head) + packed_bytes(analysis.row_count, stored_bits(analysis));
}

void encode(const ColumnAnalysis& analysis, std::byte* out) {
  Head head{};
  head.base = analysis.min;
  head.bits = stored_bits(analysis);
  std::memcpy(out, &head, sizeof head);
  with_integral_type(analysis.physical, [&](auto zero) {
    using T = decltype(zero);
    const T* values = analysis.as<T>();
    const uint64_t base = static_cast<uint64_t>(analysis.min);
    // Modulo 2^64; the differences are below that.
    pack_codes(analysis.row_count, head.bits, out + sizeof head,
               [values, base](size_t row) { return static_cast<uint64_t>(values[row]) - base; });
  });
}

DecodedColumn open(const SegmentBody& body) {
  if (body.physical() > Physical::kInt128) body.fail("frame of reference over a type that is not integral");
  if (!body.zone_map.has_bounds) body.fail("frame of reference without bounds");
  const Head head = body.head<Head>();
  const int128_t min = body.zone_map.min.integer, max = body.zone_map.max.integer;
  const uint128_t range = static_cast<uint128_t>(max) - static_cast<uint128_t>(min);
  if (head.base != min || range > UINT64_MAX) body.fail("the base is not the minimum");
  DecodedColumn decoded;
  const OpenedCodes codes =
      open_codes(body, sizeof head, body.row_count, head.bits, static_cast<uint64_t>(range), decoded);
  if (codes.code_bytes > physical_bytes(body.physical())) body.fail("offsets are wider than the type");
  show_offsets(body, head.base, codes, decoded);
  return decoded;
}

}  // namespace

const Scheme kFrameOfReferenceScheme = {
    SchemeId::kFrameOfReference, "frame of reference", 1.0, encoded_bytes, encode, open};

}  // namespace cairn
