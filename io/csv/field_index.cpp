#include "io/csv/field_index.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace cairn {

FieldIndex::FieldIndex(const CsvFormat& format, size_t field_count, size_t record_limit)
    : format_(format),
      is_text_(format.kind == CsvFormat::Kind::kText),
      field_count_(field_count),
      record_limit_(record_limit),
      fields_(field_count * record_limit),
      protected_(format) {
  assert(field_count > 0 && record_limit > 0);
}

void FieldIndex::open(const RecordChunk& chunk) {
  text_ = chunk.text();
  size_ = chunk.size;
  line_end_ = chunk.line_end;
  after_return_ = false;
  bad_.reset();
  protected_.reset();
  begin_record(0);
  window_begin_ = window_blocks_ = block_ = 0;
  pending_ = 0;
}

/// Goes to the next block that has marks; false behind the last one.
bool FieldIndex::advance() {
  while (pending_ == 0) {
    if (block_ == window_blocks_) {
      window_begin_ += window_blocks_ * kMarkBlockBytes;
      if (window_begin_ >= size_) return false;
      const size_t blocks_left = (size_ - window_begin_ + kMarkBlockBytes - 1) / kMarkBlockBytes;
      window_blocks_ = std::min(kWindowBlocks, blocks_left);
      block_ = 0;
      mark_blocks(text_ + window_begin_, window_blocks_, format_, line_end_, window_);
      const size_t tail = size_ % kMarkBlockBytes;
      if (window_blocks_ == blocks_left && tail != 0) cut_marks(window_[window_blocks_ - 1], tail);
    }
    const BlockMarks& marks = window_[block_++];
    const uint64_t meaningless = protected_.next(marks);
    ends_ = marks.line_end & ~meaningless;
    strays_ = marks.other_line_end & ~meaningless;
    if (line_end_ == LineEnd::kBoth) pair_line_ends(strays_);
    delimiters_ = marks.delimiter & ~meaningless;
    escapes_ = is_text_ ? marks.escape & ~meaningless : 0;
    pending_ = ends_ | delimiters_ | strays_ | marks.quote | marks.escape;
  }
  return true;
}

/// kBoth: a newline behind a carriage return is a line end, and what stands alone is a stray.
void FieldIndex::pair_line_ends(uint64_t returns) {
  const uint64_t paired = ends_ & (returns << 1 | (after_return_ ? 1 : 0));
  strays_ = (returns & ~(ends_ >> 1)) | (ends_ & ~paired);
  ends_ = paired;
  after_return_ = returns >> 63 != 0;
}

/// Of a mark that ends nothing: a stray line end, or a mark of the data's end within a line.
bool FieldIndex::is_fault(size_t at, uint64_t bit) const {
  if (strays_ & bit) {
    // Whether the last byte of a block has its newline is seen here.
    return !(line_end_ == LineEnd::kBoth && text_[at] == '\r' && at + 1 < size_ && text_[at + 1] == '\n');
  }
  return (escapes_ & bit) != 0 && at + 1 < size_ && text_[at + 1] == '.';
}

size_t FieldIndex::next(size_t record_limit) {
  assert(record_limit <= record_limit_);
  if (bad_) return 0;
  size_t record = 0;
  while (record < record_limit) {
    if (pending_ == 0 && !advance()) {
      // The last record of the file may lack its end.
      if (record_begin_ < size_ && end_record(size_, record)) ++record;
      record_begin_ = size_;
      break;
    }
    const size_t block_begin = window_begin_ + (block_ - 1) * kMarkBlockBytes;
    const uint64_t bit = pending_ & (~pending_ + 1);
    const size_t at = block_begin + static_cast<size_t>(std::countr_zero(pending_));
    pending_ ^= bit;
    if (delimiters_ & bit) {
      end_field(at, record);
    } else if (ends_ & bit) {
      if (!end_record(at, record)) break;
      ++record;
    } else if (((strays_ | escapes_) & bit) != 0 && is_fault(at, bit)) {
      bad_ = BadRecord{(strays_ & bit) != 0 ? Fault::kOtherLineEnd : Fault::kEndOfDataMark, record_begin_, field_, at};
      break;
    } else {
      marked_ = marked_ || (strays_ & bit) == 0;
    }
  }
  return record;
}

void FieldIndex::end_field(size_t at, size_t record) {
  if (field_ < field_count_) {
    Field& field = fields_[field_ * record_limit_ + record];
    field.begin = static_cast<uint32_t>(field_begin_);
    field.size = static_cast<uint32_t>(at - field_begin_) & 0x7fffffffu;
    field.marked = marked_;
  }
  ++field_;
  field_begin_ = at + 1;
  marked_ = false;
}

bool FieldIndex::end_record(size_t at, size_t record) {
  const size_t end = line_end_ == LineEnd::kBoth && at < size_ ? at - 1 : at;
  const bool empty_field_too_many =
      is_text_ && format_.delimiter != '\t' && field_ == field_count_ && end == field_begin_;
  if (!empty_field_too_many) end_field(end, record);
  if (field_ != field_count_) {
    bad_ = BadRecord{Fault::kFieldCount, record_begin_, field_, at};
    return false;
  }
  begin_record(at + 1);
  return true;
}

void FieldIndex::begin_record(size_t at) {
  record_begin_ = field_begin_ = at;
  field_ = 0;
  marked_ = false;
}

void FieldIndex::skip_bad_record() {
  begin_record(std::min(bad_->end + 1, size_));
  bad_.reset();
}

}  // namespace cairn
