#include "checkpoint/kept_matches.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "vector/error.h"
#include "vector/null_vector.h"

namespace cairn {

namespace {

void append_nulls(ColumnBuffer& column, size_t rows) { column.append(null_vector(column.type(), rows)); }

size_t words_for(size_t rows) { return (rows + 63) / 64; }

/// Eight flags at a time: each is 0 or 1, and the product moves the i-th to bit 56 + i.
uint64_t bits_of(const uint8_t* flags) {
  auto& eight = *reinterpret_cast<uint64_t*>(const_cast<uint8_t*>(flags));  // atomic_ref<const> came with a later standard
  return std::atomic_ref<uint64_t>(eight).load(std::memory_order_relaxed) * 0x0102040810204080u >> 56;
}

std::vector<uint64_t> words_of(const std::vector<uint8_t>& flags) {
  static_assert(std::endian::native == std::endian::little);
  std::vector<uint64_t> words(words_for(flags.size()), 0);
  const size_t whole = flags.size() / 8 * 8;
  for (size_t row = 0; row < whole; row += 8) words[row / 64] |= bits_of(flags.data() + row) << (row % 64);
  for (size_t row = whole; row < flags.size(); ++row) {
    auto& flag = const_cast<uint8_t&>(flags[row]);
    words[row / 64] |= uint64_t{std::atomic_ref<uint8_t>(flag).load(std::memory_order_relaxed)} << (row % 64);
  }
  return words;
}

}  // namespace

std::vector<Type> types_in_file(const FragmentKey& key) {
  std::vector<Type> types = key.breaker.types;
  if (!key.matches.empty()) types.push_back(Type::big_int());
  return types;
}

RowSet matches_now(const FragmentKey& key) {
  RowSet rows(types_in_file(key));
  std::vector<uint64_t> words;
  for (const MatchFlags& flags : key.matches) {
    const std::vector<uint64_t> more = words_of(*flags);
    words.insert(words.end(), more.begin(), more.end());
  }
  for (size_t begin = 0; begin < words.size(); begin += kRowGroupRows) {
    RowSet::Chunk chunk;
    chunk.row_count = std::min(kRowGroupRows, words.size() - begin);
    for (const Type& type : key.breaker.types) append_nulls(chunk.columns.emplace_back(type), chunk.row_count);
    void* const to = chunk.columns.emplace_back(Type::big_int()).append_uninitialized(chunk.row_count);
    std::copy_n(words.begin() + static_cast<ptrdiff_t>(begin), chunk.row_count, static_cast<uint64_t*>(to));
    rows.append_chunk(std::move(chunk));
  }
  return rows;
}

void set_matches(const FragmentKey& key, std::span<const RowSet::Chunk> chunks) {
  std::vector<uint64_t> words;
  for (const RowSet::Chunk& chunk : chunks) {
    const auto* more = chunk.columns.back().view().values<int64_t>();
    words.insert(words.end(), more, more + chunk.row_count);
  }
  size_t expected = 0;
  for (const MatchFlags& flags : key.matches) expected += words_for(flags->size());
  if (words.size() != expected) throw Error(sqlstate::kDataCorrupted, "a checkpoint's matches are of other rows");
  auto word = words.begin();
  for (const MatchFlags& flags : key.matches) {
    for (size_t row = 0; row < flags->size(); ++row) (*flags)[row] |= word[static_cast<ptrdiff_t>(row / 64)] >> (row % 64) & 1;
    word += static_cast<ptrdiff_t>(words_for(flags->size()));
  }
}

void remove_matches(const FragmentKey& key, RowSet::Chunk& chunk) {
  if (key.matches.empty()) return;
  chunk.columns.pop_back();
  if (!chunk.ranges.empty()) chunk.ranges.pop_back();
}

}  // namespace cairn
