#include "exec/run/explain.h"

#include <cctype>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "exec/functions/function.h"

namespace cairn {
namespace {

using Names = std::vector<std::string>;

/// The line with every #n outside of string literals replaced by the input column's name.
std::string with_names(const std::string& line, const Names& names) {
  std::string named;
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\'') quoted = !quoted;
    size_t end = i + 1;
    size_t column = 0;
    while (!quoted && line[i] == '#' && end < line.size() && std::isdigit(static_cast<unsigned char>(line[end]))) {
      column = column * 10 + static_cast<size_t>(line[end++] - '0');
    }
    if (end == i + 1 || column >= names.size()) {
      named.append(line, i, end - i);
    } else {
      named += names[column];
    }
    i = end - 1;
  }
  return named;
}

std::string milliseconds(uint64_t ns) { return fmt::format("{:.2f} ms", static_cast<double>(ns) / 1e6); }

class Explainer {
 public:
  explicit Explainer(const QueryProfile* profile) : profile_(profile) {}

  std::string run(const PlanNode& plan) {
    count_uses(plan);
    add(plan, "", "");
    return std::move(text_);
  }

 private:
  void count_uses(const PlanNode& node) {
    if (positions_.emplace(&node, positions_.size()).second == false) {
      shared_.emplace(&node, 0);
      return;
    }
    for (const PlanPtr& child : node.children) count_uses(*child);
  }

  void add(const PlanNode& node, const std::string& first, const std::string& rest) {
    auto shared = shared_.find(&node);
    if (shared != shared_.end() && shared->second != 0) {
      text_ += fmt::format("{}Rows of [{}]\n", first, shared->second);
      return;
    }
    std::string line = with_names(node.describe(), input_names(node));
    if (shared != shared_.end()) {
      shared->second = ++shared_count_;
      line += fmt::format(" [{}]", shared->second);
    }
    if (profile_ == nullptr) line += fmt::format("  (about {:.0f} rows)", std::max(0.0, node.estimated_rows));
    text_ += first + line + '\n';
    if (profile_ != nullptr) {
      text_ += rest + (node.children.empty() ? "   " : "│  ") + measured(*profile_->operators[positions_.at(&node)]) + '\n';
    }
    for (size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      add(*node.children[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "));
    }
  }

  static std::string measured(const OperatorProfile& profile) {
    std::string line = fmt::format("rows {} (estimated {:.0f}), {}", profile.rows.load(), std::max(0.0, profile.estimated_rows),
                                   milliseconds(profile.time_ns));
    const uint64_t local = profile.morsels_local, remote = profile.morsels_remote;
    if (local + remote > 0) line += fmt::format(", morsels {} local {} remote", local, remote);
    if (profile.row_groups_skipped > 0) line += fmt::format(", row groups skipped {}", profile.row_groups_skipped.load());
    if (profile.spilled_bytes > 0) line += fmt::format(", spilled {:.1f} MB", static_cast<double>(profile.spilled_bytes) / 1e6);
    if (!profile.checkpoint.empty()) line += ", checkpoint: " + profile.checkpoint;
    if (!profile.encodings.empty()) line += ", encodings: " + profile.encodings;
    return line;
  }

  /// What #n in the node's own line stands for.
  const Names& input_names(const PlanNode& node) {
    if (node.kind == PlanNode::Kind::kScan) return output_names(node);
    static const Names kNone;
    if (node.children.empty()) return kNone;
    if (node.kind != PlanNode::Kind::kJoin) return output_names(*node.children[0]);
    Names& names = join_inputs_[&node];
    if (names.empty()) {
      names = output_names(*node.children[0]);
      names.resize(node.children[0]->types.size());
      const Names& build = output_names(*node.children[1]);
      names.insert(names.end(), build.begin(), build.end());
      if (node.join == JoinKind::kMark) names.push_back("mark");
    }
    return names;
  }

  const Names& output_names(const PlanNode& node) {
    if (auto known = names_.find(&node); known != names_.end()) return known->second;
    Names names = node.names.size() == node.types.size() ? node.names : derived_names(node);
    names.resize(node.types.size());
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i].empty()) names[i] = fmt::format("#{}", i);
    }
    return names_[&node] = std::move(names);
  }

  Names derived_names(const PlanNode& node) {
    Names names;
    switch (node.kind) {
      case PlanNode::Kind::kScan:
        for (uint32_t column : node.scan_columns) names.push_back(node.table->schema.columns[column].name);
        break;
      case PlanNode::Kind::kProject:
        for (const ExpressionPtr& expression : node.expressions) {
          names.push_back(with_names(expression->to_string(), input_names(node)));
        }
        break;
      case PlanNode::Kind::kAggregate:
        for (uint32_t group : node.groups) names.push_back(input_names(node)[group]);
        for (const AggregateCall& call : node.aggregates) names.emplace_back(call.function->name);
        break;
      case PlanNode::Kind::kJoin: {
        const Names& inputs = input_names(node);
        for (uint32_t column : node.output_columns) {
          if (column < inputs.size()) names.push_back(inputs[column]);
        }
        if (node.output_columns.empty()) names = inputs;
        break;
      }
      default:
        if (!node.children.empty()) names = output_names(*node.children[0]);
    }
    return names;
  }

  const QueryProfile* profile_;
  std::string text_;
  std::unordered_map<const PlanNode*, size_t> positions_;  ///< depth first, as in the profile
  std::unordered_map<const PlanNode*, size_t> shared_;     ///< nodes used several times; their number, 0: not shown yet
  size_t shared_count_ = 0;
  std::unordered_map<const PlanNode*, Names> names_, join_inputs_;
};

}  // namespace

std::string explain(const PlanNode& plan) { return Explainer(nullptr).run(plan); }

std::string explain_analyze(const PlanNode& plan, const QueryProfile& profile) { return Explainer(&profile).run(plan); }

}  // namespace cairn
