#pragma once

// The database behind database.h. One implementation serves directories and ":memory:"; without a directory there is no
// manifest and no data file, and row groups stay in memory.
//
//   DIR/lock       exclusive lock of the writer
//   DIR/readers    shared lock of every read-only process; who gets it exclusively may remove data files
//   DIR/manifest   manifest.h, manifest_record.h
//   DIR/data/      data files: segments (segment_header.h), one behind the other
//
// A commit: segments are written and synced, then the manifest record that names them is appended and synced. A file
// that no record names does not exist, and is removed when a writer opens the database.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "io/tables/chunk_cache.h"
#include "io/tables/data_directory.h"
#include "io/tables/database.h"
#include "io/tables/manifest.h"
#include "io/tables/manifest_record.h"
#include "io/tables/row_group_merge.h"
#include "io/tables/table_statistics.h"

namespace cairn {

class TableDatabase final : public Database, public std::enable_shared_from_this<TableDatabase> {
 public:
  static constexpr std::string_view kMemoryPath = ":memory:";

  TableDatabase(std::string path, std::shared_ptr<Storage> storage, DatabaseOptions options);
  ~TableDatabase() override;
  void open_memory();
  void open_directory();

  const std::string& path() const override { return path_; }
  bool in_memory() const override { return path_ == kMemoryPath; }
  bool read_only() const override { return options_.read_only; }
  void limit_cache(size_t bytes) override;
  Storage& storage() const override { return *storage_; }
  std::shared_ptr<const CommittedSnapshot> snapshot() const override;
  std::vector<std::string> left_out() const override { return left_out_; }
  std::unique_ptr<WriteTransaction> begin_write() override;
  const std::string& identity() const override { return identity_; }
  int64_t next_value(const Sequence& sequence) override;
  void set_value(const Sequence& sequence, SequencePosition position) override;
  uint64_t stored_bytes() const override;
  void pin_durably(std::string_view name, std::shared_ptr<const CommittedSnapshot> snapshot) override;
  void unpin(std::string_view name) override;
  std::vector<std::string> pin_names() const override;
  std::shared_ptr<const CommittedSnapshot> pinned(std::string_view name) const override;
  std::optional<std::string> receipt(std::string_view name) const override;

  // For the write transaction, of which there is one at a time.
  void end_write();
  uint64_t take_table_id() { return next_table_id_++; }
  uint64_t take_row_group_id() { return next_row_group_id_++; }
  const std::shared_ptr<DataDirectory>& data() const { return data_; }
  const std::shared_ptr<ChunkCache>& cache() const { return cache_; }
  std::shared_ptr<DataFile> create_data_file();
  /// The files outlive the process as long as the pin of this name lasts, whether or not a snapshot names them.
  void keep_files(std::string_view pin, const std::vector<uint64_t>& file_ids);
  /// Row groups by a description of WriteTransaction::describe, with numbers of their own. Errors: kDataCorrupted where
  /// their files are not there.
  RowGroups described(std::string_view description);
  TableStatistics& statistics() { return statistics_; }
  /// Makes the record durable and the snapshot, if there is one, the newest. On errors nothing has changed.
  /// `new_files`: those that only this record names. `left`: the receipts that it leaves.
  void commit(const CommitRecord& record, std::shared_ptr<const CommittedSnapshot> snapshot,
              const std::vector<uint64_t>& new_files, const std::vector<Receipts::Receipt>& left);

 private:
  void create_directory();
  void open_as_reader();
  void replay(const ManifestContent& content);
  void open_what_is_sound();
  RowGroupFactory row_group_factory() const;
  void check_data_files(const Snapshot& snapshot) const;
  ManifestCounters current_counters() const;
  /// Appends a record after which `after` is the newest snapshot, if that is what the record says to whoever reads it.
  /// REQUIRES (the next, too): log_mutex_ is held.
  void append(const CommitRecord& record, const CommittedSnapshot& after, const std::vector<uint64_t>& new_files);
  void replace_log(const PinnedSnapshots& pins);
  void install(std::shared_ptr<const CommittedSnapshot> snapshot, PinnedSnapshots pins);
  SequenceState::Journal journal_of(const Sequence& sequence);
  /// Values that were reserved and not given out need not be skipped after an orderly end.
  void give_back_reservations();
  void compact_if_grown();
  std::string manifest_path() const { return path_ + "/manifest"; }

  const std::string path_;
  const std::shared_ptr<Storage> storage_;
  const DatabaseOptions options_;
  const uint64_t origin_;
  std::vector<std::string> left_out_;
  TableStatistics statistics_;  ///< used by the write transaction
  std::string identity_;
  // Released last to first: the log and all row groups go before the lock.
  std::unique_ptr<FileLock> lock_;
  std::shared_ptr<ChunkCache> cache_;  ///< nullptr: in memory
  size_t cache_bytes_ = 0;             ///< its budget where nothing else is said
  std::shared_ptr<DataDirectory> data_;
  std::unique_ptr<ManifestLog> log_;
  uint64_t compacted_bytes_ = 0;  ///< length of the manifest when it was last replaced
  std::atomic<uint64_t> next_table_id_{1};
  std::atomic<uint64_t> next_file_id_{1};
  std::atomic<uint64_t> next_row_group_id_{1};

  std::mutex log_mutex_;  ///< orders records; taken before state_mutex_
  KeptFiles kept_files_;  ///< guarded by log_mutex_
  mutable std::mutex state_mutex_;
  std::shared_ptr<const CommittedSnapshot> newest_;
  PinnedSnapshots pins_;
  Receipts receipts_;

  std::mutex write_mutex_;
  std::condition_variable write_ended_;
  bool writing_ = false;
};

}  // namespace cairn
