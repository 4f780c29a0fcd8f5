#pragma once

#include <cstdint>

namespace cairn::test {

/// The program's operator new, all forms of it: fails on order. What the pool of large blocks (vector/memory_pool.h) has
/// kept is no allocation; give it back before.
class FailingAllocator {
 public:
  /// From now on allocations of all threads count, and the n-th (1: the next) fails; with `for_good` all after it, too.
  static void arm(uint64_t n, bool for_good);
  /// Whether any failed.
  static bool disarm();
  /// Blocks that are allocated now.
  static int64_t live_blocks();

  /// While it lives, its thread's allocations are not counted and do not fail: the test's own.
  class Exempt {
   public:
    Exempt();
    ~Exempt();
  };
};

}  // namespace cairn::test
