#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cairn {

/// Hands out the morsels [first, first + count) of one source, or of several one after another, each exactly once, to
/// any number of workers. A queue per NUMA node, in ascending order; a worker empties its own node's first, then what
/// has no home, and only then steals, from the node that is furthest behind. Lock-free.
class MorselDispatcher {
 public:
  struct Taken {
    uint64_t ordinal;
    int home;    ///< the morsel's node, or -1
    bool local;  ///< home is the worker's node, or there is none
  };

  /// `home(ordinal)`: node of a morsel's data, or -1.
  MorselDispatcher(uint64_t first, uint64_t count, size_t node_count, const std::function<int(uint64_t)>& home);

  std::optional<Taken> take(int node);
  /// The least ordinal that is left, wherever it lives: for a worker whose results nobody can use before that one's.
  std::optional<Taken> take_lowest(int node);

 private:
  struct alignas(64) Queue {
    std::vector<uint64_t> ordinals;  ///< empty: the range [first, first + count)
    uint64_t first = 0, count = 0;
    int home = -1;
    alignas(64) std::atomic<uint64_t> next{0};

    uint64_t at(uint64_t position) const { return ordinals.empty() ? first + position : ordinals[position]; }
    uint64_t left() const {
      uint64_t taken = next.load(std::memory_order_relaxed);
      return taken < count ? count - taken : 0;
    }
  };
  std::optional<Taken> take_from(Queue& queue, int node);

  std::vector<std::unique_ptr<Queue>> queues_;  ///< one per node, then that of morsels without a home
};

}  // namespace cairn
