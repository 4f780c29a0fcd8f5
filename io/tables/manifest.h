#pragma once

// The manifest: an append-only log of commits.
//
//   0     u64  magic "CAIRNMAN"
//   8     u32  format version            12  u32  0
//   16    16   identity of the database (random)
//   32    u64  XXH3 of the bytes 0..31
//   512   two slots of 24 bytes, 512 apart: u64 sequence, u64 end offset, u64 XXH3 of both
//   4096  records
//
// A record, at a multiple of 8:
//
//   0     u64  length of the payload     8   u64  sequence, 1, 2, …      16  u64  XXH3 of 0..15 and the payload
//   24    payload (manifest_record.h), padded with zeros to a multiple of 8
//
// One record is one commit: it is there as a whole or not at all. A crash may leave the last record torn; it is dropped
// when the manifest is opened, as if it had never been begun. What cannot come from a crash is an error, and the file
// stays untouched: a damaged record that is followed by a sound one, or a log that ends before a record that a slot
// says was durable. (A slot is written together with the record after the one it speaks of, and when the database is
// closed, so it never runs ahead; its checksum guards against tearing, and there are two in turn.)
//
// When the log has grown it is replaced by one whose first record is the whole state (atomically, by renaming).

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/storage/storage.h"

namespace cairn {

inline constexpr uint32_t kManifestFormatVersion = 3;

/// What a manifest held when it was read. The payloads refer to `content`.
struct ManifestContent {
  std::string identity;  ///< 32 hexadecimal digits
  AlignedBuffer content;
  std::vector<std::span<const std::byte>> payloads;
  uint64_t sequence = 0;    ///< of the last record
  uint64_t end_offset = 0;  ///< behind the last record
  bool torn = false;        ///< there are bytes of a torn record behind it
};

/// Errors: kDataCorrupted with the path and what is wrong; kIoError. With `left_out` damage behind the first record is
/// none: the records before it are given, and a sentence says what is not.
ManifestContent read_manifest(Storage& storage, const std::string& path, std::vector<std::string>* left_out = nullptr);

/// Creates, or atomically and durably replaces, a manifest with one record.
void write_manifest(Storage& storage, const std::string& path, const std::string& identity,
                    std::span<const std::byte> payload);

/// Appends to a manifest. Not thread-safe.
class ManifestLog {
 public:
  /// Cuts off what is torn. `content` is what read_manifest found.
  ManifestLog(std::shared_ptr<Storage> storage, std::string path, const ManifestContent& content);
  ~ManifestLog();

  /// What became of an append that failed.
  enum class Outcome { kDurable, kFailed, kUnknown };
  /// Appends and syncs one record. kFailed: it is not and will not become part of the log. kUnknown: it may be; the log
  /// accepts nothing before it is replaced. `error` says why.
  Outcome append(std::span<const std::byte> payload, std::exception_ptr& error);
  /// Replaces the log by one with a single record. After an error the log accepts nothing until replaced.
  void replace(std::span<const std::byte> payload);

  /// An earlier append has an unknown outcome.
  bool is_broken() const { return file_ == nullptr; }
  uint64_t end_offset() const { return end_offset_; }

 private:
  void open();
  void write_slot();

  const std::shared_ptr<Storage> storage_;
  const std::string path_;
  const std::string identity_;
  std::unique_ptr<File> file_;
  uint64_t sequence_ = 0;
  uint64_t end_offset_ = 0;
};

/// 32 random hexadecimal digits.
std::string make_identity();

}  // namespace cairn
