#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sql/logical_plan.h"

namespace cairn {

/// A set of column ids of one query, as bits from the lowest id's word to the highest's: a part of a plan names ids that
/// lie close together, however many the whole plan has.
class ColumnSet {
 public:
  ColumnSet() = default;
  explicit ColumnSet(const std::vector<ColumnId>& ids) { insert(ids); }

  void insert(ColumnId id);
  void insert(const std::vector<ColumnId>& ids);
  void insert(const ColumnSet& other);
  void erase(ColumnId id);
  void erase(const ColumnSet& other);
  bool contains(ColumnId id) const;
  bool contains_all(const ColumnSet& other) const;  ///< other is a subset of this
  bool intersects(const ColumnSet& other) const;
  bool empty() const;
  size_t size() const;
  std::vector<ColumnId> ids() const;  ///< ascending

 private:
  size_t end() const { return first_ + words_.size(); }
  uint64_t word(size_t index) const { return index - first_ < words_.size() ? words_[index - first_] : 0; }
  void widen(size_t begin, size_t end);  ///< so that it has these words

  size_t first_ = 0;  ///< words_[i] has the ids from 64 * (first_ + i)
  std::vector<uint64_t> words_;
};

/// Adds every column that the expression names.
void add_columns(const Expression& expression, ColumnSet& set);
ColumnSet columns_of(const Expression& expression);

/// What the node's own expressions name (children not included).
ColumnSet columns_used_by(const LogicalNode& node);

/// Columns that the subplan names but does not itself produce: what makes it correlated.
ColumnSet correlated_columns(const LogicalNode& node);

/// Everything that the node could hand on, were nothing dropped: for a filter, sort, limit or join the columns of its
/// children (and the mark), else its outputs.
std::vector<ColumnId> available_columns(const LogicalNode& node);

}  // namespace cairn
