#pragma once

#include <chrono>
#include <thread>

#include "vector/interleaving.h"

namespace cairn::test {

/// While it lives, threads of queries yield or sleep where they meet, as a seed says and how they come. Threads behind
/// queries (the writer of checkpoints) may be in the midst of it when it goes: what they are in stays.
class RandomYields {
 public:
  explicit RandomYields(uint64_t seed) {
    static Yields& yields = *new Yields;  // for ever
    yields.state.store(seed);
    interleaver.store(&yields);
  }
  ~RandomYields() { interleaver.store(nullptr); }
  RandomYields(const RandomYields&) = delete;
  RandomYields& operator=(const RandomYields&) = delete;

 private:
  struct Yields : Interleaver {
    void at(MeetingPoint) noexcept override {
      uint64_t draw = state.fetch_add(0x9e3779b97f4a7c15u, std::memory_order_relaxed);  // splitmix64
      draw = (draw ^ (draw >> 30)) * 0xbf58476d1ce4e5b9u;
      draw = (draw ^ (draw >> 27)) * 0x94d049bb133111ebu;
      draw ^= draw >> 31;
      if (draw % 4 == 0) std::this_thread::yield();
      if (draw % 4 == 1) std::this_thread::sleep_for(std::chrono::microseconds(draw / 4 % 200));
    }
    std::atomic<uint64_t> state{0};
  };
};

}  // namespace cairn::test
