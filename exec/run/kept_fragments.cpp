// What of a pipeline that has not completed outlives the process.

#include <xxhash.h>

#include <algorithm>
#include <new>
#include <optional>

#include "exec/operators/join.h"
#include "exec/operators/scan.h"
#include "exec/run/execution.h"

namespace cairn {

namespace {

using Leg = PipelineDescription::Leg;

/// The pipelines that built what the legs' joins leave marks at.
std::vector<size_t> builds_with_marks(const std::vector<Leg>& legs) {
  std::vector<size_t> builds;
  for (const Leg& leg : legs) {
    for (const PipelineDescription::Step& step : leg.steps) {
      if (step.node->kind != PlanNode::Kind::kJoin || !keeps_matches(step.node->join)) continue;
      if (std::ranges::find(builds, step.build) == builds.end()) builds.push_back(step.build);
    }
  }
  return builds;
}

/// What the pipeline's morsels are cut from, and leave marks at. nullopt: that depends on how much memory there is (a
/// join's rounds).
std::optional<Fingerprint> fingerprint_of_morsels(const std::vector<Leg>& legs,
                                                  const std::function<Fingerprint(size_t input)>& edition_of) {
  std::vector<uint64_t> words{kScanMorselRows, legs.size()};
  const auto add = [&](size_t input) {
    const Fingerprint edition = edition_of(input);
    words.insert(words.end(), {edition.high, edition.low});
  };
  for (const Leg& leg : legs) {
    if (leg.source == Leg::SourceKind::kRows || leg.source == Leg::SourceKind::kBuildRows) {
      add(leg.input);
    } else if (leg.source != Leg::SourceKind::kNode) {
      return std::nullopt;
    }
  }
  for (const size_t build : builds_with_marks(legs)) add(build);
  const XXH128_hash_t hash = XXH3_128bits(words.data(), words.size() * sizeof words[0]);
  return Fingerprint{hash.high64, hash.low64};
}

}  // namespace

void Execution::keep_fragments(size_t number, const std::vector<Leg>& legs, PipelineRun& run) {
  Progress& progress = progress_[number];
  if (observer_ == nullptr || !graph_.pipelines[number].is_breaker() || !progress.deterministic) return;
  FragmentKey key{progress.breaker, {}, {}};
  key.breaker.types = progress.sink->saved_types();
  const auto morsels = fingerprint_of_morsels(legs, [this](size_t input) { return progress_[input].content.edition; });
  if (key.breaker.types.empty() || !morsels) return;
  key.morsels = *morsels;
  for (const size_t build : builds_with_marks(legs)) key.matches.push_back(join_matches(*progress_[build].sink));
  observer_->fragments(key, run.morsel_count(), [&](MorselSet covered, const RowSet& saved) {
    std::unique_ptr<Fragment> fragment = progress.sink->reopen(saved);
    fragment->covered = std::move(covered);
    run.take_over(std::move(fragment));
  });
  run.keep_fragments([this, key = std::move(key)](Fragment& sealed) {
    if (query_.memory.is_short(sealed.bytes())) return;  // no room for a copy
    try {
      if (auto saved = sealed.save()) observer_->sealed(key, sealed.covered, std::move(saved));
    } catch (const std::bad_alloc&) {
      return;
    }
  });
}

}  // namespace cairn
