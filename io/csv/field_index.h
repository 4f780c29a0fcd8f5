#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "io/csv/csv_format.h"
#include "io/csv/marks.h"
#include "io/csv/record_cutter.h"

namespace cairn {

/// A field as it stands in its chunk. Marked: it has quotes or escapes, which are still in it.
struct Field {
  uint32_t begin = 0;
  uint32_t size : 31 = 0;
  uint32_t marked : 1 = 0;
};
static_assert(sizeof(Field) == 8);

/// Finds the fields of a chunk's records, some records at a time. What it finds lies column by column, so that each
/// column is then parsed by one loop of its type.
class FieldIndex {
 public:
  enum class Fault {
    kFieldCount,      ///< more or fewer than there should be
    kOtherLineEnd,    ///< another line end than that of the lines before
    kEndOfDataMark,   ///< text: "\." that is no line of its own
  };
  struct BadRecord {
    Fault fault = Fault::kFieldCount;
    size_t begin = 0;        ///< where it stands in the chunk
    size_t field_count = 0;  ///< that it has
    size_t end = 0;          ///< its line end, or the place of another fault
  };

  FieldIndex(const CsvFormat& format, size_t field_count, size_t record_limit);

  /// Begins a chunk. REQUIRES: it stays until the last next().
  void open(const RecordChunk& chunk);
  /// Indexes up to record_limit further records and returns their number; 0: the chunk has ended, or there is a bad
  /// record. One empty field too many at the end of a record is what .tbl files have: it is no error in text whose
  /// delimiter can be seen.
  size_t next() { return next(record_limit_); }
  size_t next(size_t record_limit);
  /// The bad record that stopped next(), behind those that it returned.
  const std::optional<BadRecord>& bad_record() const { return bad_; }
  /// Goes on behind it.
  void skip_bad_record();

  const Field* column(size_t field) const { return fields_.data() + field * record_limit_; }
  /// Where an indexed record begins.
  size_t record_begin(size_t record) const { return fields_[record].begin; }

 private:
  static constexpr size_t kWindowBlocks = 32;

  CsvFormat format_;
  bool is_text_;
  size_t field_count_;
  size_t record_limit_;
  std::vector<Field> fields_;  ///< [field][record]

  const char* text_ = nullptr;
  size_t size_ = 0;
  LineEnd line_end_ = LineEnd::kNewline;
  std::optional<BadRecord> bad_;
  ProtectedBytes protected_;

  // The record and field that are open.
  size_t record_begin_ = 0;
  size_t field_begin_ = 0;
  size_t field_ = 0;
  bool marked_ = false;

  BlockMarks window_[kWindowBlocks];
  size_t window_begin_ = 0;   ///< offset of the window's first block in the chunk
  size_t window_blocks_ = 0;
  size_t block_ = 0;          ///< in the window
  uint64_t pending_ = 0;      ///< marks of the block that are not yet seen
  uint64_t ends_ = 0;         ///< of them, ends of records
  uint64_t delimiters_ = 0;   ///< of them, ends of fields
  uint64_t strays_ = 0;       ///< of them, other line ends than the file's
  uint64_t escapes_ = 0;      ///< of them, in text, backslashes that escape
  bool after_return_ = false; ///< kBoth: the block before ended with a carriage return

  void begin_record(size_t at);
  bool advance();
  void pair_line_ends(uint64_t returns);
  bool is_fault(size_t at, uint64_t bit) const;
  void end_field(size_t at, size_t record);
  bool end_record(size_t at, size_t record);
};

}  // namespace cairn
