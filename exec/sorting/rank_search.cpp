#include "exec/sorting/rank_search.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace cairn {

namespace {

/// So many rows are sorted at once.
constexpr size_t kSortedRows = 2048;
constexpr unsigned kBucketBits = 12;
constexpr size_t kBuckets = size_t{1} << kBucketBits;
/// Rows of a task, and buckets of one.
constexpr size_t kTaskRows = 65536, kTaskBuckets = 64;

void each_slice(size_t rows, const Parallel& parallel, const std::function<void(size_t slice, size_t begin, size_t end)>& run) {
  const size_t slices = (rows + kTaskRows - 1) / kTaskRows;
  const auto run_slice = [&](size_t slice) { run(slice, slice * kTaskRows, std::min(rows, (slice + 1) * kTaskRows)); };
  slices == 1 ? run_slice(0) : parallel(slices, run_slice);
}

/// Whether a value may equal another without being the same.
bool has_equals(const Type& type) {
  const Physical physical = type.physical();
  return physical == Physical::kFloat || physical == Physical::kDouble || physical == Physical::kInterval;
}

/// Of a text its first bytes tell most rows apart.
size_t words_of(const Type& type) { return type.is_string() ? 1 : SortWords::kWordsMax; }

/// A row that is sorted: its first word, and its position.
struct Entry {
  uint64_t word;
  uint32_t position;
};

}  // namespace

/// Of the rows that were kept: bucket b's are [firsts[b], firsts[b + 1]).
struct RankSearch::Buckets {
  std::vector<size_t> sizes;  ///< with those that were not kept
  std::vector<size_t> firsts;
  LargeVector<RowAddress> rows;
  LargeVector<uint64_t> words;
  size_t stride;

  Encoded at(size_t bucket) const {
    const size_t first = firsts[bucket];
    return {{rows.data() + first, firsts[bucket + 1] - first}, words.data() + first * stride};
  }
};

RankSearch::RankSearch(const SortKey& key, uint32_t value, const std::vector<Type>& types, const ChunkList& chunks,
                       const Parallel& parallel)
    : key_(key), types_(types), chunks_(chunks), words_({&key_, 1}, types, chunks, parallel, words_of(types[key.column])),
      comparison_({&key_, 1}, chunks),
      word_count_(words_.word_count()), exact_(words_.exact_keys() == 1), value_(value),
      values_differ_(value != key.column || has_equals(types[value])) {}

/// Whose words leave out what the rows have in common.
RankSearch::RankSearch(const RankSearch& whole, std::span<const RowAddress> rows)
    : key_(whole.key_), types_(whole.types_), chunks_(whole.chunks_),
      words_({&key_, 1}, types_, chunks_, rows, words_of(types_[key_.column])),
      comparison_(whole.comparison_), word_count_(words_.word_count()), exact_(words_.exact_keys() == 1),
      value_(whole.value_), values_differ_(whole.values_differ_), narrowed_to_(rows.size()) {}

LargeVector<uint64_t> RankSearch::encode(std::span<const RowAddress> rows, const Parallel& parallel) const {
  LargeVector<uint64_t> words(rows.size() * word_count_);
  each_slice(rows.size(), parallel, [&](size_t, size_t begin, size_t end) {
    words_.encode(rows.data() + begin, end - begin, words.data() + begin * word_count_, word_count_);
  });
  return words;
}

void RankSearch::find(std::span<const RowAddress> rows, std::span<const size_t> ranks, RowAddress* found,
                      const Parallel& parallel) const {
  if (ranks.empty()) return;
  if (rows.size() == 1) return void(std::fill_n(found, ranks.size(), rows[0]));
  const LargeVector<uint64_t> words = encode(rows, parallel);
  find({rows, words.data()}, 0, ranks, found, parallel);
}

void RankSearch::find(const Encoded& all, size_t level, std::span<const size_t> ranks, RowAddress* found,
                      const Parallel& parallel) const {
  if (all.rows.size() <= kSortedRows) return find_sorted(all, ranks, found);
  const Bounds range = bounds(all, level, parallel);
  if (range.min == range.max) {
    return level + 1 < word_count_ ? find(all, level + 1, ranks, found, parallel) : find_equal(all, ranks, found, parallel);
  }
  const auto has_rank = [&](size_t first, size_t rows) {
    const auto rank = std::lower_bound(ranks.begin(), ranks.end(), first);
    return rank != ranks.end() && *rank < first + rows;
  };
  const Buckets buckets = spread(all, level, range, has_rank, parallel);
  std::vector<size_t> within;
  size_t done = 0, before = 0;
  for (size_t bucket = 0; bucket < kBuckets && done < ranks.size(); before += buckets.sizes[bucket++]) {
    within.clear();
    while (done + within.size() < ranks.size() && ranks[done + within.size()] < before + buckets.sizes[bucket]) {
      within.push_back(ranks[done + within.size()] - before);
    }
    if (!within.empty()) find(buckets.at(bucket), level, within, found + done, parallel);
    done += within.size();
  }
}

void RankSearch::find_equal(const Encoded& all, std::span<const size_t> ranks, RowAddress* found, const Parallel& parallel) const {
  if (!exact_ && all.rows.size() == narrowed_to_) return find_sorted(all, ranks, found);
  if (!exact_) return RankSearch(*this, all.rows).find(all.rows, ranks, found, parallel);
  if (!values_differ_) return void(std::fill_n(found, ranks.size(), all.rows[0]));
  std::vector<RowAddress> ordered(all.rows.begin(), all.rows.end());
  auto first = ordered.begin();
  for (size_t i = 0; i < ranks.size(); ++i) {
    const auto at = ordered.begin() + static_cast<ptrdiff_t>(ranks[i]);
    std::nth_element(first, at, ordered.end(), [&](RowAddress a, RowAddress b) { return compare_bits(a, b) < 0; });
    found[i] = *at;
    first = at;
  }
}

void RankSearch::find_sorted(const Encoded& all, std::span<const size_t> ranks, RowAddress* found) const {
  std::vector<Entry> entries(all.rows.size());
  for (uint32_t i = 0; i < entries.size(); ++i) entries[i] = {all.words[i * word_count_], i};
  const bool words_decide = exact_ && word_count_ == 1 && !values_differ_;
  const auto less = [&](const Entry& a, const Entry& b) {
    if (a.word != b.word || words_decide) return a.word < b.word;
    const int order = compare_keys(all, a.position, b.position);
    return (order != 0 ? order : compare_bits(all.rows[a.position], all.rows[b.position])) < 0;
  };
  auto first = entries.begin();
  for (size_t i = 0; i < ranks.size(); ++i) {
    const auto at = entries.begin() + static_cast<ptrdiff_t>(ranks[i]);
    std::nth_element(first, at, entries.end(), less);
    found[i] = all.rows[at->position];
    first = at;
  }
}

RankSearch::Run RankSearch::longest_run(std::span<const RowAddress> rows, const Parallel& parallel) const {
  const LargeVector<uint64_t> words = encode(rows, parallel);
  return longest_run({rows, words.data()}, 0, parallel);
}

RankSearch::Run RankSearch::longest_run(const Encoded& all, size_t level, const Parallel& parallel) const {
  if (all.rows.size() <= kSortedRows) return longest_sorted_run(all);
  const Bounds range = bounds(all, level, parallel);
  if (range.min == range.max) {
    if (level + 1 < word_count_) return longest_run(all, level + 1, parallel);
    if (!exact_ && all.rows.size() == narrowed_to_) return longest_sorted_run(all);
    if (!exact_) return RankSearch(*this, all.rows).longest_run(all.rows, parallel);
    Run run{0, all.rows.size()};
    const size_t rank = 0;
    find_equal(all, {&rank, 1}, &run.first, parallel);
    return run;
  }
  const Buckets buckets = spread(all, level, range, [](size_t, size_t) { return true; }, parallel);
  std::vector<Run> longest(kBuckets / kTaskBuckets);
  const auto search = [&](size_t task) {
    for (size_t bucket = task * kTaskBuckets; bucket < (task + 1) * kTaskBuckets; ++bucket) {
      if (buckets.sizes[bucket] <= longest[task].rows) continue;
      const Run run = longest_run(buckets.at(bucket), level, run_alone);
      if (run.rows > longest[task].rows) longest[task] = run;
    }
  };
  all.rows.size() > kTaskRows ? parallel(longest.size(), search) : run_alone(longest.size(), search);
  return *std::max_element(longest.begin(), longest.end(), [](const Run& a, const Run& b) { return a.rows < b.rows; });
}

RankSearch::Run RankSearch::longest_sorted_run(const Encoded& all) const {
  std::vector<Entry> entries(all.rows.size());
  for (uint32_t i = 0; i < entries.size(); ++i) entries[i] = {all.words[i * word_count_], i};
  const bool words_decide = exact_ && word_count_ == 1;
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    return a.word != b.word || words_decide ? a.word < b.word : compare_keys(all, a.position, b.position) < 0;
  });
  Run longest;
  for (size_t begin = 0, end; begin < entries.size(); begin = end) {
    const Entry& key = entries[begin];
    RowAddress first = all.rows[key.position];
    for (end = begin + 1; end < entries.size() && entries[end].word == key.word; ++end) {
      if (!words_decide && compare_keys(all, entries[end].position, key.position) != 0) break;
      const RowAddress row = all.rows[entries[end].position];
      if (values_differ_ && compare_bits(row, first) < 0) first = row;
    }
    if (end - begin > longest.rows) longest = {first, end - begin};
  }
  return longest;
}

RankSearch::Bounds RankSearch::bounds(const Encoded& all, size_t level, const Parallel& parallel) const {
  std::vector<Bounds> slices((all.rows.size() + kTaskRows - 1) / kTaskRows);
  each_slice(all.rows.size(), parallel, [&](size_t slice, size_t begin, size_t end) {
    Bounds range;
    for (size_t i = begin; i < end; ++i) {
      const uint64_t word = all.words[i * word_count_ + level];
      range = {std::min(range.min, word), std::max(range.max, word)};
    }
    slices[slice] = range;
  });
  return std::accumulate(slices.begin(), slices.end(), Bounds{}, [](const Bounds& a, const Bounds& b) {
    return Bounds{std::min(a.min, b.min), std::max(a.max, b.max)};
  });
}

RankSearch::Buckets RankSearch::spread(const Encoded& all, size_t level, Bounds range, const Keep& keep,
                                       const Parallel& parallel) const {
  const auto width = static_cast<unsigned>(std::bit_width(range.max - range.min));
  const unsigned shift = width > kBucketBits ? width - kBucketBits : 0;
  const auto bucket_of = [&](size_t i) { return (all.words[i * word_count_ + level] - range.min) >> shift; };
  std::vector<std::vector<size_t>> counts((all.rows.size() + kTaskRows - 1) / kTaskRows);
  each_slice(all.rows.size(), parallel, [&](size_t slice, size_t begin, size_t end) {
    counts[slice].assign(kBuckets, 0);
    for (size_t i = begin; i < end; ++i) ++counts[slice][bucket_of(i)];
  });
  Buckets buckets{std::vector<size_t>(kBuckets, 0), std::vector<size_t>(kBuckets + 1, 0), {}, {}, word_count_};
  std::vector<uint8_t> kept(kBuckets, 0);
  for (size_t bucket = 0, before = 0, next = 0; bucket < kBuckets; before += buckets.sizes[bucket++]) {
    for (const auto& of_slice : counts) buckets.sizes[bucket] += of_slice[bucket];
    kept[bucket] = keep(before, buckets.sizes[bucket]) ? 1 : 0;
    if (kept[bucket] != 0) {
      for (auto& of_slice : counts) next += std::exchange(of_slice[bucket], next);
    }
    buckets.firsts[bucket + 1] = next;
  }
  buckets.rows.resize(buckets.firsts[kBuckets]);
  buckets.words.resize(buckets.firsts[kBuckets] * word_count_);
  each_slice(all.rows.size(), parallel, [&](size_t slice, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t bucket = bucket_of(i);
      if (kept[bucket] == 0) continue;
      const size_t at = counts[slice][bucket]++;
      buckets.rows[at] = all.rows[i];
      std::copy_n(all.words + i * word_count_, word_count_, buckets.words.data() + at * word_count_);
    }
  });
  return buckets;
}

int RankSearch::compare_keys(const Encoded& all, uint32_t a, uint32_t b) const {
  const uint64_t *a_words = all.words + a * word_count_, *b_words = all.words + b * word_count_;
  for (size_t word = 0; word < word_count_; ++word) {
    if (a_words[word] != b_words[word]) return a_words[word] < b_words[word] ? -1 : 1;
  }
  return exact_ ? 0 : comparison_.compare(all.rows[a], all.rows[b]);
}

int RankSearch::compare_bits(RowAddress a, RowAddress b) const {
  if (!values_differ_) return 0;
  const Type& type = types_[value_];
  const auto value_of = [&]<typename T>(RowAddress row, const T*) -> const T& {
    return chunks_[chunk_of(row)]->columns[value_].values<T>()[offset_of(row)];
  };
  if (type.is_string()) {
    const StringRef* const strings = nullptr;
    return value_of(a, strings).view().compare(value_of(b, strings).view());
  }
  const size_t bytes = physical_bytes(type.physical());
  const auto bits = [&](RowAddress row) { return chunks_[chunk_of(row)]->columns[value_].values<std::byte>() + offset_of(row) * bytes; };
  return std::memcmp(bits(a), bits(b), bytes);
}

}  // namespace cairn
