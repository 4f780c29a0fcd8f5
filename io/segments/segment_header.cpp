#include "io/segments/segment_header.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

#include "io/storage/aligned_buffer.h"
#include "vector/error.h"

namespace cairn {

namespace {

std::string hexadecimal(uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(value));
  return text;
}

void put_bound(const Value& value, std::array<std::byte, 16>& out, uint8_t& length) {
  if (value.type.is_string()) {
    length = static_cast<uint8_t>(value.string.size());
    std::memcpy(out.data(), value.string.data(), value.string.size());
  } else if (value.type.is_floating()) {
    std::memcpy(out.data(), &value.floating, sizeof value.floating);
  } else {
    std::memcpy(out.data(), &value.integer, sizeof value.integer);
  }
}

Value get_bound(const Type& type, const std::array<std::byte, 16>& in, uint8_t length) {
  Value value;
  value.type = type;
  value.null = false;
  if (type.is_string()) {
    value.string.assign(reinterpret_cast<const char*>(in.data()), length);
  } else if (type.is_floating()) {
    std::memcpy(&value.floating, in.data(), sizeof value.floating);
  } else {
    std::memcpy(&value.integer, in.data(), sizeof value.integer);
  }
  return value;
}

bool bounds_fit(const SegmentHeader& header, const Type& type) {
  if (header.has_bounds == 0 || type.physical() > Physical::kInt128) return true;
  const ZoneMap bounds = header.zone_map(type);
  if (bounds.min.integer > bounds.max.integer) return false;
  if (type.physical() == Physical::kInt128) return true;
  const int bits = static_cast<int>(physical_bytes(type.physical())) * 8;
  const bool is_unsigned = type.physical() == Physical::kBool;
  const int128_t max = is_unsigned ? 1 : (int128_t{1} << (bits - 1)) - 1;
  const int128_t min = is_unsigned ? 0 : -max - 1;
  return bounds.min.integer >= min && bounds.max.integer <= max;
}

}  // namespace

void SegmentHeader::set_type(const Type& type) {
  type_id = static_cast<uint8_t>(type.id);
  physical = static_cast<uint8_t>(type.physical());
  precision = type.precision;
  scale = type.scale;
  type_length = type.length;
}

void SegmentHeader::set_zone_map(const ZoneMap& zone_map) {
  null_count = zone_map.null_count;
  has_bounds = zone_map.has_bounds ? 1 : 0;
  if (!zone_map.has_bounds) return;
  put_bound(zone_map.min, min, min_length);
  put_bound(zone_map.max, max, max_length);
}

ZoneMap SegmentHeader::zone_map(const Type& type) const {
  ZoneMap zone_map;
  zone_map.null_count = null_count;
  zone_map.has_bounds = has_bounds != 0;
  if (!zone_map.has_bounds) return zone_map;
  zone_map.min = get_bound(type, min, min_length);
  zone_map.max = get_bound(type, max, max_length);
  return zone_map;
}

uint64_t segment_checksum(std::span<const std::byte> segment) {
  // The header's hash seeds that of the rest: one pass, and no stream state.
  const uint64_t head = XXH3_64bits(segment.data(), offsetof(SegmentHeader, checksum));
  return XXH3_64bits_withSeed(segment.data() + kSegmentHeaderBytes, segment.size() - kSegmentHeaderBytes, head);
}

SegmentHeader read_segment_header(std::span<const std::byte> segment, const Type& expected_type, uint32_t expected_rows,
                                  const std::string& where) {
  const auto fail = [&where](const std::string& what) {
    throw Error(sqlstate::kDataCorrupted, where + ": " + what, "restore the file from a backup");
  };
  SegmentHeader header;
  if (segment.size() < kSegmentHeaderBytes) {
    fail("a segment has at least " + std::to_string(kSegmentHeaderBytes) + " bytes, found " +
         std::to_string(segment.size()));
  }
  std::memcpy(&header, segment.data(), sizeof header);
  if (header.magic != kSegmentMagic) fail("not a segment: it begins with " + hexadecimal(header.magic));
  if (header.format_version > kSegmentFormatVersion) {
    throw Error(sqlstate::kDataCorrupted,
                where + ": segment format version " + std::to_string(header.format_version) +
                    " is newer than this program's " + std::to_string(kSegmentFormatVersion),
                "open it with a newer version of Cairn");
  }
  if (header.format_version == 0) fail("segment format version 0 does not exist");
  const uint64_t room = segment.size() - kSegmentHeaderBytes;
  if (header.stored_bytes > room || room - header.stored_bytes < kReadableSlackBytes) {
    fail("truncated: the payload has " + std::to_string(header.stored_bytes) + " bytes, the segment has room for " +
         std::to_string(room));
  }
  const uint64_t checksum = segment_checksum(segment);
  if (checksum != header.checksum) {
    fail("checksum mismatch: expected " + hexadecimal(header.checksum) + ", found " + hexadecimal(checksum));
  }
  // From here on only a faulty or malicious writer can be the cause.
  const Type type{static_cast<TypeId>(header.type_id), header.precision, header.scale, header.type_length};
  if (header.type_id != static_cast<uint8_t>(expected_type.id) || type.precision != expected_type.precision ||
      type.scale != expected_type.scale || header.physical != static_cast<uint8_t>(expected_type.physical())) {
    fail("holds a column of another type than " + expected_type.to_string());
  }
  if (header.row_count != expected_rows) {
    fail("has " + std::to_string(header.row_count) + " rows, " + std::to_string(expected_rows) + " expected");
  }
  if (header.null_count > header.row_count) fail("has more NULLs than rows");
  if (header.min_length > kBoundPrefixBytes || header.max_length > kBoundPrefixBytes) fail("has an overlong bound");
  if (!bounds_fit(header, expected_type)) fail("has bounds that its type cannot have");
  if (header.compression > Compression::kZstd) fail("is compressed in an unknown way");
  return header;
}

std::string lower_bound_prefix(std::string_view text) { return std::string(text.substr(0, kBoundPrefixBytes)); }

bool upper_bound_prefix(std::string_view text, std::string& bound) {
  bound = std::string(text.substr(0, kBoundPrefixBytes));
  if (text.size() <= kBoundPrefixBytes) return true;
  // Raise the last ASCII character that can be raised, so that the bound remains text; else the last byte.
  for (size_t i = bound.size(); i-- > 0;) {
    if (static_cast<uint8_t>(bound[i]) >= 0x7e) continue;
    bound.resize(i + 1);
    ++bound[i];
    return true;
  }
  for (size_t i = bound.size(); i-- > 0;) {
    if (static_cast<uint8_t>(bound[i]) == 0xff) continue;
    bound.resize(i + 1);
    ++bound[i];
    return true;
  }
  return false;
}

}  // namespace cairn
