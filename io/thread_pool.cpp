#include "io/thread_pool.h"

#include <csignal>
#include <system_error>
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

void ThreadPool::run(std::vector<std::function<void()>> calls) {
  std::unique_lock lock(mutex_);
  while (threads_.size() < thread_count_) {
    // Signals are for the application's threads: the new one inherits a mask that blocks them all.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool refused = false;
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      refused = true;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (refused) break;
  }
  if (threads_.empty()) {  // the process may have no more threads: slower, but right
    lock.unlock();
    for (auto& call : calls) call();
    return;
  }
  for (auto& call : calls) queue_.push_back(std::move(call));
  if (calls.size() == 1) {
    queued_.notify_one();
  } else {
    queued_.notify_all();
  }
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
