#include <algorithm>

#include "sql/optimizer/column_set.h"
#include "sql/optimizer/pass.h"
#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/statistics.h"

// Joins and groups that a query writes several times (a view used twice, a total beside its parts) are computed once,
// where keeping their rows is cheaper than reading the tables again.

namespace cairn {
namespace {

using Kind = LogicalNode::Kind;

/// Rows read are worth keeping where so many of them make one row of the result.
constexpr double kReadPerKept = 2;
/// Fewer rows are as quickly read again.
constexpr double kFewRows = 4096;
constexpr size_t kMostCandidates = 64;

/// Whether two subplans give the same rows, and which column of the first each of the second's is. The first one's scans
/// may lack columns of the second's: they can be added.
class SubplanMatch {
 public:
  explicit SubplanMatch(LogicalPlan& plan) : plan_(plan) {}

  bool match(LogicalNode& a, const LogicalNode& b) {
    if (a.kind != b.kind || a.children.size() != b.children.size() || is_volatile(a)) return false;
    for (size_t i = 0; i < a.children.size(); ++i) {
      if (!match(*a.children[i], *b.children[i])) return false;
    }
    switch (a.kind) {
      case Kind::kScan: return match_scan(a, b);
      case Kind::kFilter: return same_text(a, b);
      case Kind::kJoin:
        if (a.join != b.join) return false;
        if (a.join == JoinKind::kMark) of_first_[b.outputs.back()] = a.outputs.back();
        return same_text(a, b);
      case Kind::kProject:
      case Kind::kAggregate:
        if (a.outputs.size() != b.outputs.size()) return false;
        for (size_t i = 0; i < a.outputs.size(); ++i) of_first_[b.outputs[i]] = a.outputs[i];
        return same_text(a, b);
      default: return false;
    }
  }

  /// The second's columns in the first, once the first has what it lacked; nothing where they do not reach its top.
  bool columns(LogicalNode& a, const std::vector<ColumnId>& of_second, std::vector<ColumnId>& of_first) {
    for (const auto& [scan, column, id] : lacking_) {
      const ColumnInfo info = plan_.columns[id];
      scan->scan_columns.push_back(column);
      scan->outputs.push_back(plan_.add_column(info.name, info.type, info.nullable));
      of_first_[id] = scan->outputs.back();
    }
    if (!lacking_.empty()) widen_outputs_below(a);
    lacking_.clear();
    for (ColumnId id : of_second) {
      const auto found = of_first_.find(id);
      if (found == of_first_.end()) return false;
      if (std::find(a.outputs.begin(), a.outputs.end(), found->second) == a.outputs.end()) return false;
      of_first.push_back(found->second);
    }
    return true;
  }

 private:
  struct Lacking {
    LogicalNode* scan;
    uint32_t column;
    ColumnId id;
  };

  bool match_scan(LogicalNode& a, const LogicalNode& b) {
    if (a.table != b.table || a.predicates.size() != b.predicates.size()) return false;
    for (size_t i = 0; i < b.outputs.size(); ++i) {
      const auto found = std::find(a.scan_columns.begin(), a.scan_columns.end(), b.scan_columns[i]);
      if (found == a.scan_columns.end()) {
        lacking_.push_back({&a, b.scan_columns[i], b.outputs[i]});
      } else {
        of_first_[b.outputs[i]] = a.outputs[static_cast<size_t>(found - a.scan_columns.begin())];
      }
    }
    for (size_t i = 0; i < a.predicates.size(); ++i) {
      const ExpressionPtr renamed = b.predicates[i]->clone();
      rename_columns(*renamed, of_first_);
      if (!renamed->equals(*a.predicates[i])) return false;
    }
    return true;
  }

  /// A node's text says everything that makes its rows, as long as its columns have the same ids.
  bool same_text(const LogicalNode& a, const LogicalNode& b) const {
    const LogicalPtr renamed = clone_plan(b);
    rename_columns(*renamed, of_first_);
    return plan_.describe(*renamed) == plan_.describe(a);
  }

  LogicalPlan& plan_;
  Renaming of_first_;
  std::vector<Lacking> lacking_;
};

bool is_region(const LogicalNode& node) {
  return node.kind == Kind::kJoin || (node.kind == Kind::kFilter && is_region(*node.children[0]));
}

/// Subplans that may be worth keeping, larger ones before what they contain: groups, and whole regions of joins.
void collect(LogicalPtr& node, bool in_region, std::vector<LogicalPtr*>& candidates) {
  const bool region = is_region(*node);
  if (node->kind == Kind::kAggregate || (region && !in_region)) candidates.push_back(&node);
  for (auto& child : node->children) collect(child, region, candidates);
}

double rows_read(const LogicalNode& node) {
  double rows = node.kind == Kind::kScan ? static_cast<double>(node.table->row_count) : 0;
  for (const auto& child : node.children) rows += rows_read(*child);
  return rows;
}

bool pays_to_keep(const LogicalPlan& plan, const LogicalNode& node) {
  const double read = rows_read(node);
  return read > kFewRows && Estimator(plan).estimate(node).rows * kReadPerKept < read;
}

LogicalPtr scan_of(LogicalPlan& plan, const std::shared_ptr<CommonTable>& table, std::vector<ColumnId> outputs) {
  if (outputs.empty()) {
    for (ColumnId id : table->plan->outputs) {
      const ColumnInfo info = plan.columns[id];
      outputs.push_back(plan.add_column(info.name, info.type, info.nullable));
    }
  }
  LogicalPtr scan = make_node(Kind::kCteScan, std::move(outputs));
  scan->cte = table;
  scan->alias = table->name;
  return scan;
}

/// Puts the first subplan into a common table, and scans of it into the places of all its equals.
void share(LogicalPlan& plan, LogicalPtr& first, std::vector<std::pair<LogicalPtr*, std::vector<ColumnId>>> others) {
  auto table = std::make_shared<CommonTable>();
  table->name = "shared " + std::to_string(plan.common_tables.size() + 1);
  const std::vector<ColumnId> outputs = first->outputs;
  std::vector<std::pair<ColumnId, ColumnId>> renamed;
  for (ColumnId id : outputs) {
    const ColumnInfo info = plan.columns[id];
    renamed.emplace_back(plan.add_column(info.name, info.type, info.nullable), id);
  }
  table->plan = make_renaming(plan, renamed, std::move(first));
  plan.common_tables.push_back(table);
  first = scan_of(plan, table, outputs);
  for (auto& [place, of_first] : others) {
    LogicalPtr scan = scan_of(plan, table, {});
    std::vector<std::pair<ColumnId, ColumnId>> columns;
    for (size_t i = 0; i < of_first.size(); ++i) {
      const auto position = std::find(outputs.begin(), outputs.end(), of_first[i]) - outputs.begin();
      columns.emplace_back((*place)->outputs[i], scan->outputs[static_cast<size_t>(position)]);
    }
    *place = make_renaming(plan, columns, std::move(scan));
  }
}

bool share_one(LogicalPlan& plan) {
  std::vector<LogicalPtr*> candidates;
  collect(plan.root, false, candidates);
  if (candidates.size() > kMostCandidates) candidates.resize(kMostCandidates);
  for (size_t i = 0; i < candidates.size(); ++i) {
    LogicalNode& first = **candidates[i];
    std::vector<std::pair<LogicalPtr*, std::vector<ColumnId>>> others;
    for (size_t j = i + 1; j < candidates.size(); ++j) {
      SubplanMatch match(plan);
      std::vector<ColumnId> of_first;
      if (!match.match(first, **candidates[j]) || !pays_to_keep(plan, first)) continue;
      if (match.columns(first, (*candidates[j])->outputs, of_first)) others.emplace_back(candidates[j], std::move(of_first));
    }
    if (others.empty()) continue;
    share(plan, *candidates[i], std::move(others));
    return true;
  }
  return false;
}

}  // namespace

void share_common_subplans(LogicalPlan& plan) {
  while (share_one(plan)) {
  }
}

}  // namespace cairn
