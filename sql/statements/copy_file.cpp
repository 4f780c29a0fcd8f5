// COPY's options and rows, handed to io/csv/.

#include <algorithm>

#include "io/csv/csv_reader.h"
#include "io/csv/csv_writer.h"
#include "sql/statements/copy.h"
#include "vector/error.h"

namespace cairn {
namespace {

CsvFormat format_of(const CopyOptions& options) {
  CsvFormat format;
  format.kind = options.csv ? CsvFormat::Kind::kCsv : CsvFormat::Kind::kText;
  format.delimiter = options.delimiter;
  format.null_text = options.null;
  format.quote = options.quote;
  format.escape = options.escape;
  if (options.header) format.header = options.header_match ? CsvFormat::Header::kMatch : CsvFormat::Header::kSkip;
  return format;
}

std::vector<bool> forced_quotes(const CopyOptions& options, const std::vector<std::string>& names) {
  std::vector<bool> forced(names.size(), options.force_quote == std::vector<std::string>{"*"});
  if (options.force_quote.empty() || forced.empty() || forced[0]) return forced;
  for (const std::string& name : options.force_quote) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      throw Error(sqlstate::kUndefinedColumn, "FORCE_QUOTE column \"" + name + "\" is not among the columns of COPY");
    }
    forced[static_cast<size_t>(found - names.begin())] = true;
  }
  return forced;
}

Batch batch_of(const RowSet::Chunk& chunk) {
  Batch batch;
  batch.size = chunk.row_count;
  for (const ColumnBuffer& column : chunk.columns) batch.columns.push_back(column.view());
  return batch;
}

}  // namespace

uint64_t copy_from_file(const CopyFrom& copy) {
  CsvInput input;
  input.path = copy.path;
  input.format = format_of(copy.options);
  input.table = copy.table->name;
  input.columns = copy.columns;
  input.defaults = copy.defaults;
  input.thread_count = copy.threads;
  input.check_interrupt = [&] { check_interrupted(copy.interrupted); };
  input.progress = [&](uint64_t bytes_done, uint64_t bytes_total) {
    if (copy.bytes_total != nullptr) *copy.bytes_total = bytes_total;
    if (copy.bytes_done != nullptr) *copy.bytes_done = bytes_done;
  };
  return read_csv(*copy.transaction, *copy.storage, input);
}

uint64_t copy_to_file(const CopyTo& copy) {
  CsvFormat format = format_of(copy.options);
  format.force_quote = forced_quotes(copy.options, copy.names);
  const auto writer = CsvWriter::create(*copy.storage, copy.path, format, copy.names, copy.types);
  while (const auto chunk = copy.next()) writer->append(batch_of(*chunk));
  return writer->finish();
}

}  // namespace cairn
