#include "io/tables/snapshot_builder.h"

#include <cassert>
#include <unordered_set>

#include "io/tables/table_sample.h"
#include "io/tables/table_statistics.h"

namespace cairn {

SnapshotBuilder::SnapshotBuilder(const SnapshotBuilder& other)
    : tables_(other.tables_),
      views_(other.views_),
      sequences_(other.sequences_),
      schemas_(other.schemas_),
      unmarked_(other.unmarked_) {
  for (const auto& [name, table] : other.changed_) {
    auto copy = std::make_shared<TableVersion>(*table);
    tables_.insert_or_assign(name, copy);
    changed_.emplace(name, std::move(copy));
  }
}

TableVersion& SnapshotBuilder::changed(std::string_view name) {
  if (!unmarked_.contains(name)) unmarked_.emplace(name);
  const auto at = changed_.find(name);
  if (at != changed_.end()) return *at->second;
  const auto base = tables_.find(name);
  assert(base != tables_.end());
  auto copy = std::make_shared<TableVersion>(*base->second);
  TableVersion& table = *copy;
  std::string key(base->first);  // `name` may be the old version's, which goes
  tables_.insert_or_assign(key, copy);
  changed_.emplace(std::move(key), std::move(copy));
  return table;
}

void SnapshotBuilder::create_table(uint64_t table_id, TableSchema schema) {
  auto table = std::make_shared<TableVersion>();
  table->table_id = table_id;
  table->schema = std::move(schema);
  tables_.insert_or_assign(table->schema.name, table);
  changed_[table->schema.name] = table;
  unmarked_.insert(table->schema.name);
}

void SnapshotBuilder::drop_table(std::string_view name) {
  tables_.erase(name);
  if (const auto at = changed_.find(name); at != changed_.end()) changed_.erase(at);
  if (const auto at = unmarked_.find(name); at != unmarked_.end()) unmarked_.erase(at);
}

void SnapshotBuilder::create_view(ViewSchema schema) {
  auto view = std::make_shared<const ViewSchema>(std::move(schema));
  views_.insert_or_assign(view->name, view);
}

void SnapshotBuilder::drop_view(std::string_view name) {
  views_.erase(name);
}

void SnapshotBuilder::alter_table(std::string_view name, TableSchema schema) {
  const std::string old_name(name);
  changed(old_name).schema = std::move(schema);
  const std::shared_ptr<TableVersion> table = changed_.at(old_name);
  drop_table(old_name);
  tables_.insert_or_assign(table->schema.name, table);
  changed_[table->schema.name] = table;
  unmarked_.insert(table->schema.name);
}

void SnapshotBuilder::create_sequence(Sequence sequence) {
  std::string name = sequence.schema.name;
  sequences_.insert_or_assign(std::move(name), std::make_shared<const Sequence>(std::move(sequence)));
}

void SnapshotBuilder::drop_sequence(std::string_view name) {
  sequences_.erase(name);
}

const Sequence* SnapshotBuilder::find_sequence(std::string_view name) const {
  const auto at = sequences_.find(name);
  return at == sequences_.end() ? nullptr : at->second.get();
}

void SnapshotBuilder::drop_schema(std::string_view name) {
  if (const auto at = schemas_.find(name); at != schemas_.end()) schemas_.erase(at);
}

void SnapshotBuilder::change_row_groups(std::string_view name, const std::vector<uint64_t>& removed,
                                        std::vector<std::shared_ptr<const RowGroup>> added) {
  TableVersion& table = changed(name);
  if (!removed.empty()) {
    const std::unordered_set<uint64_t> ids(removed.begin(), removed.end());
    std::erase_if(table.row_groups, [&ids](const auto& row_group) { return ids.contains(row_group->id()); });
  }
  std::move(added.begin(), added.end(), std::back_inserter(table.row_groups));
}

void SnapshotBuilder::set_row_groups(std::string_view name, std::vector<std::shared_ptr<const RowGroup>> row_groups) {
  changed(name).row_groups = std::move(row_groups);
}

void SnapshotBuilder::set_deleted(std::string_view name, uint64_t row_group_id, std::vector<uint64_t> mask) {
  TableVersion& table = changed(name);
  for (auto& row_group : table.row_groups) {
    if (row_group->id() != row_group_id) continue;
    row_group = std::make_shared<MaskedRowGroup>(unmasked(row_group), std::move(mask));
    return;
  }
  assert(!"the row group belongs to the table");
}

const TableVersion* SnapshotBuilder::find_table(std::string_view name) const {
  const auto at = tables_.find(name);
  return at == tables_.end() ? nullptr : at->second.get();
}

const TableVersion* SnapshotBuilder::find_table(uint64_t table_id) const {
  for (const auto& [name, table] : tables_) {
    if (table->table_id == table_id) return table.get();
  }
  return nullptr;
}

void SnapshotBuilder::mark(uint64_t version) {
  for (const std::string& name : unmarked_) changed_.at(name)->version = version;
  unmarked_.clear();
}

void SnapshotBuilder::complete(TableStatistics& statistics) {
  for (auto& [name, table] : changed_) {
    table->row_count = 0;
    for (const auto& row_group : table->row_groups) table->row_count += as_table_row_group(*row_group).live_row_count();
    table->sample = std::make_shared<TableSample>();
    table->statistics = statistics.of(*table);
  }
  changed_.clear();
}

Snapshot SnapshotBuilder::relations(uint64_t number) const {
  Snapshot snapshot;
  snapshot.number = number;
  snapshot.tables = tables_;
  snapshot.views = views_;
  snapshot.sequences = sequences_;
  snapshot.schemas = schemas_;
  return snapshot;
}

std::shared_ptr<const CommittedSnapshot> SnapshotBuilder::finish(uint64_t number, uint64_t origin,
                                                                 TableStatistics* statistics) {
  mark(number);
  TableStatistics fresh;
  complete(statistics == nullptr ? fresh : *statistics);
  auto snapshot = std::make_shared<CommittedSnapshot>();
  static_cast<Snapshot&>(*snapshot) = relations(number);
  snapshot->origin = origin;
  return snapshot;
}

std::shared_ptr<const Snapshot> SnapshotBuilder::finish_uncommitted(uint64_t number, TableStatistics& statistics) {
  complete(statistics);
  return std::make_shared<const Snapshot>(relations(number));
}

}  // namespace cairn
