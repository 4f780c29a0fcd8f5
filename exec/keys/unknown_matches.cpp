#include "exec/keys/unknown_matches.h"

#include <algorithm>

namespace cairn {

namespace {

/// Rows 0 to count - 1 without the listed ones, which ascend.
std::vector<uint32_t> all_but(const std::vector<uint32_t>& listed, uint64_t count) {
  std::vector<uint32_t> rows;
  rows.reserve(count - listed.size());
  auto next = listed.begin();
  for (uint32_t row = 0; row < count; ++row) {
    if (next != listed.end() && *next == row) {
      ++next;
    } else {
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace

UnknownMatches::UnknownMatches(const RowSet& rows, std::vector<uint32_t> key_columns,
                               const std::vector<uint32_t>& null_rows)
    : rows_(rows), key_columns_(std::move(key_columns)) {
  auto null_row = null_rows.begin();
  uint32_t first = 0;
  for (const RowSet::Chunk& chunk : rows_.chunks()) {
    std::vector<Vector> keys;
    for (const uint32_t column : key_columns_) keys.push_back(chunk.columns[column].view());
    for (; null_row != null_rows.end() && *null_row < first + chunk.row_count; ++null_row) {
      NullKeys null_keys(keys.size());
      for (size_t k = 0; k < keys.size(); ++k) null_keys[k] = !keys[k].valid(*null_row - first);
      sets_[null_keys].rows.push_back(*null_row);
    }
    first += static_cast<uint32_t>(chunk.row_count);
  }
  for (auto& [null_keys, set] : sets_) extract(set);
  if (null_rows.size() == rows_.row_count()) return;
  Set& complete = sets_[NullKeys(key_columns_.size())];
  if (null_rows.empty()) return;
  complete.rows = all_but(null_rows, rows_.row_count());
  extract(complete);
}

void UnknownMatches::extract(Set& set) {
  std::vector<Type> types;
  for (const uint32_t column : key_columns_) types.push_back(rows_.types()[column]);
  set.keys = std::make_unique<RowSet>(std::move(types));
  auto row = set.rows.begin();
  uint32_t first = 0;
  for (const RowSet::Chunk& chunk : rows_.chunks()) {
    std::vector<uint32_t> here;
    for (; row != set.rows.end() && *row < first + chunk.row_count; ++row) here.push_back(*row - first);
    first += static_cast<uint32_t>(chunk.row_count);
    if (here.empty()) continue;
    Batch batch;
    batch.size = chunk.row_count;
    batch.selected = true;
    batch.selection = {here.data(), here.size(), nullptr};
    for (const uint32_t column : key_columns_) batch.columns.push_back(chunk.columns[column].view());
    set.keys->append(batch);
  }
  set.keys->seal();
}

const UnknownMatches::Index& UnknownMatches::index(Set& set, const NullKeys& compared) {
  Index& index = set.indexes[compared];
  if (index.groups != nullptr) return index;
  index.compared.clear();  // an attempt may have failed for want of memory
  std::vector<uint32_t> columns;
  for (size_t k = 0; k < compared.size(); ++k) {
    if (!compared[k]) continue;
    index.compared.push_back(k);
    columns.push_back(set.keys != nullptr ? static_cast<uint32_t>(k) : key_columns_[k]);
  }
  index.rows = &set.rows;
  index.groups = std::make_unique<JoinIndex>(set.keys != nullptr ? *set.keys : rows_, columns, false);
  return index;
}

void UnknownMatches::for_each_index(const NullKeys& probe, const std::function<bool(const Index&)>& visit) {
  for (const bool compares : {false, true}) {
    for (auto& [null_keys, set] : sets_) {
      NullKeys compared(probe.size());
      for (size_t k = 0; k < probe.size(); ++k) compared[k] = !probe[k] && !null_keys[k];
      const auto count = static_cast<size_t>(std::count(compared.begin(), compared.end(), true));
      // Where all are compared, the rows match or they don't.
      if (count == probe.size() || (count > 0) != compares) continue;
      const Index* found;
      {
        const std::lock_guard lock(mutex_);
        found = &index(set, compared);
      }
      if (!visit(*found)) return;
    }
  }
}

size_t UnknownMatches::bytes() {
  const std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const auto& [null_keys, set] : sets_) {
    bytes += set.rows.capacity() * sizeof(uint32_t) + (set.keys != nullptr ? set.keys->bytes() : 0);
    for (const auto& [compared, index] : set.indexes) bytes += index.groups->bytes();
  }
  return bytes;
}

}  // namespace cairn
