#include "exec/keys/packed_column.h"

#include <algorithm>
#include <cstring>

#include "exec/keys/group_index.h"
#include "exec/rows/integer_values.h"

namespace cairn {

namespace {

/// Strings are tried as a dictionary up to this many rows: hashing all must cost little beside the join itself.
constexpr uint64_t kDictionaryRowsMax = 262144;
constexpr size_t kDictionaryEntriesMax = 65535;

template <typename Code>
void write_offsets(const Vector& vector, int64_t base, Code* out) {
  visit_integers(vector, [&](auto read) {
    for (size_t row = 0; row < vector.size; ++row) out[row] = static_cast<Code>(read(row) - static_cast<uint64_t>(base));
  });
}

}  // namespace

PackedColumn::PackedColumn(const RowSet& rows, size_t column) {
  vector_.type = rows.types()[column];
  vector_.size = rows.row_count();
  pack_validity(rows, column);
  if (is_word(vector_.type) && pack_offsets(rows, column)) return;
  if (vector_.type.is_string() && pack_dictionary(rows, column)) return;
  pack_flat(rows, column);
}

void PackedColumn::pack_validity(const RowSet& rows, size_t column) {
  bool any = false;
  for (const RowSet::Chunk& chunk : rows.chunks()) any |= chunk.columns[column].has_nulls();
  if (!any) return;
  validity_.assign(mask_words(vector_.size), 0);
  size_t row = 0;
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    const Vector part = chunk.columns[column].view();
    for (size_t i = 0; i < part.size; ++i, ++row) validity_[row / 64] |= uint64_t{part.valid(i)} << (row % 64);
  }
  vector_.validity = validity_.data();
}

void PackedColumn::pack_flat(const RowSet& rows, size_t column) {
  if (rows.chunks().size() == 1) {
    vector_.data = rows.chunks()[0].columns[column].view().data;
    return;
  }
  const size_t bytes = physical_bytes(vector_.type.physical());
  values_.grow(std::max<size_t>(1, vector_.size * bytes), 0);
  std::byte* to = values_.data();
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    if (chunk.row_count != 0) std::memcpy(to, chunk.columns[column].view().data, chunk.row_count * bytes);
    to += chunk.row_count * bytes;
  }
  vector_.data = values_.data();
}

/// The set is sealed, so that its ranges are there.
bool PackedColumn::pack_offsets(const RowSet& rows, size_t column) {
  ValueRange range{kInt128Max, kInt128Min};
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    if (!chunk.ranges[column].known()) continue;  // no values
    range.min = std::min(range.min, chunk.ranges[column].min);
    range.max = std::max(range.max, chunk.ranges[column].max);
  }
  if (range.min > range.max) range = {0, 0};
  vector_.range = range;
  const int128_t width = range.max - range.min;
  const size_t bytes = width <= UINT8_MAX ? 1 : width <= UINT16_MAX ? 2 : width <= UINT32_MAX ? 4 : 8;
  // A single row stays flat: joins give it out as a constant.
  if (bytes >= physical_bytes(vector_.type.physical()) || vector_.size <= 1) return false;
  values_.grow(std::max<size_t>(1, vector_.size * bytes), 0);
  const int64_t base = static_cast<int64_t>(range.min);
  size_t row = 0;
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    const Vector part = chunk.columns[column].view();
    std::byte* to = values_.data() + row * bytes;
    if (bytes == 1) {
      write_offsets(part, base, reinterpret_cast<uint8_t*>(to));
    } else if (bytes == 2) {
      write_offsets(part, base, reinterpret_cast<uint16_t*>(to));
    } else {
      write_offsets(part, base, reinterpret_cast<uint32_t*>(to));
    }
    row += chunk.row_count;
  }
  vector_.encoding = Encoding::kFrameOfReference;
  vector_.code_bytes = static_cast<uint8_t>(bytes);
  vector_.base = base;
  vector_.data = values_.data();
  return true;
}

bool PackedColumn::pack_dictionary(const RowSet& rows, size_t column) {
  if (vector_.size <= 1 || vector_.size > kDictionaryRowsMax) return false;
  HashGroups entries({vector_.type});
  LargeVector<uint32_t> codes(vector_.size);
  std::vector<uint64_t> scratch;
  size_t row = 0;
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    for (size_t begin = 0; begin < chunk.row_count; begin += kSliceRows) {
      const size_t count = std::min(kSliceRows, chunk.row_count - begin);
      // What stands under a NULL is an entry like any other; NULLs are known by the validity mask.
      Vector part = chunk.columns[column].view(begin, count, &scratch);
      std::vector<StringRef> filled;
      if (part.may_have_nulls()) {
        filled.assign(part.values<StringRef>(), part.values<StringRef>() + count);
        for (size_t i = 0; i < count; ++i) {
          if (!part.valid(i)) filled[i] = StringRef();
        }
        part.data = filled.data();
        part.validity = nullptr;
      }
      entries.find_or_add(std::span(&part, 1), count, codes.data() + row);
      row += count;
      const size_t allowed = vector_.size <= 256 ? 255 : std::min(kDictionaryEntriesMax, 256 + row / 4);
      if (entries.size() > allowed) return false;
    }
  }
  dictionary_ = std::make_unique<ColumnBuffer>(vector_.type);
  dictionary_->append(entries.keys(0, 0, entries.size(), scratch));
  const size_t bytes = entries.size() <= 256 ? 1 : 2;
  values_.grow(vector_.size * bytes, 0);
  for (size_t i = 0; i < codes.size(); ++i) {
    if (bytes == 1) {
      reinterpret_cast<uint8_t*>(values_.data())[i] = static_cast<uint8_t>(codes[i]);
    } else {
      reinterpret_cast<uint16_t*>(values_.data())[i] = static_cast<uint16_t>(codes[i]);
    }
  }
  vector_.encoding = Encoding::kDictionary;
  vector_.code_bytes = static_cast<uint8_t>(bytes);
  vector_.unique_dictionary = true;
  vector_.dictionary_size = static_cast<uint32_t>(dictionary_->size());
  vector_.dictionary_id = next_dictionary_id();
  vector_.dictionary = dictionary_->view().data;
  vector_.data = values_.data();
  return true;
}

}  // namespace cairn
