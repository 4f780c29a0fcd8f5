#include "exec/crew/morsel_dispatcher.h"

#include <algorithm>

namespace cairn {

MorselDispatcher::MorselDispatcher(uint64_t first, uint64_t count, size_t node_count,
                                   const std::function<int(uint64_t)>& home) {
  for (size_t i = 0; i <= node_count; ++i) {
    queues_.push_back(std::make_unique<Queue>());
    queues_.back()->home = i < node_count ? static_cast<int>(i) : -1;
  }
  if (node_count <= 1) {  // every morsel is local: one range, no lists
    queues_.back()->first = first;
    queues_.back()->count = count;
    return;
  }
  for (uint64_t ordinal = first; ordinal < first + count; ++ordinal) {
    const int node = home(ordinal);
    const bool known = node >= 0 && static_cast<size_t>(node) < node_count;
    queues_[known ? static_cast<size_t>(node) : node_count]->ordinals.push_back(ordinal);
  }
  for (auto& queue : queues_) queue->count = queue->ordinals.size();
}

std::optional<MorselDispatcher::Taken> MorselDispatcher::take_from(Queue& queue, int node) {
  if (queue.left() == 0) return std::nullopt;
  const uint64_t position = queue.next.fetch_add(1, std::memory_order_relaxed);
  if (position >= queue.count) return std::nullopt;
  return Taken{queue.at(position), queue.home, queue.home < 0 || queue.home == node};
}

std::optional<MorselDispatcher::Taken> MorselDispatcher::take(int node) {
  const size_t node_count = queues_.size() - 1;
  if (static_cast<size_t>(node) < node_count) {
    if (auto taken = take_from(*queues_[static_cast<size_t>(node)], node)) return taken;
  }
  if (auto taken = take_from(*queues_.back(), node)) return taken;
  while (true) {
    Queue* fullest = nullptr;
    for (auto& queue : queues_) {
      if (queue->left() > 0 && (fullest == nullptr || queue->left() > fullest->left())) fullest = queue.get();
    }
    if (fullest == nullptr) return std::nullopt;
    if (auto taken = take_from(*fullest, node)) return taken;
  }
}

std::optional<MorselDispatcher::Taken> MorselDispatcher::take_lowest(int node) {
  while (true) {
    Queue* lowest = nullptr;
    uint64_t position = 0, ordinal = 0;
    for (auto& queue : queues_) {
      const uint64_t next = queue->next.load(std::memory_order_relaxed);
      if (next >= queue->count) continue;
      if (lowest == nullptr || queue->at(next) < ordinal) {
        lowest = queue.get();
        position = next;
        ordinal = queue->at(next);
      }
    }
    if (lowest == nullptr) return std::nullopt;
    if (lowest->next.compare_exchange_strong(position, position + 1, std::memory_order_relaxed)) {
      return Taken{ordinal, lowest->home, lowest->home < 0 || lowest->home == node};
    }
  }
}

}  // namespace cairn
