#include "io/tables/table_changes.h"

#include <algorithm>

#include "io/tables/row_group.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// The row group with these rows deleted, beside those that are already.
std::shared_ptr<const RowGroup> with_deleted(const std::shared_ptr<const RowGroup>& row_group,
                                             std::span<const uint64_t> more) {
  std::vector<uint64_t> mask(more.begin(), more.end());
  const uint64_t* deleted = row_group->deleted();
  for (size_t word = 0; word < mask.size() && deleted != nullptr; ++word) mask[word] |= deleted[word];
  return std::make_shared<MaskedRowGroup>(unmasked(row_group), std::move(mask));
}

bool has_rows(const std::shared_ptr<const RowGroup>& row_group) {
  return as_table_row_group(*row_group).live_row_count() != 0;
}

}  // namespace

void TableChanges::delete_rows(uint64_t row_group_id, std::span<const uint64_t> mask) {
  const auto is_it = [row_group_id](const auto& row_group) { return row_group->id() == row_group_id; };
  // Most often it stands behind the one that was asked for before.
  const auto first = row_groups_.begin() + static_cast<ptrdiff_t>(std::min(found_, row_groups_.size()));
  auto at = std::find_if(first, row_groups_.end(), is_it);
  if (at == row_groups_.end()) {
    at = std::find_if(row_groups_.begin(), first, is_it);
    if (at == first) at = row_groups_.end();
  }
  if (at != row_groups_.end()) {
    found_ = static_cast<size_t>(at - row_groups_.begin()) + 1;
    *at = with_deleted(*at, mask);
    return;
  }
  for (auto& [position, row_groups] : added_) {
    at = std::find_if(row_groups.begin(), row_groups.end(), is_it);
    if (at == row_groups.end()) continue;
    *at = with_deleted(*at, mask);
    return;
  }
  throw Error(sqlstate::kInternalError,
              "rows of row group " + std::to_string(row_group_id) + " are to be deleted, which the table does not have");
}

void TableChanges::begin_statement(const TableSchema& schema, const MakeRowGroup& make) {
  if (added_.empty()) return;
  RowGroups open(row_groups_.begin() + static_cast<ptrdiff_t>(base_count_), row_groups_.end());
  for (auto& [position, row_groups] : added_) open.insert(open.end(), row_groups.begin(), row_groups.end());
  std::erase_if(open, [](const auto& row_group) { return !has_rows(row_group); });
  open = merge_small(schema, std::move(open), 0, kOpenRowGroup, make);
  row_groups_.reserve(base_count_ + open.size());  // from here on nothing fails
  row_groups_.resize(base_count_);
  row_groups_.insert(row_groups_.end(), open.begin(), open.end());
  added_.clear();
}

RowGroups TableChanges::row_groups() const {
  RowGroups all = row_groups_;
  for (const auto& [position, row_groups] : added_) all.insert(all.end(), row_groups.begin(), row_groups.end());
  return all;
}

RowGroups TableChanges::committed(const TableSchema& schema, const MakeRowGroup& make) const {
  RowGroups all = row_groups(), left;
  size_t first_new = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (has_rows(all[i])) left.push_back(std::move(all[i]));
    if (i < base_count_) first_new = left.size();
  }
  return merge_small(schema, std::move(left), first_new, kSmallRowGroup, make);
}

}  // namespace cairn
