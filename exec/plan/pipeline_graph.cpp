#include "exec/plan/pipeline_graph.h"

#include <algorithm>

namespace cairn {

using SinkKind = PipelineDescription::SinkKind;
using SourceKind = PipelineDescription::Leg::SourceKind;

PipelineGraph::PipelineGraph(const PlanNode& plan) {
  const PlanNode* input = &plan;
  if (plan.kind == PlanNode::Kind::kLimit) {
    result_limit = plan.limit;
    result_offset = plan.offset;
    input = plan.children[0].get();
  }
  finish({SinkKind::kResult, &plan, legs_of(*input), {}});
}

namespace {

template <typename T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

bool contains(const auto& list, const auto& item) { return std::find(list.begin(), list.end(), item) != list.end(); }

}  // namespace

void PipelineGraph::finish(PipelineDescription pipeline) {
  auto& inputs = pipeline.inputs;
  auto& working_tables = pipeline.working_tables;
  for (const Leg& leg : pipeline.legs) {
    if (leg.input != PipelineDescription::kNone) inputs.push_back(leg.input);
    for (const auto& step : leg.steps) {
      if (step.build != PipelineDescription::kNone) inputs.push_back(step.build);
    }
    for (const auto& reducer : leg.reducers) inputs.push_back(reducer.build);
    if (leg.source == SourceKind::kWorkingTable) working_tables.push_back(leg.node->recursion);
    // What the body reads, and does not make itself, has to be there as long as the recursion runs.
    for (const size_t part : leg.body) {
      for (const size_t input : pipelines[part].inputs) {
        if (!contains(leg.body, input)) inputs.push_back(input);
      }
      for (const uint32_t number : pipelines[part].working_tables) {
        if (number != leg.node->recursion) working_tables.push_back(number);
      }
    }
  }
  sort_unique(inputs);
  for (const size_t input : inputs) {
    const auto& read = pipelines[input].working_tables;
    working_tables.insert(working_tables.end(), read.begin(), read.end());
  }
  sort_unique(working_tables);
  pipelines.push_back(std::move(pipeline));
}

size_t PipelineGraph::cut(const PlanNode& node, const PlanNode& input, SinkKind sink) {
  // Probes of such a join mark the build rows that they matched: two uses of one node need two tables.
  const bool shareable = sink != SinkKind::kJoinBuild || !keeps_matches(node.join);
  if (auto known = cut_already_.find(&node); shareable && known != cut_already_.end()) return known->second;
  finish({sink, &node, legs_of(input), {}});
  const size_t number = pipelines.size() - 1;
  if (shareable) cut_already_[&node] = number;
  return number;
}

std::vector<PipelineDescription::Leg> PipelineGraph::legs_of_join(const PlanNode& node) {
  const size_t build = cut(node, *node.children[1], SinkKind::kJoinBuild);
  builds_[&node] = build;
  std::vector<Leg> legs = legs_of(*node.children[0]);
  for (Leg& leg : legs) leg.steps.push_back({&node, build});
  if (keeps_matches(node.join)) legs.push_back({SourceKind::kBuildRows, &node, build, {}, {}, true});
  return legs;
}

/// Pipelines of the recursive term that do not depend on the working table run once, before; the others are the body.
PipelineDescription::Leg PipelineGraph::leg_of_recursion(const PlanNode& node) {
  const size_t base = legs_of(*node.children[0])[0].input, step = legs_of(*node.children[1])[0].input;
  Leg leg{SourceKind::kRecursion, &node, base, {}, {}, true, {}};
  for (size_t i = 0; i < pipelines.size(); ++i) {
    PipelineDescription& pipeline = pipelines[i];
    if (pipeline.loop != 0 || (i != step && !contains(pipeline.working_tables, node.recursion))) continue;
    pipeline.loop = node.recursion;
    leg.body.push_back(i);
  }
  return leg;
}

std::vector<PipelineDescription::Leg> PipelineGraph::legs_of(const PlanNode& node) {
  auto rows_of = [&](SinkKind sink) {
    return std::vector<Leg>{{SourceKind::kRows, &node, cut(node, *node.children[0], sink), {}}};
  };
  switch (node.kind) {
    case PlanNode::Kind::kScan: {
      Leg leg{SourceKind::kNode, &node};
      for (const KeyReduction& reduction : node.reductions) {
        const auto build = builds_.find(reduction.join);
        if (build != builds_.end()) leg.reducers.push_back({&reduction, build->second});
      }
      return {std::move(leg)};
    }
    case PlanNode::Kind::kValues:
    case PlanNode::Kind::kTableFunction: return {{SourceKind::kNode, &node}};
    case PlanNode::Kind::kFilter:
    case PlanNode::Kind::kProject: {
      std::vector<Leg> legs = legs_of(*node.children[0]);
      for (Leg& leg : legs) leg.steps.push_back({&node});
      return legs;
    }
    case PlanNode::Kind::kUnionAll: {
      std::vector<Leg> legs;
      for (const PlanPtr& child : node.children) {
        for (Leg& leg : legs_of(*child)) {
          // How many morsels a recursion has, which number those behind it, is known at its end.
          leg.after_previous |= !legs.empty() && legs.back().source == SourceKind::kRecursion;
          legs.push_back(std::move(leg));
        }
      }
      return legs;
    }
    case PlanNode::Kind::kRecursion: return {leg_of_recursion(node)};
    case PlanNode::Kind::kWorkingTable: return {{SourceKind::kWorkingTable, &node}};
    case PlanNode::Kind::kJoin: return legs_of_join(node);
    case PlanNode::Kind::kAggregate: return rows_of(SinkKind::kAggregate);
    case PlanNode::Kind::kWindow: return rows_of(SinkKind::kWindow);
    case PlanNode::Kind::kSort: return rows_of(SinkKind::kSort);
    case PlanNode::Kind::kMaterialize: return rows_of(SinkKind::kMaterialize);
    case PlanNode::Kind::kLimit: return rows_of(SinkKind::kLimit);
    case PlanNode::Kind::kInsert: return rows_of(SinkKind::kInsert);
  }
  return {};
}

std::vector<PipelineDescription::Leg> with_rounds(std::vector<PipelineDescription::Leg> legs,
                                                  const std::function<size_t(size_t build)>& rounds_of) {
  using Leg = PipelineDescription::Leg;
  const auto step_of = [](const Leg& leg, size_t build) {
    return std::ranges::find(leg.steps, build, &PipelineDescription::Step::build);
  };
  // Joins from the source on: the rows of one's rounds are probed, or wait, at those behind it.
  std::vector<size_t> builds;
  for (const Leg& leg : legs) {
    for (const auto& step : leg.steps) {
      const bool takes_rounds = step.build != PipelineDescription::kNone && rounds_of(step.build) > 1;
      if (takes_rounds && !contains(builds, step.build)) builds.push_back(step.build);
    }
  }
  for (const size_t build : builds) {
    size_t last = 0;
    for (size_t i = 0; i < legs.size(); ++i) {
      if (step_of(legs[i], build) != legs[i].steps.end()) last = i;
    }
    const auto step = step_of(legs[last], build);
    std::vector<PipelineDescription::Step> steps(step, legs[last].steps.cend());
    Leg waiting{SourceKind::kWaitingRows, step->node->children[0].get(), build, std::move(steps), {}, true};
    const bool has_rows = last + 1 < legs.size() && legs[last + 1].source == SourceKind::kBuildRows && legs[last + 1].input == build;
    const Leg build_rows = has_rows ? legs[last + 1] : Leg{};
    auto at = legs.begin() + static_cast<ptrdiff_t>(last + (has_rows ? 2 : 1));
    for (waiting.round = 1; waiting.round < rounds_of(build); ++waiting.round) {
      at = legs.insert(at, waiting) + 1;
      if (has_rows) at = legs.insert(at, build_rows) + 1;
    }
    if (at != legs.end()) at->after_previous = true;
  }
  return legs;
}

}  // namespace cairn
