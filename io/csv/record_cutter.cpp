#include "io/csv/record_cutter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "vector/error.h"

namespace cairn {

namespace {

constexpr size_t kWindowBlocks = 64;

bool is_end_of_data(std::string_view line) { return line.starts_with("\\.") && (line.size() == 2 || line[2] == '\r'); }

/// What no UTF-8 text begins with: files of other kinds that come along with the hope that they are read.
void refuse_other_files(std::string_view text) {
  struct Kind {
    std::string_view magic, what, way;
  };
  static constexpr std::string_view kUnpack = "Unpack it first, or on the way: a pipe is read like a file, /dev/stdin too.";
  static constexpr std::string_view kRecode = "iconv -t UTF-8 makes it one.";
  static constexpr Kind kKinds[] = {
      {"\x1F\x8B", "is compressed by gzip", kUnpack},
      {"\x28\xB5\x2F\xFD", "is compressed by zstd", kUnpack},
      {"\xFD" "7zXZ", "is compressed by xz", kUnpack},
      {"\xFF\xFE", "is UTF-16, not UTF-8", kRecode},
      {"\xFE\xFF", "is UTF-16, not UTF-8", kRecode},
      {"PAR1\x15", "is Parquet, not text", "Write it as CSV where it comes from."},
  };
  for (const Kind& kind : kKinds) {
    if (!text.starts_with(kind.magic)) continue;
    throw Error(sqlstate::kFeatureNotSupported, "line 1: the file " + std::string(kind.what), std::string(kind.way));
  }
}

}  // namespace

RecordCutter::RecordCutter(std::unique_ptr<ByteSource> source, const CsvFormat& format)
    : RecordCutter(std::move(source), format, Limits()) {}

RecordCutter::RecordCutter(std::unique_ptr<ByteSource> source, const CsvFormat& format, Limits limits)
    : source_(std::move(source)), format_(format), limits_(limits), protected_(format) {}

bool RecordCutter::next(RecordChunk& chunk) {
  chunk.bytes.grow(std::max(tail_bytes_, limits_.read_bytes), 0);
  if (tail_bytes_ != 0) std::memcpy(chunk.bytes.data(), tail_.data(), tail_bytes_);
  chunk.size = std::exchange(tail_bytes_, 0);
  chunk.first_line = line_;
  chunk.has_header = ordinal_ == 0 && format_.header != CsvFormat::Header::kNone;
  protected_.reset();
  const size_t record_limit = limits_.rows + (chunk.has_header ? 1 : 0);
  Scan state;
  if (ordinal_ == 0) {
    fill(chunk);
    refuse_other_files({chunk.text(), chunk.size});
    skip_byte_order_mark(chunk);
    line_end_ = first_line_end(chunk);
  }
  chunk.line_end = line_end_;
  while (true) {
    scan(chunk, record_limit, state);
    if (state.done || (state.cut != 0 && state.at >= limits_.chunk_bytes)) break;
    if (source_ended_) break;
    if (chunk.size - state.cut > kRecordBytesMax) {
      throw Error(sqlstate::kProgramLimit,
                  "line " + std::to_string(line_ + state.cut_lines) + ": a record is larger than 1 GiB",
                  format_.kind == CsvFormat::Kind::kCsv ? "a quote may be open that was not meant as one" : "");
    }
    fill(chunk);
  }
  if (source_ended_ && !state.done && state.at == chunk.size) end_with_source(chunk, state);
  if (data_ended_) chunk.size = state.cut;
  tail_bytes_ = chunk.size - state.cut;
  if (tail_bytes_ != 0) {
    tail_.grow(tail_bytes_, 0);
    std::memcpy(tail_.data(), chunk.bytes.data() + state.cut, tail_bytes_);
  }
  chunk.size = state.cut;
  line_ += state.cut_lines;
  if (chunk.size == 0) return false;
  chunk.ordinal = ordinal_++;
  return true;
}

void RecordCutter::fill(RecordChunk& chunk) {
  if (source_ended_) return;
  // Grown by half at least, so that a huge record is not copied for every block.
  chunk.bytes.grow(chunk.size + limits_.read_bytes, chunk.size);
  const size_t got = source_->read({chunk.bytes.data() + chunk.size, limits_.read_bytes});
  chunk.size += got;
  bytes_read_ += got;
  source_ended_ = got < limits_.read_bytes;
}

void RecordCutter::skip_byte_order_mark(RecordChunk& chunk) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (!std::string_view(chunk.text(), chunk.size).starts_with(kMark)) return;
  chunk.size -= kMark.size();
  std::memmove(chunk.bytes.data(), chunk.bytes.data() + kMark.size(), chunk.size);
}

/// The first one outside quotes and escapes; reads on until it has come.
LineEnd RecordCutter::first_line_end(RecordChunk& chunk) {
  ProtectedBytes protected_bytes(format_);
  for (size_t at = 0;; at += kMarkBlockBytes) {
    while (chunk.size - at < kMarkBlockBytes && !source_ended_) fill(chunk);
    if (chunk.size == at || at > kRecordBytesMax) return LineEnd::kNewline;
    BlockMarks marks;
    mark_blocks(chunk.text() + at, 1, format_, LineEnd::kNewline, &marks);
    if (chunk.size - at < kMarkBlockBytes) cut_marks(marks, chunk.size - at);
    const uint64_t ends = (marks.line_end | marks.other_line_end) & ~protected_bytes.next(marks);
    if (ends != 0) {
      const size_t end = at + static_cast<size_t>(std::countr_zero(ends));
      if (chunk.text()[end] == '\n') return LineEnd::kNewline;
      if (end + 1 == chunk.size) fill(chunk);
      return end + 1 < chunk.size && chunk.text()[end + 1] == '\n' ? LineEnd::kBoth : LineEnd::kCarriageReturn;
    }
    if (chunk.size - at <= kMarkBlockBytes && source_ended_) return LineEnd::kNewline;
  }
}

/// Scans whole blocks, and the rest where nothing more comes.
void RecordCutter::scan(const RecordChunk& chunk, size_t record_limit, Scan& state) {
  BlockMarks marks[kWindowBlocks];
  while (!state.done && (state.cut == 0 || state.at < limits_.chunk_bytes)) {
    const size_t left = chunk.size - state.at;
    const size_t blocks = std::min(kWindowBlocks, left / kMarkBlockBytes);
    if (blocks == 0) {
      if (!source_ended_ || left == 0) return;
      mark_blocks(chunk.text() + state.at, 1, format_, line_end_, marks);  // 64 bytes behind the end are readable
      cut_marks(marks[0], left);
      scan_block(chunk, marks[0], left, record_limit, state);
      return;
    }
    mark_blocks(chunk.text() + state.at, blocks, format_, line_end_, marks);
    for (size_t i = 0; i < blocks && !state.done; ++i) {
      scan_block(chunk, marks[i], kMarkBlockBytes, record_limit, state);
    }
  }
}

void RecordCutter::scan_block(const RecordChunk& chunk, const BlockMarks& marks, size_t bytes, size_t record_limit,
                              Scan& state) {
  uint64_t ends = marks.line_end & ~protected_.next(marks);
  if (ends != 0) {
    if (end_of_data_at(chunk, ends, record_limit, state)) return;
    const size_t count = static_cast<size_t>(std::popcount(ends));
    const bool full = state.records + count >= record_limit;
    // The record_limit'th end where it is here, else the last one.
    if (full) {
      for (size_t i = state.records + 1; i < record_limit; ++i) ends &= ends - 1;
    }
    const int last = full ? std::countr_zero(ends) : 63 - std::countl_zero(ends);
    const uint64_t up_to_last = last == 63 ? ~uint64_t{0} : (uint64_t{2} << last) - 1;
    state.cut = state.at + static_cast<size_t>(last) + 1;
    state.cut_lines = state.lines + static_cast<size_t>(std::popcount(marks.line_end & up_to_last));
    state.records += count;
    state.done = full;
  }
  state.lines += static_cast<size_t>(std::popcount(marks.line_end));
  state.at += bytes;
}

/// "\\." on a line of its own ends the data, whatever follows in the file.
bool RecordCutter::end_of_data_at(const RecordChunk& chunk, uint64_t ends, size_t record_limit, Scan& state) {
  const size_t mark_bytes = line_end_ == LineEnd::kBoth ? 3 : 2;
  size_t begin = state.cut;
  for (size_t records = state.records; ends != 0 && records < record_limit; ends &= ends - 1, ++records) {
    const size_t end = state.at + static_cast<size_t>(std::countr_zero(ends));
    if (end - begin == mark_bytes && is_end_of_data({chunk.text() + begin, mark_bytes})) {
      state.cut = begin;
      state.done = source_ended_ = data_ended_ = true;
      return true;
    }
    begin = end + 1;
  }
  return false;
}

void RecordCutter::end_with_source(RecordChunk& chunk, Scan& state) {
  if (protected_.in_open_quote()) {
    if (state.cut != 0) return;  // the records before it come first
    throw Error(sqlstate::kBadCopyFormat, "line " + std::to_string(line_) + ": unterminated CSV quoted field");
  }
  const std::string_view last_line(chunk.text() + state.cut, chunk.size - state.cut);
  if (format_.kind == CsvFormat::Kind::kText && last_line == "\\.") chunk.size = state.cut;
  state.cut = chunk.size;  // the last line need not have an end
  state.cut_lines = state.lines;
}

}  // namespace cairn
