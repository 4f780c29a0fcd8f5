#include "sql/physical/key_reduction.h"

#include <algorithm>

#include "exec/keys/key_filter.h"

namespace cairn {
namespace {

/// Beyond so many reductions of one scan, further ones are hardly worth their time.
constexpr size_t kMostReductions = 4;

class Reduction {
 public:
  Reduction(const PlanNode& join, size_t key, double share)
      : join_(join), build_column_(join.build_keys[key]), share_(share) {}

  /// Reduces the rows of the node by its output column; whether any scan below looks at its rows therefore. `early`:
  /// what is left out at a scan is spared more than the reducing join itself.
  bool reduce(PlanNode& node, uint32_t column, bool early) const {
    const bool reduced = reduce_inputs(node, column, early);
    if (reduced) node.estimated_rows *= share_;
    return reduced;
  }

 private:
  bool reduce_inputs(PlanNode& node, uint32_t column, bool early) const {
    switch (node.kind) {
      case PlanNode::Kind::kScan:
        return reduce_scan(node, column, early);
      case PlanNode::Kind::kFilter:
        return reduce(*node.children[0], column, early);
      case PlanNode::Kind::kProject: {
        const Expression& e = *node.expressions[column];
        return e.kind == Expression::Kind::kColumn && reduce(*node.children[0], e.column, early);
      }
      case PlanNode::Kind::kAggregate:
        return column < node.groups.size() && reduce(*node.children[0], node.groups[column], true);
      case PlanNode::Kind::kWindow: {  // whole partitions may go
        const bool is_partition = std::find(node.groups.begin(), node.groups.end(), column) != node.groups.end();
        return is_partition && reduce(*node.children[0], column, true);
      }
      case PlanNode::Kind::kSort:
        return node.limit < 0 && node.offset == 0 && reduce(*node.children[0], column, true);
      case PlanNode::Kind::kUnionAll: {
        bool reduced = false;
        for (const PlanPtr& child : node.children) reduced |= reduce(*child, column, early);
        return reduced;
      }
      case PlanNode::Kind::kJoin:
        return reduce_join(node, column);
      default: return false;  // rows that others share, count or number
    }
  }

  bool reduce_scan(PlanNode& scan, uint32_t column, bool early) const {
    if (!KeyFilter::understands(scan.types[column]) || scan.reductions.size() >= kMostReductions) return false;
    scan.reductions.push_back({&join_, build_column_, column, early});
    return early;
  }

  /// A row of this join's result goes where its key goes, so either input can do without the rows that make it.
  bool reduce_join(PlanNode& node, uint32_t output) const {
    const auto probe_count = static_cast<uint32_t>(node.children[0]->types.size());
    const auto build_count = static_cast<uint32_t>(node.children[1]->types.size());
    const uint32_t column = node.output_columns.empty() ? output : node.output_columns[output];
    if (column >= probe_count + build_count) return false;  // the mark
    const bool of_probe = column < probe_count;
    const uint32_t own = of_probe ? column : column - probe_count;
    if (!(of_probe ? keeps_probe_rows_apart(node.join) : keeps_build_rows_apart(node.join))) return false;
    bool reduced = reduce(*node.children[of_probe ? 0 : 1], own, true);
    // What the other side's equal key excludes could only have met rows that are excluded here.
    if (node.null_keys_match || node.join == JoinKind::kMark) return reduced;
    const std::vector<uint32_t>& keys = of_probe ? node.probe_keys : node.build_keys;
    const auto key = std::find(keys.begin(), keys.end(), own);
    if (key == keys.end()) return reduced;
    const auto position = static_cast<size_t>(key - keys.begin());
    const uint32_t other = of_probe ? node.build_keys[position] : node.probe_keys[position];
    reduced |= reduce(*node.children[of_probe ? 1 : 0], other, true);
    return reduced;
  }

  /// Every probe (build) row's part of the result depends on it alone and the other side.
  static bool keeps_probe_rows_apart(JoinKind kind) {
    return kind == JoinKind::kInner || kind == JoinKind::kLeft || kind == JoinKind::kSemi || kind == JoinKind::kAnti ||
           kind == JoinKind::kMark || kind == JoinKind::kSingle;
  }
  static bool keeps_build_rows_apart(JoinKind kind) {
    return kind == JoinKind::kInner || kind == JoinKind::kRight || kind == JoinKind::kRightSemi ||
           kind == JoinKind::kRightAnti;
  }

  const PlanNode& join_;
  uint32_t build_column_;
  double share_;
};

}  // namespace

void reduce_probe_side(PlanNode& join, size_t key, double share) {
  if (!KeyFilter::understands(join.children[1]->types[join.build_keys[key]])) return;
  if (is_volatile(*join.children[0])) return;  // how often it runs shows
  Reduction(join, key, share).reduce(*join.children[0], join.probe_keys[key], false);
}

}  // namespace cairn
