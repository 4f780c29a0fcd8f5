#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "exec/rows/row_address.h"

namespace cairn {

/// A row and its words (exec/sorting/sort_words.h).
template <size_t kWords>
struct SortEntry {
  std::array<uint64_t, kWords> words;
  RowAddress row;

  friend bool operator<(const SortEntry& a, const SortEntry& b) {
    for (size_t word = 0; word + 1 < kWords; ++word) {
      if (a.words[word] != b.words[word]) return a.words[word] < b.words[word];
    }
    return a.words[kWords - 1] < b.words[kWords - 1];
  }
};

/// What decides where all words are equal.
class OpenKeys {
 public:
  virtual ~OpenKeys() = default;
  virtual int compare(RowAddress a, RowAddress b) const = 0;
  /// Sorts rows whose words are equal; those that are equal altogether keep their order.
  virtual void sort(std::vector<RowAddress>& rows) const = 0;
};

/// Sorts entries, of which equal ones keep their order: a few bytes at a time from the highest that differ, and in groups
/// that these leave together the next ones. `open_keys`: nullptr where the words are all there is. `scratch` has as much room.
template <size_t kWords>
void sort_entries(SortEntry<kWords>* entries, size_t count, SortEntry<kWords>* scratch, const OpenKeys* open_keys);

extern template void sort_entries<1>(SortEntry<1>*, size_t, SortEntry<1>*, const OpenKeys*);
extern template void sort_entries<2>(SortEntry<2>*, size_t, SortEntry<2>*, const OpenKeys*);
extern template void sort_entries<3>(SortEntry<3>*, size_t, SortEntry<3>*, const OpenKeys*);

}  // namespace cairn
