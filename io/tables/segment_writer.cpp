#include "io/tables/segment_writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "io/storage/storage.h"

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
  size_t bytes = 0;
  for (const AlignedBuffer& segment : segments) bytes += segment.size();
  std::unique_lock lock(mutex_);
  seen_bytes_ += bytes;
  if (seen_bytes_ > kSynchronousBytes) start_thread();
  if (!thread_.joinable()) {  // a small insert, for which a thread would cost more; or there is none to be had
    lock.unlock();
    for (const AlignedBuffer& segment : segments) {
      file->file().write(offset, segment.bytes());
      offset += segment.size();
    }
    return;
  }
  changed_.wait(lock, [this] { return pending_bytes_ < kQueueBytesMax || error_ != nullptr; });
  throw_error();
  queue_.push_back({std::move(file), offset, std::move(segments)});
  pending_bytes_ += bytes;
  ++queued_jobs_;
  changed_.notify_all();
}

void SegmentWriter::start_thread() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::exception&) {  // no thread, or no memory, to be had
  }
}

void SegmentWriter::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this, all = queued_jobs_] { return written_jobs_ >= all || error_ != nullptr; });
  throw_error();
}

void SegmentWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    std::vector<Job> jobs = std::exchange(queue_, {});
    const size_t bytes = pending_bytes_;
    const uint64_t job_count = jobs.size();
    lock.unlock();
    std::exception_ptr error;
    try {
      write_all(std::move(jobs));
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    pending_bytes_ -= bytes;
    written_jobs_ += job_count;
    if (error_ == nullptr) error_ = error;
    changed_.notify_all();
  }
}

void SegmentWriter::write_all(std::vector<Job> jobs) {
  std::map<DataFile*, uint64_t> ends;
  for (const Job& job : jobs) {
    uint64_t end = job.offset;
    for (const AlignedBuffer& segment : job.segments) end += segment.size();
    ends[job.file.get()] = std::max(ends[job.file.get()], end);
  }
  for (const auto& [file, end] : ends) file->file().extend(end);
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
