#include "exec/aggregates/saved_list.h"

#include <cassert>

namespace cairn {

void for_each_chunk(const RowSet& saved, size_t first, size_t count, size_t marker, const std::function<void(Batch&)>& visit) {
  std::vector<std::vector<uint64_t>> scratch;
  for (size_t i = 0; i < saved.chunks().size(); ++i) {
    const std::shared_ptr<const RowSet::Chunk> chunk = saved.pin(i);
    const size_t rows = count_present(chunk->columns[marker]);
    if (rows == 0) continue;
    Batch batch;
    RowSet::view(*chunk, 0, rows, batch, scratch);
    batch.columns = std::vector(batch.columns.begin() + static_cast<ptrdiff_t>(first),
                                batch.columns.begin() + static_cast<ptrdiff_t>(first + count));
    visit(batch);
  }
}

size_t count_present(const ColumnBuffer& column) {
  const Vector values = column.view();
  if (!values.may_have_nulls()) return values.size;
  size_t rows = 0;
  while (rows < values.size && values.valid(rows)) ++rows;
  return rows;
}

void SavedList::for_each_batch(const std::function<void(Batch&)>& visit) const {
  for_each_chunk(*saved_, first_, types_.size(), first_, visit);
}

void SavedList::update(const GroupedBatch&, const Vector&) { assert(false); }
void SavedList::add_rows(const Batch&) { assert(false); }
void SavedList::finish(const AggregateResult&, ColumnBuffer&) { assert(false); }

}  // namespace cairn
