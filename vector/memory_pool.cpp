#include "vector/memory_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>

namespace cairn {

namespace {

constexpr std::align_val_t kAlignment{64};
constexpr size_t kPooledBytesMin = size_t{128} << 10;
constexpr size_t kHugePageBytes = size_t{2} << 20;
/// What is kept for later, in all, however much memory there is; beyond, blocks go back to the system.
constexpr size_t kKeptBytesMax = size_t{512} << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPooling = false;  // sanitizers watch allocations
#else
constexpr bool kPooling = true;
#endif

/// Of blocks that are not pooled.
std::align_val_t alignment_of(size_t bytes) { return bytes < kPageBlockBytesMin ? kAlignment : std::align_val_t{4096}; }

/// Four sizes per power of two: at most a fifth of a block is unused.
struct SizeClass {
  size_t number;
  size_t bytes;
};
SizeClass size_class(size_t bytes) {
  const unsigned exponent = static_cast<unsigned>(std::bit_width(bytes - 1)) - 3;
  const size_t quarters = ((bytes - 1) >> exponent) + 1;  // 5 .. 8
  return {exponent * 4 + (quarters - 5), quarters << exponent};
}

class Pool {
 public:
  void* take(SizeClass size) {
    {
      const std::lock_guard lock(mutex_);
      std::vector<void*>& blocks = blocks_[size.number];
      if (!blocks.empty()) {
        void* block = blocks.back();
        blocks.pop_back();
        kept_bytes_ -= size.bytes;
        return block;
      }
    }
    return size.bytes < kPageBlockBytesMin ? ::operator new(size.bytes, kAlignment) : map(size.bytes);
  }

  void give_back(void* block, SizeClass size) noexcept {
    try {
      const std::lock_guard lock(mutex_);
      if (kept_bytes_ + size.bytes <= std::min(kept_bytes_max_, kept_bytes_limit_)) {
        blocks_[size.number].push_back(block);
        kept_bytes_ += size.bytes;
        return;
      }
    } catch (const std::bad_alloc&) {  // no room for its address: not kept
    }
    release(block, size);
  }

  void limit(size_t bytes) noexcept {
    {
      const std::lock_guard lock(mutex_);
      kept_bytes_limit_ = bytes == 0 ? SIZE_MAX : bytes;
      if (kept_bytes_ <= kept_bytes_limit_) return;
    }
    trim();
  }

  void trim() noexcept {
    const std::lock_guard lock(mutex_);
    for (size_t number = 0; number < blocks_.size(); ++number) {
      const SizeClass size{number, (number % 4 + 5) << (number / 4)};
      for (void* block : blocks_[number]) release(block, size);
      blocks_[number].clear();
    }
    kept_bytes_ = 0;
  }

 private:
  /// From the system, and back to it at once when they are freed: the heap's holes would count for nobody.
  static void* map(size_t bytes) {
    const bool huge = bytes >= kHugePageBytes;
    const size_t spare = huge ? kHugePageBytes : 0;  // to begin where a huge page does
    void* const begin = ::mmap(nullptr, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (begin == MAP_FAILED) throw std::bad_alloc();
    if (!huge) return begin;
    auto* const block = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(begin) + spare - 1) / spare * spare);
    const size_t before = static_cast<size_t>(block - static_cast<std::byte*>(begin));
    if (before != 0) ::munmap(begin, before);
    if (spare != before) ::munmap(block + bytes, spare - before);
    ::madvise(block, bytes, MADV_HUGEPAGE);  // a wish: nothing depends on it
    return block;
  }
  static void release(void* block, SizeClass size) noexcept {
    if (size.bytes < kPageBlockBytesMin) return ::operator delete(block, kAlignment);
    ::munmap(block, size.bytes);
  }

  std::mutex mutex_;
  const size_t kept_bytes_max_ = std::min(kKeptBytesMax, kKeptBlocksShare.bytes());
  std::array<std::vector<void*>, 256> blocks_;  ///< by size class
  size_t kept_bytes_ = 0, kept_bytes_limit_ = SIZE_MAX;
};

/// Never destroyed: blocks may be freed by destructors that run after any of ours would.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

void* allocate_block(size_t bytes) {
  if (!kPooling || bytes < kPooledBytesMin) return ::operator new(bytes, alignment_of(bytes));
  return pool().take(size_class(bytes));
}

void free_block(void* block, size_t bytes) noexcept {
  if (block == nullptr) return;
  if (!kPooling || bytes < kPooledBytesMin) return ::operator delete(block, alignment_of(bytes));
  pool().give_back(block, size_class(bytes));
}

void limit_kept_blocks(size_t bytes) noexcept {
  if (kPooling) pool().limit(bytes);
}

void trim_blocks() noexcept {
  if (kPooling) pool().trim();
}

}  // namespace cairn
