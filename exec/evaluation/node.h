#pragma once

// The compiled form of an expression: a DAG of nodes, in which equal subexpressions are one node. A node computes a
// vector or a truth value (bit masks) over a space, a set of rows of the batch, and remembers it for that space.

#include <memory>
#include <vector>

#include "exec/evaluation/expression_evaluator.h"
#include "exec/functions/function.h"
#include "exec/plan/expression.h"
#include "vector/vector.h"

namespace cairn::evaluation {

/// A set of rows of one batch, in ascending order. Results over a space are dense: `rows` values.
struct Space {
  const Batch* batch = nullptr;
  const uint32_t* indices = nullptr;  ///< rows of the batch; nullptr: all of them
  size_t rows = 0;
  uint64_t id = 0;         ///< unequal for spaces of different rows or batches
  bool may_raise = false;  ///< every row of it counts; else some may be rubbish, and nothing may raise an error
};

/// A three-valued truth per row. bits: true; valid: not NULL (nullptr: all). No bit is set in `bits` but not in
/// `valid`; bits behind the last row are 0 in `bits` and rubbish in `valid`.
struct Truth {
  enum class State : uint8_t { kMixed, kTrue, kFalse, kNull };  ///< the others: the same for all rows
  State state = State::kMixed;
  const uint64_t* bits = nullptr;
  const uint64_t* valid = nullptr;

  static Truth all(bool truth) { return {truth ? State::kTrue : State::kFalse}; }
  static Truth null() { return {State::kNull}; }
  bool mixed() const { return state == State::kMixed; }
};

/// What all nodes of one evaluator share.
struct Frame {
  EvaluationContext context;
  uint64_t last_space_id = 0;
  uint64_t batch_number = 0;

  uint64_t* allocate_mask(size_t rows) { return static_cast<uint64_t*>(context.allocate(mask_words(rows) * 8)); }
  void begin_batch() {
    context.reset();
    ++batch_number;
  }
  uint64_t next_space_id() { return ++last_space_id; }
};

class Node {
 public:
  explicit Node(Type node_type) : type(node_type) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;

  /// The values over the space. False (and nothing): an error might have been raised, and the space forbids it.
  bool vector(Frame& frame, const Space& space, Vector& out);
  /// The same of a BOOLEAN node, as masks.
  bool truth(Frame& frame, const Space& space, Truth& out);
  /// The truth as a mask of the rows for which it is true, whatever its state.
  bool true_rows(Frame& frame, const Space& space, const uint64_t*& out);

  /// The same constant in every batch.
  virtual bool is_literal() const { return false; }

  const Type type;

 protected:
  /// One of both must be overridden; each is by default computed from the other.
  virtual bool compute(Frame& frame, const Space& space, Vector& out);
  virtual bool compute_truth(Frame& frame, const Space& space, Truth& out);

 private:
  uint64_t vector_space_ = 0;
  uint64_t truth_space_ = 0;
  uint64_t refused_space_ = 0;
  Vector vector_;
  Truth truth_;
};

/// Nodes of the expressions, which share common subexpressions; owns all nodes.
class Program {
 public:
  /// Parts without columns are computed here, but for texts of more than `longest_text` bytes.
  explicit Program(const std::vector<const Expression*>& expressions,
                   size_t longest_text = EvaluationContext::kLongestText);
  ~Program();
  Node* root(size_t index) const { return roots_[index]; }
  size_t size() const { return roots_.size(); }

 private:
  friend class Compiler;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Node*> roots_;
};

/// A comparison (=, <, <=, >, >=) of something integral with a constant, as bounds of that something; an open side has
/// the bound of 128 bits. Casts that only scale are looked through: CAST(day AS TIMESTAMP) < '1995-01-01' bounds day.
bool integral_bounds(const Expression& expression, const Expression*& bounded, ValueRange& bounds);

// ---- shared by the nodes

/// A vector of one value for `rows` rows.
Vector constant_vector(const Value& value, size_t rows, EvaluationContext& context);
Vector null_vector(Type type, size_t rows, EvaluationContext& context);
/// An integral constant.
Vector integral_constant(Type type, int128_t value, size_t rows, EvaluationContext& context);

/// The truth as words, whatever its state: bits, and validity (nullptr: nothing is NULL).
Truth materialize(Frame& frame, const Truth& truth, size_t rows);
/// Bits without those of NULL rows, and behind the last row.
Truth finish_truth(uint64_t* bits, const uint64_t* valid, size_t rows);
Truth truth_of(Frame& frame, const Vector& boolean);
Vector vector_of(Frame& frame, const Truth& truth, size_t rows);

/// Rows of `space` whose bits are set in `mask`, as a space, and their positions in the parent.
struct SubSpace {
  Space space;
  const uint32_t* positions = nullptr;
};
SubSpace narrow_space(Frame& frame, const Space& space, const uint64_t* mask);

/// The node's values on the rows of `mask` alone count. Over the whole space where that cannot raise, else over them.
struct Part {
  Vector values;
  const uint64_t* mask = nullptr;       ///< rows of the whole space that take their value from this part
  const uint32_t* positions = nullptr;  ///< not null: values are dense, value i belongs to row positions[i]
};
bool evaluate_part(Frame& frame, const Space& space, Node& node, const uint64_t* mask, Part& part);
/// One vector out of parts with disjoint masks; rows in none are NULL.
Vector merge_parts(Frame& frame, Type type, size_t rows, std::vector<Part>& parts);

// ---- the kinds of nodes, one maker per source

std::unique_ptr<Node> make_column_node(uint32_t column, Type type);
std::unique_ptr<Node> make_constant_node(const Value& value);
std::unique_ptr<Node> make_arithmetic_node(Function::Native operation, Type type, std::vector<Node*> arguments, int position);
std::unique_ptr<Node> make_call_node(const Function& function, Type type, std::vector<Node*> arguments, int position);
std::unique_ptr<Node> make_volatile_call_node(const Expression& expression, std::vector<Node*> arguments);
std::unique_ptr<Node> make_cast_node(Node* argument, Type type, int position);
std::unique_ptr<Node> make_compare_node(Expression::Comparison comparison, Node* left, Node* right);
std::unique_ptr<Node> make_range_node(Node* argument, const ValueRange& wanted);
std::unique_ptr<Node> make_logic_node(bool conjunction, std::vector<Node*> arguments);
std::unique_ptr<Node> make_not_node(Node* argument);
std::unique_ptr<Node> make_is_null_node(Node* argument, bool negated);
std::unique_ptr<Node> make_case_node(Type type, std::vector<Node*> arguments);
std::unique_ptr<Node> make_coalesce_node(Type type, std::vector<Node*> arguments);
std::unique_ptr<Node> make_in_node(Node* argument, const Expression& expression);
std::unique_ptr<Node> make_like_node(Node* text, Node* pattern, const Expression& expression);

}  // namespace cairn::evaluation
