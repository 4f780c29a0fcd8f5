#include <cassert>
#include <cstring>
#include <new>

#include "io/segments/compression.h"
#include "io/segments/schemes/scheme.h"
#include "io/segments/segment.h"
#include "io/segments/segment_header.h"
#include "io/segments/validity_slice.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// An opened segment: one vector over all rows, cut as asked.
class SegmentChunk final : public ColumnChunk {
 public:
  SegmentChunk(DecodedColumn column, const uint64_t* validity, uint32_t row_count,
               std::shared_ptr<const std::byte> bytes, size_t byte_count)
      : column_(std::move(column)), validity_(validity), row_count_(row_count), bytes_(std::move(bytes)) {
    held_bytes_ = sizeof *this + byte_count;
    for (const AlignedBuffer& buffer : column_.memory) held_bytes_ += buffer.padded_size();
    switch (column_.vector.encoding) {
      case Encoding::kConstant:
        break;  // one value for every row
      case Encoding::kFlat:
        value_bytes_ = physical_bytes(column_.vector.type.physical());
        break;
      default:
        value_bytes_ = column_.vector.code_bytes;
    }
  }

  Vector slice(size_t begin, size_t rows, std::vector<uint64_t>& scratch) const override {
    assert(begin + rows <= row_count_);
    Vector vector = column_.vector;
    vector.size = rows;
    vector.data = static_cast<const std::byte*>(vector.data) + begin * value_bytes_;
    vector.validity = vector.is_constant() ? validity_ : slice_validity(validity_, begin, rows, scratch);
    return vector;
  }
  size_t bytes() const override { return held_bytes_; }

 private:
  DecodedColumn column_;
  const uint64_t* validity_;
  uint32_t row_count_;
  size_t value_bytes_ = 0;
  size_t held_bytes_ = 0;
  std::shared_ptr<const std::byte> bytes_;  ///< nullptr if nothing points there
};

constexpr uint64_t kAllNull = 0;

/// Bytes that start at a multiple of 64.
std::shared_ptr<const std::byte> align_bytes(std::shared_ptr<const std::byte> bytes, size_t byte_count) {
  if (reinterpret_cast<uintptr_t>(bytes.get()) % kArrayAlignmentBytes == 0) return bytes;
  AlignedBuffer copy(byte_count);
  std::memcpy(copy.data(), bytes.get(), byte_count);
  return share_bytes(std::move(copy));
}

std::shared_ptr<const std::byte> decompress(const SegmentHeader& header, const std::byte* stored,
                                            const std::string& where) {
  const std::span<const std::byte> compressed(stored, header.stored_bytes);
  if (!could_decompress_to(header.compression, compressed, header.payload_bytes)) {
    throw Error(sqlstate::kDataCorrupted, where + ": the compressed payload is damaged");
  }
  AlignedBuffer payload = make_decoded_buffer(header.payload_bytes);
  decompress_payload(header.compression, compressed, {payload.data(), header.payload_bytes}, where);
  return share_bytes(std::move(payload));
}

}  // namespace

std::shared_ptr<const std::byte> share_bytes(AlignedBuffer&& buffer) {
  auto owner = std::make_shared<AlignedBuffer>(std::move(buffer));
  const std::byte* data = owner->data();
  return {std::move(owner), data};
}

AlignedBuffer pad_segment(std::span<const std::byte> used_bytes) {
  assert(used_bytes.size() >= kSegmentHeaderBytes);
  AlignedBuffer segment(padded_segment_bytes(used_bytes.size() - kSegmentHeaderBytes));
  std::memcpy(segment.data(), used_bytes.data(), used_bytes.size());
  std::memset(segment.data() + used_bytes.size(), 0, segment.size() - used_bytes.size());
  return segment;
}

uint64_t stored_segment_checksum(const std::byte* segment) {
  uint64_t checksum;
  std::memcpy(&checksum, segment + offsetof(SegmentHeader, checksum), sizeof checksum);
  return checksum;
}

std::string describe_segment(std::span<const std::byte> segment) {
  SegmentHeader header;
  assert(segment.size() >= sizeof header);
  std::memcpy(&header, segment.data(), sizeof header);
  const Scheme* scheme = find_scheme(header.scheme);
  std::string text(scheme != nullptr ? scheme->name : "unknown");
  if (header.compression == Compression::kLz4) text += ", lz4";
  if (header.compression == Compression::kZstd) text += ", zstd";
  return text;
}

namespace {

std::shared_ptr<const ColumnChunk> open_checked(std::shared_ptr<const std::byte> bytes, size_t byte_count,
                                                const Type& expected_type, uint32_t expected_rows,
                                                const std::string& where) {
  const SegmentHeader header = read_segment_header({bytes.get(), byte_count}, expected_type, expected_rows, where);
  const Scheme* scheme = find_scheme(header.scheme);
  if (scheme == nullptr) {
    throw Error(sqlstate::kDataCorrupted, where + ": scheme " + std::to_string(header.scheme) + " is unknown");
  }
  if (header.compression == Compression::kNone && header.payload_bytes != header.stored_bytes) {
    throw Error(sqlstate::kDataCorrupted, where + ": an uncompressed payload has two lengths");
  }
  std::shared_ptr<const std::byte> payload;
  if (header.compression == Compression::kNone) {
    bytes = align_bytes(std::move(bytes), byte_count);
    payload = {bytes, bytes.get() + kSegmentHeaderBytes};
  } else {
    payload = decompress(header, bytes.get() + kSegmentHeaderBytes, where);
    byte_count = header.payload_bytes;
  }
  const size_t mask_bytes = header.has_mask() ? round_up_to_array(mask_words(header.row_count) * sizeof(uint64_t)) : 0;
  if (mask_bytes > header.payload_bytes) {
    throw Error(sqlstate::kDataCorrupted, where + ": the payload is shorter than its validity mask");
  }
  const ZoneMap zone_map = header.zone_map(expected_type);
  const SegmentBody body{expected_type,
                         header.row_count,
                         header.null_count,
                         zone_map,
                         {payload.get() + mask_bytes, header.payload_bytes - mask_bytes},
                         where};
  DecodedColumn column = scheme->open(body);
  column.vector.type = expected_type;
  column.vector.size = header.row_count;
  const uint64_t* validity = nullptr;
  if (header.has_mask()) {
    validity = reinterpret_cast<const uint64_t*>(payload.get());
    if (!column.uses_body) {  // the mask alone shall not keep the encoded values alive
      column.memory.push_back(make_decoded_buffer(mask_bytes));
      std::memcpy(column.memory.back().data(), payload.get(), mask_bytes);
      validity = reinterpret_cast<const uint64_t*>(column.memory.back().data());
    }
  } else if (header.null_count != 0) {
    if (!column.vector.is_constant()) body.fail("every row is NULL, but the scheme is not constant");
    validity = &kAllNull;
  }
  const bool keep = column.uses_body;
  return std::make_shared<SegmentChunk>(std::move(column), validity, header.row_count, keep ? payload : nullptr,
                                        keep ? byte_count : 0);
}

}  // namespace

std::shared_ptr<const ColumnChunk> open_segment(std::shared_ptr<const std::byte> bytes, size_t byte_count,
                                                const Type& expected_type, uint32_t expected_rows,
                                                const std::string& where) {
  try {
    return open_checked(std::move(bytes), byte_count, expected_type, expected_rows, where);
  } catch (const std::bad_alloc&) {
    throw Error(sqlstate::kOutOfMemory, where + ": not enough memory to open it");
  }
}

}  // namespace cairn
