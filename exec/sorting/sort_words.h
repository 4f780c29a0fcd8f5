#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "exec/sorting/sort_order.h"

namespace cairn {

struct StringFacts;

/// How sort keys become up to `words_max` (three) 64-bit words that compare as the rows do: fields from the most significant
/// bit of the first word down, a key behind the other, as many as fit.
///
///   integral:  value - min, in as many bits as the range takes; intervals: their microseconds
///   floating:  the IEEE bits, ordered: -0 is 0, NaN above all numbers
///   string:    the bytes behind what all strings begin with, zero-padded, and the length, which tells "a" from "a\0"
///
/// All complemented where descending. A nullable value has one code more, below or above all others; a nullable string a
/// bit of its own. Of a key that does not fit there are the leading bits, and it is the last one: exact_keys() keys need
/// no further comparison.
class SortWords {
 public:
  static constexpr size_t kWordsMax = 3;

  /// For all rows of the chunks.
  SortWords(std::span<const SortKey> keys, const std::vector<Type>& types, const ChunkList& chunks,
            const Sink::Parallel& parallel, size_t words_max = kWordsMax);
  /// For these rows: what their strings have in common is left out, be it more than all have.
  SortWords(std::span<const SortKey> keys, const std::vector<Type>& types, const ChunkList& chunks,
            std::span<const RowAddress> rows, size_t words_max = kWordsMax);
  size_t exact_keys() const { return exact_keys_; }
  size_t word_count() const { return std::max<size_t>(1, (used_bits_ + 63) / 64); }
  /// The words of rows[i] at words + i * stride.
  void encode(const RowAddress* rows, size_t count, uint64_t* words, size_t stride) const;

 private:
  struct Field {
    enum class Part : uint8_t { kValue, kValidity, kBytes, kLength };
    size_t column = 0;  ///< of columns_
    Part part = Part::kValue;
    bool descending = false;
    uint128_t span = 0;        ///< codes of values are 0 .. span,
    unsigned first_code = 0;   ///< and stand from here on
    uint128_t null_code = 0;
    unsigned code_bits = 0;
    unsigned offset = 0, bits = 0;  ///< where its most significant bits stand among the words', and how many of them
    int128_t min = 0;               ///< of integral values
    uint32_t first_byte = 0, byte_count = 0;  ///< of strings
  };
  /// A key's values by chunk.
  struct Column {
    Type type;
    std::vector<const void*> values;
    std::vector<const uint64_t*> validity;  ///< nullptr: none is NULL
    bool nullable = false;

    bool valid(RowAddress row) const {
      const uint64_t* const bits = validity[chunk_of(row)];
      return bits == nullptr || ((bits[offset_of(row) / 64] >> (offset_of(row) % 64)) & 1) != 0;
    }
  };

  using FactsOf = std::function<StringFacts(const SortKey&)>;
  void add_keys(std::span<const SortKey> keys, const std::vector<Type>& types, const ChunkList& chunks,
                const FactsOf& facts_of_key);
  void add_value(const SortKey& key, const ChunkList& chunks);
  void add_string(const SortKey& key, const StringFacts& facts);
  bool add_field(Field field);
  template <typename T, typename Code, typename CodeOf>
  void put(const Field& field, const RowAddress* rows, size_t count, uint64_t* words, size_t stride, CodeOf code_of) const;
  template <typename T>
  void put_integers(const Field& field, const RowAddress* rows, size_t count, uint64_t* words, size_t stride) const;
  void put_strings(const Field& field, const RowAddress* rows, size_t count, uint64_t* words, size_t stride) const;

  const size_t words_max_;
  std::vector<Column> columns_;
  std::vector<Field> fields_;
  size_t exact_keys_ = 0;
  unsigned used_bits_ = 0;
  bool whole_ = true;  ///< all fields so far have all their bits
};

}  // namespace cairn
