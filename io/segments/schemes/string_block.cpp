#include "io/segments/schemes/string_block.h"

namespace cairn {

StringBlockHead string_block_head(uint64_t text_bytes, uint32_t length_min, uint32_t length_max, bool pack) {
  StringBlockHead head;
  head.text_bytes = text_bytes;
  head.length_min = length_min;
  head.length_bits = stored_bits_for(bits_for(length_max - length_min), pack);
  return head;
}

size_t string_block_bytes(const StringBlockHead& head, size_t count) {
  return round_up_to_array(packed_bytes(count, head.length_bits)) + head.text_bytes;
}

const StringRef* open_string_block(const SegmentBody& body, const StringBlockHead& head, uint64_t offset, size_t count,
                                   bool copy_text, DecodedColumn& decoded) {
  DecodedColumn parts;
  if (head.length_bits > 32) body.fail("string lengths of " + std::to_string(head.length_bits) + " bits cannot be");
  const OpenedCodes lengths =
      open_codes(body, offset, count, head.length_bits, UINT32_MAX - uint64_t{head.length_min}, parts);
  const uint64_t text_offset = offset + round_up_to_array(packed_bytes(count, head.length_bits));
  std::span<const std::byte> text = body.slice(text_offset, head.text_bytes, "the text");
  decoded.memory.push_back(make_decoded_buffer(count * sizeof(StringRef)));
  StringRef* refs = reinterpret_cast<StringRef*>(decoded.memory.back().data());
  if (copy_text) {
    decoded.memory.push_back(make_decoded_buffer(text.size()));
    if (!text.empty()) std::memcpy(decoded.memory.back().data(), text.data(), text.size());
    text = {decoded.memory.back().data(), text.size()};
  } else {
    decoded.uses_body = true;
  }
  const char* at = reinterpret_cast<const char*>(text.data());
  uint64_t left = head.text_bytes;
  with_code_type(lengths.code_bytes, [&](auto zero) {
    const auto* values = static_cast<const decltype(zero)*>(lengths.data);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t length = static_cast<uint32_t>(head.length_min + values[i]);
      if (length > left) body.fail("strings are longer than the text of " + std::to_string(head.text_bytes) + " bytes");
      refs[i] = StringRef(at, length);
      at += length;
      left -= length;
    }
  });
  if (left != 0) body.fail(std::to_string(left) + " bytes of the text belong to no string");
  return refs;
}

}  // namespace cairn
