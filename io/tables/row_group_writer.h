#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "io/tables/row_group_merge.h"
#include "io/tables/segment_writer.h"
#include "io/tables/table_database.h"

namespace cairn {

struct StoredRows;

/// Makes the row groups of one write transaction: in a directory they are queued for writing, each table's into a data
/// file of its own. Thread-safe.
class RowGroupWriter {
 public:
  explicit RowGroupWriter(TableDatabase& database) : database_(database), segments_(database.storage()) {}

  /// What was made so far is merged: as much again may stay in memory.
  void begin_statement() { open_bytes_ = 0; }
  /// Row groups for the transaction itself: small ones, which are soon merged with others, stay in memory, up to
  /// kOpenBytesMax of those that a statement makes (a load has many writers, and each leaves one).
  std::shared_ptr<const RowGroup> make(uint64_t table_id, const TableSchema& schema, std::vector<ColumnBuffer> columns,
                                       size_t rows);
  /// Row groups for the commit: all are stored, in a directory.
  std::shared_ptr<const RowGroup> make_committed(uint64_t table_id, const TableSchema& schema,
                                                 std::vector<ColumnBuffer> columns, size_t rows);
  /// What was made for the table is not wanted any more.
  void drop(uint64_t table_id) {
    const std::lock_guard lock(mutex_);
    files_.erase(table_id);
  }
  /// Waits until everything that was made so far is written. Throws the first error.
  void drain() { segments_.drain(); }
  /// Makes everything durable that was made so far. Returns the ids of the files.
  std::vector<uint64_t> sync();

 private:
  static constexpr size_t kOpenBytesMax = size_t{64} << 20;

  struct TableFile {
    std::shared_ptr<DataFile> file;
    uint64_t bytes = 0;
  };

  std::shared_ptr<const RowGroup> make_in_memory(const TableSchema& schema, std::vector<ColumnBuffer> columns,
                                                 size_t rows);
  std::shared_ptr<const RowGroup> make_stored(uint64_t table_id, const TableSchema& schema,
                                              std::vector<ColumnBuffer> columns, size_t rows);
  /// Puts the segments into the table's new data file, and their places into `stored`.
  void write_segments(uint64_t table_id, StoredRows& stored, std::vector<AlignedBuffer> segments);

  TableDatabase& database_;
  std::atomic<size_t> open_bytes_{0};
  std::mutex mutex_;
  std::map<uint64_t, TableFile> files_;  ///< by table id; guarded by mutex_
  SegmentWriter segments_;               ///< ends before the files that it writes to
};

}  // namespace cairn
