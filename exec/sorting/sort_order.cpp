#include "exec/sorting/sort_order.h"

#include <algorithm>
#include <span>
#include <utility>

#include "exec/pipeline/parallel.h"
#include "exec/rows/row_comparison.h"
#include "exec/sorting/sort_entries.h"
#include "exec/sorting/sort_words.h"
#include "vector/memory_pool.h"

namespace cairn {

namespace {

/// From here on, sorting is spread over tasks.
constexpr size_t kParallelRowsMin = 65536;
/// Rows whose words are made together, and rows of a bucket (about): both stay in the second-level cache.
constexpr size_t kEncodedRows = 8192, kBucketRows = 16384;
constexpr size_t kBucketsMin = 16, kBucketsMax = 512, kSamplesPerBucket = 32;

/// One sort of rows by so many words.
template <size_t kWords>
class WordSort {
 public:
  using Entry = SortEntry<kWords>;
  WordSort(const SortWords& words, const OpenKeys* open_keys, const std::vector<RowAddress>& rows)
      : words_(words), open_keys_(open_keys), rows_(rows), sorted_(rows.size()) {}

  std::vector<RowAddress> run(const Sink::Parallel& parallel) {
    if (rows_.size() < kParallelRowsMin) {
      std::vector<Entry> entries(rows_.size()), scratch(rows_.size());
      encode(rows_.data(), rows_.size(), entries.data());
      sort_bucket(entries.data(), 0, rows_.size(), scratch.data());
      return std::move(sorted_);
    }
    choose_splitters();
    assign_buckets(parallel);
    LargeVector<Entry> entries(rows_.size());
    spread(entries, parallel);
    parallel(splitters_.size() + 1, [&](size_t bucket) {
      LargeVector<Entry> scratch(starts_[bucket + 1] - starts_[bucket]);
      sort_bucket(entries.data(), starts_[bucket], starts_[bucket + 1], scratch.data());
    });
    return std::move(sorted_);
  }

 private:
  void encode(const RowAddress* rows, size_t count, Entry* entries) const {
    static_assert(sizeof(Entry) % sizeof(uint64_t) == 0);
    for (size_t i = 0; i < count; ++i) entries[i].row = rows[i];
    words_.encode(rows, count, entries->words.data(), sizeof(Entry) / sizeof(uint64_t));
  }

  void sort_bucket(Entry* entries, size_t begin, size_t end, Entry* scratch) {
    sort_entries<kWords>(entries + begin, end - begin, scratch, open_keys_);
    for (size_t i = begin; i < end; ++i) sorted_[i] = entries[i].row;
  }

  void choose_splitters() {
    const size_t buckets = std::clamp(rows_.size() / kBucketRows, kBucketsMin, kBucketsMax);
    std::vector<RowAddress> sample;
    for (size_t i = 0; i < rows_.size(); i += rows_.size() / (buckets * kSamplesPerBucket)) sample.push_back(rows_[i]);
    std::vector<Entry> entries(sample.size());
    encode(sample.data(), sample.size(), entries.data());
    std::sort(entries.begin(), entries.end());
    for (size_t b = 1; b < buckets; ++b) splitters_.push_back(entries[b * entries.size() / buckets]);
    // Buckets between equal splitters would stay empty.
    const auto end = std::unique(splitters_.begin(), splitters_.end(),
                                 [](const Entry& a, const Entry& b) { return a.words == b.words; });
    splitters_.erase(end, splitters_.end());
  }

  /// Splitters at or before the entry.
  size_t bucket_of(const Entry& entry) const {
    const Entry* first = splitters_.data();
    for (size_t left = splitters_.size(); left > 0;) {
      const size_t half = (left + 1) / 2;
      first += entry < first[half - 1] ? 0 : half;
      left -= half;
    }
    return static_cast<size_t>(first - splitters_.data());
  }

  size_t slice_count() const { return (rows_.size() + kEncodedRows - 1) / kEncodedRows; }
  size_t slice_rows(size_t slice) const { return std::min(kEncodedRows, rows_.size() - slice * kEncodedRows); }

  void assign_buckets(const Sink::Parallel& parallel) {
    const size_t buckets = splitters_.size() + 1;
    bucket_of_row_.resize(rows_.size());
    next_.assign(slice_count() * buckets, 0);
    parallel(slice_count(), [&](size_t slice) {
      std::vector<Entry> entries(slice_rows(slice));
      encode(rows_.data() + slice * kEncodedRows, entries.size(), entries.data());
      for (size_t i = 0; i < entries.size(); ++i) {
        const size_t bucket = bucket_of(entries[i]);
        bucket_of_row_[slice * kEncodedRows + i] = static_cast<uint16_t>(bucket);
        ++next_[slice * buckets + bucket];
      }
    });
    size_t row = 0;
    for (size_t bucket = 0; bucket < buckets; ++bucket) {
      starts_.push_back(row);
      for (size_t slice = 0; slice < slice_count(); ++slice) {
        row += std::exchange(next_[slice * buckets + bucket], static_cast<uint32_t>(row));
      }
    }
    starts_.push_back(row);
  }

  /// Every row into its bucket, where the rows of earlier slices stand before those of later ones. Words are made anew:
  /// that is cheaper than to keep and copy them.
  void spread(LargeVector<Entry>& into, const Sink::Parallel& parallel) {
    const size_t buckets = splitters_.size() + 1;
    parallel(slice_count(), [&](size_t slice) {
      std::vector<Entry> entries(slice_rows(slice));
      encode(rows_.data() + slice * kEncodedRows, entries.size(), entries.data());
      uint32_t* const next = next_.data() + slice * buckets;
      const uint16_t* const bucket = bucket_of_row_.data() + slice * kEncodedRows;
      for (size_t i = 0; i < entries.size(); ++i) into[next[bucket[i]]++] = entries[i];
    });
  }

  const SortWords& words_;
  const OpenKeys* const open_keys_;
  const std::vector<RowAddress>& rows_;
  std::vector<RowAddress> sorted_;
  std::vector<Entry> splitters_;
  LargeVector<uint16_t> bucket_of_row_;
  std::vector<uint32_t> next_;  ///< [slice][bucket]: rows, then where the next one goes
  std::vector<size_t> starts_;  ///< of buckets
};

/// Rows that the words of earlier keys leave together get words of their own, of the keys from the first open one on.
class FurtherWords : public OpenKeys {
 public:
  FurtherWords(std::span<const SortKey> keys, const std::vector<Type>& types, const ChunkList& chunks, unsigned depth)
      : keys_(keys), types_(types), chunks_(chunks), comparison_(keys, chunks), depth_(depth) {}
  int compare(RowAddress a, RowAddress b) const override { return comparison_.compare(a, b); }
  void sort(std::vector<RowAddress>& rows) const override;

 private:
  /// Strings of so many equal bytes (three words a time) are compared as a whole.
  static constexpr unsigned kDepthMax = 100;

  const std::span<const SortKey> keys_;
  const std::vector<Type>& types_;
  const ChunkList& chunks_;
  const RowComparison comparison_;
  const unsigned depth_;
};

/// Sorts by the words, and by what they leave open of `keys`.
std::vector<RowAddress> sort_by(const SortWords& words, std::span<const SortKey> keys, const std::vector<Type>& types,
                                const ChunkList& chunks, const std::vector<RowAddress>& rows, unsigned depth,
                                const Sink::Parallel& parallel) {
  const FurtherWords further(keys.subspan(words.exact_keys()), types, chunks, depth);
  const OpenKeys* const open_keys = words.exact_keys() == keys.size() ? nullptr : &further;
  switch (words.word_count()) {
    case 1: return WordSort<1>(words, open_keys, rows).run(parallel);
    case 2: return WordSort<2>(words, open_keys, rows).run(parallel);
    default: return WordSort<3>(words, open_keys, rows).run(parallel);
  }
}

void FurtherWords::sort(std::vector<RowAddress>& rows) const {
  if (depth_ == kDepthMax) {
    const auto before = [this](RowAddress a, RowAddress b) { return compare(a, b) < 0; };
    return std::stable_sort(rows.begin(), rows.end(), before);
  }
  rows = sort_by(SortWords(keys_, types_, chunks_, rows), keys_, types_, chunks_, rows, depth_ + 1, run_alone);
}

}  // namespace

std::vector<RowAddress> SortOrder::sort(const ChunkList& chunks, const std::vector<RowAddress>& rows,
                                        const Sink::Parallel& parallel) const {
  if (rows.size() < 2) return rows;
  return sort_by(SortWords(keys_, types_, chunks, parallel), keys_, types_, chunks, rows, 0, parallel);
}

}  // namespace cairn
