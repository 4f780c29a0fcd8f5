#include "exec/sorting/sort_order.h"

#include <algorithm>
#include <array>

#include "exec/rows/row_comparison.h"
#include "exec/sorting/sort_words.h"
#include "vector/kernels/kernels.h"
#include "vector/memory_pool.h"

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

}  // namespace

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

}  // namespace cairn
