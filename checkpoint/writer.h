#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace cairn {

/// The thread that does a store's I/O behind everybody's back: jobs, in the order in which they came. Handing a job over
/// waits for nothing; who does wait for one may give up. Thread-safe.
class Writer {
 public:
  using Job = std::function<void()>;
  /// Asked now and then by a thread that waits: throws where it is to wait no longer.
  using Check = std::function<void()>;

  /// `failed` is told of what jobs throw.
  explicit Writer(std::function<void(std::string_view)> failed) : failed_(std::move(failed)) {}
  ~Writer() { close(); }

  /// False where the writer is closed, or `bytes`, which the job keeps in memory, don't fit the queue.
  bool enqueue(Job job, size_t bytes = 0);
  /// Whether so many bytes would fit the queue now.
  bool has_room(size_t bytes) const;
  /// Waits for the job, and throws what it throws. Where `check` throws, the job is still done.
  void run(const Job& job, const Check& check);
  /// Waits until everything queued so far is done.
  void drain(const Check& check = {});
  /// Does what is queued, and ends the thread. Not on the thread itself.
  void close();
  /// A job has called somebody who asks for more, or closes: a notice handler.
  bool is_this_thread() const;
  /// On the thread itself, which cannot wait for its own end: it does what is queued, drops `owner`, which may be what
  /// the writer is a part of, and ends. What comes from now on is refused.
  void end_alone(std::shared_ptr<void> owner) noexcept;

 private:
  struct Entry { Job job; size_t bytes; };
  bool fits(size_t bytes) const;
  void work();
  void tell(const char* failure) noexcept;

  const std::function<void(std::string_view)> failed_;
  mutable std::mutex mutex_;  ///< guards what follows; never held while a job runs
  std::condition_variable wake_, done_;
  std::deque<Entry> queue_;
  size_t queued_bytes_ = 0;            ///< with those of the job that runs
  uint64_t queued_ = 0, finished_ = 0;  ///< jobs
  bool closing_ = false;
  std::thread thread_;
  std::thread::id thread_id_;      ///< stays when the thread is on its own
  std::shared_ptr<void> owner_;    ///< of end_alone()
};

}  // namespace cairn
