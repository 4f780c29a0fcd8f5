#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "exec/rows/row_set.h"

namespace cairn {

/// Where rows go for which there is no memory. Thread-safe.
class ChunkStore {
 public:
  virtual ~ChunkStore() = default;
  /// Writes the chunk's rows. Errors: those of the storage; kProgramLimit above temp_limit.
  std::shared_ptr<const StoredChunk> store(const RowSet::Chunk& chunk) { return store(std::span(&chunk, 1))[0]; }
  /// The same of several, in one go.
  virtual std::vector<std::shared_ptr<const StoredChunk>> store(std::span<const RowSet::Chunk> chunks) = 0;
};

}  // namespace cairn
