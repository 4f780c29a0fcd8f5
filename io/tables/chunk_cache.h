#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "io/tables/table.h"
#include "vector/memory_account.h"

namespace cairn {

/// Opened column chunks by (row group, column), within a budget of bytes: of each shard in turn the least recently used
/// goes first; where the process needs memory, as many as it needs. Chunks in use are kept alive by their users and may
/// exceed the budget. A chunk that several threads ask for at once is read once.
/// Thread-safe.
class ChunkCache final : private MemoryHolder {
 public:
  explicit ChunkCache(size_t budget_bytes) : budget_bytes_(budget_bytes) { MemoryAccount::process().add_holder(*this); }
  ~ChunkCache() { MemoryAccount::process().remove_holder(*this); }
  ChunkCache(const ChunkCache&) = delete;
  ChunkCache& operator=(const ChunkCache&) = delete;
  /// What is held beyond goes.
  void set_budget(size_t bytes);

  using Reader = std::function<std::vector<std::shared_ptr<const ColumnChunk>>(std::span<const uint32_t> columns)>;
  /// The chunks of these columns of the row group; `read` gets those that are missing, all in one call. Its errors pass
  /// through.
  std::vector<std::shared_ptr<const ColumnChunk>> get(uint64_t row_group_id, std::span<const uint32_t> columns,
                                                      const Reader& read);

  /// Bytes of the chunks held.
  size_t bytes() const { return bytes_; }

 private:
  static constexpr size_t kShards = 16;

  struct Key {
    uint64_t row_group_id;
    uint32_t column;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Entry {
    std::shared_ptr<const ColumnChunk> chunk;  ///< nullptr while its reader is at work
    size_t bytes = 0;
    std::list<Key>::iterator position;  ///< in `order`, once there is a chunk
  };
  struct Shard {
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::unordered_map<Key, Entry, KeyHash> entries;
    std::list<Key> order;  ///< least recently used first
  };

  Shard& shard_of(const Key& key) { return shards_[KeyHash()(key) % kShards]; }
  enum class Claim { kFound, kMine, kOthers };
  /// The chunk if it is there; else the caller must read it, or wait for who does.
  Claim claim(const Key& key, std::shared_ptr<const ColumnChunk>& chunk);
  void publish(const Key& key, const std::shared_ptr<const ColumnChunk>& chunk);
  void keep_budget();
  size_t let_go(size_t bytes) noexcept override;
  enum class Victim { kAny, kIdle };
  /// The least recently used one; an idle one has no users. False where the shard is empty, or not for now.
  bool evict_one(Shard& shard, Victim victim);
  Shard& next_shard() { return shards_[next_shard_.fetch_add(1, std::memory_order_relaxed) % kShards]; }
  void abandon(const Key& key);
  /// Waits until nobody reads the chunk; nullptr if the reader failed or the chunk is out again.
  std::shared_ptr<const ColumnChunk> wait(const Key& key);

  std::atomic<size_t> budget_bytes_, bytes_{0};
  std::atomic<size_t> next_shard_{0};  ///< whose turn it is to let go
  std::array<Shard, kShards> shards_;
};

/// A share of the memory that this process may use.
size_t default_cache_bytes();

}  // namespace cairn
