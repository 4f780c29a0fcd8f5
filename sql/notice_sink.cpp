#include "sql/notice_sink.h"

namespace cairn {

void NoticeSink::set(Handler handler) {
  std::unique_lock lock(mutex_);
  handler_ = std::move(handler);
  if (handler_ == nullptr) waiting_.clear();
  delivered_.wait(lock, [&] { return delivering_ == std::thread::id() || delivering_ == std::this_thread::get_id(); });
}

void NoticeSink::send(std::string_view text) {
  std::unique_lock lock(mutex_);
  waiting_.emplace_back(text);
  if (delivering_ != std::thread::id()) return;
  delivering_ = std::this_thread::get_id();
  while (!waiting_.empty()) {
    const std::string next = std::move(waiting_.front());
    waiting_.pop_front();
    const Handler handler = handler_;
    if (handler == nullptr) continue;
    lock.unlock();
    try {
      handler(next);
    } catch (...) {  // it was told; what it makes of it is its own affair
    }
    lock.lock();
  }
  delivering_ = {};
  delivered_.notify_all();
}

}  // namespace cairn
