#include "exec/pipeline/gather_rows.h"

#include <algorithm>

namespace cairn {

namespace {

template <typename T>
void gather_values(const ChunkList& chunks, size_t column, const RowAddress* rows, size_t count, ColumnBuffer& out) {
  std::vector<const T*> bases;
  for (const RowSet::Chunk* chunk : chunks) bases.push_back(chunk->columns[column].values<T>());
  T* to = static_cast<T*>(out.append_uninitialized(count));
  for (size_t i = 0; i < count; ++i) {
    const T& value = bases[chunk_of(rows[i])][offset_of(rows[i])];
    if constexpr (std::is_same_v<T, StringRef>) {
      to[i] = value.is_inline() ? value : out.heap().add(value.view());
    } else {
      to[i] = value;
    }
  }
}

}  // namespace

void gather_column(const ChunkList& chunks, size_t column, const RowAddress* rows, size_t count, ColumnBuffer& out) {
  switch (out.type().physical()) {
    case Physical::kBool: gather_values<uint8_t>(chunks, column, rows, count, out); break;
    case Physical::kInt16: gather_values<int16_t>(chunks, column, rows, count, out); break;
    case Physical::kInt32: gather_values<int32_t>(chunks, column, rows, count, out); break;
    case Physical::kInt64: gather_values<int64_t>(chunks, column, rows, count, out); break;
    case Physical::kInt128: gather_values<int128_t>(chunks, column, rows, count, out); break;
    case Physical::kFloat: gather_values<float>(chunks, column, rows, count, out); break;
    case Physical::kDouble: gather_values<double>(chunks, column, rows, count, out); break;
    case Physical::kInterval: gather_values<Interval>(chunks, column, rows, count, out); break;
    case Physical::kString: gather_values<StringRef>(chunks, column, rows, count, out); break;
  }
  bool any_nulls = false;
  for (const RowSet::Chunk* chunk : chunks) any_nulls |= chunk->columns[column].has_nulls();
  if (!any_nulls) return;
  std::vector<Vector> views;
  for (const RowSet::Chunk* chunk : chunks) views.push_back(chunk->columns[column].view());
  for (size_t i = 0; i < count; ++i) {
    if (!views[chunk_of(rows[i])].valid(offset_of(rows[i]))) out.set_null(i);
  }
}

std::shared_ptr<RowSet> gather_rows(const std::vector<Type>& types, const ChunkList& chunks,
                                    const std::vector<RowAddress>& addresses, const Sink::Parallel& parallel) {
  std::vector<RowSet::Chunk> made((addresses.size() + kRowGroupRows - 1) / kRowGroupRows);
  parallel(made.size(), [&](size_t task) {
    const size_t begin = task * kRowGroupRows;
    made[task].row_count = std::min(kRowGroupRows, addresses.size() - begin);
    for (size_t column = 0; column < types.size(); ++column) {
      ColumnBuffer& out = made[task].columns.emplace_back(types[column]);
      gather_column(chunks, column, addresses.data() + begin, made[task].row_count, out);
    }
  });
  auto rows = std::make_shared<RowSet>(types);
  for (RowSet::Chunk& chunk : made) rows->append_chunk(std::move(chunk));
  rows->seal();
  return rows;
}

}  // namespace cairn
