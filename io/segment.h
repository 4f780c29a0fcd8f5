#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/table.h"
#include "vector/column_buffer.h"

namespace cairn {

/// What the encoder may give up. Tables spend effort once and read often; a checkpoint is written behind a running
/// query and hardly ever read.
enum class EncodeEffort { kFast, kSmall };

/// An encoded segment, ready to be written: header and bytes, padded to 4096.
struct EncodedSegment {
  std::vector<std::byte> bytes;
  ZoneMap zone_map;
};

/// Encodes rows [begin, begin + rows) of the column as one segment, picking the scheme by size and by what execution
/// gains (constant, run-length, frame of reference, dictionary, plain; LZ4 or zstd over it where it pays).
EncodedSegment encode_segment(const ColumnBuffer& column, size_t begin, size_t rows, EncodeEffort effort);

/// Verifies and opens an encoded segment: checks magic, version, type, counts, checksum, and every length inside
/// before it is used. `where` names the file and offset for errors (kDataCorrupted). Takes over the bytes.
std::shared_ptr<const ColumnChunk> open_segment(std::shared_ptr<const std::byte> bytes, size_t byte_count,
                                                const Type& expected_type, uint32_t expected_rows,
                                                const std::string& where);

}  // namespace cairn
