#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "capi/include/cairn.h"

namespace cairn::shell {

/// Watches one running statement from a thread of its own: hands Ctrl-C on as an interrupt, and draws a progress bar on
/// stderr, where that is a terminal, once the statement has run for a second.
class QueryMonitor {
 public:
  explicit QueryMonitor(cairn_connection* connection);
  ~QueryMonitor();
  /// Takes the bar off the screen for good: rows are about to be printed.
  void hide_progress();
  bool interrupted() const { return interrupted_; }

 private:
  void run();
  void draw(double seconds);
  void erase();

  cairn_connection* connection_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false, hidden_, drawn_ = false;
  std::atomic<bool> interrupted_{false};
  std::thread thread_;
};

/// Installs the SIGINT handler that monitors listen to.
void catch_interrupts();

/// How often Ctrl-C was pressed so far.
unsigned interrupt_count();

}  // namespace cairn::shell
