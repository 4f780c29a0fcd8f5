#include "io/segments/schemes/scheme.h"

#include <algorithm>

#include "io/segments/schemes/packed_codes.h"
#include "vector/error.h"

namespace cairn {

namespace {

template <typename T>
T greatest(const T* values, size_t count) {
  T max = 0;
  for (size_t i = 0; i < count; ++i) max = values[i] > max ? values[i] : max;
  return max;
}

/// Adds the base to offsets as wide as the type itself: a flat column.
template <typename T, typename Code>
const void* add_base(const void* offsets, uint32_t rows, int128_t base, DecodedColumn& decoded) {
  if (base == 0) return offsets;
  decoded.memory.push_back(make_decoded_buffer(rows * sizeof(T)));
  T* out = reinterpret_cast<T*>(decoded.memory.back().data());
  const Code* in = static_cast<const Code*>(offsets);
  const Code start = static_cast<Code>(base);
  for (uint32_t row = 0; row < rows; ++row) out[row] = static_cast<T>(static_cast<Code>(in[row] + start));
  return out;
}

}  // namespace

void SegmentBody::fail(const std::string& what) const {
  throw Error(sqlstate::kDataCorrupted, std::string(where) + ": " + what);
}

std::span<const std::byte> SegmentBody::slice(uint64_t offset, uint64_t length, const char* what) const {
  if (offset > bytes.size() || length > bytes.size() - offset) {
    fail(std::string(what) + " takes " + std::to_string(length) + " bytes at " + std::to_string(offset) +
         ", the segment's body has " + std::to_string(bytes.size()));
  }
  return bytes.subspan(offset, length);
}

AlignedBuffer make_decoded_buffer(size_t bytes) {
  AlignedBuffer buffer(bytes + kReadableSlackBytes);
  std::memset(buffer.data() + bytes, 0, kReadableSlackBytes);
  return buffer;
}

OpenedCodes open_codes(const SegmentBody& body, uint64_t offset, size_t count, uint8_t bits, uint64_t max,
                       DecodedColumn& decoded) {
  if (!is_stored_width(bits)) body.fail("numbers of " + std::to_string(bits) + " bits cannot be");
  const std::span<const std::byte> packed = body.slice(offset, packed_bytes(count, bits), "an array of numbers");
  OpenedCodes codes;
  codes.code_bytes = code_bytes_for(bits);
  const bool in_place = bits == 8 * codes.code_bytes && offset % kArrayAlignmentBytes == 0;
  if (in_place) {
    codes.data = packed.data();
    decoded.uses_body = true;
  } else {
    decoded.memory.push_back(make_decoded_buffer(count * codes.code_bytes));
    codes.data = decoded.memory.back().data();
  }
  with_code_type(codes.code_bytes, [&](auto zero) {
    using Code = decltype(zero);
    if (!in_place) unpack_codes(packed.data(), count, bits, reinterpret_cast<Code*>(decoded.memory.back().data()));
    const uint64_t found = greatest(static_cast<const Code*>(codes.data), count);
    if (found > max) body.fail("a number is " + std::to_string(found) + ", at most " + std::to_string(max) + " can be");
  });
  return codes;
}

void show_offsets(const SegmentBody& body, int128_t base, OpenedCodes offsets, DecodedColumn& decoded) {
  Vector& vector = decoded.vector;
  vector.range = {body.zone_map.min.integer, body.zone_map.max.integer};
  with_integral_type(body.physical(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (sizeof(T) <= 8) {
      if (offsets.code_bytes == sizeof(T)) {
        using Code = std::make_unsigned_t<T>;
        vector.data = add_base<T, Code>(offsets.data, body.row_count, base, decoded);
        return;
      }
    }
    vector.encoding = Encoding::kFrameOfReference;
    vector.code_bytes = offsets.code_bytes;
    vector.base = base;
    vector.data = offsets.data;
  });
}

}  // namespace cairn
