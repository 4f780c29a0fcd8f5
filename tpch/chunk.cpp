#include "tpch/chunk.h"

#include <cassert>

namespace cairn::tpch {

std::string_view Chunk::text(size_t column, size_t row) const {
  assert(column < columns.size() && row < row_count);
  const ColumnInfo& info = table_columns(table)[column];
  const Column& values = columns[column];
  switch (info.storage) {
    case Storage::kCode:
      return info.values[values.codes[row]];
    case Storage::kBytes:
      return values.bytes_at(row);
    case Storage::kSlice:
      return values.slices[row];
    default:
      assert(false);
      return {};
  }
}

void Chunk::reset(Table new_table, size_t new_row_count) {
  const auto infos = table_columns(new_table);
  if (table != new_table) columns.clear();
  table = new_table;
  row_count = new_row_count;
  columns.resize(infos.size());
  for (size_t i = 0; i < infos.size(); ++i) {
    Column& column = columns[i];
    column.patched.clear();
    switch (infos[i].storage) {
      case Storage::kInt32:
        column.int32s.resize(row_count);
        break;
      case Storage::kInt64:
        column.int64s.resize(row_count);
        break;
      case Storage::kCode:
        column.codes.resize(row_count);
        break;
      case Storage::kBytes:
        column.offsets.resize(row_count + 1);
        break;
      case Storage::kSlice:
        column.slices.resize(row_count);
        break;
    }
  }
}

}  // namespace cairn::tpch
