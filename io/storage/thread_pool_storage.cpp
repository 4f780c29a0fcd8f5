#include "io/storage/thread_pool_storage.h"

#include <utility>

namespace cairn {

namespace {

class ThreadPoolBatch final : public IoBatch {
 public:
  explicit ThreadPoolBatch(ThreadPool& pool) : pool_(pool) {}
  ~ThreadPoolBatch() override { drain(); }

  void submit() override {
    while (!added_.empty()) {
      IoOperation& operation = added_.pop_front();
      pool_.run([this, &operation] { execute_and_tell(operation); });
    }
  }

 protected:
  void start(IoOperation& operation) override { added_.push_back(operation); }

  void progress(bool block) override {
    submit();
    IoQueue executed;
    {
      std::unique_lock lock(mutex_);
      if (block) arrived_.wait(lock, [&] { return !executed_.empty(); });
      std::swap(executed, executed_);
    }
    while (!executed.empty()) {
      IoOperation& operation = executed.pop_front();
      finish(operation, std::move(operation.error));
    }
  }

 private:
  /// On a thread of the pool.
  void execute_and_tell(IoOperation& operation) noexcept {
    operation.error = IoBatch::execute(operation);
    // Told under the lock: the batch may be gone as soon as its thread sees it.
    std::lock_guard lock(mutex_);
    executed_.push_back(operation);
    arrived_.notify_one();
  }

  ThreadPool& pool_;
  IoQueue added_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  IoQueue executed_;
};

}  // namespace

std::unique_ptr<IoBatch> ThreadPoolStorage::make_batch() { return std::make_unique<ThreadPoolBatch>(pool_); }

}  // namespace cairn
