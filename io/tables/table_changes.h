#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "io/tables/row_group_merge.h"

namespace cairn {

/// One table as a write transaction sees it: the row groups of its base, and what the transaction's statements have
/// added and deleted. However many statements there were, they leave few row groups: before the next one begins, small
/// ones are merged, as at commits.
class TableChanges {
 public:
  /// Where the row groups of a writer stand among those of the same statement.
  struct Position {
    uint64_t order;
    uint64_t writer_number;
    friend auto operator<=>(const Position&, const Position&) = default;
  };

  explicit TableChanges(RowGroups base) : row_groups_(std::move(base)), base_count_(row_groups_.size()) {}

  void add(Position position, RowGroups row_groups) { added_[position] = std::move(row_groups); }
  /// What the statement's one writer of this order has added. REQUIRES: there is one, which added something.
  RowGroups& added(uint64_t order) { return added_.lower_bound({order, 0})->second; }
  /// Errors: kInternalError for a row group that is none of row_groups().
  void delete_rows(uint64_t row_group_id, std::span<const uint64_t> mask);
  /// What is added from here on stands behind what is there.
  void begin_statement(const TableSchema& schema, const MakeRowGroup& make);

  RowGroups row_groups() const;
  /// As a commit leaves them: none without rows, small new ones merged with each other and with those before them.
  RowGroups committed(const TableSchema& schema, const MakeRowGroup& make) const;

 private:
  RowGroups row_groups_;  ///< the base's, with the rows masked that are deleted; then what earlier statements added
  size_t base_count_;
  size_t found_ = 0;  ///< where delete_rows looks first
  std::map<Position, RowGroups> added_;  ///< by the statement under way
};

}  // namespace cairn
