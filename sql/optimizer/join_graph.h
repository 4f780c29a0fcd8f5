#pragma once

#include <bitset>
#include <vector>

#include "sql/logical_plan.h"
#include "sql/optimizer/column_set.h"
#include "sql/optimizer/statistics.h"

namespace cairn {

inline constexpr size_t kMostJoinRelations = 128;  ///< of one graph; larger regions are cut
using RelationSet = std::bitset<kMostJoinRelations>;

/// A node of a join graph: a subplan that ordering does not look into.
struct JoinRelation {
  LogicalPtr plan;
  RelationEstimate estimate;
  ColumnSet columns;  ///< what is visible of it in the join's result

  /// Set where the subplan is the right side of a left, semi, anti, mark or single join. It enters by that join alone,
  /// once the relations that its condition names are there; it commutes with everything else:
  ///   (A semi S) join B  =  (A join B) semi S, where the condition names columns of A and S.
  LogicalPtr attach;       ///< the join node without its children, or nullptr
  RelationSet required;    ///< of its left side
  double row_factor = 1;   ///< what attaching it multiplies the rows by
};

/// Columns that inner joins make equal: any spanning tree of the members' equalities says all of it.
struct EqualityClass {
  struct Member {
    size_t relation;
    ColumnId column;
  };
  std::vector<Member> members;
  std::vector<ExpressionPtr> written;  ///< the equalities as the query (or derivation) wrote them
};

/// Every other predicate over several relations, or over what a relation only shows once it is attached.
struct JoinPredicate {
  ExpressionPtr expression;
  RelationSet relations;
  double selectivity = 1;
};

/// Relations and predicates of a maximal region of inner joins, filters, and the joins attached to it.
class JoinGraph {
 public:
  /// Takes the region apart. REQUIRES: starts_region(*root).
  JoinGraph(LogicalPlan& plan, LogicalPtr root, Estimator& estimator);
  static bool starts_region(const LogicalNode& node);

  size_t size() const { return relations_.size(); }
  const JoinRelation& relation(size_t i) const { return relations_[i]; }
  RelationSet all() const;
  /// Rows of the join of these relations: depends on the set alone, not on the order of joins.
  double rows(const RelationSet& set) const;
  /// Whether a predicate (or an attached join's condition) spans the two.
  bool connected(const RelationSet& a, const RelationSet& b) const;
  /// Relations that share a predicate with this one.
  const RelationSet& neighbours(size_t relation) const { return neighbours_[relation]; }

  /// Builds the join of two parts (whose sets these are), with every predicate that becomes applicable.
  LogicalPtr join(LogicalPtr left, const RelationSet& left_set, LogicalPtr right, const RelationSet& right_set);
  LogicalPtr take_plan(size_t relation);
  /// Predicates without any column, for the top.
  std::vector<ExpressionPtr> take_constant_predicates() { return std::move(constant_predicates_); }

 private:
  void collect(LogicalPtr node);
  void add_relation(LogicalPtr plan, LogicalPtr attach);
  void add_predicates();
  void add_classes();
  void estimate_predicates();
  void attach_estimates(JoinRelation& relation);
  void connect();
  const ColumnEstimate* class_estimate(size_t one, size_t relation) const;
  void add_keys(size_t relation, const RelationSet& present, std::vector<KeyEstimate>& keys) const;
  RelationSet relations_of(const ColumnSet& columns) const;
  std::vector<ExpressionPtr> class_predicates(const RelationSet& left, const RelationSet& right) const;

  LogicalPlan& plan_;
  Estimator& estimator_;
  std::vector<JoinRelation> relations_;
  std::vector<ExpressionPtr> conjuncts_;  ///< of the region, until they are sorted into the following
  std::vector<EqualityClass> classes_;
  std::vector<JoinPredicate> predicates_;
  std::vector<ExpressionPtr> constant_predicates_;
  std::vector<RelationSet> neighbours_;
  std::vector<size_t> by_rows_;           ///< relations that are not attached, largest first
  std::vector<std::vector<size_t>> classes_of_;  ///< per relation
};

/// A join tree over a graph: leaves name relations.
struct JoinTree {
  RelationSet set;
  double rows = 0, cost = 0;
  int left = -1, right = -1;  ///< positions in the list that holds the trees; -1: a leaf
};

/// The cheapest tree that was found: exact (bushy, dynamic programming over subsets) up to kMostExactRelations, greedy
/// beyond. The last element is the root.
std::vector<JoinTree> enumerate_joins(const JoinGraph& graph);
inline constexpr size_t kMostExactRelations = 12;

/// Cost of joining two inputs by hashing the smaller one: per row built, probed and put out. Building is dearer than
/// probing, and both grow with a table that leaves the caches.
double join_cost(double left_rows, double right_rows, double output_rows, bool has_condition, bool build_right);

}  // namespace cairn
