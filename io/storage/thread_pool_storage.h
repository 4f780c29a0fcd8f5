#pragma once

#include "io/storage/file_posix.h"
#include "io/storage/thread_pool.h"

namespace cairn {

/// The machine's file system with batches on a small pool of threads that call pread and pwrite.
class ThreadPoolStorage final : public PosixStorage {
 public:
  /// Threads that wait for the disk, not for a processor: enough to keep a queue at an SSD.
  static constexpr size_t kThreads = 8;

  std::string_view name() const override { return "thread pool"; }
  std::unique_ptr<IoBatch> make_batch() override;

 private:
  ThreadPool pool_{kThreads};
};

}  // namespace cairn
