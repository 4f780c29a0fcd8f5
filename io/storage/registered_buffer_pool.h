#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "io/storage/aligned_buffer.h"

namespace cairn {

class RegisteredBufferPool;

/// A buffer on loan from a pool, handed back when it is destroyed. Empty after a move, or when the pool had none.
class RegisteredBuffer {
 public:
  RegisteredBuffer() = default;
  RegisteredBuffer(RegisteredBuffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), index_(other.index_) {}
  RegisteredBuffer& operator=(RegisteredBuffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(index_, other.index_);
    return *this;
  }
  ~RegisteredBuffer() { release(); }

  explicit operator bool() const { return pool_ != nullptr; }
  /// REQUIRES: not empty (also for the three that follow).
  std::span<std::byte> bytes() const;
  size_t size() const { return bytes().size(); }
  RegisteredBufferPool& pool() const { return *pool_; }
  uint32_t index() const { return index_; }

  void release();

 private:
  friend class RegisteredBufferPool;
  RegisteredBuffer(RegisteredBufferPool* pool, uint32_t index) : pool_(pool), index_(index) {}

  RegisteredBufferPool* pool_ = nullptr;
  uint32_t index_ = 0;
};

/// A fixed number of equal, 4096-aligned buffers for asynchronous I/O. io_uring pins and maps them once per ring
/// instead of once per request (three times the throughput per core, arXiv 2512.04859); where the kernel refuses to pin
/// (RLIMIT_MEMLOCK) or there is no io_uring they are plain memory. Being bounded, the pool is also the back-pressure of
/// an asynchronous writer. Thread-safe. REQUIRES: outlives its buffers and the batches that use them.
class RegisteredBufferPool {
 public:
  static constexpr size_t kDefaultBufferBytes = size_t{512} * 1024;

  /// As many buffers of `buffer_bytes` (rounded up to 4096) as fit in `budget_bytes`, at least one, at most 1024.
  explicit RegisteredBufferPool(size_t budget_bytes, size_t buffer_bytes = kDefaultBufferBytes);
  ~RegisteredBufferPool();
  RegisteredBufferPool(const RegisteredBufferPool&) = delete;
  RegisteredBufferPool& operator=(const RegisteredBufferPool&) = delete;

  /// Waits for a buffer; empty when the pool is, or while waiting becomes, closed.
  RegisteredBuffer acquire();
  /// A buffer if one is free at once and the pool is not closed, else empty.
  RegisteredBuffer try_acquire();
  /// Makes every present and later acquire() return empty, which is how a writer that waits is cancelled.
  void close();
  /// Undoes close().
  void reopen();

  size_t buffer_bytes() const { return buffer_bytes_; }
  size_t buffer_count() const { return buffer_count_; }
  size_t free_count() const;
  std::span<std::byte> buffer(uint32_t index) const {
    return {arena_->data() + size_t{index} * buffer_bytes_, buffer_bytes_};
  }

  /// The memory of all buffers. A ring that has it registered holds a weak reference, so that it notices when the pool
  /// is gone and never takes a new pool at the same address for an old one.
  const std::shared_ptr<AlignedBuffer>& arena() const { return arena_; }

 private:
  friend class RegisteredBuffer;
  void give_back(uint32_t index);

  const size_t buffer_bytes_;
  const size_t buffer_count_;
  const std::shared_ptr<AlignedBuffer> arena_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<uint32_t> free_;
  bool closed_ = false;
};

inline std::span<std::byte> RegisteredBuffer::bytes() const { return pool_->buffer(index_); }

}  // namespace cairn
