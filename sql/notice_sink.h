#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace cairn {

/// Where a session's notices go. Checkpoint writers hold it longer than the session lives; what comes then is dropped.
///
/// No lock is held while the handler runs, one call at a time: it may ask for anything. Notices that come meanwhile, its
/// own ones too, follow on the thread that called it.
class NoticeSink {
 public:
  using Handler = std::function<void(std::string_view)>;
  /// Once this returns the handler before runs no more, unless it is the one that calls.
  void set(Handler handler);
  void send(std::string_view text);

 private:
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable delivered_;
  Handler handler_;
  std::deque<std::string> waiting_;
  std::thread::id delivering_;  ///< the thread that calls the handler; none: nobody does
};

}  // namespace cairn
