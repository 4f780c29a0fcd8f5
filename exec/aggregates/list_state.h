#pragma once

#include <functional>

#include "exec/aggregates/state.h"

namespace cairn {

/// A state that keeps any number of rows per group. They are shown, and taken over, as batches whose first column is
/// the number of the row's group (BIGINT, flat): merging and saving are the same for all such states.
class ListState : public AggregateState {
 public:
  /// All rows, up to kRowGroupRows at a time; visit may change the batch.
  virtual void for_each_batch(const std::function<void(Batch&)>& visit) const = 0;
  /// Takes the batch's (selected) rows. Columns are flat, of saved_types().
  virtual void add_rows(const Batch& batch) = 0;

  /// Takes over all rows, where that takes no copying: those of group g become to[g]'s. Whether it did.
  virtual bool adopt(ListState& /*other*/, const uint32_t* /*to*/) { return false; }

  void resize(size_t groups) final { group_count_ = groups; }
  void merge(AggregateState& other, const uint32_t* from, const uint32_t* to, size_t groups) final;
  void save(std::span<const uint32_t>, std::span<ColumnBuffer>) final {}
  void load(std::span<const Vector>, size_t) final {}
  ListState* list() final { return this; }

 protected:
  size_t group_count_ = 0;
};

/// A flat BIGINT vector.
inline Vector integers(const int64_t* values, size_t rows) {
  Vector vector;
  vector.type = Type::big_int();
  vector.size = rows;
  vector.data = values;
  return vector;
}

}  // namespace cairn
