#include "exec/sort_order.h"

#include <algorithm>
#include <array>

#include "exec/row_comparison.h"
#include "exec/sort_words.h"
#include "vector/memory_pool.h"
#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

constexpr size_t kRadixRowsMin = 512;
/// From here on, sorting is spread over tasks.
constexpr size_t kParallelRowsMin = 65536;
constexpr size_t kBuckets = 16;

struct Entry {
  uint64_t word;
  RowAddress row;
};

/// Least significant byte first: stable, and as many passes as there are bytes in use.
void radix_sort(Entry* entries, size_t count, unsigned used_bits) {
  LargeVector<Entry> other(count);
  Entry* from = entries;
  Entry* to = other.data();
  for (unsigned shift = 0; shift < used_bits; shift += 8) {
    std::array<size_t, 257> starts{};
    for (size_t i = 0; i < count; ++i) ++starts[((from[i].word >> shift) & 255) + 1];
    if (std::find(starts.begin(), starts.end(), count) != starts.end()) continue;  // one value: nothing moves
    for (size_t value = 0; value < 256; ++value) starts[value + 1] += starts[value];
    for (size_t i = 0; i < count; ++i) to[starts[(from[i].word >> shift) & 255]++] = from[i];
    std::swap(from, to);
  }
  if (from != entries) std::copy(from, from + count, entries);
}

/// Sorts entries whose order among equals is their order here.
void sort_entries(Entry* entries, size_t count, const SortWords& words, const RowComparison* comparison) {
  if (comparison == nullptr && count >= kRadixRowsMin) return radix_sort(entries, count, words.used_bits());
  std::stable_sort(entries, entries + count, [comparison](const Entry& a, const Entry& b) {
    if (a.word != b.word) return a.word < b.word;
    return comparison != nullptr && comparison->compare(a.row, b.row) < 0;
  });
}

/// Splits entries by their words into buckets that can be sorted on their own. Returns the buckets' bounds.
std::vector<size_t> spread_over_buckets(LargeVector<Entry>& entries) {
  std::vector<uint64_t> sample;
  for (size_t i = 0; i < entries.size(); i += entries.size() / (kBuckets * 64)) sample.push_back(entries[i].word);
  std::sort(sample.begin(), sample.end());
  std::vector<uint64_t> splitters;
  for (size_t b = 1; b < kBuckets; ++b) splitters.push_back(sample[b * sample.size() / kBuckets]);
  const auto bucket_of = [&](uint64_t word) {
    return static_cast<size_t>(std::upper_bound(splitters.begin(), splitters.end(), word) - splitters.begin());
  };
  std::vector<size_t> starts(kBuckets + 1, 0);
  std::vector<uint8_t> buckets(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    buckets[i] = static_cast<uint8_t>(bucket_of(entries[i].word));
    ++starts[buckets[i] + 1];
  }
  for (size_t b = 0; b < kBuckets; ++b) starts[b + 1] += starts[b];
  std::vector<size_t> next = starts;
  LargeVector<Entry> spread(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) spread[next[buckets[i]]++] = entries[i];
  entries = std::move(spread);
  return starts;
}

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

std::vector<RowAddress> SortOrder::sort(const ChunkList& chunks, const std::vector<RowAddress>& rows,
                                        const Sink::Parallel& parallel) const {
  if (rows.size() < 2) return rows;
  const SortWords words(keys_, types_, chunks);
  std::vector<std::vector<uint64_t>> by_chunk(chunks.size());
  parallel(chunks.size(), [&](size_t chunk) {
    by_chunk[chunk].resize(chunks[chunk]->row_count);
    words.encode(*chunks[chunk], by_chunk[chunk].data());
  });
  LargeVector<Entry> entries(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) entries[i] = {by_chunk[chunk_of(rows[i])][offset_of(rows[i])], rows[i]};
  by_chunk.clear();

  const RowComparison comparison(std::span<const SortKey>(keys_).subspan(words.exact_keys()), chunks);
  const RowComparison* open_keys = words.exact_keys() == keys_.size() ? nullptr : &comparison;
  if (entries.size() < kParallelRowsMin) {
    sort_entries(entries.data(), entries.size(), words, open_keys);
  } else {
    const std::vector<size_t> starts = spread_over_buckets(entries);
    parallel(kBuckets, [&](size_t bucket) {
      sort_entries(entries.data() + starts[bucket], starts[bucket + 1] - starts[bucket], words, open_keys);
    });
  }
  std::vector<RowAddress> sorted(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) sorted[i] = entries[i].row;
  return sorted;
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
