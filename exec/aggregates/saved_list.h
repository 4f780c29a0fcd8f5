#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "exec/aggregates/list_state.h"
#include "exec/rows/row_set.h"

namespace cairn {

/// The values before the first NULL.
size_t count_present(const ColumnBuffer& column);

/// visit(batch) for each chunk: the columns [first, first + count), as far as the column `marker`, one of them, has values.
void for_each_chunk(const RowSet& saved, size_t first, size_t count, size_t marker, const std::function<void(Batch&)>& visit);

/// A list's rows where they were saved, as the columns from `first` on. It can be merged into others; nothing else.
class SavedList : public ListState {
 public:
  SavedList(std::vector<Type> types, std::shared_ptr<const RowSet> saved, size_t first)
      : types_(std::move(types)), saved_(std::move(saved)), first_(first) {}
  void update(const GroupedBatch&, const Vector&) override;
  void add_rows(const Batch&) override;
  void finish(const AggregateResult&, ColumnBuffer&) override;
  void for_each_batch(const std::function<void(Batch&)>& visit) const override;
  std::vector<Type> saved_types() const override { return types_; }
  size_t bytes() const override { return 0; }  ///< they are counted where they are kept

 private:
  const std::vector<Type> types_;
  const std::shared_ptr<const RowSet> saved_;
  const size_t first_;
};

}  // namespace cairn
