#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/rows/row_address.h"
#include "exec/rows/row_set.h"

namespace cairn {

/// Rows of a fragment, and which morsels they came from.
class CollectedRows {
 public:
  /// Rows [first_row, first_row + rows) of the set.
  struct Run {
    uint64_t morsel = 0;
    uint64_t first_row = 0;
    uint64_t rows = 0;
  };

  explicit CollectedRows(std::vector<Type> types) : rows_(std::move(types)) {}
  void append(const Batch& batch, uint64_t morsel);
  /// As plain columns: the rows', and that of their morsels.
  std::shared_ptr<RowSet> save() const;
  void load(const RowSet& saved);
  RowSet& rows() { return rows_; }
  const RowSet& rows() const { return rows_; }
  const std::vector<Run>& runs() const { return runs_; }

 private:
  RowSet rows_;
  std::vector<Run> runs_;
};

/// The types of rows that are saved with their morsels.
std::vector<Type> with_morsel(std::vector<Type> types);
/// Appends the batch's rows, of one morsel.
void append_with_morsel(RowSet& saved, Batch batch, uint64_t morsel);
/// visit(batch of one morsel's rows, morsel), in their order.
void for_each_morsel(const RowSet& saved, const std::function<void(const Batch& batch, uint64_t morsel)>& visit);

/// Collects all that it is given.
class CollectedFragment : public Fragment {
 public:
  explicit CollectedFragment(std::vector<Type> types) : rows_(std::make_unique<CollectedRows>(std::move(types))) {}
  void consume(Batch& batch, const Morsel& morsel) override { rows_->append(batch, morsel.ordinal); }
  size_t bytes() const override { return rows_->rows().bytes(); }
  std::unique_ptr<CollectedRows> take() { return std::move(rows_); }

 private:
  std::unique_ptr<CollectedRows> rows_;
};

/// Seals the parts and lists their chunks; where each row is, in the order of the morsels.
/// Errors: kProgramLimit where addresses do not suffice.
std::vector<RowAddress> addresses_in_morsel_order(const std::vector<std::unique_ptr<CollectedRows>>& parts,
                                                  ChunkList& chunks, const Sink::Parallel& parallel);

/// All rows in the order of their morsels, sealed: what one worker would have collected that did all morsels in
/// order. Nothing is copied where that order is there already. Empties `parts`.
std::shared_ptr<RowSet> in_morsel_order(std::vector<std::unique_ptr<CollectedRows>>& parts, std::vector<Type> types,
                                        const Sink::Parallel& parallel);

}  // namespace cairn
