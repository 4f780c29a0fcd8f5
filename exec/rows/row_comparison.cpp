#include "exec/rows/row_comparison.h"

#include <cmath>

#include "vector/date.h"

namespace cairn {
namespace {

template <typename T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

template <typename T>
int compare_floats(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return three_way(std::isnan(a), std::isnan(b));
  return three_way(a, b);
}

}  // namespace

int compare_values(const Vector& a, size_t a_row, const Vector& b, size_t b_row) {
  const auto as = [&]<typename T>(const T*) { return three_way(a.values<T>()[a_row], b.values<T>()[b_row]); };
  switch (a.type.physical()) {
    case Physical::kBool: return as(static_cast<const uint8_t*>(nullptr));
    case Physical::kInt16: return as(static_cast<const int16_t*>(nullptr));
    case Physical::kInt32: return as(static_cast<const int32_t*>(nullptr));
    case Physical::kInt64: return as(static_cast<const int64_t*>(nullptr));
    case Physical::kInt128: return as(static_cast<const int128_t*>(nullptr));
    case Physical::kFloat: return compare_floats(a.values<float>()[a_row], b.values<float>()[b_row]);
    case Physical::kDouble: return compare_floats(a.values<double>()[a_row], b.values<double>()[b_row]);
    case Physical::kInterval:
      return three_way(interval_order(a.values<Interval>()[a_row]), interval_order(b.values<Interval>()[b_row]));
    default: return as(static_cast<const StringRef*>(nullptr));
  }
}

int compare_by(const SortKey& key, const Vector& a, size_t a_row, const Vector& b, size_t b_row) {
  const bool a_valid = a.valid(a_row), b_valid = b.valid(b_row);
  if (a_valid != b_valid) return a_valid == key.nulls_first ? 1 : -1;
  if (!a_valid) return 0;
  const int order = compare_values(a, a_row, b, b_row);
  return key.descending ? -order : order;
}

RowComparison::RowComparison(std::span<const SortKey> keys, const ChunkList& chunks) : keys_(keys.begin(), keys.end()) {
  for (const RowSet::Chunk* chunk : chunks) {
    for (const SortKey& key : keys_) columns_.push_back(chunk->columns[key.column].view());
  }
}

int RowComparison::compare(RowAddress a, RowAddress b) const {
  for (size_t k = 0; k < keys_.size(); ++k) {
    const Vector &a_values = columns_[chunk_of(a) * keys_.size() + k], &b_values = columns_[chunk_of(b) * keys_.size() + k];
    const int order = compare_by(keys_[k], a_values, offset_of(a), b_values, offset_of(b));
    if (order != 0) return order;
  }
  return 0;
}

}  // namespace cairn
