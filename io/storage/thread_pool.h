#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn {

/// A few threads that run blocking calls in the order they were given. Started with the first call.
class ThreadPool {
 public:
  explicit ThreadPool(size_t thread_count) : thread_count_(thread_count) {}
  /// Runs what is still queued, then ends the threads.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Where there are no threads, or no memory for another call to wait in, the caller's thread runs it. REQUIRES: the
  /// call throws nothing.
  void run(std::function<void()> call);

 private:
  void start_threads();
  void work();

  const size_t thread_count_;
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn
