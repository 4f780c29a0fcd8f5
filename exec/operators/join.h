#pragma once

#include <memory>

#include "exec/pipeline.h"
#include "exec/plan.h"

namespace cairn {

/// Collects the rows of plan.children[1] and, in finalize, builds the table on plan.build_keys. rows(): the rows of
/// the build side, all columns.
std::unique_ptr<Sink> make_join_build_sink(const PlanNode& plan);

/// Joins the batches of plan.children[0] with a finalized (or restored) build sink, which outlives the operator, as
/// does the plan. Output columns: plan.output_columns of probe columns, build columns (not for kSemi, kAnti, kMark),
/// mark column (kMark).
std::unique_ptr<Operator> make_join_probe(const PlanNode& plan, const Sink& build);

/// kRight and kFull: the build rows that no probe row matched, with NULLs for the probe's columns. Runs after all
/// probes have ended.
std::unique_ptr<Source> make_join_unmatched_source(const PlanNode& plan, const Sink& build);

}  // namespace cairn
