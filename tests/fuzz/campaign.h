#pragma once

#include <cstdint>
#include <functional>
#include <random>

#include <CLI/CLI.hpp>

#include "capi/include/cairn.h"
#include "tests/fuzz/judge.h"

namespace cairn::fuzz {

struct CampaignOptions {
  uint64_t seed = std::random_device{}();
  double minutes = 0;
  size_t queries = 0;
  size_t failures = 10;

  void add_to(CLI::App& app);
};

/// What a campaign judges, and where.
struct Campaign {
  Judge& judge;
  std::function<size_t(const Schema&)> case_count;
  /// Makes a schema and loads it.
  std::function<Schema(Random&)> next_schema;
  std::function<Case(Random&, const Schema&)> next_case;
  std::function<void()> print_counts;
};

/// One schema after another until the time or the number is over. Prints the seed of each difference and, made small, a
/// script that repeats it; last "N passed, N failed". Returns the process's exit code.
int run_campaign(const CampaignOptions& options, const Campaign& campaign);

/// Runs `body` on a new database that is gone afterwards; what runs is printed when the process crashes.
int with_database(const std::function<int(cairn_database*)>& body);

}  // namespace cairn::fuzz
