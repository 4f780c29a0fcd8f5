#include "io/tables/manifest.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <xxhash.h>

#include <cassert>
#include <charconv>
#include <cstring>
#include <random>

#include "vector/error.h"

namespace cairn {

namespace {

constexpr uint64_t kMagic = 0x4e414d4e52494143;  // "CAIRNMAN"
constexpr uint64_t kRecordsOffset = 4096;
constexpr uint64_t kSlotOffset = 512;
constexpr uint64_t kSlotStride = 512;
constexpr size_t kIdentityDigits = 32;

struct FileHeader {
  uint64_t magic = kMagic;
  uint32_t format_version = kManifestFormatVersion;
  uint32_t reserved = 0;
  std::array<uint8_t, 16> identity{};
  uint64_t checksum = 0;
};
static_assert(sizeof(FileHeader) == 40);

struct Slot {
  uint64_t sequence = 0;
  uint64_t end_offset = 0;
  uint64_t checksum = 0;

  uint64_t expected_checksum() const { return XXH3_64bits(this, 16); }
};
static_assert(sizeof(Slot) == 24);

struct RecordHeader {
  uint64_t length = 0;
  uint64_t sequence = 0;
  uint64_t checksum = 0;
};
static_assert(sizeof(RecordHeader) == 24);

uint64_t padded(uint64_t bytes) { return (bytes + 7) / 8 * 8; }

uint64_t record_checksum(const RecordHeader& header, std::span<const std::byte> payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(&header, 16));
}

std::array<uint8_t, 16> identity_bytes(const std::string& identity) {
  assert(identity.size() == kIdentityDigits);
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::from_chars(identity.data() + 2 * i, identity.data() + 2 * i + 2, bytes[i], 16);
  }
  return bytes;
}

std::string identity_text(const std::array<uint8_t, 16>& bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

/// A whole record at `offset` whose checksum holds.
bool sound_record(std::span<const std::byte> content, uint64_t offset, RecordHeader& header) {
  if (offset > content.size() || content.size() - offset < sizeof header) return false;
  std::memcpy(&header, content.data() + offset, sizeof header);
  const uint64_t room = content.size() - offset - sizeof header;
  if (header.sequence == 0 || header.length > room) return false;
  return record_checksum(header, content.subspan(offset + sizeof header, header.length)) == header.checksum;
}

/// A record that belongs behind record `sequence` stands somewhere behind `offset`.
bool has_later_record(std::span<const std::byte> content, uint64_t offset, uint64_t sequence) {
  RecordHeader header;
  for (; offset + sizeof header <= content.size(); offset += 8) {
    std::memcpy(&header, content.data() + offset, sizeof header);
    if (header.sequence <= sequence || header.sequence - sequence > content.size() / sizeof header) continue;
    if (sound_record(content, offset, header)) return true;
  }
  return false;
}

void check_file_header(const FileHeader& header, size_t size, const std::string& path) {
  const auto fail = [&path](const std::string& what, const std::string& hint) {
    throw Error(sqlstate::kDataCorrupted, "'" + path + "' " + what, hint);
  };
  const std::string restore = "restore the database from a backup";
  if (size < sizeof header || header.magic != kMagic) {
    fail("is not a manifest of Cairn", "check that the path names a Cairn database");
  }
  if (header.format_version > kManifestFormatVersion) {
    fail("has format version " + std::to_string(header.format_version) + ", newer than this program's " +
             std::to_string(kManifestFormatVersion),
         "open it with a newer version of Cairn");
  }
  if (XXH3_64bits(&header, 32) != header.checksum) fail("has a damaged header: checksum mismatch", restore);
  if (size < kRecordsOffset) fail("is truncated: " + std::to_string(size) + " bytes", restore);
}

/// The file's header page with a slot that speaks of the first record.
std::vector<std::byte> header_page(const std::string& identity, uint64_t first_end_offset) {
  std::vector<std::byte> page(kRecordsOffset);
  FileHeader header;
  header.identity = identity_bytes(identity);
  header.checksum = XXH3_64bits(&header, 32);
  std::memcpy(page.data(), &header, sizeof header);
  Slot slot{1, first_end_offset};
  slot.checksum = slot.expected_checksum();
  std::memcpy(page.data() + kSlotOffset + kSlotStride, &slot, sizeof slot);
  return page;
}

std::vector<std::byte> record_bytes(uint64_t sequence, std::span<const std::byte> payload) {
  RecordHeader header{payload.size(), sequence};
  header.checksum = record_checksum(header, payload);
  std::vector<std::byte> bytes(sizeof header + padded(payload.size()));
  std::memcpy(bytes.data(), &header, sizeof header);
  std::copy(payload.begin(), payload.end(), bytes.begin() + sizeof header);  // may be empty
  return bytes;
}

}  // namespace

std::string make_identity() {
  std::random_device device;
  std::array<uint8_t, 16> bytes;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(device());
  return identity_text(bytes);
}

ManifestContent read_manifest(Storage& storage, const std::string& path, std::vector<std::string>* left_out) {
  ManifestContent manifest;
  manifest.content = read_file(storage, path);
  const std::span<const std::byte> content = std::as_const(manifest.content).bytes();
  FileHeader file_header{};
  std::copy_n(content.begin(), std::min(sizeof file_header, content.size()), reinterpret_cast<std::byte*>(&file_header));
  check_file_header(file_header, content.size(), path);
  manifest.identity = identity_text(file_header.identity);
  manifest.end_offset = kRecordsOffset;
  RecordHeader header;
  while (sound_record(content, manifest.end_offset, header) && header.sequence == manifest.sequence + 1) {
    manifest.payloads.push_back(content.subspan(manifest.end_offset + sizeof header, header.length));
    manifest.end_offset += sizeof header + padded(header.length);
    ++manifest.sequence;
  }
  manifest.torn = manifest.end_offset < content.size();
  const auto damaged = [&](const std::string& what) {
    const std::string text = "'" + path + "' " + what + " (record " + std::to_string(manifest.sequence + 1) +
                             " at offset " + std::to_string(manifest.end_offset) + ")";
    if (left_out == nullptr || manifest.sequence == 0) {
      throw Error(sqlstate::kDataCorrupted, text,
                  "restore the database from a backup, or read what is sound of it: cairn DATABASE -salvage");
    }
    left_out->push_back("later commits: " + text);
  };
  if (has_later_record(content, manifest.end_offset, manifest.sequence)) {
    damaged("has a damaged record that is followed by sound ones");
  }
  for (uint64_t i = 0; i < 2; ++i) {
    Slot slot;
    std::memcpy(&slot, content.data() + kSlotOffset + i * kSlotStride, sizeof slot);
    if (slot.checksum != slot.expected_checksum() || slot.sequence <= manifest.sequence) continue;
    damaged("is truncated or damaged: " + std::to_string(slot.sequence) + " records up to offset " +
            std::to_string(slot.end_offset) + " were durable, " + std::to_string(manifest.sequence) + " are sound");
  }
  if (manifest.sequence == 0) damaged("has no sound record");
  return manifest;
}

void write_manifest(Storage& storage, const std::string& path, const std::string& identity,
                    std::span<const std::byte> payload) {
  const std::vector<std::byte> record = record_bytes(1, payload);
  std::vector<std::byte> content = header_page(identity, kRecordsOffset + record.size());
  content.insert(content.end(), record.begin(), record.end());
  replace_file(storage, path, content);
}

ManifestLog::ManifestLog(std::shared_ptr<Storage> storage, std::string path, const ManifestContent& content)
    : storage_(std::move(storage)),
      path_(std::move(path)),
      identity_(content.identity),
      sequence_(content.sequence),
      end_offset_(content.end_offset) {
  open();
  if (!content.torn) return;
  file_->truncate(end_offset_);
  file_->sync();
}

ManifestLog::~ManifestLog() {
  if (file_ == nullptr) return;
  try {
    write_slot();
  } catch (const std::exception&) {
    // Without it, damage to the last record cannot be told from a crash.
  }
}

void ManifestLog::open() { file_ = storage_->open(path_, OpenMode::kReadWrite); }

void ManifestLog::write_slot() {
  Slot slot{sequence_, end_offset_};
  slot.checksum = slot.expected_checksum();
  file_->write(kSlotOffset + sequence_ % 2 * kSlotStride, std::as_bytes(std::span(&slot, 1)));
}

ManifestLog::Outcome ManifestLog::append(std::span<const std::byte> payload, std::exception_ptr& error) {
  assert(!is_broken());
  const std::vector<std::byte> record = record_bytes(sequence_ + 1, payload);
  bool written = false;
  try {
    write_slot();
    file_->write(end_offset_, record);
    written = true;
    file_->sync();
  } catch (const std::exception&) {
    error = std::current_exception();
    if (!written) {
      try {  // a part of a record does no harm, but a whole one that only looks unwritten would
        file_->truncate(end_offset_);
        file_->sync();
        return Outcome::kFailed;
      } catch (const std::exception&) {
      }
    }
    file_ = nullptr;
    return Outcome::kUnknown;
  }
  ++sequence_;
  end_offset_ += record.size();
  return Outcome::kDurable;
}

void ManifestLog::replace(std::span<const std::byte> payload) {
  file_ = nullptr;
  write_manifest(*storage_, path_, identity_, payload);
  sequence_ = 1;
  end_offset_ = kRecordsOffset + sizeof(RecordHeader) + padded(payload.size());
  open();
}

}  // namespace cairn
