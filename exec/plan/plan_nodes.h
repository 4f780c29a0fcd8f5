#pragma once

#include <functional>

#include "exec/plan/plan.h"

namespace cairn {

/// Calls `visit` for the plan's nodes, each once: shared subplans may share others, and so on.
void for_each_node(const PlanNode& plan, const std::function<void(const PlanNode&)>& visit);

/// Whether the node itself calls a volatile function, casts texts in which 'now' might stand, or calls a table function
/// that cannot say what it gives.
bool is_volatile_node(const PlanNode& node);

}  // namespace cairn
