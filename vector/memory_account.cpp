#include "vector/memory_account.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace cairn {

namespace {

/// Resident bytes of the process; 0 where the system does not tell.
size_t resident_bytes() noexcept {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[128];
  const ssize_t length = ::read(file, text, sizeof text);
  ::close(file);
  if (length <= 0) return 0;
  const char* const end = text + length;
  const char* const second = static_cast<const char*>(std::memchr(text, ' ', static_cast<size_t>(length)));
  size_t pages = 0;
  if (second == nullptr || std::from_chars(second + 1, end, pages).ec != std::errc()) return 0;
  static const auto page_bytes = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return pages * page_bytes;
}

}  // namespace

/// Never destroyed: blocks may be freed by destructors that run after any of ours would.
MemoryAccount& MemoryAccount::process() {
  static MemoryAccount* const instance = new MemoryAccount;
  return *instance;
}

void MemoryAccount::set_limit(size_t bytes) noexcept {
  if (limit_bytes_.exchange(bytes, std::memory_order_relaxed) == bytes) return;
  tight_.store(false, std::memory_order_relaxed);
  const size_t held = block_bytes();
  if (bytes != 0 && held > bytes / 2) keep_limit(held, bytes);
}

void MemoryAccount::add_holder(MemoryHolder& holder, bool first) {
  const std::lock_guard lock(mutex_);
  holders_.insert(first ? holders_.begin() : holders_.end(), &holder);
}

void MemoryAccount::remove_holder(MemoryHolder& holder) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase(holders_, &holder);
}

/// What is resident besides blocks: the program, its threads, the heap with what it keeps of freed memory. At most a
/// third of the limit counts: in a program that has others' memory as well, that is not ours to make room for.
size_t MemoryAccount::other_bytes(size_t held, size_t limit) noexcept {
  if (held >= sampled_at_ && held < sampled_at_ + limit / 256) return other_bytes_;
  sampled_at_ = held;
  const auto sample = [&] {
    const size_t resident = resident_bytes();
    return resident - std::min(resident, held);
  };
  size_t other = sample();
#if defined(__GLIBC__)
  // glibc keeps what is freed in the arenas of the threads that allocated it.
  if (other > trimmed_bytes_ + limit / 16) {
    ::malloc_trim(0);
    other = trimmed_bytes_ = sample();
  }
#endif
  trimmed_bytes_ = std::min(trimmed_bytes_, other);
  other_bytes_ = std::min(other, limit / 3);
  return other_bytes_;
}

void MemoryAccount::keep_limit(size_t held, size_t limit) noexcept {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // somebody is at it
  const size_t most = limit - limit / 32;  // what comes meanwhile has room
  const size_t wanted = held + other_bytes(held, limit);
  if (wanted <= most) {
    tight_.store(false, std::memory_order_relaxed);
    return;
  }
  size_t excess = wanted - most;
  for (MemoryHolder* const holder : holders_) {
    excess -= std::min(excess, holder->let_go(excess));
    if (excess == 0) break;
  }
  tight_.store(excess > limit / 16, std::memory_order_relaxed);
  if (limit_bytes() == 0) tight_.store(false, std::memory_order_relaxed);  // meanwhile
}

}  // namespace cairn
