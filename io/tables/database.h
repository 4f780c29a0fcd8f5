#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/tables/name_map.h"
#include "io/tables/sequence.h"
#include "io/tables/table.h"

namespace cairn {

class Storage;

/// What names refer to at one moment: in a database, in a transaction, or in a session with its temporary relations.
/// Immutable; a reader keeps one for as long as its query runs.
struct Snapshot {
  uint64_t number = 0;
  NameMap<std::shared_ptr<const TableVersion>> tables;
  NameMap<std::shared_ptr<const ViewSchema>> views;
  NameMap<std::shared_ptr<const Sequence>> sequences;
  std::set<std::string, std::less<>> schemas;  ///< those beside public

  /// Tables, views and sequences share one space of names.
  bool has_relation(std::string_view name) const {
    return tables.contains(name) || views.contains(name) || sequences.contains(name);
  }
};

/// What the whole database looked like at one commit. Only such a snapshot can be pinned and written to a manifest:
/// what is not durable as a whole (a transaction's view, or one with temporary relations) is none by its type.
struct CommittedSnapshot : Snapshot {
  uint64_t origin = 0;  ///< of its database: no two that are opened in this process have the same
};

struct DatabaseOptions {
  bool read_only = false;
  /// Opens read-only what is sound of a damaged database; Database::left_out says what is not.
  bool salvage = false;
  size_t cache_bytes = 0;  ///< budget of the column chunk cache; 0: a share of the memory at hand
};

/// Collects the rows of one writer into row groups, encodes and writes them; nothing is visible until the write
/// transaction that made it commits. One per worker thread; not itself thread-safe.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  /// The batch's columns are the table's, in order, with the table's physical types. NOT NULL is checked here.
  virtual void append(const Batch& batch) = 0;
  /// Seals what is left. Called once, before commit.
  virtual void finish() = 0;
};

/// Changes that become visible and durable together, or not at all. Destroyed without commit: as if never begun, its
/// files removed. One at a time per database (a second waits for the first to end).
class WriteTransaction {
 public:
  virtual ~WriteTransaction() = default;
  /// The database as this transaction sees it: its base with its own changes.
  /// Rows of writers that are finished are in it. Tables that are changed have a random version,
  /// which no committed table ever has.
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  virtual void create_table(TableSchema schema) = 0;   ///< errors: kDuplicateTable (a view's name, too)
  virtual void drop_table(std::string_view name) = 0;  ///< errors: kUndefinedTable, kWrongObjectType (a view)
  virtual void create_view(ViewSchema schema) = 0;     ///< errors: kDuplicateTable
  virtual void drop_view(std::string_view name) = 0;   ///< errors: kUndefinedTable, kWrongObjectType (a table)
  /// Gives the table another schema over the same rows: other names, defaults, NOT NULL (which the caller has checked).
  /// REQUIRES: the table exists, as many columns of the same types, and nothing else has the new name.
  virtual void alter_table(std::string_view name, TableSchema schema) = 0;
  /// The sequence's values are durable from the commit on. Errors: kDuplicateTable.
  virtual void create_sequence(SequenceSchema schema) = 0;
  /// Another schema (and name) over the same values. REQUIRES: the sequence exists, and nothing else has the new name.
  virtual void alter_sequence(std::string_view name, SequenceSchema schema) = 0;
  virtual void drop_sequence(std::string_view name) = 0;  ///< REQUIRES: it exists
  virtual void create_schema(std::string_view name) = 0;  ///< REQUIRES: it does not exist
  virtual void drop_schema(std::string_view name) = 0;    ///< REQUIRES: nothing is in it
  /// Rows of writers that finish from here on stand behind those that are there. No writer is open.
  virtual void begin_statement() {}
  /// Thread-safe; `order` places this writer's row groups among those of the same statement (ascending), so that a
  /// parallel load keeps the order of its source.
  virtual std::unique_ptr<TableWriter> writer(std::string_view table, uint64_t order = 0) = 0;
  /// Deletes the rows whose bits are set in `rows` (mask_words of the row group's row_count), beside those that are
  /// deleted already. The row group is one of snapshot()'s; take a new snapshot() to see the effect.
  virtual void delete_rows(std::string_view table, uint64_t row_group_id, std::span<const uint64_t> rows) = 0;
  /// Left with the commit, durable as it is: Database::receipt finds the text under the name. One of the same name is
  /// replaced. Of all the database keeps the newest thousand.
  virtual void leave_receipt(std::string_view name, std::string_view text) = 0;
  // Row groups that outlive the process, though nothing is committed: whoever goes on with the statement has them.
  /// What names the row groups of the writers of this `order`, to another process, too. Empty: they have no place on disk.
  virtual std::string describe(std::string_view /*table*/, uint64_t /*order*/) { return {}; }
  /// Makes durable what was described so far, for as long as the pin of this name lasts. False: there is nothing to keep, or
  /// the transaction has ended. Thread-safe: waits for the disk while others write.
  virtual bool keep(std::string_view /*pin*/) { return false; }
  /// Row groups that some process described and kept, looked through. Errors: kDataCorrupted where they are not there and
  /// sound, or those of another table.
  virtual std::vector<std::shared_ptr<const RowGroup>> described(std::string_view /*table*/, std::string_view /*description*/) {
    return {};
  }
  /// Adds row groups that were described(), as if a writer of this order had made them.
  virtual void add(std::string_view /*table*/, uint64_t /*order*/, std::vector<std::shared_ptr<const RowGroup>> /*row_groups*/) {}
  /// Atomic and durable. Returns the new snapshot. Errors leave the database as it was, and end the transaction.
  /// (Where the disk fails at the very moment of the commit, and goes on failing, what is durable shows only when the
  /// database is opened again; until then it takes no more writes.)
  virtual std::shared_ptr<const CommittedSnapshot> commit() = 0;
};

/// A database directory, or ":memory:". Thread-safe.
class Database {
 public:
  /// Creates the directory where there is none. Errors: kObjectInUse (another process writes; any number of readers
  /// may open read_only), kDataCorrupted (garbage, truncated, foreign or newer files, named; nothing is touched),
  /// kReadOnly, kIoError.
  static std::shared_ptr<Database> open(std::string_view path, std::shared_ptr<Storage> storage,
                                        DatabaseOptions options = {});
  virtual ~Database() = default;

  virtual const std::string& path() const = 0;  ///< ":memory:" or the directory
  virtual bool in_memory() const = 0;
  virtual bool read_only() const = 0;
  /// The cache of columns keeps within `bytes`, and within what the database was opened with; 0: that alone.
  virtual void limit_cache(size_t bytes) = 0;
  virtual Storage& storage() const = 0;
  virtual std::shared_ptr<const CommittedSnapshot> snapshot() const = 0;
  /// With DatabaseOptions::salvage: what could not be read, one sentence each.
  virtual std::vector<std::string> left_out() const { return {}; }
  virtual std::unique_ptr<WriteTransaction> begin_write() = 0;  ///< errors: kReadOnly
  /// Random, made with the database; names it in checkpoints.
  virtual const std::string& identity() const = 0;
  /// What the last commit to leave a receipt of this name wrote on it; nullopt where there was none, or long ago.
  virtual std::optional<std::string> receipt(std::string_view name) const = 0;
  /// Values of sequences are outside of transactions: nothing gives them back. Thread-safe. Errors: kReadOnly,
  /// kSequenceLimit, kIoError.
  virtual int64_t next_value(const Sequence& sequence) = 0;
  virtual void set_value(const Sequence& sequence, SequencePosition position) = 0;
  virtual uint64_t stored_bytes() const = 0;  ///< of all files that belong to the newest snapshot
  /// Row groups of this snapshot stay readable until the pin dies, in this process and, for a named pin, over restarts
  /// (an interrupted query keeps its snapshot until it is resumed or discarded). REQUIRES: the snapshot is this
  /// database's; kInternalError otherwise.
  virtual void pin_durably(std::string_view name, std::shared_ptr<const CommittedSnapshot> snapshot) = 0;
  virtual void unpin(std::string_view name) = 0;
  virtual std::vector<std::string> pin_names() const = 0;
  virtual std::shared_ptr<const CommittedSnapshot> pinned(std::string_view name) const = 0;  ///< nullptr where there is none
};

}  // namespace cairn
