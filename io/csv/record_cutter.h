#pragma once

#include <cstdint>
#include <memory>

#include "io/csv/byte_source.h"
#include "io/csv/csv_format.h"
#include "io/csv/marks.h"
#include "vector/column_buffer.h"

namespace cairn {

/// Whole records, one behind another, as they stand in the file.
struct RecordChunk {
  uint64_t ordinal = 0;     ///< from 0, in the order of the file
  uint64_t first_line = 1;  ///< of its first byte, counted from 1
  bool has_header = false;  ///< the first record is the header
  LineEnd line_end = LineEnd::kNewline;
  AlignedBytes bytes;       ///< 64 readable bytes behind the end
  size_t size = 0;

  const char* text() const { return reinterpret_cast<const char*>(bytes.data()); }
  char line_end_byte() const { return line_end == LineEnd::kCarriageReturn ? '\r' : '\n'; }
};

/// Cuts a text into chunks of kRowGroupRows records, so that each becomes one full row group whatever the number of
/// threads. It looks at line ends, quotes and escapes alone, a word per 64 bytes, which takes a small part of the time
/// that parsing takes; so one thread at a time cuts, and the chunks are parsed in parallel.
/// Memory: a chunk ends early at kChunkBytes.
class RecordCutter {
 public:
  static constexpr size_t kChunkBytes = size_t{64} << 20;
  static constexpr size_t kRecordBytesMax = size_t{1} << 30;

  struct Limits {
    size_t rows = kRowGroupRows;
    size_t chunk_bytes = kChunkBytes;
    size_t read_bytes = size_t{512} << 10;
  };

  /// REQUIRES: format.check() passed.
  RecordCutter(std::unique_ptr<ByteSource> source, const CsvFormat& format);
  RecordCutter(std::unique_ptr<ByteSource> source, const CsvFormat& format, Limits limits);

  /// The next chunk; the memory of `chunk` is used again. False at the end. Not thread-safe.
  /// Errors: kBadCopyFormat (a quote that never ends), kProgramLimit (a record above kRecordBytesMax), kIoError; their
  /// messages begin with the line.
  bool next(RecordChunk& chunk);

  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t total_bytes() const { return source_->total_bytes(); }
  uint64_t chunk_count() const { return ordinal_; }  ///< given out

 private:
  std::unique_ptr<ByteSource> source_;
  CsvFormat format_;
  Limits limits_;
  ProtectedBytes protected_;
  AlignedBytes tail_;  ///< read, but behind the last cut
  size_t tail_bytes_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t ordinal_ = 0;
  uint64_t line_ = 1;
  LineEnd line_end_ = LineEnd::kNewline;
  bool source_ended_ = false;
  bool data_ended_ = false;  ///< by the line "\."

  /// Where scanning a chunk stands.
  struct Scan {
    size_t at = 0;         ///< bytes scanned
    size_t records = 0;
    size_t lines = 0;      ///< line ends before `at`
    size_t cut = 0;        ///< behind the last complete record
    size_t cut_lines = 0;  ///< line ends before `cut`
    bool done = false;
  };

  void fill(RecordChunk& chunk);
  void skip_byte_order_mark(RecordChunk& chunk);
  LineEnd first_line_end(RecordChunk& chunk);
  void scan(const RecordChunk& chunk, size_t record_limit, Scan& scan);
  void scan_block(const RecordChunk& chunk, const BlockMarks& marks, size_t bytes, size_t record_limit, Scan& scan);
  bool end_of_data_at(const RecordChunk& chunk, uint64_t ends, size_t record_limit, Scan& scan);
  void end_with_source(RecordChunk& chunk, Scan& scan);
};

}  // namespace cairn
