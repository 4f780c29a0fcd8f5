#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/csv/csv_format.h"
#include "io/tables/database.h"

namespace cairn {

class Storage;

/// What is done with rows, as whole ones of the table, before they are stored: values set, or rows taken out of the
/// selection. What it puts into the batch lives until it is called again.
using RowStep = std::function<void(Batch&)>;

/// A file and where its rows go.
struct CsvInput {
  std::string path;
  CsvFormat format;
  std::string table;             ///< of the transaction's snapshot
  std::vector<size_t> columns;   ///< per field: its column in the table, each at most once; empty: all in order
  std::vector<Value> defaults;   ///< per column of the table, for those without a field; empty: NULLs
  /// Called for each worker; nullptr: the rows stay as they are. With a step NOT NULL holds for what it leaves.
  std::function<RowStep()> make_step = nullptr;
  unsigned thread_count = 1;
  std::function<void()> check_interrupt = nullptr;           ///< called by all workers; what it throws ends the load
  /// One thread at a time; the total is 0 for a pipe.
  std::function<void(uint64_t bytes_done, uint64_t bytes_total)> progress = nullptr;
};

/// Appends the file's rows to the table within the transaction, in the order of the file, and returns the number of those
/// that were stored.
///
/// One thread at a time cuts chunks of kRowGroupRows records off the file (RecordCutter), each of which a worker parses
/// and hands to a TableWriter whose order is the chunk's number: the rows and their row groups are the same for every
/// thread_count. Memory per thread: a chunk's text (64 MiB at most, or one record) and what a TableWriter holds.
///
/// Errors: "COPY lineitem: "lineitem.tbl", line 17, column l_quantity: …" with kInvalidTextRepresentation,
/// kNumericOutOfRange, kInvalidDatetimeFormat, kDatetimeOverflow, kStringTooLong, kInvalidEncoding, kNotNullViolation
/// or kBadCopyFormat (fields missing or too many, a quote that never ends), always the first error in the file;
/// kUndefinedFile, kWrongObjectType (a directory), kReadOnly, kIoError; what TableWriter throws. After an error the
/// transaction holds some of the rows: give it up.
uint64_t read_csv(WriteTransaction& transaction, Storage& storage, const CsvInput& input);

}  // namespace cairn
