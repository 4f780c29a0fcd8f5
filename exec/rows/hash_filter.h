#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "vector/memory_pool.h"

namespace cairn {

/// Which hashes may have been added: a register-blocked Bloom filter, whose bits of one hash stand in one word (Putze,
/// Sanders, Singler: "Cache-, Hash- and Space-Efficient Bloom Filters", WEA 2007). What was added is not forgotten,
/// whoever else adds at the same time; the same hashes make the same filter.
class HashFilter {
 public:
  /// Of up to so many bytes, but 4096 at least.
  explicit HashFilter(size_t bytes_most)
      : words_(std::bit_floor(std::max(bytes_most, size_t{4096}) / sizeof(uint64_t)), 0),
        shift_(64 - static_cast<unsigned>(std::bit_width(words_.size() - 1))) {}

  /// Thread-safe.
  void add(uint64_t hash) {
    const std::atomic_ref word(words_[hash >> shift_]);
    const uint64_t bits = bits_of(hash);
    if ((word.load(std::memory_order_relaxed) & bits) != bits) word.fetch_or(bits, std::memory_order_relaxed);
  }
  bool may_contain(uint64_t hash) const {
    const uint64_t bits = bits_of(hash);
    return (words_[hash >> shift_] & bits) == bits;
  }
  size_t bytes() const { return words_.capacity() * sizeof(uint64_t); }

  /// Three bits of a word, chosen by bits of the hash that do not choose the word.
  static uint64_t bits_of(uint64_t hash) {
    return uint64_t{1} << (hash & 63) | uint64_t{1} << (hash >> 6 & 63) | uint64_t{1} << (hash >> 12 & 63);
  }

 private:
  LargeVector<uint64_t> words_;  ///< a power of two
  unsigned shift_;               ///< hash >> shift_ is the word
};

}  // namespace cairn
