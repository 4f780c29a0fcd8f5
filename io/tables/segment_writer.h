#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "io/storage/aligned_buffer.h"
#include "io/tables/data_directory.h"

namespace cairn {

/// Writes segments behind the backs of the threads that encode them. One thread does the I/O, because a batch belongs
/// to a thread and those who encode come and go; it is started when there is enough to write. Thread-safe.
class SegmentWriter {
 public:
  explicit SegmentWriter(Storage& storage) : storage_(storage) {}
  ~SegmentWriter();  ///< drops what is not yet written

  /// Queues the segments, to be written one behind the other from `offset` on. Waits while too much is queued. Throws
  /// the error of an earlier write.
  void write(std::shared_ptr<DataFile> file, uint64_t offset, std::vector<AlignedBuffer> segments);
  /// Waits until everything that was queued so far is written. Throws the first error.
  void drain();

 private:
  static constexpr size_t kQueueBytesMax = size_t{64} << 20;
  static constexpr size_t kSynchronousBytes = size_t{1} << 20;

  struct Job {
    std::shared_ptr<DataFile> file;
    uint64_t offset = 0;
    std::vector<AlignedBuffer> segments;
  };
  void start_thread();  ///< REQUIRES: mutex_ is held
  void run();
  void write_all(std::vector<Job> jobs);
  void throw_error() const;

  Storage& storage_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job> queue_;
  size_t pending_bytes_ = 0;  ///< queued or being written
  uint64_t queued_jobs_ = 0, written_jobs_ = 0;
  uint64_t seen_bytes_ = 0;
  bool stop_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace cairn
