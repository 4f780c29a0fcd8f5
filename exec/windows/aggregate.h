#pragma once

#include "exec/crew/memory_budget.h"
#include "exec/plan/plan.h"
#include "exec/windows/rows.h"

namespace cairn {

/// Appends the results of an aggregate over a window for the rows of partitions [first, last).
///
///   one frame per partition:   a group per partition
///   frames that only grow:     one state, which takes row after row
///   few rows in all frames:    every row of every frame is added to its frame's group
///   others:                    a tree of states over the rows, each the merger of two; a frame is made of O(log n) of
///                              them (Leis, Kundhikanjana, Kemper, Neumann: "Efficient Processing of Window Functions
///                              in Analytical SQL Queries", VLDB 2015)
///
/// Which one is decided by the rows alone: the results do not depend on threads.
/// While it runs its states are charged to `memory`. Errors: kOutOfMemory.
void append_window_aggregate(const WindowRows& rows, const WindowCall& call, size_t first, size_t last,
                             MemoryBudget& memory, ColumnBuffer& out);

}  // namespace cairn
