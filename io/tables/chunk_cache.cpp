#include "io/tables/chunk_cache.h"

#include <algorithm>

#include "io/segments/distinct_sketch.h"
#include "vector/memory_pool.h"

namespace cairn {

size_t ChunkCache::KeyHash::operator()(const Key& key) const { return mix_bits(key.row_group_id * 4099 + key.column); }

std::vector<std::shared_ptr<const ColumnChunk>> ChunkCache::get(uint64_t row_group_id,
                                                                std::span<const uint32_t> columns, const Reader& read) {
  std::vector<std::shared_ptr<const ColumnChunk>> chunks(columns.size());
  // What is not yet there is first claimed, then read and published, and only then are others waited for: nobody waits
  // while holding an unfulfilled claim.
  std::vector<uint32_t> mine;
  std::vector<size_t> mine_at, others_at;
  for (auto* positions : {&mine_at, &others_at}) positions->reserve(columns.size());
  mine.reserve(columns.size());
  size_t published = 0;
  try {
    for (size_t i = 0; i < columns.size(); ++i) {
      switch (claim({row_group_id, columns[i]}, chunks[i])) {
        case Claim::kFound:
          break;
        case Claim::kMine:
          mine.push_back(columns[i]), mine_at.push_back(i);
          break;
        case Claim::kOthers:
          others_at.push_back(i);
          break;
      }
    }
    if (!mine.empty()) {
      const std::vector<std::shared_ptr<const ColumnChunk>> fresh = read(mine);
      for (; published < mine.size(); ++published) {
        chunks[mine_at[published]] = fresh[published];
        publish({row_group_id, mine[published]}, fresh[published]);
      }
    }
  } catch (...) {  // others wait for what was claimed
    for (; published < mine.size(); ++published) abandon({row_group_id, mine[published]});
    throw;
  }
  for (const size_t i : others_at) {
    chunks[i] = wait({row_group_id, columns[i]});
    if (chunks[i] == nullptr) chunks[i] = get(row_group_id, columns.subspan(i, 1), read).front();
  }
  return chunks;
}

ChunkCache::Claim ChunkCache::claim(const Key& key, std::shared_ptr<const ColumnChunk>& chunk) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto [at, inserted] = shard.entries.try_emplace(key);
  if (inserted) return Claim::kMine;
  Entry& entry = at->second;
  if (entry.chunk == nullptr) return Claim::kOthers;
  shard.order.splice(shard.order.end(), shard.order, entry.position);
  chunk = entry.chunk;
  return Claim::kFound;
}

void ChunkCache::publish(const Key& key, const std::shared_ptr<const ColumnChunk>& chunk) {
  std::list<Key> position{key};  // all the memory that it takes
  Shard& shard = shard_of(key);
  {
    const std::lock_guard lock(shard.mutex);
    Entry& entry = shard.entries.at(key);
    entry.bytes = chunk->bytes();
    entry.chunk = chunk;
    entry.position = position.begin();
    shard.order.splice(shard.order.end(), position);
    bytes_ += entry.bytes;
    shard.changed.notify_all();
  }
  keep_budget();
}

void ChunkCache::set_budget(size_t bytes) {
  if (budget_bytes_.exchange(bytes) > bytes) keep_budget();
}

void ChunkCache::keep_budget() {
  for (size_t empty = 0; bytes_ > budget_bytes_ && empty < kShards;) empty = evict_one(next_shard(), Victim::kAny) ? 0 : empty + 1;
}

/// Chunks in use would go on taking memory until their users are done.
size_t ChunkCache::let_go(size_t bytes) noexcept {
  constexpr size_t kAskedMost = 4 * kShards;  // in vain, one after another
  const size_t before = bytes_;
  const auto freed = [&] { return before - std::min<size_t>(before, bytes_); };
  for (size_t vain = 0; freed() < bytes && vain < kAskedMost;) vain = evict_one(next_shard(), Victim::kIdle) ? 0 : vain + 1;
  return freed();
}

bool ChunkCache::evict_one(Shard& shard, Victim victim_kind) {
  std::shared_ptr<const ColumnChunk> evicted;  // dies after the lock
  const std::lock_guard lock(shard.mutex);
  if (shard.order.empty()) return false;
  const auto victim = shard.entries.find(shard.order.front());
  if (victim_kind == Victim::kIdle && victim->second.chunk.use_count() > 1) {
    shard.order.splice(shard.order.end(), shard.order, shard.order.begin());
    return false;
  }
  shard.order.pop_front();
  bytes_ -= victim->second.bytes;
  evicted = std::move(victim->second.chunk);
  shard.entries.erase(victim);
  return true;
}

void ChunkCache::abandon(const Key& key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  shard.entries.erase(key);
  shard.changed.notify_all();
}

std::shared_ptr<const ColumnChunk> ChunkCache::wait(const Key& key) {
  Shard& shard = shard_of(key);
  std::unique_lock lock(shard.mutex);
  for (;;) {
    const auto at = shard.entries.find(key);
    if (at == shard.entries.end()) return nullptr;
    if (at->second.chunk != nullptr) return at->second.chunk;
    shard.changed.wait(lock);
  }
}

size_t default_cache_bytes() { return kColumnCacheShare.bytes(); }

}  // namespace cairn
