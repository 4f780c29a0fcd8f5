#pragma once

#include <array>
#include <cstdint>

#include "exec/rows/row_address.h"
#include "exec/rows/row_comparison.h"

namespace cairn {

/// A row and its words (exec/sorting/sort_words.h).
template <size_t kWords>
struct SortEntry {
  std::array<uint64_t, kWords> words;
  RowAddress row;

  friend bool operator<(const SortEntry& a, const SortEntry& b) { return a.words < b.words; }
};

/// Sorts entries, of which equal ones keep their order: a few bytes at a time from the highest that differ, and in groups
/// that these leave together the next ones. `open_keys` decides where all words are equal, or is nullptr. `scratch` has as
/// much room.
template <size_t kWords>
void sort_entries(SortEntry<kWords>* entries, size_t count, SortEntry<kWords>* scratch, const RowComparison* open_keys);

extern template void sort_entries<1>(SortEntry<1>*, size_t, SortEntry<1>*, const RowComparison*);
extern template void sort_entries<2>(SortEntry<2>*, size_t, SortEntry<2>*, const RowComparison*);
extern template void sort_entries<3>(SortEntry<3>*, size_t, SortEntry<3>*, const RowComparison*);

}  // namespace cairn
