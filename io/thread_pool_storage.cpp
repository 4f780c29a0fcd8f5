#include "io/thread_pool_storage.h"

#include <utility>

namespace cairn {

namespace {

class ThreadPoolBatch final : public IoBatch {
 public:
  explicit ThreadPoolBatch(ThreadPool& pool) : pool_(pool) {}
  ~ThreadPoolBatch() override { drain(); }

  void submit() override {
    if (!added_.empty()) pool_.run(std::exchange(added_, {}));
  }

 protected:
  void start(IoOperation& operation) override {
    added_.push_back([this, &operation] { execute_and_tell(operation); });
  }

  void progress(bool block) override {
    submit();
    std::vector<Outcome> outcomes;
    {
      std::unique_lock lock(mutex_);
      if (block) arrived_.wait(lock, [&] { return !outcomes_.empty(); });
      outcomes.swap(outcomes_);
    }
    for (Outcome& outcome : outcomes) finish(*outcome.operation, std::move(outcome.error));
  }

 private:
  struct Outcome {
    IoOperation* operation;
    std::optional<Error> error;
  };

  /// On a thread of the pool.
  void execute_and_tell(IoOperation& operation) {
    Outcome outcome{&operation, IoBatch::execute(operation)};
    // Told under the lock: the batch may be gone as soon as its thread sees the outcome.
    std::lock_guard lock(mutex_);
    outcomes_.push_back(std::move(outcome));
    arrived_.notify_one();
  }

  ThreadPool& pool_;
  std::vector<std::function<void()>> added_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Outcome> outcomes_;
};

}  // namespace

std::unique_ptr<IoBatch> ThreadPoolStorage::make_batch() { return std::make_unique<ThreadPoolBatch>(pool_); }

}  // namespace cairn
