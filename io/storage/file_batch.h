#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>

#include "io/storage/registered_buffer_pool.h"
#include "vector/error.h"

namespace cairn {

class File;
class IoBatch;

/// What became of one read or write of a batch.
struct IoCompletion {
  uint64_t token = 0;          ///< as given with the request
  std::optional<Error> error;  ///< nothing if every byte was transferred
};

/// A request of a batch as its caller sees it: done when all its operations are.
struct IoRequest {
  uint64_t token = 0;
  size_t open_count = 0;  ///< operations not yet finished
  std::optional<Error> error;
};

/// A piece of a request, at most IoBatch::kOperationBytes. Implementations advance it over short transfers.
struct IoOperation {
  IoBatch* batch = nullptr;
  File* file = nullptr;
  bool is_write = false;
  uint64_t offset = 0;
  std::byte* data = nullptr;  ///< only read from if is_write
  size_t length = 0;
  RegisteredBufferPool* pool = nullptr;  ///< the pool that `data` lies in, or none
  uint32_t buffer_index = 0;
  bool is_fixed = false;     ///< for the ring: `pool` is registered there
  int step_descriptor = -1;  ///< for the ring: of the system call under way
  std::list<IoRequest>::iterator request;
  std::list<IoOperation>::iterator self;
  IoOperation* next = nullptr;  ///< in the queue that it stands in
  std::optional<Error> error;   ///< of the thread that executed it, for the batch's
};

/// Operations in a row, each in one queue at most. Needs no memory of its own: what is under way comes to its end also
/// when there is none.
class IoQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }
  IoOperation& front() { return *first_; }
  void push_back(IoOperation& operation) {
    operation.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &operation;
    last_ = &operation;
    ++size_;
  }
  void push_front(IoOperation& operation) {
    operation.next = first_;
    if (first_ == nullptr) last_ = &operation;
    first_ = &operation;
    ++size_;
  }
  IoOperation& pop_front() {
    IoOperation& operation = *first_;
    first_ = operation.next;
    --size_;
    return operation;
  }

 private:
  IoOperation *first_ = nullptr, *last_ = nullptr;
  size_t size_ = 0;
};

/// Reads and writes that are under way together. The order in which they happen and complete is free; only overlapping
/// requests that are in flight at the same time are forbidden. Made by Storage::make_batch.
///
///   auto batch = storage.make_batch();
///   for (auto& piece : pieces) batch->read(*file, piece.offset, piece.buffer.bytes());
///   batch->wait_all();  // throws the first error, after everything has come to rest
///
/// A batch is used by the thread that made it, alone (its requests live in that thread's ring). Files and memory must
/// stay until their requests have completed; the destructor waits for what is still under way.
class IoBatch {
 public:
  /// Longer requests are cut at this size: io_uring hands writes of 1 MiB and more to its worker threads, and the
  /// pieces keep more than one channel of a disk busy.
  static constexpr size_t kOperationBytes = size_t{512} * 1024;

  virtual ~IoBatch() = default;
  IoBatch(const IoBatch&) = delete;
  IoBatch& operator=(const IoBatch&) = delete;

  /// Adds a read of exactly into.size() bytes. Nothing reaches the kernel before submit(), poll() or a wait.
  void read(File& file, uint64_t offset, std::span<std::byte> into, uint64_t token = 0);
  /// Adds a write of exactly from.size() bytes.
  void write(File& file, uint64_t offset, std::span<const std::byte> from, uint64_t token = 0);
  /// The same from and into the first `length` bytes of a registered buffer, without pinning its pages again.
  void read(File& file, uint64_t offset, const RegisteredBuffer& into, size_t length, uint64_t token = 0);
  void write(File& file, uint64_t offset, const RegisteredBuffer& from, size_t length, uint64_t token = 0);

  /// Starts what was added, in one system call where that is possible.
  virtual void submit() = 0;

  /// A completed request, if there is one at once.
  std::optional<IoCompletion> poll();
  /// Waits for one. REQUIRES: pending_count() > 0.
  IoCompletion wait_one();
  /// Waits until nothing is under way and throws the first error, if any. Completions not yet fetched are dropped.
  void wait_all();
  /// Requests that were added and whose completion was not yet fetched.
  size_t pending_count() const { return requests_.size() + completed_.size(); }

 protected:
  IoBatch() = default;

  /// Queues an operation; it stays where it is until finish() takes it away.
  virtual void start(IoOperation& operation) = 0;
  /// Submits, collects completed operations and calls finish() on them; if `block`, at least one.
  virtual void progress(bool block) = 0;
  /// For destructors of implementations: waits for what is under way and drops the results.
  void drain() noexcept;

 public:
  /// For implementations: ends an operation, on the batch's thread.
  void finish(IoOperation& operation, std::optional<Error> error);
  /// For implementations: does what is left of an operation by a blocking call.
  static std::optional<Error> execute(IoOperation& operation) noexcept;
  /// Both.
  static void execute_now(IoOperation& operation) { operation.batch->finish(operation, execute(operation)); }

 private:
  void add(IoOperation operation, uint64_t token);
  IoCompletion take_completed();

  std::list<IoRequest> requests_;
  std::list<IoOperation> operations_;
  std::list<IoRequest> completed_;
};

}  // namespace cairn
