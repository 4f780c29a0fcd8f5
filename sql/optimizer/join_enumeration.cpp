#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "sql/optimizer/join_graph.h"

namespace cairn {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// The one relation of a set of size 1, where it enters by an attached join.
const JoinRelation* attached_relation(const JoinGraph& graph, const RelationSet& set) {
  if (set.count() != 1) return nullptr;
  for (size_t i = 0; i < graph.size(); ++i) {
    if (set[i]) return graph.relation(i).attach ? &graph.relation(i) : nullptr;
  }
  return nullptr;
}

/// Joins two trees: cost and rows; an infinite cost where this pair may not be joined. `swapped`: b comes first.
JoinTree combined(const JoinGraph& graph, const std::vector<JoinTree>& trees, int a, int b, double rows,
                  bool has_condition) {
  const auto &left = trees[static_cast<size_t>(a)], &right = trees[static_cast<size_t>(b)];
  JoinTree tree;
  tree.set = left.set | right.set;
  tree.rows = rows;
  tree.left = a;
  tree.right = b;
  tree.cost = kInfinite;
  const JoinRelation* attached_left = attached_relation(graph, left.set);
  const JoinRelation* attached_right = attached_relation(graph, right.set);
  const double inputs = left.cost + right.cost;
  if (attached_left != nullptr && attached_right != nullptr) return tree;
  if (attached_left != nullptr) return combined(graph, trees, b, a, rows, has_condition);
  if (attached_right != nullptr) {
    if ((attached_right->required & ~left.set).any()) return tree;
    const JoinKind kind = attached_right->attach->join;
    const bool either_side = kind == JoinKind::kLeft || kind == JoinKind::kSemi || kind == JoinKind::kAnti;
    tree.cost = inputs + join_cost(left.rows, right.rows, rows, !attached_right->attach->predicates.empty(), true);
    if (either_side && !attached_right->attach->predicates.empty()) tree.cost = std::min(tree.cost, inputs + join_cost(left.rows, right.rows, rows, true, false));
    return tree;
  }
  const bool build_right = right.rows <= left.rows;
  if (!build_right) std::swap(tree.left, tree.right);
  tree.cost = inputs + join_cost(left.rows, right.rows, rows, has_condition, build_right);
  return tree;
}

std::vector<JoinTree> leaves_of(const JoinGraph& graph) {
  std::vector<JoinTree> trees;
  for (size_t i = 0; i < graph.size(); ++i) {
    JoinTree leaf;
    leaf.set.set(i);
    leaf.rows = graph.relation(i).estimate.rows;
    trees.push_back(leaf);
  }
  return trees;
}

/// Exact: for every connected subset the cheapest split in two connected parts (DPsub; Moerkotte and Neumann, VLDB
/// 2006, compare it with others). 3^n / 2 splits: a few milliseconds for n = 12.
class ExactEnumeration {
 public:
  explicit ExactEnumeration(const JoinGraph& graph) : graph_(graph), trees_(leaves_of(graph)) {
    const size_t n = graph.size();
    best_.assign(size_t{1} << n, -1);
    neighbours_.resize(n);
    for (size_t i = 0; i < n; ++i) {
      best_[size_t{1} << i] = static_cast<int>(i);
      for (size_t j = 0; j < n; ++j) neighbours_[i] |= graph.neighbours(i)[j] ? uint32_t{1} << j : 0;
    }
  }

  /// Position of the full tree, or -1.
  int run() {
    const uint32_t full = static_cast<uint32_t>(best_.size() - 1);
    for (uint32_t set = 1; set <= full; ++set) {
      if ((set & (set - 1)) != 0) find_best(set);
    }
    return best_[full];
  }
  std::vector<JoinTree>& trees() { return trees_; }

 private:
  void find_best(uint32_t set) {
    const uint32_t lowest = set & (0 - set), rest = set ^ lowest;
    JoinTree best;
    best.cost = kInfinite;
    double rows = -1;
    for (uint32_t other = rest; other != 0; other = (other - 1) & rest) {
      const uint32_t part = set ^ other;
      const int a = best_[part], b = best_[other];
      if (a < 0 || b < 0 || (neighbours_of(part) & other) == 0) continue;
      if (trees_[static_cast<size_t>(a)].cost + trees_[static_cast<size_t>(b)].cost >= best.cost) continue;
      if (rows < 0) rows = graph_.rows(trees_[static_cast<size_t>(a)].set | trees_[static_cast<size_t>(b)].set);
      JoinTree tree = combined(graph_, trees_, a, b, rows, true);
      if (tree.cost < best.cost) best = tree;
    }
    if (best.cost == kInfinite) return;
    best_[set] = static_cast<int>(trees_.size());
    trees_.push_back(best);
  }

  uint32_t neighbours_of(uint32_t set) const {
    uint32_t result = 0;
    for (size_t i = 0; i < neighbours_.size(); ++i) {
      if ((set >> i & 1) != 0) result |= neighbours_[i];
    }
    return result;
  }

  const JoinGraph& graph_;
  std::vector<JoinTree> trees_;
  std::vector<int> best_;  ///< by set: position in trees_, or -1
  std::vector<uint32_t> neighbours_;
};

/// Greedy operator ordering (Fegaras, 1998): joins the two parts whose result is smallest, again and again; cross
/// products only where nothing else is left.
class GreedyEnumeration {
 public:
  explicit GreedyEnumeration(const JoinGraph& graph) : graph_(graph), trees_(leaves_of(graph)) {
    for (size_t i = 0; i < trees_.size(); ++i) parts_.push_back(static_cast<int>(i));
  }

  std::vector<JoinTree> run() {
    while (parts_.size() > 1) {
      [[maybe_unused]] const bool joined = join_best(true) || join_best(false);
      assert(joined);
    }
    return std::move(trees_);
  }

 private:
  struct Candidate {
    JoinTree tree;
    bool possible = false;
  };

  const Candidate& candidate(int a, int b, bool connected) {
    auto [entry, added] = candidates_.try_emplace({std::min(a, b), std::max(a, b)});
    Candidate& result = entry->second;
    if (!added && (result.possible || connected)) return result;
    const auto &left = trees_[static_cast<size_t>(a)].set, &right = trees_[static_cast<size_t>(b)].set;
    if (connected && !graph_.connected(left, right)) return result;
    result.tree = combined(graph_, trees_, a, b, graph_.rows(left | right), connected);
    result.possible = result.tree.cost < kInfinite;
    return result;
  }

  bool join_best(bool connected) {
    const Candidate* best = nullptr;
    for (size_t i = 0; i < parts_.size(); ++i) {
      for (size_t j = i + 1; j < parts_.size(); ++j) {
        const Candidate& next = candidate(parts_[i], parts_[j], connected);
        if (!next.possible) continue;
        if (best == nullptr || next.tree.rows < best->tree.rows ||
            (next.tree.rows == best->tree.rows && next.tree.cost < best->tree.cost)) {
          best = &next;
        }
      }
    }
    if (best == nullptr) return false;
    const JoinTree tree = best->tree;
    std::erase_if(parts_, [&](int part) { return part == tree.left || part == tree.right; });
    parts_.push_back(static_cast<int>(trees_.size()));
    trees_.push_back(tree);
    return true;
  }

  const JoinGraph& graph_;
  std::vector<JoinTree> trees_;
  std::vector<int> parts_;
  std::map<std::pair<int, int>, Candidate> candidates_;
};

}  // namespace

double join_cost(double left_rows, double right_rows, double output_rows, bool has_condition, bool build_right) {
  if (!has_condition) return left_rows * right_rows + output_rows;
  const double built = build_right ? right_rows : left_rows;
  const double probed = build_right ? left_rows : right_rows;
  // A probe costs 1 in a table that the first caches hold (about 4096 rows), and more with every doubling.
  const double misses = 1 + 0.2 * std::max(0.0, std::log2(std::max(built, 1.0) / 4096));
  return built * (1.5 + misses) + probed * misses + output_rows;
}

std::vector<JoinTree> enumerate_joins(const JoinGraph& graph) {
  if (graph.size() <= kMostExactRelations) {
    ExactEnumeration exact(graph);
    const int root = exact.run();
    if (root >= 0) {
      std::vector<JoinTree> trees = std::move(exact.trees());
      trees.resize(static_cast<size_t>(root) + 1);
      return trees;
    }
  }
  return GreedyEnumeration(graph).run();
}

}  // namespace cairn
