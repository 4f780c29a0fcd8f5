#include "exec/sorting/sort_entries.h"

#include <algorithm>
#include <bit>

namespace cairn {
namespace {

/// Fewer are sorted by comparing.
constexpr size_t kRadixRowsMin = 256, kInsertionRowsMax = 24;
constexpr unsigned kPassesMax = 3;

template <size_t kWords>
class EntrySort {
 public:
  using Entry = SortEntry<kWords>;
  EntrySort(Entry* scratch, const OpenKeys* open_keys) : scratch_(scratch), open_keys_(open_keys) {}

  /// REQUIRES: the words before `word` are equal.
  void sort(Entry* entries, size_t count, size_t word) {
    if (count < 2) return;
    if (count < kRadixRowsMin) return sort_few(entries, count);
    uint64_t varying = 0;
    for (;; ++word) {
      if (word == kWords) {
        if (open_keys_ != nullptr) sort_open(entries, count);
        return;
      }
      for (size_t i = 1; i < count; ++i) varying |= entries[i].words[word] ^ entries[0].words[word];
      if (varying != 0) break;
    }
    const auto top = static_cast<unsigned>(std::bit_width(varying));
    // So many bits that groups of equal ones will be small, were they random.
    const auto enough = static_cast<unsigned>(std::bit_width(count)) + 4;
    const unsigned passes = std::clamp((std::min(enough, top) + 7) / 8, 1u, kPassesMax);
    const unsigned low = top > passes * 8 ? top - passes * 8 : 0;
    radix_sort(entries, count, word, low, passes);
    if (low == 0 && word + 1 == kWords && open_keys_ == nullptr) return;
    sort_groups(entries, count, word, low);
  }

 private:
  bool is_before(const Entry& a, const Entry& b) const {
    if (a < b) return true;
    return open_keys_ != nullptr && a.words == b.words && open_keys_->compare(a.row, b.row) < 0;
  }

  void sort_open(Entry* entries, size_t count) {
    std::vector<RowAddress> rows;
    for (size_t i = 0; i < count; ++i) rows.push_back(entries[i].row);
    open_keys_->sort(rows);
    for (size_t i = 0; i < count; ++i) entries[i].row = rows[i];
  }

  void sort_few(Entry* entries, size_t count) {
    const auto before = [this](const Entry& a, const Entry& b) { return is_before(a, b); };
    if (count > kInsertionRowsMax) return std::stable_sort(entries, entries + count, before);
    for (size_t i = 1; i < count; ++i) {
      if (!before(entries[i], entries[i - 1])) continue;
      const Entry entry = entries[i];
      size_t at = i;
      for (; at > 0 && before(entry, entries[at - 1]); --at) entries[at] = entries[at - 1];
      entries[at] = entry;
    }
  }

  /// Least significant byte first.
  void radix_sort(Entry* entries, size_t count, size_t word, unsigned low, unsigned passes) {
    Entry *from = entries, *to = scratch_;
    for (unsigned shift = low; shift < std::min(low + passes * 8, 64u); shift += 8) {
      std::array<uint32_t, 257> starts{};
      for (size_t i = 0; i < count; ++i) ++starts[((from[i].words[word] >> shift) & 255) + 1];
      if (std::find(starts.begin(), starts.end(), count) != starts.end()) continue;  // one value: nothing moves
      for (size_t value = 0; value < 256; ++value) starts[value + 1] += starts[value];
      for (size_t i = 0; i < count; ++i) to[starts[(from[i].words[word] >> shift) & 255]++] = from[i];
      std::swap(from, to);
    }
    if (from != entries) std::copy(from, from + count, entries);
  }

  /// Sorts what is equal in the word's bits from `low` on by what stands behind them.
  void sort_groups(Entry* entries, size_t count, size_t word, unsigned low) {
    for (size_t begin = 0; begin < count;) {
      const uint64_t value = entries[begin].words[word] >> low;
      size_t end = begin + 1;
      while (end < count && entries[end].words[word] >> low == value) ++end;
      sort(entries + begin, end - begin, low == 0 ? word + 1 : word);
      begin = end;
    }
  }

  Entry* const scratch_;
  const OpenKeys* const open_keys_;
};

}  // namespace

template <size_t kWords>
void sort_entries(SortEntry<kWords>* entries, size_t count, SortEntry<kWords>* scratch, const OpenKeys* open_keys) {
  EntrySort<kWords>(scratch, open_keys).sort(entries, count, 0);
}

template void sort_entries<1>(SortEntry<1>*, size_t, SortEntry<1>*, const OpenKeys*);
template void sort_entries<2>(SortEntry<2>*, size_t, SortEntry<2>*, const OpenKeys*);
template void sort_entries<3>(SortEntry<3>*, size_t, SortEntry<3>*, const OpenKeys*);

}  // namespace cairn
