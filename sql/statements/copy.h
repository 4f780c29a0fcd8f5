#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exec/rows/row_set.h"
#include "io/csv/csv_format.h"
#include "io/csv/csv_reader.h"
#include "io/tables/database.h"

namespace cairn {

/// COPY's options, PostgreSQL's old and new spelling alike.
struct CopyOptions {
  CsvFormat format;                                    ///< without its force_… lists: those are of columns by name
  std::vector<std::string> force_quote;                ///< or "*"
  std::vector<std::string> force_null, force_not_null;
};

/// Checked: an option that does not apply, stands twice or contradicts another is an error. The function stands in
/// copy_options.cpp. Errors: kSyntaxError, kFeatureNotSupported (BINARY and other encodings, too),
/// kInvalidParameterValue.
CopyOptions parse_copy_options(const PgQuery__CopyStmt& statement);

/// What reads and writes files for COPY. The functions stand in copy_file.cpp.
struct CopyFrom {
  Storage* storage = nullptr;
  std::string path;
  CsvFormat format;
  const TableSchema* table = nullptr;
  std::vector<size_t> columns;               ///< of the table, in the file's order
  std::vector<Value> defaults;               ///< one per table column, for those that the file lacks
  WriteTransaction* transaction = nullptr;   ///< one writer per thread; `order` keeps the file's order
  std::function<RowStep()> make_step;        ///< what is done with the rows on their way (copied_rows.h)
  unsigned threads = 1;
  const std::atomic<bool>* interrupted = nullptr;  ///< set: end soon with kQueryCanceled
  std::atomic<uint64_t>* bytes_done = nullptr;     ///< progress
  std::atomic<uint64_t>* bytes_total = nullptr;
};
/// Appends the file's rows and returns their number. Errors name the file, line and column: kBadCopyFormat, those of
/// values, kUndefinedFile, kIoError.
uint64_t copy_from_file(const CopyFrom& copy);

struct CopyTo {
  Storage* storage = nullptr;
  std::string path;
  CsvFormat format;
  std::vector<std::string> names;
  std::vector<Type> types;
  std::function<std::unique_ptr<RowSet::Chunk>()> next;  ///< nullptr at the end
};
/// Writes the rows (to a temporary name that is renamed at the end) and returns their number.
uint64_t copy_to_file(const CopyTo& copy);

}  // namespace cairn
