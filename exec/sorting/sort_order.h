#pragma once

#include <cstdint>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"
#include "exec/rows/row_address.h"

namespace cairn {

/// ORDER BY over rows in chunks. Keys become up to three words that compare as the rows do (exec/sorting/sort_words.h); rows
/// are spread over buckets by a sample of these, and every bucket is radix-sorted. Where not all of the keys fit, equal words
/// are decided by comparing values.
class SortOrder {
 public:
  SortOrder(std::vector<SortKey> keys, std::vector<Type> types) : keys_(std::move(keys)), types_(std::move(types)) {}

  /// The rows in order; equal ones keep their order in `rows`. NaN is greater than all numbers.
  std::vector<RowAddress> sort(const ChunkList& chunks, const std::vector<RowAddress>& rows,
                               const Sink::Parallel& parallel) const;
  const std::vector<SortKey>& keys() const { return keys_; }

 private:
  std::vector<SortKey> keys_;
  std::vector<Type> types_;
};

}  // namespace cairn
