#include "exec/plan/content.h"

#include <map>
#include <random>

namespace cairn {
namespace {

/// Walks from the answer back. A pipeline stands behind its inputs, so one pass from the last to the first sees every
/// reader before what it reads.
void choose(const PipelineGraph& graph, const std::vector<const Content*>& durable, PipelineChoice& choice) {
  const size_t count = graph.pipelines.size();
  choice.needed.assign(count, false);
  choice.restored.assign(count, false);
  choice.needed[count - 1] = true;
  for (size_t i = count; i-- > 0;) {
    if (graph.pipelines[i].loop != 0 || !choice.needed[i]) continue;  // what a loop reads is an input of whoever runs it
    choice.restored[i] = durable[i] != nullptr;
    if (choice.restored[i]) continue;
    for (const size_t input : graph.pipelines[i].inputs) choice.needed[input] = true;
  }
}

/// A restored pipeline whose rows were made of another content than the run would have; kNone where there is none.
size_t contradiction(const PipelineGraph& graph, const std::vector<Fingerprint>& fingerprints,
                     const std::vector<const Content*>& durable, const PipelineChoice& choice) {
  std::multimap<Fingerprint, size_t> needed;
  for (size_t i = 0; i < choice.needed.size(); ++i) {
    if (choice.needed[i] && graph.pipelines[i].loop == 0) needed.emplace(fingerprints[i], i);
  }
  std::map<Fingerprint, ContentId> assumed;  // by what stands nearer to the answer
  for (size_t i = choice.restored.size(); i-- > 0;) {
    if (!choice.restored[i]) continue;
    for (const auto& [pipeline, id] : durable[i]->made_of) {
      if (assumed.try_emplace(pipeline, id).first->second != id) return i;
      const auto [begin, end] = needed.equal_range(pipeline);
      for (auto at = begin; at != end; ++at) {
        if (!choice.restored[at->second] || durable[at->second]->id != id) return i;
      }
    }
  }
  return PipelineDescription::kNone;
}

}  // namespace

ContentId draw_content_id() {
  static thread_local std::random_device device;
  const auto word = [] { return (uint64_t{device()} << 32) | device(); };
  return {word(), word()};
}

PipelineChoice::PipelineChoice(const PipelineGraph& graph, const std::vector<Fingerprint>& fingerprints,
                               const std::function<const Content*(size_t pipeline)>& durable) {
  const size_t count = graph.pipelines.size();
  std::vector<const Content*> offered(count, nullptr);
  std::vector<bool> asked(count, false);
  for (;;) {
    choose(graph, offered, *this);
    // What is needed only because of a breaker that turns out to be durable is never asked for.
    size_t next = PipelineDescription::kNone;
    for (size_t i = count; i-- > 0 && next == PipelineDescription::kNone;) {
      if (needed[i] && !asked[i] && graph.pipelines[i].is_breaker()) next = i;
    }
    if (next != PipelineDescription::kNone) {
      asked[next] = true;
      offered[next] = durable(next);
      continue;
    }
    const size_t refused = contradiction(graph, fingerprints, offered, *this);
    if (refused == PipelineDescription::kNone) return;
    offered[refused] = nullptr;
  }
}

}  // namespace cairn
