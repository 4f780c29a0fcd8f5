#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "exec/rows/chunk_store.h"
#include "io/storage/storage.h"

namespace cairn {

/// A query's rows on disk: chunks of segments in one file without a name, which goes with the query and with the process.
/// Made when the first chunk comes; the room of chunks that died is used again. Thread-safe.
class SpillFile final : public ChunkStore, public std::enable_shared_from_this<SpillFile> {
 public:
  /// `limit_bytes`: of the file; 0: none.
  static std::shared_ptr<SpillFile> make(std::shared_ptr<Storage> storage, std::string directory, uint64_t limit_bytes);

  using ChunkStore::store;
  std::vector<std::shared_ptr<const StoredChunk>> store(std::span<const RowSet::Chunk> chunks) override;

 private:
  class Stored;
  SpillFile(std::shared_ptr<Storage> storage, std::string directory, uint64_t limit_bytes);
  File& file();
  uint64_t take(uint64_t bytes);
  void give_back(uint64_t offset, uint64_t bytes) noexcept;

  const std::shared_ptr<Storage> storage_;
  const std::string directory_;
  const uint64_t limit_bytes_;
  std::mutex mutex_;  ///< guards what follows
  std::unique_ptr<File> file_;
  std::map<uint64_t, uint64_t> free_;  ///< offset to length, none beside another
  uint64_t end_ = 0, extended_to_ = 0;
};

}  // namespace cairn
