#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "exec/run/executor.h"
#include "tests/exec/fake_store.h"

namespace cairn::testing {

/// Keeps every breaker's rows, and offers some of them to the next run, in memory or not; seals fragments all the time, or
/// of several morsels.
struct Keeper : ExecutionObserver {
  std::optional<Content> durable(const Breaker& breaker) override {
    if (!offered.contains(breaker.fingerprint)) return std::nullopt;
    return contents.at(breaker.fingerprint);
  }
  std::shared_ptr<const RowSet> load(const Breaker& breaker, size_t) override { return offered.at(breaker.fingerprint); }
  void completed(const Breaker& breaker, const Content& content, std::shared_ptr<const RowSet> rows) override {
    kept[breaker.fingerprint] = std::move(rows);
    contents[breaker.fingerprint] = content;
  }
  Wish at_morsel_boundary(const OpenFragment&) override { return ++morsels % morsels_per_seal == 0 ? Wish::kSeal : Wish::kContinue; }
  void sealed(const FragmentKey& key, const MorselSet& covered, std::shared_ptr<const RowSet> saved) override {
    EXPECT_EQ(saved->types(), key.breaker.types);
    const std::lock_guard lock(mutex);
    SealedFragment fragment{covered, std::move(saved), {}};
    for (const MatchFlags& flags : key.matches) {
      std::vector<uint8_t>& copied = fragment.matches.emplace_back();
      for (uint8_t& flag : *flags) copied.push_back(std::atomic_ref<uint8_t>(flag).load());
    }
    fragments_kept[{key.breaker.fingerprint, key.morsels}].push_back(std::move(fragment));
  }
  void fragments(const FragmentKey& key, uint64_t morsel_count, const Take& take) override {
    for (const SealedFragment& fragment : fragments_offered[{key.breaker.fingerprint, key.morsels}]) {
      EXPECT_LE(fragment.covered.back().second, morsel_count);
      ASSERT_EQ(fragment.matches.size(), key.matches.size());
      for (size_t join = 0; join < key.matches.size(); ++join) {
        ASSERT_EQ(fragment.matches[join].size(), key.matches[join]->size());
        for (size_t row = 0; row < key.matches[join]->size(); ++row) (*key.matches[join])[row] |= fragment.matches[join][row];
      }
      if (!take(fragment.covered, fragment.saved)) continue;
      ++taken;
      taken_with_matches += !key.matches.empty();
    }
  }
  void offer(const Fingerprint& breaker, const RowSet& rows, bool resident) {
    auto copied = std::make_shared<RowSet>(rows.types());
    for (size_t i = 0; i < rows.chunks().size(); ++i) copied->append(*rows.pin(i));
    copied->seal();
    if (!resident) copied->evict_all(store);
    offered[breaker] = std::move(copied);
  }
  struct SealedFragment {
    MorselSet covered;
    std::shared_ptr<const RowSet> saved;
    std::vector<std::vector<uint8_t>> matches;
  };
  using Fragments = std::map<std::pair<Fingerprint, Fingerprint>, std::vector<SealedFragment>>;
  std::mutex mutex;
  Fragments fragments_kept, fragments_offered;
  size_t taken = 0, taken_with_matches = 0;
  std::atomic<size_t> morsels{0};
  size_t morsels_per_seal = 1;
  std::map<Fingerprint, Content> contents;
  FakeStore store;
  std::map<Fingerprint, std::shared_ptr<const RowSet>> kept, offered;
};

}  // namespace cairn::testing
