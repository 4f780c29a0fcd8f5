#pragma once

#include <cstdint>
#include <vector>

#include "exec/sorting/sort_order.h"

namespace cairn {

/// How sort keys become one 64-bit word: fields from the most significant bit down, one per key, as many as fit.
///
///   integral:  value - min in as many bits as the range takes, complemented where descending
///   floating:  the IEEE bits, ordered; string: its first bytes; wide integers, intervals: their leading bits
///
/// A nullable key has one code more, below or above all others. Only integral fields are exact, and the last field may
/// be cut; exact_keys() keys need no further comparison.
class SortWords {
 public:
  SortWords(const std::vector<SortKey>& keys, const std::vector<Type>& types, const ChunkList& chunks);
  size_t exact_keys() const { return exact_keys_; }
  /// Bits from the least significant one that words may differ in.
  unsigned used_bits() const { return used_bits_; }
  /// words[i] = the word of the chunk's row i.
  void encode(const RowSet::Chunk& chunk, uint64_t* words) const;

 private:
  struct Field {
    uint32_t column = 0;
    bool descending = false, nulls_first = false, nullable = false;
    bool integral = false;
    int128_t min = 0;
    uint128_t span = 0;     ///< codes of values are 0 .. span
    unsigned code_bits = 0; ///< of a whole code, NULL's included
    unsigned bits = 0;      ///< that the word has of it, its most significant ones
  };
  template <typename CodeOf>
  void encode_field(const Field& field, const Vector& values, uint64_t* words, CodeOf code_of) const;

  std::vector<Field> fields_;
  size_t exact_keys_ = 0;
  unsigned used_bits_ = 0;
};

}  // namespace cairn
