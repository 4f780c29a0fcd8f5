#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/content.h"
#include "exec/rows/row_set.h"
#include "io/storage/storage.h"

namespace cairn {

/// Where a durable breaker's rows are, as its log record says; or sealed fragments of one that has not completed. Offsets
/// and lengths in bytes.
struct DurableBreaker {
  struct Segment { uint64_t offset = 0, bytes = 0; };
  struct Chunk { uint32_t row_count = 0; std::vector<Segment> columns; };

  uint32_t number = 0;
  Fingerprint fingerprint;
  Content content;
  std::string description;
  std::string file;  ///< name in the owner's directory
  uint64_t file_bytes = 0;
  std::vector<Type> types;
  std::vector<Chunk> chunks;

  /// A fragment: the morsels that it covers, and how many of the chunks are its own, behind those of the one before.
  struct Part { MorselSet covered; uint32_t chunks = 0; };
  Fingerprint morsels;      ///< FragmentKey's
  std::vector<Part> parts;  ///< none: the breaker is complete; chunks behind theirs: kept_matches.h

  bool is_complete() const { return parts.empty(); }
};

/// Version of everything below checkpoint/: files and log records of another one are never used.
inline constexpr uint32_t kCheckpointFormat = 4;

/// A file with one breaker's finished rows:
///
///   0     magic "CAIRNBRK"
///   8     u32 format version, u32 zero
///   16    u64 high, u64 low: fingerprint of the subplan that made the rows
///   32    u64 XXH3 of bytes 0..31, zeros up to 4096
///   4096  segments (io/segments/segment.h), each a multiple of 4096 long: all columns of chunk 0, of chunk 1, …
///
/// Writes it, with the rows of all sets, through asynchronous I/O and syncs it. The last of the columns may be missing in a
/// set: they are NULL. Returns false where `cancelled` stopped it; adds to `bytes_written` as it goes. Errors of the
/// storage are thrown; the file is then incomplete, and no record names it.
bool write_fragment_file(Storage& storage, const std::string& path, const std::vector<Type>& types,
                         std::span<const RowSet* const> sets, const std::function<bool()>& cancelled,
                         std::atomic<uint64_t>& bytes_written, DurableBreaker& breaker);

/// Reads it back, checking everything: header, fingerprint, each segment's checksum, types and counts. Throws
/// kDataCorrupted or the storage's error where anything is wrong. Chunks above `resident_bytes_max` are only checked: who
/// pins them reads them again. The rows may outlive the file's name, not the storage.
std::shared_ptr<RowSet> read_fragment_file(Storage& storage, const std::string& path, const DurableBreaker& breaker,
                                           size_t resident_bytes_max = SIZE_MAX);

}  // namespace cairn
