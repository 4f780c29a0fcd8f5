#pragma once

#include <liburing.h>

#include <memory>

#include "io/storage/file_batch.h"
#include "io/storage/file_posix.h"

namespace cairn {

/// The io_uring of one thread, made at its first batch and torn down at its end. All batches of the thread share it;
/// nothing of it is shared between threads, so that it needs no lock. (What the kernel writes to memory is invisible to
/// the thread sanitizer; the orders that matter, ring indices against entries, are the acquire loads and release stores
/// of liburing's inline functions.)
class UringRing {
 public:
  /// At most this many operations are with the kernel at once; the others wait in a queue.
  static constexpr unsigned kDepth = 64;

  /// Sets up a ring and takes it down: 0, or the errno of a kernel that refuses or is too old.
  static int probe();
  /// This thread's ring; null if the kernel gives it none (out of descriptors, of lockable memory), or the thread ends.
  static UringRing* of_this_thread();

  ~UringRing();
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;

  void enqueue(IoOperation& operation) { waiting_.push_back(operation); }
  /// Hands as much as fits to the kernel.
  void submit();
  /// Submits, then finishes the operations that have completed; if `block` and any are under way, at least one step of
  /// one.
  void progress(bool block);

 private:
  UringRing() = default;
  int set_up();

  void fill();
  void prepare(IoOperation& operation, io_uring_sqe* entry);
  bool is_registered(const RegisteredBufferPool& pool);
  void complete(IoOperation& operation, int result);
  size_t collect();
  void give_up();

  io_uring ring_{};
  IoQueue waiting_;            ///< not yet in the submission queue
  IoQueue staged_;             ///< in the submission queue, not yet taken by the kernel
  size_t in_flight_count_ = 0; ///< taken by the kernel, not yet completed
  bool is_broken_ = false;     ///< the kernel takes no more; all is done by blocking calls

  bool has_registered_ = false;
  std::weak_ptr<AlignedBuffer> registered_;  ///< arena whose buffers are registered with this ring
  std::weak_ptr<AlignedBuffer> refused_;     ///< arena that the kernel did not want to pin
};

}  // namespace cairn
