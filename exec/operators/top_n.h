#pragma once

#include <memory>
#include <vector>

#include "exec/pipeline/pipeline.h"
#include "exec/plan/plan.h"
#include "exec/sorting/sort_order.h"

namespace cairn {

/// ORDER BY … LIMIT of few rows: fragments keep the best limit + offset rows (and up to as many candidates), and once
/// they have that many, reject what comes behind the last of them by its first sort key, a batch at a time.
std::unique_ptr<Sink> make_top_n_sink(const PlanNode& plan);

/// Drops the first `offset` rows, and all behind the next `limit` (-1: none).
void cut_rows(std::vector<RowAddress>& rows, int64_t limit, int64_t offset);

}  // namespace cairn
