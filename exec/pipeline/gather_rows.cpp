#include "exec/pipeline/gather_rows.h"

#include <algorithm>

#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

/// Strings are fetched so many at a time: their bytes are on the way while their references are read.
constexpr size_t kStringsAhead = 64;

void gather_strings(const std::vector<const StringRef*>& bases, const RowAddress* rows, size_t count, ColumnBuffer& out) {
  StringRef* const to = static_cast<StringRef*>(out.append_uninitialized(count));
  for (size_t begin = 0; begin < count; begin += kStringsAhead) {
    const size_t end = std::min(count, begin + kStringsAhead);
    for (size_t i = begin; i < end; ++i) {
      to[i] = bases[chunk_of(rows[i])][offset_of(rows[i])];
      if (!to[i].is_inline()) __builtin_prefetch(to[i].data());
    }
    for (size_t i = begin; i < end; ++i) {
      if (!to[i].is_inline()) to[i] = out.heap().add(to[i].view());
    }
  }
}

template <typename T>
void gather_values(const ChunkList& chunks, size_t column, const RowAddress* rows, size_t count, ColumnBuffer& out) {
  std::vector<const T*> bases;
  for (const RowSet::Chunk* chunk : chunks) bases.push_back(chunk->columns[column].values<T>());
  if constexpr (std::is_same_v<T, StringRef>) {
    gather_strings(bases, rows, count, out);
  } else {
    T* const to = static_cast<T*>(out.append_uninitialized(count));
    for (size_t i = 0; i < count; ++i) to[i] = bases[chunk_of(rows[i])][offset_of(rows[i])];
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
  for (size_t chunk = 0; chunk < made.size(); ++chunk) {
    made[chunk].row_count = std::min(kRowGroupRows, addresses.size() - chunk * kRowGroupRows);
    for (const Type& type : types) made[chunk].columns.emplace_back(type);
    made[chunk].ranges.resize(types.size());
  }
  parallel(made.size() * types.size(), [&](size_t task) {
    const size_t chunk = task / types.size(), column = task % types.size();
    ColumnBuffer& out = made[chunk].columns[column];
    gather_column(chunks, column, addresses.data() + chunk * kRowGroupRows, made[chunk].row_count, out);
    if (types[column].is_integral()) made[chunk].ranges[column] = compute_range(out.view());
  });
  auto rows = std::make_shared<RowSet>(types);
  for (RowSet::Chunk& chunk : made) rows->append_chunk(std::move(chunk));
  return rows;
}

}  // namespace cairn
