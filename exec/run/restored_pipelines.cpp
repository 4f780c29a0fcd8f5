// Which pipelines need not run, because what they collected is durable.

#include <algorithm>

#include "exec/run/execution.h"
#include "vector/interleaving.h"

namespace cairn {

/// Asks what is durable, and loads what serves. What turns out to be damaged is chosen without.
PipelineChoice Execution::load_durable() {
  std::vector<Fingerprint> fingerprints;
  for (const Progress& progress : progress_) fingerprints.push_back(progress.breaker.fingerprint);
  std::vector<std::optional<Content>> durable(progress_.size());
  std::vector<bool> asked(progress_.size(), observer_ == nullptr);
  const auto ask = [&](size_t i) {
    if (!asked[i]) durable[i] = observer_->durable(progress_[i].breaker);
    asked[i] = true;
    return durable[i] ? &*durable[i] : nullptr;
  };
  for (;;) {
    PipelineChoice choice(graph_, fingerprints, ask);
    bool whole = true;
    for (size_t i = progress_.size(); i-- > 0;) {
      Progress& progress = progress_[i];
      if (!choice.restored[i]) {
        progress.durable.reset();
        hold_sink(progress, 0);
      } else if (progress.durable == nullptr) {
        progress.durable = observer_->load(progress.breaker, room_for_durable());
        progress.content = *durable[i];
        if (progress.durable == nullptr) {
          durable[i].reset(), whole = false;
        } else {
          hold_sink(progress, progress.durable->bytes());
        }
      }
    }
    if (whole) return choice;
  }
}

/// What waits for its readers leaves room for what runs until then.
size_t Execution::room_for_durable() const {
  const size_t limit = query_.memory.limit_bytes(), share = limit / 4;
  return limit == 0 ? SIZE_MAX : share - std::min(share, query_.memory.used_bytes());
}

/// From the answer back: what is durable is loaded, and what only it would need is never reached.
void Execution::choose_pipelines() {
  const PipelineChoice choice = load_durable();
  size_t skipped = 0;
  for (size_t i = 0; i < progress_.size(); ++i) {
    Progress& progress = progress_[i];
    const PipelineDescription& pipeline = graph_.pipelines[i];
    if (pipeline.loop != 0) continue;  // what it reads is an input of whoever runs it
    progress.needed = choice.needed[i];
    if (!progress.needed || progress.durable != nullptr) ++skipped;
    if (pipeline.is_breaker()) {
      std::string& state = profile_of(*pipeline.node).checkpoint;
      state = progress.durable != nullptr ? "durable (loaded)" : progress.needed ? "computed" : "not needed";
    }
    if (!progress.needed || progress.durable != nullptr) continue;
    for (size_t input : pipeline.inputs) ++progress_[input].readers_left;
  }
  profile_.pipelines_skipped.store(skipped, std::memory_order_relaxed);
  profile_.pipelines_done.fetch_add(static_cast<size_t>(std::count_if(
      progress_.begin(), progress_.end(), [](const Progress& progress) { return !progress.needed; })));
  if (observer_ != nullptr) observer_->planned(skipped, progress_.size());
}

void Execution::restore(size_t number) {
  const PipelineDescription& pipeline = graph_.pipelines[number];
  Progress& progress = progress_[number];
  progress.sink = make_sink(pipeline);
  meet(MeetingPoint::kRestore);
  if (pipeline.sink != SinkKind::kJoinBuild) {
    profile_of(*pipeline.node).rows.store(progress.durable->row_count(), std::memory_order_relaxed);
  }
  hold_sink(progress, 0);
  progress.sink->restore(std::move(progress.durable), parallel());
  throw_if_ending(query_);
  hold_sink(progress, progress.sink->bytes());
}

}  // namespace cairn
