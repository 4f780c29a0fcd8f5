#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "io/tables/database.h"
#include "io/tables/row_group.h"
#include "io/tables/table_statistics.h"

namespace cairn {

/// A snapshot under construction: a base and changes to it. Both a transaction and the replay of the manifest are
/// sequences of these calls.
class SnapshotBuilder {
 public:
  SnapshotBuilder() = default;
  explicit SnapshotBuilder(const Snapshot& base)
      : tables_(base.tables), views_(base.views), sequences_(base.sequences), schemas_(base.schemas) {}
  /// Independent: what is done to the copy does not show in the original.
  SnapshotBuilder(const SnapshotBuilder& other);
  SnapshotBuilder(SnapshotBuilder&&) = default;
  SnapshotBuilder& operator=(SnapshotBuilder&&) = default;

  void create_table(uint64_t table_id, TableSchema schema);
  void drop_table(std::string_view name);
  void create_view(ViewSchema schema);
  void drop_view(std::string_view name);
  /// REQUIRES: the table exists.
  void alter_table(std::string_view name, TableSchema schema);
  void create_sequence(Sequence sequence);
  void drop_sequence(std::string_view name);
  void create_schema(std::string_view name) { schemas_.emplace(name); }
  void drop_schema(std::string_view name);
  /// Takes out the row groups with these ids and puts `added` at the end.
  void change_row_groups(std::string_view table, const std::vector<uint64_t>& removed,
                         std::vector<std::shared_ptr<const RowGroup>> added);
  void set_row_groups(std::string_view table, std::vector<std::shared_ptr<const RowGroup>> row_groups);
  /// Replaces the mask of deleted rows of a row group. REQUIRES: mask_words(rows) words.
  void set_deleted(std::string_view table, uint64_t row_group_id, std::vector<uint64_t> mask);

  const NameMap<std::shared_ptr<const TableVersion>>& tables() const { return tables_; }
  /// nullptr where there is none.
  const TableVersion* find_table(std::string_view name) const;
  /// nullptr where there is none.
  const TableVersion* find_table(uint64_t table_id) const;
  bool has_view(std::string_view name) const { return views_.contains(name); }
  /// nullptr where there is none.
  const Sequence* find_sequence(std::string_view name) const;
  bool has_relation(std::string_view name) const {
    return tables_.contains(name) || views_.contains(name) || sequences_.contains(name);
  }

  /// Tables changed since the last call get this version.
  void mark(uint64_t version);
  /// The snapshot, with mark(number). Tables changed since the base, or since the last snapshot, get new statistics.
  std::shared_ptr<const CommittedSnapshot> finish(uint64_t number, uint64_t origin,
                                                  TableStatistics* statistics = nullptr);
  /// What a transaction sees. REQUIRES: mark was called.
  std::shared_ptr<const Snapshot> finish_uncommitted(uint64_t number, TableStatistics& statistics);
  /// What names refer to now, without statistics of what has changed.
  Snapshot relations(uint64_t number) const;

 private:
  void complete(TableStatistics& statistics);
  TableVersion& changed(std::string_view name);

  NameMap<std::shared_ptr<const TableVersion>> tables_;
  NameMap<std::shared_ptr<const ViewSchema>> views_;
  NameMap<std::shared_ptr<const Sequence>> sequences_;
  std::set<std::string, std::less<>> schemas_;
  /// Tables that this builder may write to, by name; they stand in tables_ too.
  std::map<std::string, std::shared_ptr<TableVersion>, std::less<>> changed_;
  std::set<std::string, std::less<>> unmarked_;  ///< those of them changed since the last mark
};

}  // namespace cairn
