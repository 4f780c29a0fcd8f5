#include "io/segment_writer.h"

#include "io/storage.h"

namespace cairn {

SegmentWriter::~SegmentWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SegmentWriter::throw_error() const {
  if (error_ != nullptr) std::rethrow_exception(error_);
}

void SegmentWriter::write(std::shared_ptr<DataFile> file, uint64_t offset, std::vector<AlignedBuffer> segments) {
  Job job{std::move(file), offset, std::move(segments), 0};
  for (const AlignedBuffer& segment : job.segments) job.bytes += segment.size();
  std::unique_lock lock(mutex_);
  throw_error();
  seen_bytes_ += job.bytes;
  if (!thread_.joinable() && seen_bytes_ <= kSynchronousBytes) {  // a small insert: a thread would cost more
    lock.unlock();
    for (const AlignedBuffer& segment : job.segments) {
      job.file->file().write(offset, segment.bytes());
      offset += segment.size();
    }
    return;
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.wait(lock, [this] { return pending_bytes_ < kQueueBytesMax || error_ != nullptr; });
  throw_error();
  pending_bytes_ += job.bytes;
  queue_.push_back(std::move(job));
  changed_.notify_all();
}

void SegmentWriter::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return pending_bytes_ == 0 || error_ != nullptr; });
  throw_error();
}

void SegmentWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    std::vector<Job> jobs(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
    queue_.clear();
    lock.unlock();
    std::exception_ptr error;
    try {
      write_all(jobs);
    } catch (...) {
      error = std::current_exception();
    }
    size_t bytes = 0;
    for (const Job& job : jobs) bytes += job.bytes;
    jobs.clear();
    lock.lock();
    pending_bytes_ -= bytes;
    if (error_ == nullptr) error_ = error;
    changed_.notify_all();
  }
}

void SegmentWriter::write_all(std::vector<Job>& jobs) {
  const auto batch = storage_.make_batch();
  for (Job& job : jobs) {
    uint64_t offset = job.offset;
    for (const AlignedBuffer& segment : job.segments) {
      batch->write(job.file->file(), offset, segment.bytes());
      offset += segment.size();
    }
  }
  batch->wait_all();
}

}  // namespace cairn
