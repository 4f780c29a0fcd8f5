#include "exec/evaluation/expression_evaluator.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "exec/evaluation/node.h"
#include "vector/column_buffer.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn {

using evaluation::Frame;
using evaluation::Program;
using evaluation::Space;

struct ExpressionEvaluator::State {
  State(const std::vector<const Expression*>& expressions, size_t longest_text) : program(expressions, longest_text) {
    frame.context.set_longest_text(longest_text);
  }
  Program program;
  Frame frame;
  Space selected;
  Space all;
};

ExpressionEvaluator::ExpressionEvaluator(std::vector<const Expression*> expressions, size_t longest_text)
    : state_(std::make_unique<State>(expressions, longest_text)) {}
ExpressionEvaluator::~ExpressionEvaluator() = default;

void ExpressionEvaluator::begin(const Batch& batch) {
  State& state = *state_;
  state.frame.begin_batch();
  state.all = {&batch, nullptr, batch.size, state.frame.next_space_id(), false};
  state.selected = state.all;
  state.selected.may_raise = true;
  if (!batch.selected) return;
  state.selected.indices = batch.selection.indices;
  state.selected.rows = batch.selection.count;
  // All rows selected after all is the same space: results are shared.
  if (batch.selection.count == batch.size) {
    state.selected.indices = nullptr;
  } else {
    state.selected.id = state.frame.next_space_id();
  }
}

Vector ExpressionEvaluator::evaluate(size_t index) {
  Vector result;
  [[maybe_unused]] const bool computed = state_->program.root(index)->vector(state_->frame, state_->selected, result);
  assert(computed && result.size == state_->selected.rows);
  return result;
}

bool ExpressionEvaluator::evaluate_all(size_t index, Vector& result) {
  return state_->program.root(index)->vector(state_->frame, state_->all, result);
}

namespace {

Value evaluate_within(const Expression& expression, size_t longest_text) {
  ExpressionEvaluator evaluator({&expression}, longest_text);
  Batch batch;
  batch.size = 1;
  evaluator.begin(batch);
  Value value = read_value(evaluator.evaluate(0), 0);
  value.type = expression.type;
  return value;
}

}  // namespace

Value evaluate_constant(const Expression& expression) {
  return evaluate_within(expression, EvaluationContext::kLongestText);
}

ExpressionPtr fold_constant(ExpressionPtr expression) {
  constexpr size_t kLongestConstant = 1 << 16;
  try {
    Value value = evaluate_within(*expression, kLongestConstant);
    if (value.string.size() > kLongestConstant) return expression;
    ExpressionPtr constant = Expression::make_constant(std::move(value));
    constant->position = expression->position;
    return constant;
  } catch (const Error&) {
    return expression;
  }
}

}  // namespace cairn
