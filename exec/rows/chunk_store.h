#pragma once

#include <cstdint>
#include <memory>

#include "exec/rows/row_set.h"

namespace cairn {

/// Where rows go for which there is no memory. Thread-safe.
class ChunkStore {
 public:
  virtual ~ChunkStore() = default;
  /// Writes the chunk's rows. Errors: those of the storage; kProgramLimit above temp_limit.
  virtual std::shared_ptr<const StoredChunk> store(const RowSet::Chunk& chunk) = 0;
};

}  // namespace cairn
