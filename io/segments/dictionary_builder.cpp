// Finds the distinct values of a column with an open-addressing hash table, giving up as soon as they are too many for
// a dictionary to pay. A strided sample decides whether it is worth beginning.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "io/segments/column_analysis.h"
#include "io/segments/schemes/packed_codes.h"

namespace cairn {

namespace {

constexpr uint32_t kEntriesMax = 65536;  // codes of two bytes
constexpr uint32_t kSampleRows = 2048;

uint64_t hash_of(const StringRef& text) {
  if (!text.is_inline()) return XXH3_64bits(text.data(), text.size());
  uint64_t words[2];
  std::memcpy(words, &text, sizeof words);
  return mix_bits(words[0] ^ (words[1] * 0x9e3779b97f4a7c15));
}

template <typename T>
uint64_t hash_of(const T& value) {
  return sketch_hash(static_cast<int128_t>(value));
}

template <typename T>
class DistinctTable {
 public:
  explicit DistinctTable(uint32_t entries_max)
      : entries_max_(entries_max),
        mask_(std::bit_ceil(std::max<uint32_t>(entries_max, 8) * 2) - 1),
        slots_(mask_ + 1) {}

  /// The code of values[row]; kFull if it were one entry too many.
  static constexpr uint32_t kFull = std::numeric_limits<uint32_t>::max();
  uint32_t code_of(const T* values, uint32_t row) {
    const uint64_t hash = hash_of(values[row]);
    const uint32_t tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      Slot& slot = slots_[at];
      if (slot.code_plus_one == 0) {
        if (entry_rows_.size() == entries_max_) return kFull;
        entry_rows_.push_back(row);
        slot = {tag, static_cast<uint32_t>(entry_rows_.size())};
        return slot.code_plus_one - 1;
      }
      if (slot.tag == tag && values[entry_rows_[slot.code_plus_one - 1]] == values[row]) return slot.code_plus_one - 1;
    }
  }

  std::vector<uint32_t>& entry_rows() { return entry_rows_; }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t code_plus_one = 0;
  };
  const uint32_t entries_max_;
  const size_t mask_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> entry_rows_;
};

/// Share of distinct values among sampled rows, or of sampled rows that differ from the next, whichever is less: values
/// that come in runs repeat too.
template <typename T>
double sampled_variety(const ColumnAnalysis& analysis) {
  const uint32_t sample = std::min(kSampleRows, analysis.row_count);
  const uint32_t stride = analysis.row_count / sample;
  DistinctTable<T> table(sample);
  const T* values = analysis.as<T>();
  uint32_t breaks = 1;
  for (uint32_t i = 0; i < sample; ++i) {
    const uint32_t row = i * stride;
    table.code_of(values, row);
    if (row + 1 < analysis.row_count && !(values[row] == values[row + 1])) ++breaks;
  }
  return static_cast<double>(std::min<size_t>(table.entry_rows().size(), breaks)) / sample;
}

template <typename T>
void build(ColumnAnalysis& analysis, uint32_t entries_max) {
  DistinctTable<T> table(entries_max);
  const T* values = analysis.as<T>();
  analysis.codes.resize(analysis.row_count);
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    const uint32_t code = table.code_of(values, row);
    if (code == DistinctTable<T>::kFull) {
      analysis.codes = {};
      return;
    }
    analysis.codes[row] = code;
  }
  analysis.entry_rows = std::move(table.entry_rows());
  analysis.has_dictionary = true;
}

void build_of_strings(ColumnAnalysis& analysis) {
  const bool fast = analysis.effort == EncodeEffort::kFast;
  // A sample of 2048 out of 65536 equally frequent values still has about 30 repetitions.
  if (sampled_variety<StringRef>(analysis) > (fast ? 0.5 : 0.99) && analysis.row_count > 64) return;
  build<StringRef>(analysis,
                   std::min(kEntriesMax, std::max(fast ? analysis.row_count / 8 : analysis.row_count / 2, 1u)));
  if (!analysis.has_dictionary) return;
  const StringRef* values = analysis.as<StringRef>();
  analysis.entry_length_min = std::numeric_limits<uint32_t>::max();
  for (const uint32_t row : analysis.entry_rows) {
    analysis.entry_string_bytes += values[row].size();
    analysis.entry_length_min = std::min(analysis.entry_length_min, values[row].size());
    analysis.entry_length_max = std::max(analysis.entry_length_max, values[row].size());
  }
}

}  // namespace

void build_dictionary(ColumnAnalysis& analysis) {
  if (analysis.physical == Physical::kString) return build_of_strings(analysis);
  // Arithmetic wants numbers, not codes: integers get a dictionary only where it makes them four times narrower.
  const uint8_t value_bytes = static_cast<uint8_t>(physical_bytes(analysis.physical));
  const uint8_t offset_bytes = analysis.has_range ? code_bytes_for(bits_for(analysis.range)) : value_bytes;
  const uint8_t narrowest = std::min(value_bytes, offset_bytes);
  if (analysis.effort == EncodeEffort::kFast || narrowest < 4 || analysis.row_count < 1024) return;
  const uint32_t entries_max = narrowest == 4 ? 256 : 4096;
  with_integral_type(analysis.physical, [&](auto zero) {
    using T = decltype(zero);
    if (sampled_variety<T>(analysis) * kSampleRows <= 256) build<T>(analysis, entries_max);
  });
}

}  // namespace cairn
