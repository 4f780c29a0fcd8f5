#include "vector/memory_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>

#include "vector/memory_account.h"

namespace cairn {

namespace {

constexpr std::align_val_t kAlignment{64};
constexpr size_t kHugePageBytes = size_t{2} << 20;
/// Smaller blocks are cut from regions: as mappings of their own they would be too many for the kernel.
constexpr size_t kRegionBytes = size_t{16} << 20;
/// What is kept for later, in all, however much memory there is; beyond, pages go back to the system.
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

SizeClass class_of(size_t number) { return {number, (number % 4 + 5) << (number / 4)}; }

/// A block is in use, kept (its pages are there), or, where it is cut from a region, vacant (they are the system's again).
class Pool final : public MemoryHolder {
 public:
  Pool() { MemoryAccount::process().add_holder(*this, true); }

  void* take(SizeClass size) {
    {
      const std::lock_guard lock(mutex_);
      taken_at_[size.number] = ++takes_;
      if (void* const block = take_last(kept_[size.number])) {
        kept_bytes_ -= size.bytes;
        return block;
      }
    }
    MemoryAccount::process().add_blocks(size.bytes);  // with no lock held: others let go of blocks
    try {
      return size.bytes >= kHugePageBytes ? map(size.bytes) : take_vacant(size);
    } catch (...) {
      MemoryAccount::process().remove_blocks(size.bytes);
      throw;
    }
  }

  /// Where too much is kept, blocks go of the size that nobody has asked for the longest: else those that are in use here
  /// and there would keep out what is taken and given back all the time.
  void give_back(void* block, SizeClass size) noexcept {
    try {
      std::unique_lock lock(mutex_);
      const size_t most = std::min(kept_bytes_max_, kept_bytes_limit_.load());
      while (size.bytes <= most && kept_bytes_ + size.bytes > most) {
        const size_t stalest = stalest_kept();
        if (taken_at_[stalest] >= taken_at_[size.number]) break;
        void* const other = take_last(kept_[stalest]);
        kept_bytes_ -= class_of(stalest).bytes;
        lock.unlock();
        release(other, class_of(stalest));
        lock.lock();
      }
      if (kept_bytes_ + size.bytes <= most) {
        kept_[size.number].push_back(block);
        kept_bytes_ += size.bytes;
        return;
      }
    } catch (const std::bad_alloc&) {  // no room for its address: not kept
    }
    release(block, size);
  }

  void limit(size_t bytes) noexcept {
    kept_bytes_limit_ = bytes == 0 ? SIZE_MAX : bytes;
    size_t excess = 0;
    {
      const std::lock_guard lock(mutex_);
      if (kept_bytes_ > kept_bytes_limit_) excess = kept_bytes_ - kept_bytes_limit_;
    }
    if (excess != 0) let_go(excess);
  }

  /// The largest first: fewest calls.
  size_t let_go(size_t bytes) noexcept override {
    size_t freed = 0;
    for (size_t number = kept_.size(); number-- > 0 && freed < bytes;) {
      const SizeClass size = class_of(number);
      while (freed < bytes) {
        void* block;
        {
          const std::lock_guard lock(mutex_);
          if ((block = take_last(kept_[number])) == nullptr) break;
          kept_bytes_ -= size.bytes;
        }
        release(block, size);
        freed += size.bytes;
      }
    }
    return freed;
  }

 private:
  using Blocks = std::vector<void*>;

  static void* take_last(Blocks& blocks) noexcept {
    if (blocks.empty()) return nullptr;
    void* const block = blocks.back();
    blocks.pop_back();
    return block;
  }

  /// REQUIRES: something is kept. Holds the lock.
  size_t stalest_kept() const noexcept {
    size_t stalest = kept_.size();
    for (size_t number = 0; number < kept_.size(); ++number) {
      if (!kept_[number].empty() && (stalest == kept_.size() || taken_at_[number] < taken_at_[stalest])) stalest = number;
    }
    return stalest;
  }

  void* take_vacant(SizeClass size) {
    const std::lock_guard lock(mutex_);
    Blocks& vacant = vacant_[size.number];
    if (void* const block = take_last(vacant)) return block;
    const size_t count = kRegionBytes / size.bytes;
    vacant.reserve((regions_[size.number] + 1) * count);  // for all that there will be: release() must not fail
    auto* const region = static_cast<std::byte*>(map_pages(count * size.bytes));
    ++regions_[size.number];
    ::madvise(region, count * size.bytes, MADV_NOHUGEPAGE);  // a page of a freed block would stay with its neighbours
    for (size_t i = count; --i > 0;) vacant.push_back(region + i * size.bytes);
    return region;
  }

  static void* map_pages(size_t bytes) {
    void* const begin = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (begin == MAP_FAILED) throw std::bad_alloc();
    return begin;
  }
  /// From the system, and back to it at once when they are freed; begins where a huge page does.
  static void* map(size_t bytes) {
    const size_t spare = kHugePageBytes;
    void* const begin = map_pages(bytes + spare);
    auto* const block = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(begin) + spare - 1) / spare * spare);
    const size_t before = static_cast<size_t>(block - static_cast<std::byte*>(begin));
    if (before != 0) ::munmap(begin, before);
    if (spare != before) ::munmap(block + bytes, spare - before);
    ::madvise(block, bytes, MADV_HUGEPAGE);  // a wish: nothing depends on it
    return block;
  }

  /// Gives its pages back to the system.
  void release(void* block, SizeClass size) noexcept {
    if (size.bytes >= kHugePageBytes) {
      ::munmap(block, size.bytes);
    } else {
      ::madvise(block, size.bytes, MADV_DONTNEED);
      const std::lock_guard lock(mutex_);
      vacant_[size.number].push_back(block);
    }
    MemoryAccount::process().remove_blocks(size.bytes);
  }

  std::mutex mutex_;
  const size_t kept_bytes_max_ = std::min(kKeptBytesMax, kKeptBlocksShare.bytes());
  std::array<Blocks, 256> kept_, vacant_;  ///< by size class
  std::array<size_t, 256> regions_{};
  std::array<uint64_t, 256> taken_at_{};  ///< by size class: the number of the last take
  uint64_t takes_ = 0;
  size_t kept_bytes_ = 0;
  std::atomic<size_t> kept_bytes_limit_{SIZE_MAX};
};

/// Never destroyed: blocks may be freed by destructors that run after any of ours would.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

void* allocate_block(size_t bytes) {
  if (!kPooling || bytes < kPageBlockBytesMin) return ::operator new(bytes, alignment_of(bytes));
  return pool().take(size_class(bytes));
}

void free_block(void* block, size_t bytes) noexcept {
  if (block == nullptr) return;
  if (!kPooling || bytes < kPageBlockBytesMin) return ::operator delete(block, alignment_of(bytes));
  pool().give_back(block, size_class(bytes));
}

void limit_kept_blocks(size_t bytes) noexcept {
  if (kPooling) pool().limit(bytes);
}

void trim_blocks() noexcept {
  if (kPooling) pool().let_go(SIZE_MAX);
}

}  // namespace cairn
