#include "io/storage/thread_pool.h"

#include <csignal>
#include <new>
#include <utility>

namespace cairn {

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    queued_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::start_threads() {
  while (threads_.size() < thread_count_) {
    // Signals are for the application's threads: the new one inherits a mask that blocks them all.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool refused = false;
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::exception&) {  // no thread, or no memory, to be had
      refused = true;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (refused) return;
  }
}

void ThreadPool::run(std::function<void()> call) {
  std::unique_lock lock(mutex_);
  start_threads();
  if (!threads_.empty()) {
    try {
      queue_.push_back(std::move(call));
      return queued_.notify_one();
    } catch (const std::bad_alloc&) {
    }
  }
  lock.unlock();
  call();
}

void ThreadPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    queued_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::function<void()> call = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    call();
    lock.lock();
  }
}

}  // namespace cairn
