#include "checkpoint/writer.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "vector/memory_account.h"
#include "vector/memory_pool.h"

namespace cairn {

namespace {

/// Rows that may wait to be written, over all queries. What does not fit is skipped: workers never wait.
constexpr size_t kQueuedBytesMax = size_t{2} << 30;
/// As long as they wait they are inside memory_limit: what part of it they may take.
constexpr size_t kPartOfLimit = 8;
/// How long a thread waits without asking whether it should.
constexpr std::chrono::milliseconds kCheckEvery{20};

/// None where memory is short: queries would have to spill for it.
size_t queued_bytes_max() {
  const MemoryAccount& account = MemoryAccount::process();
  const size_t most = std::min(kQueuedBytesMax, kCheckpointQueueShare.bytes());
  if (account.limit_bytes() == 0) return most;
  return account.is_tight() ? 0 : std::min(most, account.limit_bytes() / kPartOfLimit);
}

}  // namespace

bool Writer::is_this_thread() const {
  const std::lock_guard lock(mutex_);
  return thread_id_ == std::this_thread::get_id();
}

bool Writer::fits(size_t bytes) const {
  return queued_bytes_ + bytes <= queued_bytes_max();
}

bool Writer::has_room(size_t bytes) const {
  const std::lock_guard lock(mutex_);
  return fits(bytes);
}

bool Writer::enqueue(Job job, size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (closing_ || (bytes > 0 && !fits(bytes))) return false;
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { work(); });
    thread_id_ = thread_.get_id();
  }
  queue_.push_back({std::move(job), bytes});
  queued_bytes_ += bytes;
  ++queued_;
  wake_.notify_one();
  return true;
}

void Writer::run(const Job& job, const Check& check) {
  if (is_this_thread()) return job();
  const auto error = std::make_shared<std::exception_ptr>();
  const bool queued = enqueue([job, error] {
    try {
      job();
    } catch (...) {
      *error = std::current_exception();
    }
  });
  if (!queued) return;
  drain(check);
  if (*error) std::rethrow_exception(*error);
}

void Writer::drain(const Check& check) {
  if (is_this_thread()) return;
  std::unique_lock lock(mutex_);
  const uint64_t last = queued_;
  while (finished_ < last) {
    done_.wait_for(lock, kCheckEvery);
    if (!check || finished_ >= last) continue;
    lock.unlock();
    check();
    lock.lock();
  }
}

void Writer::work() {
  std::shared_ptr<void> owner;  // goes behind the lock: with it this may go, too
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) {
      owner = std::move(owner_);
      return;
    }
    Entry entry = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    try {
      entry.job();
    } catch (const std::exception& error) {
      tell(error.what());
    }
    entry.job = nullptr;  // what it keeps goes before it counts as done
    lock.lock();
    queued_bytes_ -= entry.bytes;
    ++finished_;
    done_.notify_all();
  }
}

void Writer::tell(const char* failure) noexcept {
  try {
    failed_(failure);
  } catch (const std::exception&) {  // no memory to say so
  }
}

void Writer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Writer::end_alone(std::shared_ptr<void> owner) noexcept {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  owner_ = std::move(owner);
  if (thread_.joinable()) thread_.detach();
}

}  // namespace cairn
