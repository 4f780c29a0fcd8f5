#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <vector>

#include "exec/plan/plan.h"

namespace cairn {

/// A plan cut at its breakers: descriptions only, so that what a checkpoint makes needless is never built.
///
/// A pipeline ends in a sink; it is fed by one or more legs, one after another: a UNION ALL has one per child, a right
/// or full join (also right semi or anti) one for its probe rows and one, behind it, for the build rows that none of
/// them (or some) matched. Morsels are
/// numbered over all legs.
struct PipelineDescription {
  enum class SinkKind { kResult, kAggregate, kJoinBuild, kWindow, kSort, kMaterialize, kLimit, kInsert };
  static constexpr size_t kNone = static_cast<size_t>(-1);

  /// A streaming operator; joins read the table that `build` makes.
  struct Step {
    const PlanNode* node;
    size_t build = kNone;
  };
  /// What a scan reads of a join's build side, which pipeline `build` makes.
  struct Reducer {
    const KeyReduction* reduction;
    size_t build;
  };
  struct Leg {
    enum class SourceKind {
      kNode,       ///< node is a scan, values or a table function
      kRows,       ///< the rows that pipeline `input` collected
      kBuildRows,  ///< build rows of the join `node`, by whether they found a match; `input` built them
      kRecursion,  ///< `input` collected the first rows; `body` makes the next ones, again and again
      kWorkingTable,  ///< of the recursion around: what the time before gave
      kWaitingRows,   ///< of a join that takes rounds: the probe rows of one behind the first; `input` built the join
    };
    SourceKind source;
    const PlanNode* node;  ///< whose output the source's rows are
    size_t input = kNone;
    std::vector<Step> steps;
    std::vector<Reducer> reducers;  ///< of a scan
    bool after_previous = false;  ///< begins only when all legs before it have ended
    size_t round = 0;          ///< kWaitingRows
    std::vector<size_t> body;  ///< kRecursion: pipelines of the recursive term, ascending; the last one has its rows
  };

  SinkKind sink;
  const PlanNode* node;  ///< the sink's; of the result: the plan's root
  std::vector<Leg> legs;
  std::vector<size_t> inputs;  ///< pipelines that must have ended before, ascending
  std::vector<uint32_t> working_tables;  ///< numbers of the recursions whose working tables it depends on
  uint32_t loop = 0;  ///< number of the recursion that runs it, over and over; 0: it runs once

  /// Whether what it collects can be made durable.
  bool is_breaker() const {
    return loop == 0 && (sink == SinkKind::kAggregate || sink == SinkKind::kJoinBuild || sink == SinkKind::kSort ||
                         sink == SinkKind::kWindow || sink == SinkKind::kMaterialize);
  }
  /// Whether what its fragments have collected can.
  bool keeps_fragments() const { return is_breaker() || (loop == 0 && sink == SinkKind::kInsert); }
};

/// The legs where some joins take several rounds (`rounds_of` a step's build): behind the legs that probe such a join, and
/// its unmatched build rows, come for each further round the probe rows that wait for it, and that round's build rows.
std::vector<PipelineDescription::Leg> with_rounds(std::vector<PipelineDescription::Leg> legs,
                                                  const std::function<size_t(size_t build)>& rounds_of);

/// All pipelines in an order in which they can run; the last one is the result's. Nodes that a plan names several times
/// are cut off once where they are breakers.
struct PipelineGraph {
  std::vector<PipelineDescription> pipelines;
  int64_t result_limit = -1, result_offset = 0;  ///< a LIMIT at the root, which the result itself keeps

  explicit PipelineGraph(const PlanNode& plan);

 private:
  using Leg = PipelineDescription::Leg;
  std::vector<Leg> legs_of(const PlanNode& node);
  std::vector<Leg> legs_of_join(const PlanNode& node);
  Leg leg_of_recursion(const PlanNode& node);
  size_t cut(const PlanNode& node, const PlanNode& input, PipelineDescription::SinkKind sink);
  void finish(PipelineDescription pipeline);
  std::unordered_map<const PlanNode*, size_t> cut_already_;
  std::unordered_map<const PlanNode*, size_t> builds_;  ///< of the joins whose probe side is being looked at, or was
};

}  // namespace cairn
