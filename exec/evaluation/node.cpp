#include "exec/evaluation/node.h"

#include <cassert>
#include <cstring>

#include "exec/evaluation/integral.h"
#include "vector/column_buffer.h"
#include "vector/kernels/compare.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/mask.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

bool Node::vector(Frame& frame, const Space& space, Vector& out) {
  if (vector_space_ == space.id) {
    out = vector_;
    return true;
  }
  if (refused_space_ == space.id && !space.may_raise) return false;
  Vector result;
  if (!compute(frame, space, result)) {
    assert(!space.may_raise);
    refused_space_ = space.id;
    return false;
  }
  // Only now: the same node may have been computed over another space meanwhile.
  vector_space_ = space.id;
  vector_ = result;
  out = result;
  return true;
}

bool Node::truth(Frame& frame, const Space& space, Truth& out) {
  if (truth_space_ == space.id) {
    out = truth_;
    return true;
  }
  if (refused_space_ == space.id && !space.may_raise) return false;
  Truth result;
  if (!compute_truth(frame, space, result)) {
    assert(!space.may_raise);
    refused_space_ = space.id;
    return false;
  }
  truth_space_ = space.id;
  truth_ = result;
  out = result;
  return true;
}

bool Node::true_rows(Frame& frame, const Space& space, const uint64_t*& out) {
  Truth result;
  if (!truth(frame, space, result)) return false;
  out = materialize(frame, result, space.rows).bits;
  return true;
}

bool Node::compute(Frame& frame, const Space& space, Vector& out) {
  Truth result;
  if (!truth(frame, space, result)) return false;
  out = vector_of(frame, result, space.rows);
  return true;
}

bool Node::compute_truth(Frame& frame, const Space& space, Truth& out) {
  Vector result;
  if (!vector(frame, space, result)) return false;
  out = truth_of(frame, result);
  return true;
}

Vector null_vector(Type type, size_t rows, EvaluationContext& context) {
  static const uint64_t kNoBits = 0;
  Vector vector;
  vector.type = type;
  vector.encoding = Encoding::kConstant;
  vector.size = rows;
  void* value = context.allocate(16);
  std::memset(value, 0, 16);
  vector.data = value;
  vector.validity = &kNoBits;
  return vector;
}

Vector integral_constant(Type type, int128_t value, size_t rows, EvaluationContext& context) {
  Vector vector;
  vector.type = type;
  vector.encoding = Encoding::kConstant;
  vector.size = rows;
  void* data = context.allocate(16);
  std::memcpy(data, &value, 16);  // little-endian: the low bytes are the narrower types' value
  vector.data = data;
  vector.range = {value, value};
  return vector;
}

Vector constant_vector(const Value& value, size_t rows, EvaluationContext& context) {
  if (value.null || value.type.id == TypeId::kNull) return null_vector(value.type, rows, context);
  if (value.type.is_integral()) return integral_constant(value.type, value.integer, rows, context);
  Vector vector = null_vector(value.type, rows, context);
  vector.validity = nullptr;
  void* data = const_cast<void*>(vector.data);
  const auto put = [data](auto plain) { std::memcpy(data, &plain, sizeof plain); };
  switch (value.type.physical()) {
    case Physical::kFloat: put(static_cast<float>(value.floating)); break;
    case Physical::kDouble: put(value.floating); break;
    case Physical::kInterval: put(value.interval); break;
    default: put(context.strings().add(value.string));
  }
  return vector;
}

Truth materialize(Frame& frame, const Truth& truth, size_t rows) {
  if (truth.mixed()) return truth;
  uint64_t* bits = frame.allocate_mask(rows);
  for (size_t word = 0; word < mask_words(rows); ++word) {
    bits[word] = truth.state == Truth::State::kTrue ? low_bits(rows - word * 64) : 0;
  }
  return {Truth::State::kMixed, bits, truth.state == Truth::State::kNull ? bits : nullptr};
}

Truth finish_truth(uint64_t* bits, const uint64_t* valid, size_t rows) {
  const size_t words = mask_words(rows);
  if (valid != nullptr) {
    for (size_t word = 0; word < words; ++word) bits[word] &= valid[word];
  }
  if (rows % 64 != 0) bits[words - 1] &= low_bits(rows % 64);
  return {Truth::State::kMixed, bits, valid};
}

Truth truth_of(Frame& frame, const Vector& boolean) {
  if (boolean.is_constant()) {
    return !boolean.valid(0) || boolean.type.id == TypeId::kNull ? Truth::null()
                                                                : Truth::all(boolean.values<uint8_t>()[0] != 0);
  }
  uint64_t* bits = frame.allocate_mask(boolean.size);
  const uint8_t* bytes = boolean.values<uint8_t>();
  if (!boolean.is_flat()) {
    uint8_t* decoded = static_cast<uint8_t*>(frame.context.allocate(boolean.size));
    decode_values(boolean, nullptr, decoded);
    bytes = decoded;
  }
  bytes_to_mask(bytes, boolean.size, bits);
  return finish_truth(bits, boolean.validity, boolean.size);
}

Vector vector_of(Frame& frame, const Truth& truth, size_t rows) {
  if (truth.state == Truth::State::kNull) return null_vector(Type::boolean(), rows, frame.context);
  if (!truth.mixed()) {
    return integral_constant(Type::boolean(), truth.state == Truth::State::kTrue, rows, frame.context);
  }
  Vector vector;
  vector.type = Type::boolean();
  vector.size = rows;
  uint8_t* bytes = static_cast<uint8_t*>(frame.context.allocate(rows));
  mask_to_bytes(truth.bits, rows, bytes);
  vector.data = bytes;
  vector.validity = truth.valid;
  vector.range = {0, 1};
  return vector;
}

SubSpace narrow_space(Frame& frame, const Space& space, const uint64_t* mask) {
  SubSpace result;
  uint32_t* positions = static_cast<uint32_t*>(frame.context.allocate((space.rows + 64) * sizeof(uint32_t)));
  const size_t count = mask_to_indices(mask, space.rows, positions);
  result.positions = positions;
  result.space = space;
  result.space.rows = count;
  result.space.id = frame.next_space_id();
  if (space.indices == nullptr) {
    result.space.indices = positions;
  } else {
    uint32_t* indices = static_cast<uint32_t*>(frame.context.allocate(count * sizeof(uint32_t)));
    gather_values(space.indices, sizeof(uint32_t), positions, count, indices);
    result.space.indices = indices;
  }
  return result;
}

namespace {

class ColumnNode : public Node {
 public:
  ColumnNode(uint32_t column, Type column_type) : Node(column_type), column_(column) {}

 protected:
  bool compute(Frame& frame, const Space& space, Vector& out) override {
    assert(column_ < space.batch->columns.size());
    const Vector& column = space.batch->columns[column_];
    out = column;
    out.size = space.rows;
    if (space.indices == nullptr || column.is_constant()) return true;
    const size_t width = column.is_flat() ? physical_bytes(column.type.physical()) : column.code_bytes;
    void* values = frame.context.allocate(space.rows * width);
    gather_values(column.data, width, space.indices, space.rows, values);
    out.data = values;
    if (column.may_have_nulls()) {
      uint64_t* validity = frame.allocate_mask(space.rows);
      gather_bits(column.validity, space.indices, space.rows, validity);
      out.validity = validity;
    }
    return true;
  }

 private:
  const uint32_t column_;
};

class ConstantNode : public Node {
 public:
  explicit ConstantNode(const Value& value) : Node(value.type), vector_(constant_vector(value, 1, context_)) {}
  bool is_literal() const override { return true; }

 protected:
  bool compute(Frame&, const Space& space, Vector& out) override {
    out = vector_;
    out.size = space.rows;
    return true;
  }

 private:
  EvaluationContext context_;  // holds the value for as long as the node lives
  Vector vector_;
};

}  // namespace

std::unique_ptr<Node> make_column_node(uint32_t column, Type type) { return std::make_unique<ColumnNode>(column, type); }
std::unique_ptr<Node> make_constant_node(const Value& value) { return std::make_unique<ConstantNode>(value); }

}  // namespace cairn::evaluation
