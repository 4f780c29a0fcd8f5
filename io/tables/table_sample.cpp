#include "io/tables/table_sample.h"

#include <algorithm>
#include <utility>

#include "vector/kernels/kernels.h"

namespace cairn {
namespace {

/// A number from a number (splitmix64): where in its stratum a row is taken, so that no period of the data shows.
uint64_t scatter(uint64_t number) {
  number += 0x9e3779b97f4a7c15u;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9u;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebu;
  return number ^ (number >> 31);
}

bool is_deleted(const RowGroup& group, uint32_t row) {
  const uint64_t* deleted = group.deleted();
  return deleted != nullptr && ((deleted[row / 64] >> (row % 64)) & 1) != 0;
}

}  // namespace

void TableSample::choose_rows(const TableVersion& table) {
  const size_t group_count = table.row_groups.size(), taken = std::min(group_count, kGroups);
  std::vector<const RowGroup*> groups;
  uint64_t total = 0;
  for (size_t i = 0; i < taken; ++i) {
    groups.push_back(table.row_groups[(2 * i + 1) * group_count / (2 * taken)].get());
    total += groups.back()->row_count();
  }
  const uint64_t stratum = (total + kRows - 1) / kRows;  // 0 where there are no rows
  for (const RowGroup* group : groups) {
    Piece piece{group, {}};
    for (uint64_t begin = 0; begin < group->row_count(); begin += stratum) {
      const uint64_t row = begin + scatter(group->id() * kRowGroupRows + begin) % stratum;
      if (row < group->row_count() && !is_deleted(*group, static_cast<uint32_t>(row))) {
        piece.rows.push_back(static_cast<uint32_t>(row));
      }
    }
    if (!piece.rows.empty()) pieces_.push_back(std::move(piece));
  }
}

std::vector<Vector> TableSample::read(const TableVersion& table, std::span<const uint32_t> columns) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(chosen_, true)) choose_rows(table);
  std::vector<uint32_t> missing;
  for (const uint32_t column : columns) {
    const bool known = columns_.contains(column) || std::count(missing.begin(), missing.end(), column) > 0;
    if (!known) missing.push_back(column);
  }
  std::vector<ColumnBuffer> read;
  for (const uint32_t column : missing) read.emplace_back(table.schema.columns[column].type);
  for (const Piece& piece : pieces_) {
    if (missing.empty()) break;
    const auto chunks = piece.group->load(missing);
    const Selection selection{piece.rows.data(), piece.rows.size(), nullptr};
    std::vector<uint64_t> validity;
    for (size_t i = 0; i < missing.size(); ++i) {
      read[i].append(chunks[i]->slice(0, piece.group->row_count(), validity), &selection);
    }
  }
  for (size_t i = 0; i < missing.size(); ++i) columns_.emplace(missing[i], std::move(read[i]));
  std::vector<Vector> result;
  for (const uint32_t column : columns) result.push_back(columns_.at(column).view());
  return result;
}

}  // namespace cairn
