#pragma once

#include <string>
#include <vector>

#include "vector/column_buffer.h"

namespace cairn {

/// A source whose rows a function makes: generate_series, cairn_queries(), … Calls come from one worker at a time.
class TableFunctionSource {
 public:
  virtual ~TableFunctionSource() = default;
  /// Appends up to `max_rows` more rows to `columns` (cleared); false when there are no more.
  virtual bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) = 0;
  /// Back to the first row: plans may be run again.
  virtual void rewind() = 0;
  /// The function and its arguments. Where it is empty, the rows are taken to be other ones in every execution.
  virtual std::string description() const { return {}; }
};

}  // namespace cairn
