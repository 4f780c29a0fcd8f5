#include "vector/memory_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
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
    if (size.bytes < kHugePageBytes) return ::operator new(size.bytes, kAlignment);
    void* block = ::operator new(size.bytes, std::align_val_t{kHugePageBytes});
    madvise(block, size.bytes, MADV_HUGEPAGE);  // a wish: nothing depends on it
    return block;
  }

  void give_back(void* block, SizeClass size) noexcept {
    try {
      const std::lock_guard lock(mutex_);
      if (kept_bytes_ + size.bytes <= kept_bytes_max_) {
        blocks_[size.number].push_back(block);
        kept_bytes_ += size.bytes;
        return;
      }
    } catch (const std::bad_alloc&) {  // no room for its address: not kept
    }
    release(block, size);
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
  static void release(void* block, SizeClass size) noexcept {
    size.bytes < kHugePageBytes ? ::operator delete(block, kAlignment)
                                : ::operator delete(block, std::align_val_t{kHugePageBytes});
  }

  std::mutex mutex_;
  const size_t kept_bytes_max_ = std::min(kKeptBytesMax, kKeptBlocksShare.bytes());
  std::array<std::vector<void*>, 256> blocks_;  ///< by size class
  size_t kept_bytes_ = 0;
};

/// Never destroyed: blocks may be freed by destructors that run after any of ours would.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

void* allocate_block(size_t bytes) {
  if (!kPooling || bytes < kPooledBytesMin) return ::operator new(bytes, kAlignment);
  return pool().take(size_class(bytes));
}

void free_block(void* block, size_t bytes) noexcept {
  if (block == nullptr) return;
  if (!kPooling || bytes < kPooledBytesMin) return ::operator delete(block, kAlignment);
  pool().give_back(block, size_class(bytes));
}

void trim_blocks() noexcept {
  if (kPooling) pool().trim();
}

}  // namespace cairn
