#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "capi/include/cairn.h"

namespace cairn::test {

/// Interrupts a connection whose statement takes too long.
class Watchdog {
 public:
  Watchdog() : thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void begin(cairn_connection* connection, std::chrono::seconds limit) {
    std::lock_guard lock(mutex_);
    connection_ = connection;
    deadline_ = std::chrono::steady_clock::now() + limit;
    changed_.notify_all();
  }
  void end() {
    std::lock_guard lock(mutex_);
    connection_ = nullptr;
  }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    while (!ended_) {
      if (connection_ == nullptr) {
        changed_.wait(lock);
      } else if (changed_.wait_until(lock, deadline_) == std::cv_status::timeout && connection_ != nullptr &&
                 std::chrono::steady_clock::now() >= deadline_) {
        cairn_interrupt(connection_);
        deadline_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  cairn_connection* connection_ = nullptr;
  std::chrono::steady_clock::time_point deadline_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace cairn::test
