#pragma once

#include <cstdint>
#include <vector>

#include "exec/evaluation/node.h"

namespace cairn::evaluation {

/// Whether it pays to decide something once per dictionary entry instead of once per row: as soon as the rows seen
/// with a dictionary outnumber its entries.
class DictionaryWatch {
 public:
  bool worth_it(const Vector& vector);

 private:
  uint64_t id_ = 0;
  uint64_t rows_ = 0;
};

/// The truth of a predicate on one dictionary column, decided per entry and mapped by code; remembered for as long as
/// batches come with the same dictionary.
class EntryTable {
 public:
  /// decide(entries, table) sets table[i] to 1 where entry i makes the predicate true, else 0.
  template <typename Decide>
  Truth apply(Frame& frame, const Vector& vector, Decide decide) {
    if (vector.dictionary_id == 0 || vector.dictionary_id != id_) {
      table_.resize(vector.dictionary_size);
      Vector entries;
      entries.type = vector.type;
      entries.size = vector.dictionary_size;
      entries.data = vector.dictionary;
      id_ = 0;
      decide(entries, table_.data());
      id_ = vector.dictionary_id;
    }
    return map(frame, vector);
  }

 private:
  Truth map(Frame& frame, const Vector& vector) const;

  uint64_t id_ = 0;
  std::vector<uint8_t> table_;
};

}  // namespace cairn::evaluation
