#pragma once

#include <vector>

#include "exec/operators/aggregate_merge.h"
#include "exec/rows/row_set.h"

namespace cairn {

class ChunkStore;

/// Groups as plain columns, in memory or in a store: a row of keys and states per group, and the rows of their lists.
struct SavedGroups {
  RowSet groups;              ///< one chunk
  std::vector<RowSet> lists;  ///< per state that is a list; the first column is the group's row in `groups`

  /// Adds them to other groups; keys that these do not have yet become groups of theirs.
  void merge_into(const AggregateShape& shape, Groups& into) const;
};

/// A fragment's groups as plain columns in their order: keys, states, and the morsel that each was first seen in. Beside
/// these stand the columns of each state that is a list, which has rows of its own: where either ends, NULLs follow.
std::vector<Type> saved_part_types(const AggregateShape& shape);
/// nullptr where it would take much more than it holds.
std::shared_ptr<const RowSet> save_part(const AggregateShape& shape, const GroupPart& part);
GroupPart load_part(const AggregateShape& shape, const RowSet& saved);

/// What was saved, as parts that can be merged as they are: a chunk each, where they have no lists.
std::vector<GroupPart> parts_of(const AggregateShape& shape, const std::shared_ptr<const RowSet>& saved);
/// The states of such a part, where they are not there yet; all of it, with an index.
void load_states(const AggregateShape& shape, GroupPart& part);
GroupPart with_index(const AggregateShape& shape, GroupPart part);

/// Saved groups by partition of their keys: those of one partition of all fragments can be finished without the others.
class SavedPartitions {
 public:
  /// At `level` of GroupIndex::partitions.
  SavedPartitions(const AggregateShape& shape, unsigned level);

  /// Saves all of the groups; to the store, or where it is nullptr, in memory.
  void add(const Groups& groups, ChunkStore* store);
  /// Takes over what another of the same level holds.
  void adopt(SavedPartitions&& other);
  bool empty() const { return count_ == 0; }
  /// Of those in memory, and what it takes to know of the others.
  size_t bytes() const { return bytes_; }
  unsigned level() const { return level_; }
  std::vector<std::vector<SavedGroups>> take() { return std::move(partitions_); }

 private:
  const AggregateShape* shape_;
  unsigned level_;
  std::vector<std::vector<SavedGroups>> partitions_;
  size_t count_ = 0, bytes_ = 0;
};

}  // namespace cairn
