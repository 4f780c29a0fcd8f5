#pragma once

// Strings one behind the other: lengths over the least length (packed_codes.h), padded to a multiple of 64, then all
// their bytes.

#include <algorithm>
#include <cstdint>

#include "io/segments/schemes/packed_codes.h"
#include "io/segments/schemes/scheme.h"

namespace cairn {

/// 16 bytes of a scheme's head.
struct StringBlockHead {
  uint64_t text_bytes = 0;
  uint32_t length_min = 0;
  uint8_t length_bits = 0;
  uint8_t reserved[3] = {};
};

StringBlockHead string_block_head(uint64_t text_bytes, uint32_t length_min, uint32_t length_max, bool pack);
size_t string_block_bytes(const StringBlockHead& head, size_t count);

/// `string_at(i)` gives string i.
template <typename StringAt>
void encode_string_block(const StringBlockHead& head, size_t count, std::byte* out, StringAt string_at) {
  pack_codes(count, head.length_bits, out, [&](size_t i) -> uint64_t { return string_at(i).size() - head.length_min; });
  std::byte* text = out + round_up_to_array(packed_bytes(count, head.length_bits));
  for (size_t i = 0; i < count; ++i) {
    const StringRef& string = string_at(i);
    std::memcpy(text, string.data(), string.size());
    text += string.size();
  }
}

/// Opens the block at `offset` of the body; the strings' bytes stay there, unless `copy_text`. Returns `count`
/// StringRefs, which lie in decoded.memory.
const StringRef* open_string_block(const SegmentBody& body, const StringBlockHead& head, uint64_t offset, size_t count,
                                   bool copy_text, DecodedColumn& decoded);

}  // namespace cairn
