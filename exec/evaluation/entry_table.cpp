#include "exec/evaluation/entry_table.h"

#include "vector/kernels/compare.h"

namespace cairn::evaluation {

bool DictionaryWatch::worth_it(const Vector& vector) {
  if (vector.encoding != Encoding::kDictionary) return false;
  if (vector.dictionary_id == 0) return vector.dictionary_size <= vector.size;
  if (vector.dictionary_id != id_) {
    id_ = vector.dictionary_id;
    rows_ = 0;
  }
  rows_ += vector.size;
  return vector.dictionary_size <= rows_;
}

Truth EntryTable::map(Frame& frame, const Vector& vector) const {
  uint64_t* bits = frame.allocate_mask(vector.size);
  mask_by_table(table_.data(), table_.size(), vector.data, vector.code_bytes, vector.size, bits);
  return finish_truth(bits, vector.validity, vector.size);
}

}  // namespace cairn::evaluation
