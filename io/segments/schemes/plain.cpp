// Plain: flat values of the physical type, one behind the other. Strings:
//
//   0    16    string_block.h's head     16  48 zeros
//   64         a string block of all rows
//
// Any column can be plain.

#include "io/segments/schemes/scheme.h"
#include "io/segments/schemes/string_block.h"

namespace cairn {

namespace {

struct StringsHead {
  StringBlockHead block;
  uint8_t reserved[48];
};
static_assert(sizeof(StringsHead) == 64);

StringsHead head_of(const ColumnAnalysis& analysis) {
  StringsHead head{};
  head.block = string_block_head(analysis.string_bytes, analysis.length_min, analysis.length_max, analysis.pack());
  return head;
}

std::optional<size_t> encoded_bytes(const ColumnAnalysis& analysis) {
  if (analysis.all_null()) return std::nullopt;
  if (analysis.physical != Physical::kString) return analysis.row_count * physical_bytes(analysis.physical);
  return sizeof(StringsHead) + string_block_bytes(head_of(analysis).block, analysis.row_count);
}

void encode(const ColumnAnalysis& analysis, std::byte* out) {
  if (analysis.physical != Physical::kString) {
    std::memcpy(out, analysis.values, analysis.row_count * physical_bytes(analysis.physical));
    return;
  }
  const StringsHead head = head_of(analysis);
  std::memcpy(out, &head, sizeof head);
  const StringRef* values = analysis.as<StringRef>();
  encode_string_block(head.block, analysis.row_count, out + sizeof head,
                      [values](size_t row) -> const StringRef& { return values[row]; });
}

/// Execution computes in widths that the bounds prove to be enough: they must hold.
void check_bounds(const SegmentBody& body, const void* data) {
  if (!body.zone_map.has_bounds) body.fail("integers without bounds");
  with_integral_type(body.physical(), [&](auto zero) {
    using T = decltype(zero);
    const T* values = static_cast<const T*>(data);
    T min = values[0], max = values[0];
    for (uint32_t row = 1; row < body.row_count; ++row) {
      min = values[row] < min ? values[row] : min;
      max = values[row] > max ? values[row] : max;
    }
    if (min < body.zone_map.min.integer || max > body.zone_map.max.integer)
      body.fail("a value is outside of its bounds");
  });
}

DecodedColumn open(const SegmentBody& body) {
  DecodedColumn decoded;
  decoded.uses_body = true;
  Vector& vector = decoded.vector;
  if (body.row_count == 0) body.fail("plain without rows");
  if (body.physical() == Physical::kString) {
    const StringsHead head = body.head<StringsHead>();
    vector.data = open_string_block(body, head.block, sizeof head, body.row_count, false, decoded);
    return decoded;
  }
  vector.data = body.slice(0, body.row_count * physical_bytes(body.physical()), "the values").data();
  if (body.physical() <= Physical::kInt128) {
    check_bounds(body, vector.data);
    vector.range = {body.zone_map.min.integer, body.zone_map.max.integer};
  }
  return decoded;
}

}  // namespace

const Scheme kPlainScheme = {SchemeId::kPlain, "plain", 1.0, encoded_bytes, encode, open};

}  // namespace cairn
