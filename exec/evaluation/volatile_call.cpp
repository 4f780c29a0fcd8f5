// Calls of volatile functions: one value per row, however often and over whatever spaces it is asked for.

#include <algorithm>
#include <cstring>

#include "exec/evaluation/node.h"
#include "exec/functions/volatile_source.h"
#include "vector/column_buffer.h"
#include "vector/error.h"

namespace cairn::evaluation {

namespace {

class VolatileCallNode : public Node {
 public:
  VolatileCallNode(const Expression& expression, std::vector<Node*> arguments)
      : Node(expression.type),
        function_(*expression.function),
        source_(expression.volatile_call == nullptr ? nullptr : expression.volatile_call->source),
        position_(expression.position),
        arguments_(std::move(arguments)),
        values_(expression.type) {}

 protected:
  bool compute(Frame& frame, const Space& space, Vector& out) override {
    if (!space.may_raise) return false;
    if (batch_number_ != frame.batch_number) {
      batch_number_ = frame.batch_number;
      slots_.assign(space.batch->size, kNoSlot);
      values_.clear();
    }
    uint64_t* missing = frame.allocate_mask(space.rows);
    std::memset(missing, 0, mask_words(space.rows) * 8);
    size_t missing_count = 0;
    for (size_t i = 0; i < space.rows; ++i) {
      if (slots_[row_of(space, i)] != kNoSlot) continue;
      missing[i / 64] |= uint64_t{1} << (i % 64);
      ++missing_count;
    }
    if (missing_count == space.rows) {
      call(frame, space);
    } else if (missing_count > 0) {
      call(frame, narrow_space(frame, space, missing).space);
    }
    gather(frame, space, out);
    return true;
  }

 private:
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  static size_t row_of(const Space& space, size_t i) { return space.indices == nullptr ? i : space.indices[i]; }

  void call(Frame& frame, const Space& space) {
    std::vector<Vector> arguments(arguments_.size());
    bool null = false;
    for (size_t i = 0; i < arguments_.size(); ++i) {
      arguments_[i]->vector(frame, space, arguments[i]);
      null = null || (function_.strict && arguments[i].constant_null());
    }
    Vector result;
    if (null || space.rows == 0) {
      result = null_vector(type, space.rows, frame.context);
    } else {
      try {
        frame.context.set_volatile_source(source_.get());
        function_.evaluate(function_, arguments, space.rows, type, frame.context, result);
      } catch (Error& error) {
        throw std::move(error).at(position_);
      }
    }
    uint32_t slot = static_cast<uint32_t>(values_.size());
    values_.append(result);
    for (size_t i = 0; i < space.rows; ++i) slots_[row_of(space, i)] = slot++;
  }

  /// Copies: what was handed out must stay where it is when more values come.
  void gather(Frame& frame, const Space& space, Vector& out) {
    const size_t bytes = physical_bytes(type.physical());
    const Vector all = values_.view();
    std::byte* data = static_cast<std::byte*>(frame.context.allocate(space.rows * bytes));
    uint64_t* validity = nullptr;
    if (all.may_have_nulls()) {
      validity = frame.allocate_mask(space.rows);
      std::memset(validity, 0, mask_words(space.rows) * 8);
    }
    for (size_t i = 0; i < space.rows; ++i) {
      const uint32_t slot = slots_[row_of(space, i)];
      std::memcpy(data + i * bytes, values_.values<std::byte>() + slot * bytes, bytes);
      if (validity != nullptr && all.valid(slot)) validity[i / 64] |= uint64_t{1} << (i % 64);
    }
    out = Vector();
    out.type = type;
    out.size = space.rows;
    out.data = data;
    out.validity = validity;
  }

  const Function& function_;
  const std::shared_ptr<VolatileSource> source_;
  const int position_;
  const std::vector<Node*> arguments_;
  uint64_t batch_number_ = 0;
  std::vector<uint32_t> slots_;  ///< by row of the batch: where in values_ its value is
  ColumnBuffer values_;
};

}  // namespace

std::unique_ptr<Node> make_volatile_call_node(const Expression& expression, std::vector<Node*> arguments) {
  return std::make_unique<VolatileCallNode>(expression, std::move(arguments));
}

}  // namespace cairn::evaluation
