#pragma once

#include <memory>

#include "exec/keys/key_filter.h"
#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"

namespace cairn {

/// Collects the rows of plan.children[1] and, in finalize, builds the table on plan.build_keys. rows(): the rows of
/// the build side, all columns.
std::unique_ptr<Sink> make_join_build_sink(const PlanNode& plan, SinkResources resources = {});

/// Joins the batches of plan.children[0] with a finalized (or restored) build sink, which outlives the operator, as
/// does the plan. Output columns: plan.output_columns of probe columns, build columns (not for kSemi, kAnti, kMark),
/// mark column (kMark).
std::unique_ptr<Operator> make_join_probe(const PlanNode& plan, const Sink& build);

/// keeps_matches(plan.join): of the build sink's rows.
MatchFlags join_matches(const Sink& build);

/// How many rounds the join takes: more than one where its build side is larger than memory (join_rounds.h).
size_t join_rounds(const Sink& build);
/// Whether its build rows stand in an order of their own, however many rounds there are: another run may have more memory.
bool join_is_partitioned(const Sink& build);
/// Readies the build sink for a round. Between legs.
void start_join_round(Sink& build, size_t round, const Sink::Parallel& parallel);
/// The probe rows that have waited for the round: begins it when its leg begins.
std::unique_ptr<Source> make_waiting_rows_source(Sink& build, size_t round);

/// The values of a build column of a finalized (or restored) build sink. Made when first asked for.
std::shared_ptr<const KeyFilter> join_key_filter(Sink& build, uint32_t build_column);

/// keeps_matches(plan.join): the build rows that no probe row matched (kRightSemi: those that one did), with NULLs for
/// the probe's columns. Runs after all probes have ended.
std::unique_ptr<Source> make_join_build_rows_source(const PlanNode& plan, const Sink& build);

}  // namespace cairn
