#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/random.h"

namespace cairn::fuzz {

/// How a side is run. Written and read as text: "SET threads = 8; …", behind "yield N; " where threads are made to wait
/// for each other at random.
struct Settings {
  std::string sql;
  uint64_t yields = 0;  ///< the seed, or 0

  std::string text() const;
  static Settings parse(const std::string& text);
  /// One thread, all passes, nothing durable.
  static Settings plain();
};

/// Others: threads, capacities, durable breakers, passes off singly and in pairs. `large`: none that make them slow.
Settings random_settings(Random& random, const std::vector<std::string>& passes, bool large);
/// Several threads that meet in random orders.
Settings yielding_settings(Random& random);

}  // namespace cairn::fuzz
