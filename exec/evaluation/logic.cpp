// AND, OR, NOT, IS NULL in three-valued logic over masks; CASE and COALESCE.

#include <algorithm>
#include <cstring>

#include "exec/evaluation/node.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/mask.h"

namespace cairn::evaluation {

namespace {

using State = Truth::State;

bool any_bit(const uint64_t* mask, size_t rows) {
  for (size_t word = 0; word < mask_words(rows); ++word) {
    if (mask[word] != 0) return true;
  }
  return false;
}

/// a AND b. True where both are; false where one is; else NULL.
Truth both(Frame& frame, const Truth& a, const Truth& b, size_t rows) {
  if (a.state == State::kFalse || b.state == State::kFalse) return Truth::all(false);
  if (a.state == State::kTrue) return b;
  if (b.state == State::kTrue) return a;
  const Truth x = materialize(frame, a, rows);
  const Truth y = materialize(frame, b, rows);
  const size_t words = mask_words(rows);
  uint64_t* bits = frame.allocate_mask(rows);
  for (size_t i = 0; i < words; ++i) bits[i] = x.bits[i] & y.bits[i];
  if (x.valid == nullptr && y.valid == nullptr) return {State::kMixed, bits, nullptr};
  uint64_t* valid = frame.allocate_mask(rows);
  for (size_t i = 0; i < words; ++i) {
    const uint64_t x_valid = x.valid == nullptr ? ~uint64_t{0} : x.valid[i];
    const uint64_t y_valid = y.valid == nullptr ? ~uint64_t{0} : y.valid[i];
    valid[i] = (x_valid & y_valid) | (x_valid & ~x.bits[i]) | (y_valid & ~y.bits[i]);
  }
  return {State::kMixed, bits, valid};
}

/// a OR b. True where one is; false where both are; else NULL.
Truth either(Frame& frame, const Truth& a, const Truth& b, size_t rows) {
  if (a.state == State::kTrue || b.state == State::kTrue) return Truth::all(true);
  if (a.state == State::kFalse) return b;
  if (b.state == State::kFalse) return a;
  const Truth x = materialize(frame, a, rows);
  const Truth y = materialize(frame, b, rows);
  const size_t words = mask_words(rows);
  uint64_t* bits = frame.allocate_mask(rows);
  for (size_t i = 0; i < words; ++i) bits[i] = x.bits[i] | y.bits[i];
  if (x.valid == nullptr && y.valid == nullptr) return {State::kMixed, bits, nullptr};
  uint64_t* valid = frame.allocate_mask(rows);
  for (size_t i = 0; i < words; ++i) {
    const uint64_t x_valid = x.valid == nullptr ? ~uint64_t{0} : x.valid[i];
    const uint64_t y_valid = y.valid == nullptr ? ~uint64_t{0} : y.valid[i];
    valid[i] = (x_valid & y_valid) | bits[i];
  }
  return {State::kMixed, bits, valid};
}

Truth negate(Frame& frame, const Truth& truth, size_t rows) {
  switch (truth.state) {
    case State::kTrue: return Truth::all(false);
    case State::kFalse: return Truth::all(true);
    case State::kNull: return truth;
    case State::kMixed: break;
  }
  uint64_t* bits = frame.allocate_mask(rows);
  for (size_t i = 0; i < mask_words(rows); ++i) bits[i] = ~truth.bits[i];
  return finish_truth(bits, truth.valid, rows);
}

/// Rows that an AND's (OR's) further arguments can still decide: those not false (not true) yet.
const uint64_t* undecided_rows(Frame& frame, bool conjunction, const Truth& truth, size_t rows) {
  const Truth words = materialize(frame, truth, rows);
  uint64_t* mask = frame.allocate_mask(rows);
  for (size_t i = 0; i < mask_words(rows); ++i) {
    const uint64_t valid = words.valid == nullptr ? ~uint64_t{0} : words.valid[i];
    mask[i] = (conjunction ? ~(valid & ~words.bits[i]) : ~words.bits[i]) & low_bits(rows - i * 64);
  }
  return mask;
}

/// A truth over some rows as one over all; the other rows get `elsewhere`.
Truth spread(Frame& frame, const Truth& dense, const SubSpace& sub, size_t rows, bool elsewhere, const uint64_t* mask) {
  const Truth words = materialize(frame, dense, sub.space.rows);
  uint64_t* bits = frame.allocate_mask(rows);
  uint64_t* valid = frame.allocate_mask(rows);
  for (size_t i = 0; i < mask_words(rows); ++i) {
    bits[i] = elsewhere ? ~mask[i] : 0;
    valid[i] = ~mask[i];
  }
  for (size_t i = 0; i < sub.space.rows; ++i) {
    const uint32_t row = sub.positions[i];
    bits[row / 64] |= ((words.bits[i / 64] >> (i % 64)) & 1) << (row % 64);
    const uint64_t is_valid = words.valid == nullptr ? 1 : (words.valid[i / 64] >> (i % 64)) & 1;
    valid[row / 64] |= is_valid << (row % 64);
  }
  return finish_truth(bits, valid, rows);
}

class LogicNode : public Node {
 public:
  LogicNode(bool conjunction, std::vector<Node*> arguments)
      : Node(Type::boolean()), conjunction_(conjunction), arguments_(std::move(arguments)) {}

 protected:
  bool compute_truth(Frame& frame, const Space& space, Truth& out) override {
    Space careful = space;
    careful.may_raise = false;
    Truth result = Truth::all(conjunction_);
    refused_.clear();
    for (Node* argument : arguments_) {
      if (decided(result, space.rows)) break;
      Truth truth;
      if (argument->truth(frame, careful, truth)) {
        result = join(frame, result, truth, space.rows);
      } else if (!space.may_raise) {
        return false;
      } else {
        refused_.push_back(argument);
      }
    }
    // What may raise comes last, and only on rows that the others leave open.
    for (Node* argument : refused_) {
      if (decided(result, space.rows)) break;
      const uint64_t* open = undecided_rows(frame, conjunction_, result, space.rows);
      if (!any_bit(open, space.rows)) break;
      const SubSpace sub = narrow_space(frame, space, open);
      Truth truth;
      argument->truth(frame, sub.space, truth);
      result = join(frame, result, spread(frame, truth, sub, space.rows, conjunction_, open), space.rows);
    }
    out = result;
    return true;
  }

 private:
  bool decided(const Truth& truth, size_t rows) const {
    if (truth.state == (conjunction_ ? State::kFalse : State::kTrue)) return true;
    return conjunction_ && truth.mixed() && truth.valid == nullptr && !any_bit(truth.bits, rows);
  }
  Truth join(Frame& frame, const Truth& a, const Truth& b, size_t rows) const {
    return conjunction_ ? both(frame, a, b, rows) : either(frame, a, b, rows);
  }

  const bool conjunction_;
  const std::vector<Node*> arguments_;
  std::vector<Node*> refused_;
};

class NotNode : public Node {
 public:
  explicit NotNode(Node* argument) : Node(Type::boolean()), argument_(argument) {}

 protected:
  bool compute_truth(Frame& frame, const Space& space, Truth& out) override {
    Truth truth;
    if (!argument_->truth(frame, space, truth)) return false;
    out = negate(frame, truth, space.rows);
    return true;
  }

 private:
  Node* const argument_;
};

class IsNullNode : public Node {
 public:
  IsNullNode(Node* argument, bool negated) : Node(Type::boolean()), argument_(argument), negated_(negated) {}

 protected:
  bool compute_truth(Frame& frame, const Space& space, Truth& out) override {
    Vector values;
    if (!argument_->vector(frame, space, values)) return false;
    if (!values.may_have_nulls() || values.is_constant()) {
      out = Truth::all(values.constant_null() != negated_);
      return true;
    }
    uint64_t* bits = frame.allocate_mask(space.rows);
    for (size_t i = 0; i < mask_words(space.rows); ++i) bits[i] = negated_ ? values.validity[i] : ~values.validity[i];
    out = finish_truth(bits, nullptr, space.rows);
    return true;
  }

 private:
  Node* const argument_;
  const bool negated_;
};

/// All rows as a mask.
uint64_t* all_rows(Frame& frame, size_t rows) {
  uint64_t* mask = frame.allocate_mask(rows);
  for (size_t i = 0; i < mask_words(rows); ++i) mask[i] = low_bits(rows - i * 64);
  return mask;
}

class CaseNode : public Node {
 public:
  CaseNode(Type result_type, std::vector<Node*> arguments) : Node(result_type), arguments_(std::move(arguments)) {}

 protected:
  bool compute(Frame& frame, const Space& space, Vector& out) override {
    const size_t rows = space.rows;
    uint64_t* open = all_rows(frame, rows);  // rows that no condition has taken yet
    std::vector<Part>& parts = parts_;
    parts.clear();
    for (size_t i = 0; i + 1 < arguments_.size() && any_bit(open, rows); i += 2) {
      const uint64_t* taken;
      if (!take(frame, space, *arguments_[i], open, taken)) return false;
      if (!any_bit(taken, rows)) continue;
      if (!evaluate_part(frame, space, *arguments_[i + 1], taken, parts.emplace_back())) return false;
    }
    if (arguments_.size() % 2 == 1 && any_bit(open, rows)) {
      if (!evaluate_part(frame, space, *arguments_.back(), open, parts.emplace_back())) return false;
    }
    out = merge_parts(frame, type, rows, parts);
    return true;
  }

 private:
  /// Moves the open rows for which the condition is true to `taken`.
  static bool take(Frame& frame, const Space& space, Node& condition, uint64_t*& open, const uint64_t*& taken) {
    const size_t words = mask_words(space.rows);
    uint64_t* mask = frame.allocate_mask(space.rows);
    Space careful = space;
    careful.may_raise = false;
    const uint64_t* truth = nullptr;
    if (condition.true_rows(frame, careful, truth)) {
      for (size_t i = 0; i < words; ++i) mask[i] = truth[i] & open[i];
    } else {
      if (!space.may_raise) return false;
      const SubSpace sub = narrow_space(frame, space, open);
      condition.true_rows(frame, sub.space, truth);
      std::memset(mask, 0, words * 8);
      for (size_t i = 0; i < sub.space.rows; ++i) {
        const uint32_t row = sub.positions[i];
        mask[row / 64] |= ((truth[i / 64] >> (i % 64)) & 1) << (row % 64);
      }
    }
    uint64_t* left = frame.allocate_mask(space.rows);  // parts keep the masks that they were given
    for (size_t i = 0; i < words; ++i) left[i] = open[i] & ~mask[i];
    open = left;
    taken = mask;
    return true;
  }

  const std::vector<Node*> arguments_;
  std::vector<Part> parts_;
};

class CoalesceNode : public Node {
 public:
  CoalesceNode(Type result_type, std::vector<Node*> arguments) : Node(result_type), arguments_(std::move(arguments)) {}

 protected:
  bool compute(Frame& frame, const Space& space, Vector& out) override {
    const size_t rows = space.rows;
    const uint64_t* open = all_rows(frame, rows);
    std::vector<Part>& parts = parts_;
    parts.clear();
    for (Node* argument : arguments_) {
      if (!any_bit(open, rows)) break;
      Part& part = parts.emplace_back();
      if (!evaluate_part(frame, space, *argument, open, part)) return false;
      uint64_t* taken = frame.allocate_mask(rows);
      uint64_t* left = frame.allocate_mask(rows);
      std::memset(taken, 0, mask_words(rows) * 8);
      if (part.positions != nullptr) {
        for (size_t i = 0; i < part.values.size; ++i) {
          const uint32_t row = part.positions[i];
          if (part.values.valid(i)) taken[row / 64] |= uint64_t{1} << (row % 64);
        }
      } else if (!part.values.constant_null()) {
        const bool all = !part.values.may_have_nulls();
        for (size_t i = 0; i < mask_words(rows); ++i) taken[i] = open[i] & (all ? ~uint64_t{0} : part.values.validity[i]);
      }
      for (size_t i = 0; i < mask_words(rows); ++i) left[i] = open[i] & ~taken[i];
      if (part.positions == nullptr) part.mask = taken;
      open = left;
    }
    if (parts.size() == 1 && parts[0].positions == nullptr) {
      out = parts[0].values;
      if (out.type.physical() == type.physical()) {
        out.type = type;
        return true;
      }
    }
    // A part over some rows took its NULLs too: a later part's values stand over them, for parts are laid in order.
    out = merge_parts(frame, type, rows, parts);
    return true;
  }

 private:
  const std::vector<Node*> arguments_;
  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<Node> make_logic_node(bool conjunction, std::vector<Node*> arguments) {
  return std::make_unique<LogicNode>(conjunction, std::move(arguments));
}
std::unique_ptr<Node> make_not_node(Node* argument) { return std::make_unique<NotNode>(argument); }
std::unique_ptr<Node> make_is_null_node(Node* argument, bool negated) {
  return std::make_unique<IsNullNode>(argument, negated);
}
std::unique_ptr<Node> make_case_node(Type type, std::vector<Node*> arguments) {
  return std::make_unique<CaseNode>(type, std::move(arguments));
}
std::unique_ptr<Node> make_coalesce_node(Type type, std::vector<Node*> arguments) {
  return std::make_unique<CoalesceNode>(type, std::move(arguments));
}

}  // namespace cairn::evaluation
