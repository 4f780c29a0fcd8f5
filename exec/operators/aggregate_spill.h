#pragma once

#include <memory>
#include <vector>

#include "exec/operators/aggregate_saved.h"
#include "exec/pipeline/pipeline.h"

namespace cairn {

/// The level of GroupIndex::partitions that fragments' groups are saved by: one that tells apart any two keys, where a
/// few groups may be too large together.
unsigned first_level(const AggregateShape& shape);

/// The result rows of groups that are too large to be merged all at once, partition by partition; in no set order.
/// `part_bytes`: what memory was charged with for the parts.
/// REQUIRES: resources have a store; there are keys.
std::shared_ptr<RowSet> merge_saved(const AggregateShape& shape, std::vector<GroupPart> parts, size_t part_bytes,
                                    SavedPartitions saved, const SinkResources& resources,
                                    const Sink::Parallel& parallel);

}  // namespace cairn
