#include "tests/faults/failing_allocator.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace cairn::test {
namespace {

constexpr uint64_t kNever = UINT64_MAX;

std::atomic<uint64_t> count{0}, fails_at{kNever};
std::atomic<bool> fails_for_good{false}, has_failed{false};
std::atomic<int64_t> live{0};
thread_local int exempt_depth = 0;

bool must_fail() {
  if (fails_at.load(std::memory_order_relaxed) == kNever || exempt_depth > 0) return false;
  const uint64_t number = count.fetch_add(1, std::memory_order_relaxed) + 1, at = fails_at.load(std::memory_order_relaxed);
  const bool fails = number == at || (number > at && fails_for_good.load(std::memory_order_relaxed));
  if (fails) has_failed.store(true, std::memory_order_relaxed);
  return fails;
}

}  // namespace

void FailingAllocator::arm(uint64_t n, bool for_good) {
  count = 0;
  has_failed = false;
  fails_for_good = for_good;
  fails_at = n;
}

bool FailingAllocator::disarm() {
  fails_at = kNever;
  return has_failed;
}

int64_t FailingAllocator::live_blocks() { return live; }

FailingAllocator::Exempt::Exempt() { ++exempt_depth; }
FailingAllocator::Exempt::~Exempt() { --exempt_depth; }

/// nullptr where there is none, or none shall be.
void* allocate(size_t bytes, size_t alignment) noexcept {
  if (must_fail()) return nullptr;
  if (bytes == 0) bytes = 1;
  void* const block = alignment <= alignof(std::max_align_t) ? std::malloc(bytes) : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (block != nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void* allocate_or_throw(size_t bytes, size_t alignment) {
  void* const block = allocate(bytes, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* block) noexcept {
  if (block == nullptr) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

}  // namespace cairn::test

using cairn::test::allocate;
using cairn::test::allocate_or_throw;
using cairn::test::release;

void* operator new(size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new[](size_t bytes) { return allocate_or_throw(bytes, 1); }
void* operator new(size_t bytes, std::align_val_t alignment) { return allocate_or_throw(bytes, static_cast<size_t>(alignment)); }
void* operator new[](size_t bytes, std::align_val_t alignment) { return allocate_or_throw(bytes, static_cast<size_t>(alignment)); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 1); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes, 1); }
void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept { return allocate(bytes, static_cast<size_t>(alignment)); }
void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept { return allocate(bytes, static_cast<size_t>(alignment)); }
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, size_t) noexcept { release(block); }
void operator delete[](void* block, size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept { release(block); }
