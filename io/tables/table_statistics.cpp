#include "io/tables/table_statistics.h"

#include <algorithm>

#include "io/tables/row_group.h"

namespace cairn {

namespace {

/// So many row groups at a table's end are added up anew each time: small ones there are soon merged into others.
constexpr size_t kTailRowGroups = 32;
/// Tables whose prefixes are remembered.
constexpr size_t kTablesMax = 4096;

void widen(ColumnStatistics& statistics, const ZoneMap& zone_map) {
  if (!zone_map.has_bounds) return;
  const auto less = [&zone_map](const Value& a, const Value& b) {
    if (zone_map.min.type.is_string()) return a.string < b.string;
    if (zone_map.min.type.is_floating()) return a.floating < b.floating;
    return a.integer < b.integer;
  };
  if (!statistics.has_bounds || less(zone_map.min, statistics.min)) statistics.min = zone_map.min;
  if (!statistics.has_bounds || less(statistics.max, zone_map.max)) statistics.max = zone_map.max;
  statistics.has_bounds = true;
}

}  // namespace

void TableStatistics::add(const RowGroup& row_group, std::vector<Column>& columns) {
  const TableRowGroup& rows = as_table_row_group(row_group);
  for (size_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    const ColumnSummary& summary = rows.summary(i);
    column.sketch.merge(summary.sketch);
    column.text_bytes += summary.text_bytes;
    column.row_count += rows.row_count();
    column.sum.null_count += summary.zone_map.null_count;
    column.bounded =
        column.bounded && (summary.zone_map.has_bounds || summary.zone_map.null_count == rows.row_count());
    widen(column.sum, summary.zone_map);
  }
}

std::vector<ColumnStatistics> TableStatistics::of(const TableVersion& table) {
  const size_t column_count = table.schema.columns.size();
  const size_t stable = table.row_groups.size() - std::min(table.row_groups.size(), kTailRowGroups);
  if (prefixes_.size() > kTablesMax) prefixes_.clear();
  Prefix& prefix = prefixes_[table.table_id];
  const bool known = prefix.columns.size() == column_count && prefix.row_group_ids.size() <= stable &&
                     std::equal(prefix.row_group_ids.begin(), prefix.row_group_ids.end(), table.row_groups.begin(),
                                [](uint64_t id, const auto& row_group) { return id == row_group->id(); });
  if (!known) prefix = {{}, std::vector<Column>(column_count)};
  for (size_t i = prefix.row_group_ids.size(); i < stable; ++i) {
    add(*table.row_groups[i], prefix.columns);
    prefix.row_group_ids.push_back(table.row_groups[i]->id());
  }
  std::vector<Column> columns = prefix.columns;
  for (size_t i = stable; i < table.row_groups.size(); ++i) add(*table.row_groups[i], columns);

  std::vector<ColumnStatistics> result;
  for (size_t i = 0; i < column_count; ++i) {
    const Column& column = columns[i];
    ColumnStatistics& statistics = result.emplace_back(column.sum);
    statistics.has_bounds = statistics.has_bounds && column.bounded;
    const double values = static_cast<double>(column.row_count - statistics.null_count);
    statistics.distinct_count = std::min(column.sketch.estimate(), values);
    if (statistics.has_bounds && table.schema.columns[i].type.is_integral()) {
      const uint128_t width = static_cast<uint128_t>(statistics.max.integer) - static_cast<uint128_t>(statistics.min.integer);
      const double range = static_cast<double>(width) + 1;
      statistics.distinct_count = std::min(statistics.distinct_count, range);
    }
    if (values > 0) statistics.average_bytes = static_cast<double>(column.text_bytes) / values;
  }
  return result;
}

}  // namespace cairn
