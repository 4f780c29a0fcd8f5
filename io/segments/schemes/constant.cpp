// Constant: every row has the same value, or every row is NULL.
//
//   one flat value of the physical type; or, of a string, its length (u32) and its bytes
//
// No row is NULL, or all are (then the value is zeros, or the empty string).

#include "io/segments/schemes/scheme.h"

namespace cairn {

namespace {

std::optional<size_t> encoded_bytes(const ColumnAnalysis& analysis) {
  if (!analysis.all_equal || (analysis.null_count != 0 && !analysis.all_null())) return std::nullopt;
  if (analysis.physical != Physical::kString) return physical_bytes(analysis.physical);
  return sizeof(uint32_t) + (analysis.all_null() ? 0 : analysis.as<StringRef>()[0].size());
}

void encode(const ColumnAnalysis& analysis, std::byte* out) {
  if (analysis.all_null()) return;
  if (analysis.physical != Physical::kString) {
    std::memcpy(out, analysis.values, physical_bytes(analysis.physical));
    return;
  }
  const StringRef& text = analysis.as<StringRef>()[0];
  const uint32_t length = text.size();
  std::memcpy(out, &length, sizeof length);
  std::memcpy(out + sizeof length, text.data(), length);
}

void check_range(const SegmentBody& body, const void* value) {
  with_integral_type(body.physical(), [&](auto zero) {
    std::memcpy(&zero, value, sizeof zero);
    const int128_t number = zero;
    if (number < body.zone_map.min.integer || number > body.zone_map.max.integer) {
      body.fail("the value is outside of its bounds");
    }
  });
}

DecodedColumn open(const SegmentBody& body) {
  if (body.null_count != 0 && body.null_count != body.row_count) body.fail("some rows of a constant are NULL");
  DecodedColumn decoded;
  Vector& vector = decoded.vector;
  vector.encoding = Encoding::kConstant;
  decoded.memory.push_back(make_decoded_buffer(sizeof(int128_t)));
  std::byte* value = decoded.memory.back().data();
  vector.data = value;
  if (body.physical() == Physical::kString) {
    const uint32_t length = body.head<uint32_t>();
    const std::span<const std::byte> text = body.slice(sizeof length, length, "a string");
    const StringRef ref(reinterpret_cast<const char*>(text.data()), length);
    std::memcpy(value, &ref, sizeof ref);
    decoded.uses_body = true;
    return decoded;
  }
  const size_t value_bytes = physical_bytes(body.physical());
  std::memcpy(value, body.slice(0, value_bytes, "the value").data(), value_bytes);
  if (body.physical() <= Physical::kInt128 && body.null_count == 0 && body.row_count != 0) {
    check_range(body, value);
    vector.range = {body.zone_map.min.integer, body.zone_map.max.integer};
  }
  return decoded;
}

}  // namespace

const Scheme kConstantScheme = {SchemeId::kConstant, "constant", 1.0, encoded_bytes, encode, open};

}  // namespace cairn
