// What of a pipeline that has not completed outlives the process.

#include <xxhash.h>

#include <algorithm>
#include <new>
#include <optional>
#include <span>

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

/// The pipelines of whose rows the numbers count: morsels are cut from them, or marks left at them. nullopt: what a morsel
/// is depends on how much memory there is (a join's rounds), or on chance.
std::optional<std::vector<size_t>> inputs_by_number(const std::vector<Leg>& legs, std::vector<size_t> marked) {
  std::vector<size_t> inputs = std::move(marked);
  for (const Leg& leg : legs) {
    if (leg.source == Leg::SourceKind::kRows || leg.source == Leg::SourceKind::kBuildRows) {
      inputs.push_back(leg.input);
    } else if (leg.source != Leg::SourceKind::kNode) {
      return std::nullopt;
    }
  }
  return inputs;
}

Fingerprint fingerprint_of(std::span<const Fingerprint> editions, size_t leg_count) {
  std::vector<uint64_t> words{kScanMorselRows, leg_count};
  for (const Fingerprint& edition : editions) words.insert(words.end(), {edition.high, edition.low});
  const XXH128_hash_t hash = XXH3_128bits(words.data(), words.size() * sizeof words[0]);
  return {hash.high64, hash.low64};
}

}  // namespace

void Execution::keep_fragments(size_t number, const std::vector<Leg>& legs, PipelineRun& run) {
  Progress& progress = progress_[number];
  if (observer_ == nullptr || !graph_.pipelines[number].keeps_fragments() || !progress.collects_deterministic) return;
  const std::vector<size_t> marked = builds_with_marks(legs);
  const auto inputs = inputs_by_number(legs, marked);
  if (!inputs) return;
  std::vector<Fingerprint> editions;
  for (const size_t input : *inputs) {
    if (graph_.pipelines[input].sink == PipelineDescription::SinkKind::kJoinBuild && join_is_partitioned(*progress_[input].sink)) return;
    editions.push_back(progress_[input].content.edition);
  }
  FragmentKey key{progress.breaker, fingerprint_of(editions, legs.size()), {}, progress.sink->keeper()};
  key.breaker.types = progress.sink->saved_types();
  if (key.breaker.types.empty()) return;
  for (const size_t build : marked) key.matches.push_back(join_matches(*progress_[build].sink));
  observer_->fragments(key, run.morsel_count(), [&](MorselSet covered, std::shared_ptr<const RowSet> saved) {
    if (!progress.sink->has_place_for(covered)) return false;
    std::unique_ptr<Fragment> fragment = progress.sink->reopen(std::move(saved));
    if (fragment == nullptr) return false;
    fragment->covered = std::move(covered);
    run.take_over(std::move(fragment));
    return true;
  });
  run.keep_fragments([this, key = std::move(key)](Fragment& sealed) {
    if (query_.memory.is_short(sealed.bytes())) return;  // no room for a copy
    try {
      if (auto saved = sealed.save()) observer_->sealed(key, sealed.saved_morsels(), std::move(saved));
    } catch (const std::bad_alloc&) {
      return;
    }
  });
}

}  // namespace cairn
