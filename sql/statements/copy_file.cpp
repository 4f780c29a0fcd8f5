// COPY's rows, handed to io/csv/ and taken from there.

#include "io/csv/csv_writer.h"
#include "sql/statements/copy.h"
#include "vector/error.h"

namespace cairn {
namespace {

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
  input.format = copy.format;
  input.table = copy.table->name;
  input.columns = copy.columns;
  input.defaults = copy.defaults;
  input.make_step = copy.make_step;
  input.thread_count = copy.threads;
  input.check_interrupt = [&] { check_interrupted(copy.interrupted); };
  input.progress = [&](uint64_t bytes_done, uint64_t bytes_total) {
    if (copy.bytes_total != nullptr) *copy.bytes_total = bytes_total;
    if (copy.bytes_done != nullptr) *copy.bytes_done = bytes_done;
  };
  return read_csv(*copy.transaction, *copy.storage, input);
}

uint64_t copy_to_file(const CopyTo& copy) {
  const auto writer = CsvWriter::create(*copy.storage, copy.path, copy.format, copy.names, copy.types);
  while (const auto chunk = copy.next()) writer->append(batch_of(*chunk));
  return writer->finish();
}

}  // namespace cairn
