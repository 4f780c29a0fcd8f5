#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/segments/segment.h"
#include "io/segments/segment_header.h"

namespace cairn {

/// A payload made smaller.
struct CompressedPayload {
  Compression compression = Compression::kNone;
  std::vector<std::byte> bytes;
};

/// Compresses the payload where that pays: LZ4, or, with kSmall, zstd where it saves much more than LZ4. A sample
/// decides, so that data that does not shrink costs little. kResident: never.
std::optional<CompressedPayload> compress_payload(std::span<const std::byte> payload, EncodeEffort effort);

/// Whether the stored bytes may decompress to so many, as far as can be said without doing it: to be asked before
/// memory is allocated.
bool could_decompress_to(Compression compression, std::span<const std::byte> stored, uint64_t bytes);

/// Decompresses into exactly out.size() bytes. Errors: kDataCorrupted, beginning with `where`.
void decompress_payload(Compression compression, std::span<const std::byte> stored, std::span<std::byte> out,
                        const std::string& where);

}  // namespace cairn
