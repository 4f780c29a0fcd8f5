#include "io/storage/uring_ring.h"

#include <pthread.h>
#include <sched.h>
#include <sys/uio.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <mutex>

#include "io/storage/file_error.h"

namespace cairn {

namespace {

// Held while a ring is mapped or unmapped. The kernel needs no such order; the thread sanitizer does: liburing makes
// raw system calls that it does not see, so that a new ring where an older thread's was looks like the same memory to
// it.
std::mutex mapping;

// The child of a fork has its parent's rings mapped, and must not touch them. It counts up, and makes its own.
std::atomic<unsigned> fork_count = 0;

void watch_forks() {
  static const int registered = pthread_atfork([] { mapping.lock(); }, [] { mapping.unlock(); },
                                               [] {
                                                 mapping.unlock();
                                                 ++fork_count;
                                               });
  static_cast<void>(registered);
}

// Trivially destructible, so that it can be asked while other objects of the thread are destroyed.
struct ThreadState {
  UringRing* ring;
  unsigned fork_count;
  bool is_refused;
  bool is_ending;
};
thread_local ThreadState thread_state = {};

struct ThreadEnd {
  ~ThreadEnd() {
    if (thread_state.fork_count == fork_count) delete thread_state.ring;
    thread_state.is_ending = true;
  }
};

}  // namespace

int UringRing::set_up() {
  std::lock_guard lock(mapping);
  // SUBMIT_ALL: one bad entry does not hold up those behind it. SINGLE_ISSUER: cheaper inside the kernel (6.0).
  for (const unsigned flags : {IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER, 0U}) {
    const int result = io_uring_queue_init(kDepth, &ring_, flags);
    if (result == 0) return 0;
    ring_.ring_fd = -1;
    if (result != -EINVAL) return -result;
  }
  return EINVAL;
}

int UringRing::probe() {
  UringRing ring;
  if (const int code = ring.set_up(); code != 0) return code;
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> operations(io_uring_get_probe_ring(&ring.ring_),
                                                                                   &io_uring_free_probe);
  if (!operations) return ENOSYS;
  for (const int operation : {IORING_OP_READ, IORING_OP_WRITE, IORING_OP_READ_FIXED, IORING_OP_WRITE_FIXED}) {
    if (!io_uring_opcode_supported(operations.get(), operation)) return ENOSYS;
  }
  return 0;
}

UringRing* UringRing::of_this_thread() {
  ThreadState& state = thread_state;
  if (state.is_ending) return nullptr;
  if (state.fork_count != fork_count) state = {.fork_count = fork_count};
  if (state.ring != nullptr || state.is_refused) return state.ring;
  watch_forks();
  static thread_local ThreadEnd at_end;
  static_cast<void>(at_end);
  std::unique_ptr<UringRing> ring(new UringRing);
  if (ring->set_up() != 0) {
    state.is_refused = true;
    return nullptr;
  }
  state.ring = ring.release();
  return state.ring;
}

UringRing::~UringRing() {
  assert(waiting_.empty() && staged_.empty() && in_flight_count_ == 0);
  std::lock_guard lock(mapping);
  if (ring_.ring_fd >= 0 && ring_.sq.ring_ptr != nullptr) io_uring_queue_exit(&ring_);
}

/// Whether requests may name the pool's buffers by their index. Registers them at their first use, in place of those of
/// another pool, unless something is under way that may use these.
bool UringRing::is_registered(const RegisteredBufferPool& pool) {
  const auto& arena = pool.arena();
  if (has_registered_ && registered_.lock() == arena) return true;
  if (refused_.lock() == arena || in_flight_count_ > 0 || !staged_.empty()) return false;
  if (has_registered_) io_uring_unregister_buffers(&ring_);
  has_registered_ = false;
  std::vector<iovec> buffers;
  buffers.reserve(pool.buffer_count());
  for (uint32_t i = 0; i < pool.buffer_count(); ++i) {
    buffers.push_back({pool.buffer(i).data(), pool.buffer_bytes()});
  }
  // ENOMEM where RLIMIT_MEMLOCK is smaller than the pool: then they are buffers like any other.
  if (io_uring_register_buffers(&ring_, buffers.data(), static_cast<unsigned>(buffers.size())) != 0) {
    refused_ = arena;
    return false;
  }
  has_registered_ = true;
  registered_ = arena;
  return true;
}

void UringRing::prepare(IoOperation& operation, io_uring_sqe* entry) {
  auto& file = static_cast<PosixFile&>(*operation.file);
  const PosixFile::Step step = file.next_step(operation.offset, operation.data, operation.length);
  operation.step_descriptor = step.descriptor;
  const auto length = static_cast<unsigned>(step.length);
  const bool fixed = operation.is_fixed;
  const int index = static_cast<int>(operation.buffer_index);
  if (operation.is_write) {
    if (fixed) {
      io_uring_prep_write_fixed(entry, step.descriptor, operation.data, length, operation.offset, index);
    } else {
      io_uring_prep_write(entry, step.descriptor, operation.data, length, operation.offset);
    }
  } else if (fixed) {
    io_uring_prep_read_fixed(entry, step.descriptor, operation.data, length, operation.offset, index);
  } else {
    io_uring_prep_read(entry, step.descriptor, operation.data, length, operation.offset);
  }
  io_uring_sqe_set_data(entry, &operation);
}

void UringRing::fill() {
  if (has_registered_ && in_flight_count_ == 0 && staged_.empty() && registered_.expired()) {
    io_uring_unregister_buffers(&ring_);  // the pool is gone: its pages need not stay pinned
    has_registered_ = false;
  }
  while (!waiting_.empty() && in_flight_count_ + staged_.size() < kDepth) {
    IoOperation& operation = waiting_.front();
    operation.is_fixed = operation.pool != nullptr && is_registered(*operation.pool);
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (entry == nullptr) return;
    waiting_.pop_front();
    prepare(operation, entry);
    staged_.push_back(operation);
  }
}

void UringRing::submit() {
  while (!is_broken_) {
    fill();
    if (staged_.empty()) return;
    const int result = io_uring_submit(&ring_);
    if (result >= 0) {
      for (int i = 0; i < result; ++i) staged_.pop_front();
      in_flight_count_ += static_cast<size_t>(result);
      if (staged_.empty() && (waiting_.empty() || in_flight_count_ == kDepth)) return;
    } else if (result == -EAGAIN || result == -EBUSY || result == -ENOMEM) {
      if (in_flight_count_ > 0) return;  // room comes as others complete
      sched_yield();
    } else if (result != -EINTR) {
      give_up();
    }
  }
  while (!waiting_.empty()) IoBatch::execute_now(waiting_.pop_front());
}

/// The kernel did not take the staged entries and never will; nothing is submitted through this ring any more.
void UringRing::give_up() {
  is_broken_ = true;
  while (!waiting_.empty()) staged_.push_back(waiting_.pop_front());
  std::swap(waiting_, staged_);
}

void UringRing::progress(bool block) {
  submit();
  if (collect() > 0 || !block) return;
  while (in_flight_count_ > 0) {
    io_uring_cqe* entry = nullptr;
    if (io_uring_wait_cqe(&ring_, &entry) != 0 && is_broken_) sched_yield();
    if (collect() > 0) break;
  }
}

size_t UringRing::collect() {
  size_t count = 0;
  io_uring_cqe* entry = nullptr;
  while (in_flight_count_ > 0 && io_uring_peek_cqe(&ring_, &entry) == 0 && entry != nullptr) {
    auto& operation = *static_cast<IoOperation*>(io_uring_cqe_get_data(entry));
    const int result = entry->res;
    io_uring_cqe_seen(&ring_, entry);
    --in_flight_count_;
    ++count;
    complete(operation, result);
  }
  return count;
}

/// One step of the operation has come back: ends it, or queues the next.
void UringRing::complete(IoOperation& operation, int result) {
  auto& file = static_cast<PosixFile&>(*operation.file);
  if (result > 0) {
    const auto done = static_cast<size_t>(result);
    operation.offset += done;
    operation.data += done;
    operation.length -= done;
    if (operation.length == 0) {
      operation.batch->finish(operation, std::nullopt);
    } else {
      waiting_.push_front(operation);
    }
  } else if (result == 0 || result == -EAGAIN) {
    IoBatch::execute_now(
        operation);  // the end of the file, with the message of a blocking read; or "not asynchronously"
  } else if (file.retry_after(-result, {operation.step_descriptor, 0})) {
    waiting_.push_front(operation);
  } else {
    operation.batch->finish(operation,
                            file_error(-result, operation.is_write ? "write file" : "read file", file.path()));
  }
}

}  // namespace cairn
