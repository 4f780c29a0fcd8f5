#include "io/storage/registered_buffer_pool.h"

#include <algorithm>
#include <cassert>

namespace cairn {

namespace {
constexpr size_t kMaxBuffers = 1024;  // what every kernel with io_uring lets a ring register (UIO_MAXIOV)
}

void RegisteredBuffer::release() {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->give_back(index_);
}

RegisteredBufferPool::RegisteredBufferPool(size_t budget_bytes, size_t buffer_bytes)
    : buffer_bytes_(round_up_to_alignment(std::max<size_t>(buffer_bytes, 1))),
      buffer_count_(std::clamp<size_t>(budget_bytes / buffer_bytes_, 1, kMaxBuffers)),
      arena_(std::make_shared<AlignedBuffer>(buffer_bytes_ * buffer_count_)) {
  free_.reserve(buffer_count_);
  for (size_t i = buffer_count_; i > 0; --i) free_.push_back(static_cast<uint32_t>(i - 1));
}

RegisteredBufferPool::~RegisteredBufferPool() { assert(free_.size() == buffer_count_); }

RegisteredBuffer RegisteredBufferPool::acquire() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return closed_ || !free_.empty(); });
  if (closed_) return {};
  const uint32_t index = free_.back();
  free_.pop_back();
  return RegisteredBuffer(this, index);
}

RegisteredBuffer RegisteredBufferPool::try_acquire() {
  std::lock_guard lock(mutex_);
  if (closed_ || free_.empty()) return {};
  const uint32_t index = free_.back();
  free_.pop_back();
  return RegisteredBuffer(this, index);
}

void RegisteredBufferPool::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  freed_.notify_all();
}

void RegisteredBufferPool::reopen() {
  std::lock_guard lock(mutex_);
  closed_ = false;
}

size_t RegisteredBufferPool::free_count() const {
  std::lock_guard lock(mutex_);
  return free_.size();
}

void RegisteredBufferPool::give_back(uint32_t index) {
  std::lock_guard lock(mutex_);
  free_.push_back(index);
  freed_.notify_one();
}

}  // namespace cairn
