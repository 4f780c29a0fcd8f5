#include "sql/logical_plan.h"

#include <cctype>
#include <cmath>
#include <string_view>

#include "exec/functions/function.h"

namespace cairn {
namespace {

/// Writes a plan as an indented tree; columns as name#id.
class PlanPrinter {
 public:
  explicit PlanPrinter(const LogicalPlan& plan) : plan_(plan) {}

  std::string run() {
    for (const auto& table : plan_.common_tables) {
      text_ += "With " + table->name + "\n";
      if (table->plan) print(*table->plan, 1);
    }
    if (plan_.root) print(*plan_.root, 0);
    return std::move(text_);
  }
  std::string describe(const LogicalNode& node) const;

 private:
  std::string column(ColumnId id) const {
    const std::string name = id < plan_.columns.size() ? plan_.columns[id].name : std::string();
    return name + "#" + std::to_string(id);
  }

  /// Expression::to_string writes columns as #n; puts the names before them, but for what stands in string constants.
  std::string expression(const Expression& e) const {
    const std::string plain = e.to_string();
    std::string named;
    bool quoted = false;
    for (size_t i = 0; i < plain.size(); ++i) {
      if (plain[i] == '\'') quoted = !quoted;
      if (plain[i] != '#' || quoted || i + 1 >= plain.size() || !std::isdigit(static_cast<unsigned char>(plain[i + 1]))) {
        named += plain[i];
        continue;
      }
      size_t end = i + 1;
      while (end < plain.size() && std::isdigit(static_cast<unsigned char>(plain[end]))) ++end;
      named += column(static_cast<ColumnId>(std::stoul(plain.substr(i + 1, end - i - 1))));
      i = end - 1;
    }
    return named;
  }

  template <typename List, typename Write>
  static std::string join(const List& list, std::string_view separator, Write write) {
    std::string text;
    for (const auto& item : list) {
      if (!text.empty()) text += separator;
      text += write(item);
    }
    return text;
  }
  std::string expressions(const std::vector<ExpressionPtr>& list, std::string_view separator = ", ") const {
    return join(list, separator, [&](const ExpressionPtr& e) { return expression(*e); });
  }
  std::string columns(const std::vector<ColumnId>& list) const {
    return join(list, ", ", [&](ColumnId id) { return column(id); });
  }
  std::string sort_key(const Expression& e, bool descending, bool nulls_first) const {
    return expression(e) + (descending ? " desc" : "") + (nulls_first ? " nulls first" : "");
  }

  std::string aggregate(const LogicalAggregate& a) const {
    std::string text = column(a.output) + " := " + std::string(a.function ? a.function->name : "?") + "(";
    if (a.distinct) text += "distinct ";
    text += a.arguments.empty() ? "*" : expressions(a.arguments);
    if (!a.order_by.empty()) {
      text += " order by " + join(a.order_by, ", ", [&](const auto& key) {
        return sort_key(*key.first, key.second.descending, key.second.nulls_first);
      });
    }
    text += ")";
    if (a.filter) text += " filter (" + expression(*a.filter) + ")";
    return text;
  }

  std::string sort_keys(const LogicalNode& node) const {
    return join(node.sort_keys, ", ", [&](const LogicalSortKey& key) {
      return sort_key(*key.expression, key.descending, key.nulls_first);
    });
  }

  /// Frames are shown by the physical plan.
  std::string window_call(const LogicalWindowCall& call) const {
    if (call.function == WindowFunction::kAggregate) return aggregate(call.call);
    return column(call.call.output) + " := " + std::string(cairn::to_string(call.function)) + "(" +
           expressions(call.call.arguments) + ")";
  }

  std::string describe_window(const LogicalNode& node) const {
    std::string text = "Window";
    if (!node.partition_by.empty()) text += " by [" + expressions(node.partition_by) + "]";
    if (!node.sort_keys.empty()) text += " order by [" + sort_keys(node) + "]";
    return text + " [" + join(node.window_calls, ", ", [&](const auto& call) { return window_call(call); }) + "]";
  }
  std::string describe_aggregate(const LogicalNode& node) const {
    std::string text = "Aggregate";
    if (!node.group_by.empty()) {
      text += " by [";
      for (size_t i = 0; i < node.group_by.size(); ++i) {
        const Expression& key = *node.group_by[i];
        if (i > 0) text += ", ";
        const ColumnId id = i < node.outputs.size() ? node.outputs[i] : 0;
        const bool same = key.kind == Expression::Kind::kColumn && key.column == id;
        text += same ? column(id) : column(id) + " := " + expression(key);
      }
      text += "]";
    }
    return text + " [" + join(node.aggregates, ", ", [&](const LogicalAggregate& a) { return aggregate(a); }) + "]";
  }
  std::string describe_project(const LogicalNode& node) const {
    std::string text = "Project [";
    for (size_t i = 0; i < node.expressions.size(); ++i) {
      if (i > 0) text += ", ";
      text += column(node.outputs[i]) + " := " + expression(*node.expressions[i]);
    }
    return text + "]";
  }

  /// What the keys of a join leave of either side, where that is less than all.
  static std::string describe_shares(const LogicalNode& node) {
    std::string text;
    auto add = [&](double share, const char* side) {
      if (share < 0.995) text += (text.empty() ? " keeps " : ", ") + std::to_string(std::lround(share * 100)) + "% of " + side;
    };
    for (const auto& share : node.key_shares) {
      add(share.left, "left");
      add(share.right, "right");
    }
    return text;
  }

  void print(const LogicalNode& node, int depth) {
    text_.append(static_cast<size_t>(depth) * 2, ' ');
    text_ += describe(node) + "\n";
    for (const auto& child : node.children) print(*child, depth + 1);
  }

  const LogicalPlan& plan_;
  std::string text_;
};

std::string PlanPrinter::describe(const LogicalNode& node) const {
  using Kind = LogicalNode::Kind;
  auto where = [&](std::string text) {
    if (!node.predicates.empty()) text += " where " + expressions(node.predicates, " and ");
    return text;
  };
  switch (node.kind) {
    case Kind::kScan: {
      std::string text = "Scan " + (node.table ? node.table->schema.name : std::string("?"));
      if (!node.alias.empty() && node.table && node.alias != node.table->schema.name) text += " " + node.alias;
      return where(text + " [" + columns(node.outputs) + "]");
    }
    case Kind::kValues: {
      std::string text = "Values [" + columns(node.outputs) + "]";
      for (const auto& row : node.rows) text += " (" + expressions(row) + ")";
      return node.rows.empty() ? text + " (no rows)" : text;
    }
    case Kind::kFilter: return "Filter " + expressions(node.predicates, " and ");
    case Kind::kProject: return describe_project(node);
    case Kind::kAggregate: return describe_aggregate(node);
    case Kind::kJoin: {
      std::string text = node.dependent ? "Dependent join " : "Join ";
      text += node.null_is_false ? "exists" : to_string(node.join);
      if (node.join == JoinKind::kMark && !node.outputs.empty()) text += " " + column(node.outputs.back());
      if (!node.predicates.empty()) text += " on " + expressions(node.predicates, " and ");
      return text + describe_shares(node);
    }
    case Kind::kSort: return "Sort by [" + sort_keys(node) + "]";
    case Kind::kLimit: {
      std::string text = "Limit";
      if (node.limit) text += " " + expression(*node.limit);
      if (node.offset) text += " offset " + expression(*node.offset);
      return text;
    }
    case Kind::kDistinct: return "Distinct [" + columns(node.outputs) + "]";
    case Kind::kSetOperation: {
      static constexpr std::string_view kNames[] = {"Union", "Intersect", "Except"};
      return std::string(kNames[static_cast<size_t>(node.set_operation)]) + (node.all ? " all" : "") + " [" +
             columns(node.outputs) + "]";
    }
    case Kind::kCteScan: return "CteScan " + (node.cte ? node.cte->name : "?") + " [" + columns(node.outputs) + "]";
    case Kind::kTableFunction: return "TableFunction " + node.alias + " [" + columns(node.outputs) + "]";
    case Kind::kWindow: return describe_window(node);
    case Kind::kRecursion:
      return "Recursion " + node.working_table->name + (node.all ? " union all [" : " union [") + columns(node.outputs) + "]";
    case Kind::kWorkingTable: return "WorkingTable " + node.working_table->name + " [" + columns(node.outputs) + "]";
  }
  return "?";
}

}  // namespace

std::string LogicalPlan::describe(const LogicalNode& node) const { return PlanPrinter(*this).describe(node); }

std::string LogicalPlan::to_string() const { return PlanPrinter(*this).run(); }

}  // namespace cairn
