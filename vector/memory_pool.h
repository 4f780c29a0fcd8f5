#pragma once

// Large blocks of memory that stay with the process when they are freed: hash tables and columns of one query take the
// blocks of the one before. Fresh memory costs more than what is computed in it: the kernel clears every page at its
// first touch, at about the speed at which a scan reads. Blocks from 2 MiB on ask for huge pages, which takes most of
// the misses of the address cache away from random reads.

#include <cstddef>
#include <vector>

namespace cairn {

/// Blocks of so many bytes and more begin at a page, and are charged to MemoryAccount::process().
inline constexpr size_t kPageBlockBytesMin = size_t{32} << 10;
/// On a 64-byte boundary, uninitialized. Throws std::bad_alloc. Thread-safe.
void* allocate_block(size_t bytes);
/// `bytes` as they were allocated. Thread-safe.
void free_block(void* block, size_t bytes) noexcept;
/// Gives all that is kept back to the system.
void trim_blocks() noexcept;
/// From now on at most so many bytes are kept, and never more than a share of the memory at hand; 0: that share.
void limit_kept_blocks(size_t bytes) noexcept;

/// What this process may use: the machine's memory, or its cgroup's limit where that is less.
size_t usable_memory_bytes();

/// How it is shared out where no setting says otherwise, in percent. What a query's memory_limit counts can be less than
/// half of what it has at its most: while a breaker is finalized, its fragments and what becomes of them are both there.
/// Two such queries fit.
struct MemoryShare {
  unsigned percent;
  size_t bytes() const { return usable_memory_bytes() / 100 * percent; }
};
inline constexpr MemoryShare kColumnCacheShare{20}, kQueryShare{15}, kCheckpointQueueShare{5}, kKeptBlocksShare{5};
static_assert(kColumnCacheShare.percent + 2 * kQueryShare.percent * 11 / 5 + kCheckpointQueueShare.percent +
                  kKeptBlocksShare.percent <= 100);

/// Lets standard containers use such blocks.
template <typename T>
struct BlockAllocator {
  using value_type = T;
  BlockAllocator() = default;
  template <typename U>
  BlockAllocator(const BlockAllocator<U>&) {}  // NOLINT(google-explicit-constructor): containers rebind
  T* allocate(size_t count) { return static_cast<T*>(allocate_block(count * sizeof(T))); }
  void deallocate(T* block, size_t count) noexcept { free_block(block, count * sizeof(T)); }
  template <typename U>
  friend bool operator==(const BlockAllocator&, const BlockAllocator<U>&) { return true; }
};

template <typename T>
using LargeVector = std::vector<T, BlockAllocator<T>>;

}  // namespace cairn
