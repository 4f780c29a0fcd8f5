#include "checkpoint/fragment_file.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <deque>

#include "io/segments/segment.h"
#include "vector/null_vector.h"

namespace cairn {

namespace {

struct FileHeader {
  char magic[8];
  uint32_t format;
  uint32_t zero;
  uint64_t fingerprint_high, fingerprint_low;
  uint64_t checksum;  ///< XXH3 of the bytes before
};
static_assert(sizeof(FileHeader) == 40);

constexpr char kMagic[8] = {'C', 'A', 'I', 'R', 'N', 'B', 'R', 'K'};
/// Encoded segments that may be under way at once: enough to keep the disk busy behind the encoder.
constexpr size_t kInFlightBytesMax = size_t{16} << 20;
/// How much longer than it has to be the file is made ahead of the writes, at first.
constexpr uint64_t kExtendBytes = size_t{1} << 20;

FileHeader make_header(const Fingerprint& fingerprint) {
  FileHeader header{{}, kCheckpointFormat, 0, fingerprint.high, fingerprint.low, 0};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.checksum = XXH3_64bits(&header, offsetof(FileHeader, checksum));
  return header;
}

/// Writes segments one behind another, several in flight; each one's bytes stay until it is written.
class SegmentStream {
 public:
  SegmentStream(Storage& storage, File& file, std::atomic<uint64_t>& bytes_written)
      : file_(file), batch_(storage.make_batch()), bytes_written_(bytes_written) {}

  uint64_t end() const { return end_; }

  void write(AlignedBuffer bytes) {
    while (in_flight_bytes_ > kInFlightBytesMax) collect();
    const size_t length = bytes.padded_size();
    bytes.clear_padding();
    in_flight_.push_back({next_token_, std::move(bytes)});
    in_flight_bytes_ += length;
    if (end_ + length > extended_to_) {
      extended_to_ = 2 * (end_ + length) + kExtendBytes;
      file_.extend(extended_to_);
    }
    batch_->write(file_, end_, in_flight_.back().bytes.padded_bytes(), next_token_++);
    batch_->submit();
    end_ += length;
  }

  void finish() {
    while (batch_->pending_count() > 0) collect();
    file_.truncate(end_);
  }

 private:
  struct Piece { uint64_t token; AlignedBuffer bytes; };

  void collect() {
    IoCompletion done = batch_->wait_one();
    if (done.error) throw *done.error;
    for (auto piece = in_flight_.begin(); piece != in_flight_.end(); ++piece) {
      if (piece->token != done.token) continue;
      in_flight_bytes_ -= piece->bytes.padded_size();
      bytes_written_ += piece->bytes.padded_size();
      in_flight_.erase(piece);
      return;
    }
  }

  File& file_;
  std::deque<Piece> in_flight_;      // outlives batch_, whose destructor waits for the writes
  std::unique_ptr<IoBatch> batch_;
  std::atomic<uint64_t>& bytes_written_;
  uint64_t end_ = 0, extended_to_ = 0;
  uint64_t next_token_ = 0;
  size_t in_flight_bytes_ = 0;
};

/// A file that is there, and says that it is the breaker's.
class FragmentFile {
 public:
  FragmentFile(Storage& storage, const std::string& path, DurableBreaker breaker)
      : storage_(storage), file_(storage.open(path, OpenMode::kRead, Caching::kDirect)), breaker_(std::move(breaker)) {
    if (file_->size() < breaker_.file_bytes) throw damaged("shorter than its record says");
    FileHeader header;
    file_->read(0, std::as_writable_bytes(std::span(&header, 1)));
    const FileHeader expected = make_header(breaker_.fingerprint);
    if (std::memcmp(&header, &expected, sizeof header) != 0) throw damaged("its header is not of this breaker");
  }

  uint64_t stored_bytes(size_t chunk) const {
    uint64_t bytes = 0;
    for (const auto& segment : breaker_.chunks[chunk].columns) bytes += segment.bytes;
    return bytes;
  }

  RowSet::Chunk load(size_t index) const {
    const DurableBreaker::Chunk& place = breaker_.chunks[index];
    if (place.columns.size() != breaker_.types.size()) throw damaged("its record has a wrong number of columns");
    std::vector<std::shared_ptr<AlignedBuffer>> buffers;
    auto batch = storage_.make_batch();
    for (const auto& segment : place.columns) {
      if (segment.offset > breaker_.file_bytes || segment.bytes > breaker_.file_bytes - segment.offset) {
        throw damaged("its record points behind its end");
      }
      buffers.push_back(std::make_shared<AlignedBuffer>(segment.bytes));
      batch->read(*file_, segment.offset, buffers.back()->bytes());
    }
    batch->wait_all();

    RowSet::Chunk chunk;
    chunk.row_count = place.row_count;
    std::vector<uint64_t> scratch;
    for (size_t column = 0; column < place.columns.size(); ++column) {
      const std::shared_ptr<const std::byte> bytes(buffers[column], buffers[column]->data());
      auto segment = open_segment(bytes, buffers[column]->size(), breaker_.types[column], place.row_count,
                                  fmt::format("{} at offset {}", file_->path(), place.columns[column].offset));
      ColumnBuffer& out = chunk.columns.emplace_back(breaker_.types[column]);
      out.append(segment->slice(0, place.row_count, scratch));
    }
    return chunk;
  }

 private:
  Error damaged(const std::string& what) const {
    return Error(sqlstate::kDataCorrupted, "checkpoint file \"" + file_->path() + "\": " + what);
  }

  Storage& storage_;
  const std::unique_ptr<File> file_;
  const DurableBreaker breaker_;
};

class DurableChunk final : public StoredChunk {
 public:
  DurableChunk(std::shared_ptr<const FragmentFile> file, size_t index, size_t memory_bytes)
      : file_(std::move(file)), index_(index), memory_bytes_(memory_bytes) {}
  uint64_t bytes() const override { return file_->stored_bytes(index_); }
  size_t memory_bytes() const override { return memory_bytes_; }
  RowSet::Chunk load() const override { return file_->load(index_); }

 private:
  const std::shared_ptr<const FragmentFile> file_;
  const size_t index_, memory_bytes_;
};

/// NULLs where the chunk has no such column.
EncodedSegment encode_column(const RowSet::Chunk& chunk, size_t column, const Type& type) {
  if (column < chunk.columns.size()) return encode_segment(chunk.columns[column], 0, chunk.row_count, EncodeEffort::kFast);
  ColumnBuffer nulls(type);
  nulls.append(null_vector(type, chunk.row_count));
  return encode_segment(nulls, 0, chunk.row_count, EncodeEffort::kFast);
}

}  // namespace

bool write_fragment_file(Storage& storage, const std::string& path, const std::vector<Type>& types,
                         std::span<const RowSet* const> sets, const std::function<bool()>& cancelled,
                         std::atomic<uint64_t>& bytes_written, DurableBreaker& breaker) {
  auto file = storage.open(path, OpenMode::kCreateExclusive, Caching::kDirect);
  SegmentStream stream(storage, *file, bytes_written);

  AlignedBuffer first(kIoAlignmentBytes);
  std::memset(first.data(), 0, first.size());
  const FileHeader header = make_header(breaker.fingerprint);
  std::memcpy(first.data(), &header, sizeof header);
  stream.write(std::move(first));

  for (const RowSet* const rows : sets) {
    for (size_t i = 0; i < rows->chunks().size(); ++i) {
      const std::shared_ptr<const RowSet::Chunk> chunk = rows->pin(i);
      DurableBreaker::Chunk& place = breaker.chunks.emplace_back();
      place.row_count = static_cast<uint32_t>(chunk->row_count);
      for (size_t column = 0; column < types.size(); ++column) {
        if (cancelled()) return false;
        EncodedSegment segment = encode_column(*chunk, column, types[column]);
        place.columns.push_back({stream.end(), segment.bytes.size()});
        stream.write(std::move(segment.bytes));
      }
    }
  }
  stream.finish();
  if (cancelled()) return false;
  file->sync();
  breaker.file_bytes = stream.end();
  breaker.types = types;
  return true;
}

std::shared_ptr<RowSet> read_fragment_file(Storage& storage, const std::string& path, const DurableBreaker& breaker,
                                           size_t resident_bytes_max) {
  const auto file = std::make_shared<const FragmentFile>(storage, path, breaker);
  auto rows = std::make_shared<RowSet>(breaker.types);
  size_t resident_bytes = 0;
  for (size_t i = 0; i < breaker.chunks.size(); ++i) {
    RowSet part(breaker.types);
    RowSet::Chunk chunk = file->load(i);
    const size_t bytes = chunk.bytes();
    chunk.stored = std::make_shared<DurableChunk>(file, i, bytes);
    part.append_chunk(std::move(chunk));
    if (breaker.is_complete()) part.seal();  // fragments are merged
    resident_bytes += bytes;
    if (resident_bytes > resident_bytes_max) part.evict_stored();
    rows->adopt(std::move(part));
  }
  return rows;
}

}  // namespace cairn
