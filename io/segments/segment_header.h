#pragma once

// A segment on disk: one column of up to one row group, in one encoding. All numbers are little-endian.
//
//   0    u64  magic "CAIRNSEG"
//   8    u32  format version
//   12   u8   scheme (io/segments/schemes/scheme.h)      13  u8  compression of the payload (Compression)
//   14   u8   logical type (TypeId)             15  u8  physical type (Physical)
//   16   u8   precision    17  u8  scale        18  u8  1: min and max are set    19  u8  0
//   20   u32  length of VARCHAR(n), CHAR(n), or 0
//   24   u32  rows                              28  u32 NULLs among them
//   32   16   min: integral types an int128; REAL, DOUBLE a double; strings the first bytes
//   48   16   max: the same; a string that was cut is rounded up
//   64   u8   bytes of a string's min           65  u8  bytes of its max          66  6  0
//   72   u64  bytes of the payload as stored    80  u64 bytes of the payload when decompressed
//   88   32   0
//   120  u64  XXH3 of the bytes 0..119 and of everything from 128 to the end, padding included
//   128       payload, then zeros: at least 64, up to a multiple of 4096
//
// The payload, when decompressed: the validity mask (bit i of word i/64: row i is not NULL), padded to a multiple of 64
// bytes, if some but not all rows are NULL; then the scheme's body. Values under a NULL are a neighbour's.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "io/segments/column_chunk.h"
#include "io/storage/aligned_buffer.h"
#include "vector/type.h"

namespace cairn {

inline constexpr uint64_t kSegmentMagic = 0x4745534e52494143;  // "CAIRNSEG"
inline constexpr uint32_t kSegmentFormatVersion = 1;
inline constexpr size_t kSegmentHeaderBytes = 128;
/// Readable bytes that follow every array of a segment, on disk and in memory: SIMD kernels read whole registers.
inline constexpr size_t kReadableSlackBytes = 64;
/// Arrays inside a payload start at multiples of this.
inline constexpr size_t kArrayAlignmentBytes = 64;

constexpr size_t round_up_to_array(size_t bytes) {
  return (bytes + kArrayAlignmentBytes - 1) / kArrayAlignmentBytes * kArrayAlignmentBytes;
}

/// Of a whole segment, padding included, whose stored payload has so many bytes.
constexpr size_t padded_segment_bytes(size_t payload_bytes) {
  return round_up_to_alignment(kSegmentHeaderBytes + payload_bytes + kReadableSlackBytes);
}

enum class Compression : uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };

struct SegmentHeader {
  uint64_t magic = kSegmentMagic;
  uint32_t format_version = kSegmentFormatVersion;
  uint8_t scheme = 0;
  Compression compression = Compression::kNone;
  uint8_t type_id = 0;
  uint8_t physical = 0;
  uint8_t precision = 0;
  uint8_t scale = 0;
  uint8_t has_bounds = 0;
  uint8_t reserved_a = 0;
  uint32_t type_length = 0;
  uint32_t row_count = 0;
  uint32_t null_count = 0;
  std::array<std::byte, 16> min{};
  std::array<std::byte, 16> max{};
  uint8_t min_length = 0;
  uint8_t max_length = 0;
  std::array<uint8_t, 6> reserved_b{};
  uint64_t stored_bytes = 0;
  uint64_t payload_bytes = 0;
  std::array<uint64_t, 4> reserved_c{};
  uint64_t checksum = 0;

  void set_type(const Type& type);
  void set_zone_map(const ZoneMap& zone_map);
  /// REQUIRES: the header was checked.
  ZoneMap zone_map(const Type& type) const;
  /// Some, but not all rows are NULL: the payload begins with a mask.
  bool has_mask() const { return null_count != 0 && null_count != row_count; }
};
static_assert(sizeof(SegmentHeader) == kSegmentHeaderBytes && alignof(SegmentHeader) == 8);

/// Of a whole segment, padding included; the header's own checksum field does not count.
uint64_t segment_checksum(std::span<const std::byte> segment);

/// The header of a segment whose checksum holds and whose fields agree with each other, with its length, and with what
/// was expected. Errors: kDataCorrupted, beginning with `where`.
SegmentHeader read_segment_header(std::span<const std::byte> segment, const Type& expected_type, uint32_t expected_rows,
                                  const std::string& where);

/// The longest prefix of a string that zone maps keep.
inline constexpr size_t kBoundPrefixBytes = 16;
/// `text`, or a prefix of it: not above it.
std::string lower_bound_prefix(std::string_view text);
/// `text`, or a short string above it; false where there is none.
bool upper_bound_prefix(std::string_view text, std::string& bound);

}  // namespace cairn
