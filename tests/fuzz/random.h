#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace cairn::fuzz {

/// The choices of one run: the same seed makes the same choices.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  /// 0 … bound - 1; bound is at least 1.
  size_t below(size_t bound) { return engine_() % bound; }
  int between(int least, int most) { return least + static_cast<int>(below(static_cast<size_t>(most - least + 1))); }
  bool chance(int percent) { return below(100) < static_cast<size_t>(percent); }
  template <typename T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }
  std::string word(std::initializer_list<const char*> choices) { return *(choices.begin() + below(choices.size())); }
  /// An index, as likely as its weight says.
  size_t weighted(std::initializer_list<int> weights) {
    int sum = 0;
    for (int weight : weights) sum += weight;
    int choice = between(0, sum - 1);
    size_t index = 0;
    for (int weight : weights) {
      if (choice < weight) break;
      choice -= weight;
      index++;
    }
    return index;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace cairn::fuzz
