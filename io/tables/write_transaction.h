#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/tables/row_group_writer.h"
#include "io/tables/snapshot_builder.h"
#include "io/tables/table_changes.h"
#include "io/tables/table_database.h"

namespace cairn {

/// Changes to a TableDatabase.
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
  void leave_receipt(std::string_view name, std::string_view text) override;
  std::string describe(std::string_view table, uint64_t order) override;
  bool keep(std::string_view pin) override;
  RowGroups described(std::string_view table, std::string_view description) override;
  void add(std::string_view table, uint64_t order, RowGroups row_groups) override;
  std::shared_ptr<const CommittedSnapshot> commit() override;

  // For writers; thread-safe.
  /// Encodes rows as a row group and, in a directory, queues it for writing.
  std::shared_ptr<const RowGroup> make_row_group(uint64_t table_id, const TableSchema& schema,
                                                 std::vector<ColumnBuffer> columns, size_t rows);
  /// The row groups of a writer, in their order.
  void deliver(uint64_t table_id, TableChanges::Position position, RowGroups row_groups);

 private:
  void require_open() const;
  void require_free(const std::string& name) const;
  /// Does to the definitions what `change` does to a SnapshotBuilder.
  template <typename Change>
  void define(const Change& change);
  /// What is changed of a table, from now on. Errors: kUndefinedTable. REQUIRES: mutex_ is held.
  TableChanges& changes_of(std::string_view table_name);
  /// The changes of one table, noted in `record`.
  void apply_and_record(SnapshotBuilder& builder, const std::string& name, const TableChanges& changes,
                        CommitRecord& record);
  RowGroups committed(const TableVersion& table, const TableChanges& changes);
  std::shared_ptr<const CommittedSnapshot> commit_changes();

  /// Lets go of everything, the files of what was not committed too, and lets the next transaction begin.
  void end();

  std::mutex keep_mutex_;  ///< held while somebody keeps, and by who ends the transaction
  std::shared_ptr<TableDatabase> database_;  ///< nullptr once the transaction has ended
  std::shared_ptr<const CommittedSnapshot> base_;
  SnapshotBuilder definitions_;  ///< the base with tables and views created and dropped, but no rows
  CommitRecord record_;
  std::vector<Sequence> new_sequences_;
  std::vector<Receipts::Receipt> receipts_;

  mutable std::mutex mutex_;                  ///< guards what follows
  std::map<uint64_t, TableChanges> changes_;  ///< by table id
  std::set<uint64_t> added_to_;               ///< tables that the statement under way has added row groups to
  uint64_t writer_count_ = 0;
  /// The definitions with rows, from the first snapshot on; those of `unseen_` as they were before.
  mutable std::optional<SnapshotBuilder> visible_;
  mutable std::set<uint64_t> unseen_;         ///< tables whose rows have changed since
  mutable std::shared_ptr<const Snapshot> seen_;  ///< the last snapshot; nullptr where the definitions have changed since
  mutable std::optional<RowGroupWriter> row_group_writer_;
};

/// A writer that encodes full row groups as they come.
std::unique_ptr<TableWriter> make_table_writer(TableTransaction& transaction, uint64_t table_id, TableSchema schema,
                                               TableChanges::Position position);

}  // namespace cairn
