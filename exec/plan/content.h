#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "exec/plan/pipeline_graph.h"

namespace cairn {

/// Names what a pipeline collected: drawn when the rows are made, kept when they are loaded again. Rows that can come out
/// in one way only (exec/plan/determinism.h) are named by their pipeline's fingerprint, whoever makes them.
using ContentId = Fingerprint;

/// A content left to chance: what the pipeline of this fingerprint collected one time.
struct ChanceContent {
  Fingerprint pipeline;
  ContentId id;
  friend auto operator<=>(const ChanceContent&, const ChanceContent&) = default;
};

/// What a pipeline collected, and the contents left to chance that it was computed from, directly or not.
struct Content {
  ContentId id;
  /// Drawn when the rows are made, whoever makes them, and kept when they are loaded: this very order, these very chunks.
  Fingerprint edition = {};
  std::set<ChanceContent> made_of;
};

/// A number that has never been and will not come again.
ContentId draw_content_id();

/// Which pipelines of a graph run, which are restored from durable rows, and which nobody needs.
///
/// Durable rows are taken only where every content that they were made of is the one that this run has, too: loaded, or
/// of no concern to anybody else. Otherwise one query would see two outcomes of the same chance.
struct PipelineChoice {
  std::vector<bool> needed;    ///< it, or the rows that restore it
  std::vector<bool> restored;  ///< needed, and durable

  /// `fingerprints`: one per pipeline. `durable` is asked of breakers that are needed, from the answer back, maybe again.
  PipelineChoice(const PipelineGraph& graph, const std::vector<Fingerprint>& fingerprints,
                 const std::function<const Content*(size_t pipeline)>& durable);
};

}  // namespace cairn
