// Dictionary: strings or integers with few distinct values, as codes into the distinct values.
//
//   0    u32   entries, at least 1       4   u8  bits per code       5   3 zeros
//   8    24    of strings: string_block.h's head, and 8 zeros        32  32 zeros
//   64         one code per row (packed_codes.h), padded to a multiple of 64
//              the entries: a string block, or flat values of the physical type
//
// No two entries are equal, and none is NULL. They stand in the order of their first rows.

#include "io/segments/schemes/packed_codes.h"
#include "io/segments/schemes/scheme.h"
#include "io/segments/schemes/string_block.h"

namespace cairn {

namespace {

struct Head {
  uint32_t entry_count;
  uint8_t code_bits;
  uint8_t reserved_a[3];
  StringBlockHead strings;
  uint8_t reserved_b[40];
};
static_assert(sizeof(Head) == 64);

Head head_of(const ColumnAnalysis& analysis) {
  Head head{};
  head.entry_count = static_cast<uint32_t>(analysis.entry_rows.size());
  head.code_bits = stored_bits_for(bits_for(head.entry_count - 1), analysis.pack());
  if (analysis.physical == Physical::kString) {
    head.strings = string_block_head(analysis.entry_string_bytes, analysis.entry_length_min, analysis.entry_length_max,
                                     analysis.pack());
  }
  return head;
}

size_t entries_offset(const Head& head, uint32_t row_count) {
  return sizeof head + round_up_to_array(packed_bytes(row_count, head.code_bits));
}

std::optional<size_t> encoded_bytes(const ColumnAnalysis& analysis) {
  if (!analysis.has_dictionary) return std::nullopt;
  const Head head = head_of(analysis);
  const size_t entries = analysis.physical == Physical::kString ? string_block_bytes(head.strings, head.entry_count)
                                                                : head.entry_count * physical_bytes(analysis.physical);
  return entries_offset(head, analysis.row_count) + entries;
}

void encode(const ColumnAnalysis& analysis, std::byte* out) {
  const Head head = head_of(analysis);
  std::memcpy(out, &head, sizeof head);
  pack_codes(analysis.row_count, head.code_bits, out + sizeof head,
             [&analysis](size_t row) -> uint64_t { return analysis.codes[row]; });
  std::byte* entries = out + entries_offset(head, analysis.row_count);
  if (analysis.physical == Physical::kString) {
    const StringRef* values = analysis.as<StringRef>();
    encode_string_block(head.strings, head.entry_count, entries,
                        [&](size_t i) -> const StringRef& { return values[analysis.entry_rows[i]]; });
    return;
  }
  const size_t value_bytes = physical_bytes(analysis.physical);
  for (size_t i = 0; i < head.entry_count; ++i) {
    std::memcpy(entries + i * value_bytes,
                static_cast<const std::byte*>(analysis.values) + analysis.entry_rows[i] * value_bytes, value_bytes);
  }
}

const void* open_integers(const SegmentBody& body, const Head& head, DecodedColumn& decoded) {
  if (body.physical() > Physical::kInt128) body.fail("a dictionary of neither strings nor integers");
  if (!body.zone_map.has_bounds) body.fail("a dictionary of integers without bounds");
  const size_t bytes = head.entry_count * physical_bytes(body.physical());
  const std::span<const std::byte> stored = body.slice(entries_offset(head, body.row_count), bytes, "the dictionary");
  decoded.memory.push_back(make_decoded_buffer(bytes));
  std::byte* entries = decoded.memory.back().data();
  std::memcpy(entries, stored.data(), bytes);
  decoded.vector.range = {body.zone_map.min.integer, body.zone_map.max.integer};
  with_integral_type(body.physical(), [&](auto zero) {
    const auto* values = reinterpret_cast<const decltype(zero)*>(entries);
    for (uint32_t i = 0; i < head.entry_count; ++i) {
      if (values[i] < decoded.vector.range.min || values[i] > decoded.vector.range.max) {
        body.fail("a dictionary entry is outside of the bounds");
      }
    }
  });
  return entries;
}

DecodedColumn open(const SegmentBody& body) {
  const Head head = body.head<Head>();
  if (head.entry_count == 0) body.fail("a dictionary without entries");
  if (head.entry_count > body.row_count) body.fail("a dictionary has more entries than rows");
  if (head.code_bits > 32) body.fail("dictionary codes of " + std::to_string(head.code_bits) + " bits cannot be");
  DecodedColumn decoded;
  const OpenedCodes codes =
      open_codes(body, sizeof head, body.row_count, head.code_bits, head.entry_count - 1, decoded);
  Vector& vector = decoded.vector;
  vector.encoding = Encoding::kDictionary;
  vector.code_bytes = codes.code_bytes;
  vector.data = codes.data;
  vector.unique_dictionary = true;
  vector.dictionary_size = head.entry_count;
  vector.dictionary_id = next_dictionary_id();
  if (body.physical() == Physical::kString) {
    // The text of a few entries shall not keep the packed codes alive.
    vector.dictionary = open_string_block(body, head.strings, entries_offset(head, body.row_count), head.entry_count,
                                          !decoded.uses_body, decoded);
  } else {
    vector.dictionary = open_integers(body, head, decoded);
  }
  return decoded;
}

}  // namespace

const Scheme kDictionaryScheme = {SchemeId::kDictionary, "dictionary", 0.75, encoded_bytes, encode, open};

}  // namespace cairn
