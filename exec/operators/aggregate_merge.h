#pragma once

#include <memory>
#include <vector>

#include "exec/aggregates/state.h"
#include "exec/keys/group_index.h"
#include "exec/pipeline/pipeline.h"

namespace cairn {

/// What an aggregate computes, as all its fragments see it. Immutable.
struct AggregateShape {
  AggregateShape(const PlanNode& plan, std::vector<Type> inputs);

  /// `scattered`: as GroupIndex::make's.
  struct Groups make_groups(bool scattered = false) const;

  std::vector<Type> types;             ///< of the result: keys, then calls
  std::vector<uint32_t> group_columns;
  std::vector<Type> input_types, key_types;
  AggregateLayout layout;
  std::vector<uint32_t> needed;        ///< input columns that anything reads, ascending
};

struct Groups {
  std::unique_ptr<GroupIndex> index;
  std::unique_ptr<AggregateStates> states;
};

/// The groups that a fragment first saw in one morsel: [first_group, the next run's first_group).
struct GroupRun {
  uint64_t morsel = 0;
  size_t first_group = 0;
};

/// A fragment's groups, in the order of their first rows; or a chunk of a fragment that was saved.
struct GroupPart {
  Groups groups;
  std::vector<GroupRun> runs;
  /// The groups as aggregate_saved.h has them, keys first: `groups` has no index then, and states once they are loaded.
  std::shared_ptr<const RowSet::Chunk> saved = nullptr;
  size_t saved_groups = 0;                        ///< its first rows
  std::shared_ptr<const RowSet> lists = nullptr;  ///< all that was saved, where states are lists

  size_t size() const { return saved != nullptr ? saved_groups : groups.index->size(); }
  /// As GroupIndex's; flat where it is saved.
  Vector keys(size_t column, size_t begin, size_t rows, std::vector<uint64_t>& scratch) const;
  void partitions(const AggregateShape& shape, unsigned bits, uint8_t* out, unsigned level) const;
};

/// Result rows of groups [begin, begin + rows), which are prepared to be finished.
RowSet::Chunk result_chunk(const AggregateShape& shape, const Groups& groups, size_t begin, size_t rows);

/// The result rows over all parts: one per group, in the order that one fragment would have seen them in, had it got
/// all morsels in order. Many groups, or lists of several, are split into partitions by their keys, which are merged in
/// parallel, by so many threads.
std::shared_ptr<RowSet> merge_groups(const AggregateShape& shape, std::vector<GroupPart> parts, unsigned threads,
                                     const Sink::Parallel& parallel);

}  // namespace cairn
