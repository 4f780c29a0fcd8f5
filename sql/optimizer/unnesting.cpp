#include "sql/optimizer/pass.h"
namespace cairn {
void unnest(LogicalPlan&) {}
void simplify_mark_joins(LogicalPlan&) {}
}
