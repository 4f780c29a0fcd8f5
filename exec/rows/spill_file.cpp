#include "exec/rows/spill_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "io/segments/segment.h"
#include "io/segments/segment_header.h"
#include "io/storage/own_files.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// How much longer than it is the file is made at once.
constexpr uint64_t kExtendBytesMin = uint64_t{1} << 20, kExtendBytesMost = uint64_t{64} << 20;

}  // namespace

/// Its segments stand one behind the other, without their padding: chunks may have few rows. Begins and ends at multiples
/// of 4096.
class SpillFile::Stored final : public StoredChunk {
 public:
  struct Column {
    Type type;
    size_t used_bytes;
    size_t bytes() const { return round_up_to_array(used_bytes); }
  };
  Stored(std::shared_ptr<SpillFile> file, uint64_t offset, const RowSet::Chunk& chunk, std::vector<Column> columns)
      : file_(std::move(file)), offset_(offset), row_count_(chunk.row_count), columns_(std::move(columns)),
        bytes_(bytes_of(columns_)), memory_bytes_(chunk.bytes()) {}
  ~Stored() override { file_->give_back(offset_, bytes_); }
  uint64_t bytes() const override { return bytes_; }
  size_t memory_bytes() const override { return memory_bytes_; }

  static size_t bytes_of(const std::vector<Column>& columns) {
    size_t bytes = 0;
    for (const Column& column : columns) bytes += column.bytes();
    return round_up_to_alignment(bytes);
  }

  RowSet::Chunk load() const override {
    AlignedBuffer bytes(bytes_);
    File& file = file_->file();
    file.read(offset_, bytes.bytes());
    RowSet::Chunk chunk;
    chunk.row_count = row_count_;
    size_t begin = 0;
    std::vector<uint64_t> scratch;
    for (const Column& column : columns_) {
      AlignedBuffer segment = pad_segment({bytes.data() + begin, column.used_bytes});
      const size_t segment_bytes = segment.size();
      const auto opened = open_segment(share_bytes(std::move(segment)), segment_bytes, column.type, static_cast<uint32_t>(row_count_),
                                       fmt::format("{} at offset {}", file.path(), offset_ + begin));
      chunk.columns.emplace_back(column.type).append(opened->slice(0, row_count_, scratch));
      begin += column.bytes();
    }
    return chunk;
  }

 private:
  const std::shared_ptr<SpillFile> file_;
  const uint64_t offset_;
  const size_t row_count_;
  const std::vector<Column> columns_;
  const size_t bytes_, memory_bytes_;
};

std::shared_ptr<SpillFile> SpillFile::make(std::shared_ptr<Storage> storage, std::string directory, uint64_t limit_bytes) {
  return std::shared_ptr<SpillFile>(new SpillFile(std::move(storage), std::move(directory), limit_bytes));
}

SpillFile::SpillFile(std::shared_ptr<Storage> storage, std::string directory, uint64_t limit_bytes)
    : storage_(std::move(storage)), directory_(std::move(directory)), limit_bytes_(limit_bytes) {}

File& SpillFile::file() {
  const std::lock_guard lock(mutex_);
  if (file_ == nullptr) file_ = open_unnamed(*storage_, directory_);
  return *file_;
}

/// First fit, else at the end; the file is made longer ahead of that.
uint64_t SpillFile::take(uint64_t bytes) {
  std::unique_lock lock(mutex_);
  for (auto hole = free_.begin(); hole != free_.end(); ++hole) {
    const auto [offset, length] = *hole;
    if (length < bytes) continue;
    free_.erase(hole);
    if (length > bytes) free_.emplace(offset + bytes, length - bytes);
    return offset;
  }
  if (limit_bytes_ != 0 && end_ + bytes > limit_bytes_) {
    throw Error(sqlstate::kProgramLimit,
                fmt::format("the query's temporary file needs more than temp_limit allows: {} bytes", limit_bytes_),
                "raise temp_limit, or memory_limit");
  }
  const uint64_t offset = std::exchange(end_, end_ + bytes);
  if (end_ > extended_to_) {
    const uint64_t further = std::min(end_ + kExtendBytesMin, kExtendBytesMost);
    const uint64_t to = extended_to_ = limit_bytes_ == 0 ? end_ + further : std::min(end_ + further, limit_bytes_);
    lock.unlock();
    file_->extend(to);
  }
  return offset;
}

void SpillFile::give_back(uint64_t offset, uint64_t bytes) noexcept try {
  const std::lock_guard lock(mutex_);
  auto after = free_.lower_bound(offset);
  if (after != free_.end() && after->first == offset + bytes) {
    bytes += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  free_.emplace(offset, bytes);
} catch (...) {
  return;  // no memory for the note: the room stays taken until the query ends
}

std::vector<std::shared_ptr<const StoredChunk>> SpillFile::store(std::span<const RowSet::Chunk> chunks) {
  std::vector<EncodedSegment> segments;
  std::vector<std::vector<Stored::Column>> columns;
  uint64_t total = 0;
  for (const RowSet::Chunk& chunk : chunks) {
    columns.emplace_back();
    for (const ColumnBuffer& column : chunk.columns) {
      segments.push_back(encode_segment(column, 0, chunk.row_count, EncodeEffort::kFast));
      columns.back().push_back({column.type(), segments.back().used_bytes});
    }
    total += Stored::bytes_of(columns.back());
  }
  File& into = file();
  const uint64_t offset = take(total);
  AlignedBuffer bytes(total);
  std::memset(bytes.data(), 0, bytes.size());
  std::vector<std::shared_ptr<const StoredChunk>> stored;
  uint64_t at = 0;
  auto segment = segments.begin();
  for (size_t i = 0; i < chunks.size(); ++i) {
    uint64_t begin = at;
    for (const Stored::Column& column : columns[i]) {
      std::memcpy(bytes.data() + begin, (segment++)->bytes.data(), column.used_bytes);
      begin += column.bytes();
    }
    stored.push_back(std::make_shared<Stored>(shared_from_this(), offset + at, chunks[i], std::move(columns[i])));
    at += stored.back()->bytes();
  }
  std::unique_ptr<IoBatch> batch = storage_->make_batch();
  batch->write(into, offset, bytes.bytes());
  batch->wait_all();
  return stored;
}

}  // namespace cairn
