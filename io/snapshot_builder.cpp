#include "io/snapshot_builder.h"

#include <algorithm>
#include <cassert>

#include "io/table_sample.h"

namespace cairn {

namespace {

void widen(ColumnStatistics& statistics, const ZoneMap& zone_map, bool first) {
  if (!zone_map.has_bounds) return;
  const auto less = [&zone_map](const Value& a, const Value& b) {
    if (zone_map.min.type.is_string()) return a.string < b.string;
    if (zone_map.min.type.is_floating()) return a.floating < b.floating;
    return a.integer < b.integer;
  };
  if (first || less(zone_map.min, statistics.min)) statistics.min = zone_map.min;
  if (first || less(statistics.max, zone_map.max)) statistics.max = zone_map.max;
}

ColumnStatistics column_statistics(const TableVersion& table, size_t column) {
  ColumnStatistics statistics;
  DistinctSketch sketch;
  uint64_t text_bytes = 0, rows = 0;
  bool bounded = true;  // every row group that has values knows their bounds
  for (const auto& row_group : table.row_groups) {
    const ColumnSummary& summary = as_table_row_group(*row_group).summary(column);
    sketch.merge(summary.sketch);
    text_bytes += summary.text_bytes;
    rows += row_group->row_count();
    statistics.null_count += summary.zone_map.null_count;
    bounded = bounded && (summary.zone_map.has_bounds || summary.zone_map.null_count == row_group->row_count());
    widen(statistics, summary.zone_map, !statistics.has_bounds);
    statistics.has_bounds = statistics.has_bounds || summary.zone_map.has_bounds;
  }
  statistics.has_bounds = statistics.has_bounds && bounded;
  const double values = static_cast<double>(rows - statistics.null_count);
  statistics.distinct_count = std::min(sketch.estimate(), values);
  if (statistics.has_bounds && table.schema.columns[column].type.is_integral()) {
    const double range = static_cast<double>(statistics.max.integer - statistics.min.integer) + 1;
    statistics.distinct_count = std::min(statistics.distinct_count, range);
  }
  if (values > 0) statistics.average_bytes = static_cast<double>(text_bytes) / values;
  return statistics;
}

void complete(TableVersion& table) {
  table.row_count = 0;
  for (const auto& row_group : table.row_groups) table.row_count += as_table_row_group(*row_group).live_row_count();
  table.sample = std::make_shared<TableSample>();
  table.statistics.clear();
  for (size_t column = 0; column < table.schema.columns.size(); ++column) {
    table.statistics.push_back(column_statistics(table, column));
  }
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(const SnapshotBuilder& other)
    : tables_(other.tables_),
      views_(other.views_),
      sequences_(other.sequences_),
      schemas_(other.schemas_),
      unmarked_(other.unmarked_) {
  for (const auto& [name, table] : other.changed_) {
    auto copy = std::make_shared<TableVersion>(*table);
    tables_[name] = copy;
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
  base->second = copy;
  changed_.emplace(name, std::move(copy));
  return table;
}

void SnapshotBuilder::create_table(uint64_t table_id, TableSchema schema) {
  auto table = std::make_shared<TableVersion>();
  table->table_id = table_id;
  table->schema = std::move(schema);
  tables_[table->schema.name] = table;
  changed_[table->schema.name] = table;
  unmarked_.insert(table->schema.name);
}

void SnapshotBuilder::drop_table(std::string_view name) {
  if (const auto at = tables_.find(name); at != tables_.end()) tables_.erase(at);
  if (const auto at = changed_.find(name); at != changed_.end()) changed_.erase(at);
  if (const auto at = unmarked_.find(name); at != unmarked_.end()) unmarked_.erase(at);
}

void SnapshotBuilder::create_view(ViewSchema schema) {
  auto view = std::make_shared<const ViewSchema>(std::move(schema));
  views_[view->name] = view;
}

void SnapshotBuilder::drop_view(std::string_view name) {
  if (const auto at = views_.find(name); at != views_.end()) views_.erase(at);
}

void SnapshotBuilder::alter_table(std::string_view name, TableSchema schema) {
  const std::string old_name(name);
  changed(old_name).schema = std::move(schema);
  const std::shared_ptr<TableVersion> table = changed_.at(old_name);
  drop_table(old_name);
  tables_[table->schema.name] = table;
  changed_[table->schema.name] = table;
  unmarked_.insert(table->schema.name);
}

void SnapshotBuilder::create_sequence(Sequence sequence) {
  std::string name = sequence.schema.name;
  sequences_[std::move(name)] = std::make_shared<const Sequence>(std::move(sequence));
}

void SnapshotBuilder::drop_sequence(std::string_view name) {
  if (const auto at = sequences_.find(name); at != sequences_.end()) sequences_.erase(at);
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
    std::erase_if(table.row_groups, [&removed](const std::shared_ptr<const RowGroup>& row_group) {
      return std::find(removed.begin(), removed.end(), row_group->id()) != removed.end();
    });
  }
  std::move(added.begin(), added.end(), std::back_inserter(table.row_groups));
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

std::shared_ptr<const Snapshot> SnapshotBuilder::finish(uint64_t number) {
  mark(number);
  for (auto& [name, table] : changed_) complete(*table);
  changed_.clear();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->number = number;
  snapshot->tables = tables_;
  snapshot->views = views_;
  snapshot->sequences = sequences_;
  snapshot->schemas = schemas_;
  return snapshot;
}

}  // namespace cairn
