#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tpch/table.h"

namespace cairn::tpch {

/// One column of a chunk. Only the members of its ColumnInfo::storage are filled, one element per row; offsets has one
/// more: row r of a kBytes column is bytes[offsets[r] .. offsets[r + 1]).
struct Column {
  std::vector<int32_t> int32s;
  std::vector<int64_t> int64s;
  std::vector<uint8_t> codes;
  std::vector<uint32_t> offsets;
  std::vector<char> bytes;
  std::vector<std::string_view> slices;
  std::vector<std::unique_ptr<char[]>> patched;  ///< owns the few slices that are not in the text pool

  std::string_view bytes_at(size_t row) const {
    return {bytes.data() + offsets[row], static_cast<size_t>(offsets[row + 1] - offsets[row])};
  }
};

/// Rows of one table by columns. A chunk that is used again keeps its memory. Its slices live as long as both the
/// chunk and the generator that filled it.
struct Chunk {
  Table table = Table::kRegion;
  size_t row_count = 0;
  std::vector<Column> columns;  ///< as table_columns(table)

  /// The text of a kVarchar column, whatever its storage.
  std::string_view text(size_t column, size_t row) const;

  /// Makes room for rows of the table; the values of all columns but kBytes ones may then be written by index. Earlier
  /// content is lost.
  void reset(Table new_table, size_t new_row_count);
};

}  // namespace cairn::tpch
