#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "exec/keys/join_index.h"
#include "exec/rows/row_set.h"

namespace cairn {

/// For `keys IN (build rows)` in three-valued logic: the build rows that a probe row might match if some NULL, among its
/// own keys or theirs, were another value. Build rows are set apart by which of their keys are NULL; each such set is
/// indexed by the keys that are NULL on neither side, so that a probe row takes a look-up per set and not a walk over
/// all rows. Indexes are made when they are first asked for.
class UnknownMatches {
 public:
  using NullKeys = std::vector<bool>;  ///< by key: it is NULL

  /// `rows` is sealed and outlives this; `null_rows`: JoinIndex::null_rows.
  UnknownMatches(const RowSet& rows, std::vector<uint32_t> key_columns, const std::vector<uint32_t>& null_rows);

  /// Build rows with the same NULL keys, by the keys that are compared.
  struct Index {
    std::vector<size_t> compared;                ///< positions in the keys; none: every row is a candidate
    std::unique_ptr<JoinIndex> groups;
    const std::vector<uint32_t>* rows = nullptr; ///< the build row of each row of `groups`; empty: the same

    uint32_t build_row(uint32_t row) const { return rows->empty() ? row : (*rows)[row]; }
  };
  /// Visits those for probe rows with these NULL keys, first what needs no comparing, until `visit` has seen enough and
  /// returns false. Thread-safe.
  void for_each_index(const NullKeys& probe, const std::function<bool(const Index&)>& visit);
  size_t bytes();

 private:
  struct Set {
    std::vector<uint32_t> rows;       ///< ascending; empty: all of the build side
    std::unique_ptr<RowSet> keys;     ///< the key columns of `rows`; nullptr: the build side itself
    std::map<NullKeys, Index> indexes;  ///< by the keys that are compared
  };

  void extract(Set& set);
  const Index& index(Set& set, const NullKeys& compared);

  const RowSet& rows_;
  const std::vector<uint32_t> key_columns_;
  std::map<NullKeys, Set> sets_;  ///< by the NULL keys of their rows
  std::mutex mutex_;              ///< guards what is made late
};

}  // namespace cairn
