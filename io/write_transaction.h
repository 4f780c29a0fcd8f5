#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/segment_writer.h"
#include "io/snapshot_builder.h"
#include "io/table_database.h"

namespace cairn {

/// Changes to a TableDatabase. Row groups of finished writers wait, by table, until the commit puts them in order.
class TableTransaction final : public WriteTransaction {
 public:
  explicit TableTransaction(std::shared_ptr<TableDatabase> database);
  ~TableTransaction() override;

  std::shared_ptr<const Snapshot> snapshot() const override;
  void create_table(TableSchema schema) override;
  void drop_table(std::string_view name) override;
  void create_view(ViewSchema schema) override;
  void drop_view(std::string_view name) override;
  void alter_table(std::string_view name, TableSchema schema) override;
  void create_sequence(SequenceSchema schema) override;
  void alter_sequence(std::string_view name, SequenceSchema schema) override;
  void drop_sequence(std::string_view name) override;
  void create_schema(std::string_view name) override;
  void drop_schema(std::string_view name) override;
  void begin_statement() override;
  std::unique_ptr<TableWriter> writer(std::string_view table, uint64_t order) override;
  void delete_rows(std::string_view table, uint64_t row_group_id, std::span<const uint64_t> rows) override;
  std::shared_ptr<const CommittedSnapshot> commit() override;

  // For writers; thread-safe.
  /// Encodes rows as a row group and, in a directory, queues it for writing.
  std::shared_ptr<const RowGroup> make_row_group(uint64_t table_id, const TableSchema& schema,
                                                 std::vector<ColumnBuffer> columns, size_t rows);
  /// The row groups of a writer, in their order.
  void deliver(uint64_t table_id, uint64_t order, uint64_t writer_number,
               std::vector<std::shared_ptr<const RowGroup>> row_groups);

 private:
  struct Position {
    uint64_t statement;
    uint64_t order;
    uint64_t writer_number;
    friend auto operator<=>(const Position&, const Position&) = default;
  };
  struct TableChanges {
    std::map<Position, std::vector<std::shared_ptr<const RowGroup>>> added;
    std::map<uint64_t, std::vector<uint64_t>> deleted;  ///< masks, by row group id
    std::shared_ptr<DataFile> file;
    uint64_t file_bytes = 0;
  };

  void require_open() const;
  void require_free(const std::string& name) const;
  std::shared_ptr<const RowGroup> make_memory_row_group(const TableSchema& schema, std::vector<ColumnBuffer> columns,
                                                        size_t rows);
  std::shared_ptr<const RowGroup> make_stored_row_group(uint64_t table_id, const TableSchema& schema,
                                                        std::vector<ColumnBuffer> columns, size_t rows);
  /// Puts the segments into the table's new data file, and their places into `stored`.
  void write_segments(uint64_t table_id, StoredRows& stored, std::vector<AlignedBuffer> segments);
  /// Applies the changes of one table to `builder`; at the commit, small row groups are merged, empty ones left out,
  /// and `record` notes everything.
  void apply(SnapshotBuilder& builder, const TableVersion& table, const TableChanges& changes) const;
  void apply_and_record(SnapshotBuilder& builder, uint64_t table_id, CommitRecord& record);
  std::vector<std::shared_ptr<const RowGroup>> merge_small(const TableVersion& table,
                                                           std::vector<std::shared_ptr<const RowGroup>> row_groups,
                                                           size_t first_new);
  std::vector<uint64_t> sync_files();
  std::shared_ptr<const CommittedSnapshot> commit_changes();

  /// Lets go of everything, the files of what was not committed too, and lets the next transaction begin.
  void end();

  std::shared_ptr<TableDatabase> database_;  ///< nullptr once the transaction has ended
  std::shared_ptr<const CommittedSnapshot> base_;
  SnapshotBuilder definitions_;  ///< the base with tables and views created and dropped, but no rows
  CommitRecord record_;
  std::vector<Sequence> new_sequences_;

  mutable std::mutex mutex_;                  ///< guards what follows
  std::map<uint64_t, TableChanges> changes_;  ///< by table id
  uint64_t writer_count_ = 0;
  uint64_t statement_count_ = 0;
  mutable std::optional<SegmentWriter> segment_writer_;
};

/// A writer that encodes full row groups as they come.
std::unique_ptr<TableWriter> make_table_writer(TableTransaction& transaction, uint64_t table_id, TableSchema schema,
                                               uint64_t order, uint64_t writer_number);

}  // namespace cairn
