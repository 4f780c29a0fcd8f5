#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/segments/column_chunk.h"
#include "io/segments/distinct_sketch.h"
#include "io/storage/aligned_buffer.h"
#include "vector/column_buffer.h"

namespace cairn {

/// What the encoder may give up. Tables spend effort once and are read often; a checkpoint is written behind a running
/// query and hardly ever read; what stays in memory is neither packed below a byte nor compressed.
enum class EncodeEffort { kFast, kSmall, kResident };

/// An encoded segment, ready to be written (O_DIRECT too): header and payload, zero-padded to a multiple of 4096.
struct EncodedSegment {
  AlignedBuffer bytes;
  ZoneMap zone_map;
  DistinctSketch sketch;    ///< of the values that are not NULL; empty with kFast
  uint64_t text_bytes = 0;  ///< of all strings
  uint64_t checksum = 0;    ///< as in the header
  size_t used_bytes = 0;    ///< without the padding
};

/// Encodes rows [begin, begin + rows) of the column as one segment, picking the scheme by size and by what execution
/// gains (constant, run-length, frame of reference, dictionary, plain; LZ4 or zstd over it where it pays).
/// REQUIRES: rows < 2^32.
EncodedSegment encode_segment(const ColumnBuffer& column, size_t begin, size_t rows, EncodeEffort effort);

/// Verifies and opens an encoded segment: checks magic, version, type, counts, checksum, and every length inside
/// before it is used. `where` names the file and offset for errors (kDataCorrupted). Shares the bytes (and copies them
/// if they do not start at a multiple of 64).
std::shared_ptr<const ColumnChunk> open_segment(std::shared_ptr<const std::byte> bytes, size_t byte_count,
                                                const Type& expected_type, uint32_t expected_rows,
                                                const std::string& where);

/// The buffer's bytes as open_segment takes them.
std::shared_ptr<const std::byte> share_bytes(AlignedBuffer&& buffer);

/// A segment with its padding, from the bytes without it.
AlignedBuffer pad_segment(std::span<const std::byte> used_bytes);

/// The checksum field of a segment's header, unverified: the manifest keeps it too, so that a segment in the wrong
/// place is noticed. REQUIRES: at least 128 bytes.
uint64_t stored_segment_checksum(const std::byte* segment);

/// How a segment is stored, for statistics and tests: "frame of reference", "dictionary, zstd", ….
/// REQUIRES: a valid segment.
std::string describe_segment(std::span<const std::byte> segment);

}  // namespace cairn
