#pragma once

#include <cstddef>
#include <cstdint>

#include "io/csv/csv_format.h"

namespace cairn {

inline constexpr size_t kMarkBlockBytes = 64;

/// Where the bytes that mean something stand in 64 bytes of text: bit i is byte i.
struct BlockMarks {
  uint64_t line_end = 0;        ///< the byte that ends lines: the last one of the file's line end
  uint64_t other_line_end = 0;  ///< carriage returns, or newlines where it is those that end lines
  uint64_t delimiter = 0;
  uint64_t quote = 0;   ///< kCsv
  uint64_t escape = 0;  ///< kText: backslashes; kCsv: equal to `quote` where both are the same byte
};

/// Marks of `block_count` blocks of 64 bytes. (After Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019.)
void mark_blocks(const char* text, size_t block_count, const CsvFormat& format, LineEnd line_end, BlockMarks* out);
/// Takes back the marks of all but the first `bytes` (fewer than a block's): the text ends there.
void cut_marks(BlockMarks& marks, size_t bytes);

/// No byte is NUL or above 127, so that the text is UTF-8 as it is.
bool is_plain_ascii(const char* text, size_t bytes);

/// Knows, block by block, which bytes mean nothing because they stand inside quotes or behind an escape.
class ProtectedBytes {
 public:
  explicit ProtectedBytes(const CsvFormat& format)
      : text_(format.kind == CsvFormat::Kind::kText), doubled_quote_(format.escape == format.quote) {}

  /// The protected bytes of the next block, bit by bit.
  uint64_t next(const BlockMarks& marks) {
    if (text_) return (marks.escape | carried_) == 0 ? 0 : behind_escapes(marks.escape);
    if ((marks.quote | marks.escape | carried_ | inside_) == 0) return 0;
    return in_quotes(marks);
  }
  /// Behind the last block so far: inside quotes.
  bool in_open_quote() const { return inside_ != 0; }
  /// As at the begin of a record.
  void reset() { inside_ = carried_ = 0; }

 private:
  bool text_;
  bool doubled_quote_;
  uint64_t inside_ = 0;   ///< all bits: the next block begins inside quotes
  uint64_t carried_ = 0;  ///< 1: the next block's first byte stands behind an escape

  uint64_t behind_escapes(uint64_t escapes);
  uint64_t in_quotes(const BlockMarks& marks);
  uint64_t quotes_that_toggle(const BlockMarks& marks);
};

}  // namespace cairn
