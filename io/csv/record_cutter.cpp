#include "io/csv/record_cutter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "vector/error.h"

namespace cairn {

namespace {
constexpr size_t kWindowBlocks = 64;
}

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
    skip_byte_order_mark(chunk);
  }
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
  if (source_ended_ && !state.done && state.at == chunk.size) {
    if (protected_.in_open_quote()) {
      throw Error(sqlstate::kBadCopyFormat,
                  "line " + std::to_string(line_ + state.cut_lines) + ": unterminated CSV quoted field");
    }
    size_t begin = 0;
    if (format_.kind == CsvFormat::Kind::kText && is_end_of_data(chunk.text(), chunk.size, begin)) {
      chunk.size = begin;
    }
    state.cut = chunk.size;  // the last line need not have an end
    state.cut_lines = state.lines;
  }
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

/// Scans whole blocks, and the rest where nothing more comes.
void RecordCutter::scan(const RecordChunk& chunk, size_t record_limit, Scan& state) {
  BlockMarks marks[kWindowBlocks];
  while (!state.done && (state.cut == 0 || state.at < limits_.chunk_bytes)) {
    const size_t left = chunk.size - state.at;
    const size_t blocks = std::min(kWindowBlocks, left / kMarkBlockBytes);
    if (blocks == 0) {
      if (!source_ended_ || left == 0) return;
      mark_blocks(chunk.text() + state.at, 1, format_, marks);  // 64 bytes behind the end are readable
      const uint64_t there = (uint64_t{1} << left) - 1;
      marks[0].newline &= there;
      marks[0].quote &= there;
      marks[0].escape &= there;
      scan_block(chunk, marks[0], left, record_limit, state);
      return;
    }
    mark_blocks(chunk.text() + state.at, blocks, format_, marks);
    for (size_t i = 0; i < blocks && !state.done; ++i) {
      scan_block(chunk, marks[i], kMarkBlockBytes, record_limit, state);
    }
  }
}

void RecordCutter::scan_block(const RecordChunk& chunk, const BlockMarks& marks, size_t bytes, size_t record_limit,
                              Scan& state) {
  uint64_t ends = marks.newline & ~protected_.next(marks);
  if (ends != 0) {
    if (format_.kind == CsvFormat::Kind::kText && end_of_data_at(chunk, ends, state)) return;
    const size_t count = static_cast<size_t>(std::popcount(ends));
    const bool full = state.records + count >= record_limit;
    // The record_limit'th end where it is here, else the last one.
    if (full) {
      for (size_t i = state.records + 1; i < record_limit; ++i) ends &= ends - 1;
    }
    const int last = full ? std::countr_zero(ends) : 63 - std::countl_zero(ends);
    const uint64_t up_to_last = last == 63 ? ~uint64_t{0} : (uint64_t{2} << last) - 1;
    state.cut = state.at + static_cast<size_t>(last) + 1;
    state.cut_lines = state.lines + static_cast<size_t>(std::popcount(marks.newline & up_to_last));
    state.records += count;
    state.done = full;
  }
  state.lines += static_cast<size_t>(std::popcount(marks.newline));
  state.at += bytes;
}

/// "\." on a line of its own ends the data, whatever follows in the file.
bool RecordCutter::end_of_data_at(const RecordChunk& chunk, uint64_t ends, Scan& state) {
  for (; ends != 0; ends &= ends - 1) {
    const size_t end = state.at + static_cast<size_t>(std::countr_zero(ends));
    size_t begin = 0;
    if (end < 2 || (chunk.text()[end - 1] != '.' && chunk.text()[end - 1] != '\r')) continue;
    if (!is_end_of_data(chunk.text(), end, begin)) continue;
    const char* from = chunk.text() + state.cut;
    state.cut_lines += static_cast<size_t>(std::count(from, chunk.text() + begin, '\n'));
    state.cut = begin;
    state.done = true;
    source_ended_ = data_ended_ = true;
    return true;
  }
  return false;
}

bool is_end_of_data(const char* text, size_t end, size_t& begin) {
  if (end > 0 && text[end - 1] == '\r') --end;
  if (end < 2 || text[end - 1] != '.' || text[end - 2] != '\\') return false;
  begin = end - 2;
  if (begin == 0) return true;
  if (text[begin - 1] != '\n') return false;
  size_t backslashes = 0;  // an odd number before that line end would make it part of a field
  while (backslashes + 1 < begin && text[begin - 2 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 0;
}

}  // namespace cairn
