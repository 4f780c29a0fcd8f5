#pragma once

#include <utility>

#include "exec/crew/memory_budget.h"

namespace cairn {

/// Bytes that are charged as long as this lives.
class HeldBytes {
 public:
  explicit HeldBytes(MemoryBudget& memory) : memory_(memory) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;
  ~HeldBytes() { memory_.change(bytes_, 0); }
  /// Errors: kOutOfMemory.
  void hold(size_t bytes) { memory_.change(std::exchange(bytes_, bytes), bytes); }
  void hold_more(size_t bytes) { hold(bytes_ + bytes); }
  size_t bytes() const { return bytes_; }

 private:
  MemoryBudget& memory_;
  size_t bytes_ = 0;
};

/// Bytes that somebody else is charged with although they are free already: nobody is, until this dies.
class LentBytes {
 public:
  LentBytes(MemoryBudget& memory, size_t bytes) : memory_(memory), bytes_(bytes) { memory_.change(bytes_, 0); }
  LentBytes(const LentBytes&) = delete;
  LentBytes& operator=(const LentBytes&) = delete;
  ~LentBytes() {
    try {
      memory_.change(0, bytes_);
    } catch (...) {
      return;  // above the limit, and charged nevertheless: whoever owes them gives them back now
    }
  }

 private:
  MemoryBudget& memory_;
  const size_t bytes_;
};

}  // namespace cairn
