// Comparisons. Every type but strings is brought to integers that order as it does; a constant is moved into the
// domain of the data once per batch, and where the value range already decides, the data is not touched.

#include "exec/evaluation/compare.h"

#include <algorithm>
#include <cstring>

#include "exec/evaluation/entry_table.h"
#include "exec/evaluation/integral.h"
#include "exec/evaluation/node.h"
#include "exec/functions/executor.h"
#include "vector/date.h"
#include "vector/kernels/compare.h"
#include "vector/kernels/decode.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

namespace {

using Comparison = Expression::Comparison;

/// The comparison with its operands exchanged.
Comparison mirrored(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess: return Comparison::kGreater;
    case Comparison::kLessEqual: return Comparison::kGreaterEqual;
    case Comparison::kGreater: return Comparison::kLess;
    case Comparison::kGreaterEqual: return Comparison::kLessEqual;
    default: return comparison;
  }
}

void invert(uint64_t* bits, size_t rows) {
  for (size_t i = 0; i < mask_words(rows); ++i) bits[i] = ~bits[i];
}

}  // namespace

Vector ordered_integers(const Vector& vector, EvaluationContext& context) {
  const Physical physical = vector.type.physical();
  if (physical != Physical::kFloat && physical != Physical::kDouble && physical != Physical::kInterval) {
    return without_dictionary(vector, context);
  }
  Vector ordered = vector;
  ordered.encoding = vector.is_constant() ? Encoding::kConstant : Encoding::kFlat;
  ordered.range = {};
  const size_t count = vector.is_constant() ? 1 : vector.size;
  const void* values = functions::decode_argument(vector, context);
  if (physical == Physical::kInterval) {
    ordered.type = Type::huge_int();
    int128_t* keys = static_cast<int128_t*>(context.allocate(count * sizeof(int128_t)));
    for (size_t i = 0; i < count; ++i) keys[i] = interval_order(static_cast<const Interval*>(values)[i]);
    ordered.data = keys;
    return ordered;
  }
  ordered.type = Type::big_int();
  int64_t* keys = static_cast<int64_t*>(context.allocate(count * sizeof(int64_t)));
  if (physical == Physical::kFloat) {
    order_floats(static_cast<const float*>(values), count, keys);
  } else {
    order_doubles(static_cast<const double*>(values), count, keys);
  }
  ordered.data = keys;
  return ordered;
}

namespace {

template <typename T>
bool holds(Comparison comparison, const T& a, const T& b) {
  switch (comparison) {
    case Comparison::kLess: return a < b;
    case Comparison::kLessEqual: return !(b < a);
    case Comparison::kGreater: return b < a;
    case Comparison::kGreaterEqual: return !(a < b);
    case Comparison::kNotEqual:
    case Comparison::kDistinct: return !(a == b);
    default: return a == b;
  }
}

/// Row by row; `a` and `b` advance by their steps.
template <typename T>
void compare_plain(Comparison comparison, const T* a, size_t a_step, const T* b, size_t b_step, size_t rows, uint64_t* bits) {
  const auto with = [&]<Comparison kComparison>() {
    test_rows(rows, bits, [&](size_t i) { return holds(kComparison, a[i * a_step], b[i * b_step]); });
  };
  switch (comparison) {
    case Comparison::kLess: return with.template operator()<Comparison::kLess>();
    case Comparison::kLessEqual: return with.template operator()<Comparison::kLessEqual>();
    case Comparison::kGreater: return with.template operator()<Comparison::kGreater>();
    case Comparison::kGreaterEqual: return with.template operator()<Comparison::kGreaterEqual>();
    case Comparison::kNotEqual:
    case Comparison::kDistinct: return with.template operator()<Comparison::kNotEqual>();
    default: return with.template operator()<Comparison::kEqual>();
  }
}

}  // namespace

Truth select_range(Frame& frame, const Vector& a, ValueRange wanted, bool negated) {
  const ValueRange range = certain_range(a);
  wanted = {std::max(wanted.min, range.min), std::min(wanted.max, range.max)};
  const bool none = wanted.min > wanted.max;
  const bool every = wanted == range;
  uint64_t* bits = frame.allocate_mask(a.size);
  if (none || every) {
    const bool truth = every != negated;
    if (!a.may_have_nulls()) return Truth::all(truth);
    std::memset(bits, truth ? 0xff : 0, mask_words(a.size) * 8);
    return finish_truth(bits, a.validity, a.size);
  }
  const IntegerView view = view_integers(a);
  if (view.bytes == 16) {
    const int128_t* values = static_cast<const int128_t*>(view.data);
    test_rows(a.size, bits, [&](size_t i) { return values[i] >= wanted.min && values[i] <= wanted.max; });
  } else {
    compare_range(view.bytes, view.data, static_cast<uint64_t>(wanted.min - view.base),
                  static_cast<uint64_t>(wanted.max - wanted.min), a.size, bits);
  }
  if (negated) invert(bits, a.size);
  return finish_truth(bits, a.validity, a.size);
}

Truth compare_with_constant(Frame& frame, Comparison comparison, const Vector& a, int128_t value) {
  const ValueRange range = certain_range(a);
  ValueRange wanted = range;  // the values for which it is true, within `range`
  bool negated = false;
  switch (comparison) {
    case Comparison::kLess:
      wanted = value == kInt128Min ? ValueRange{1, 0} : ValueRange{range.min, std::min(range.max, value - 1)};
      break;
    case Comparison::kLessEqual: wanted.max = std::min(range.max, value); break;
    case Comparison::kGreater:
      wanted = value == kInt128Max ? ValueRange{1, 0} : ValueRange{std::max(range.min, value + 1), range.max};
      break;
    case Comparison::kGreaterEqual: wanted.min = std::max(range.min, value); break;
    case Comparison::kNotEqual: negated = true; [[fallthrough]];
    default:
      wanted = {std::max(range.min, value), std::min(range.max, value)};
  }
  return select_range(frame, a, wanted, negated);
}

namespace {

/// Decided by ranges where they do not overlap. 1: true for all rows that are not NULL, 0: false, -1: open.
int decide_by_ranges(Comparison comparison, const ValueRange& a, const ValueRange& b) {
  const bool below = a.max < b.min, above = a.min > b.max;
  const bool at_most = a.max <= b.min, at_least = a.min >= b.max;
  switch (comparison) {
    case Comparison::kLess: return below ? 1 : at_least ? 0 : -1;
    case Comparison::kLessEqual: return at_most ? 1 : above ? 0 : -1;
    case Comparison::kGreater: return above ? 1 : at_most ? 0 : -1;
    case Comparison::kGreaterEqual: return at_least ? 1 : below ? 0 : -1;
    case Comparison::kNotEqual: return below || above ? 1 : -1;
    default: return below || above ? 0 : -1;
  }
}

void compare_varying(Frame& frame, Comparison comparison, const Vector& a, const Vector& b, uint64_t* bits) {
  const size_t rows = a.size;
  const ValueRange x = certain_range(a), y = certain_range(b);
  if (const int decided = decide_by_ranges(comparison, x, y); decided >= 0) {
    std::memset(bits, decided ? 0xff : 0, mask_words(rows) * 8);
    return;
  }
  const ValueRange range{std::min(x.min, y.min), std::max(x.max, y.max)};
  const IntegerView x_view = view_integers(a), y_view = view_integers(b);
  const void* x_data = x_view.data;
  const void* y_data = y_view.data;
  size_t bytes = x_view.bytes;
  bool is_signed = x_view.is_signed;
  if (bytes > 8 || bytes != y_view.bytes || is_signed != y_view.is_signed || x_view.base != y_view.base) {
    bytes = range.known() ? offset_bytes(range) : 16;
    if (bytes == 16) {
      compare_plain(comparison, functions::widen_argument(a, frame.context), 1, functions::widen_argument(b, frame.context),
                    1, rows, bits);
      return;
    }
    is_signed = false;
    x_data = offsets_from(a, range.min, bytes, frame.context);
    y_data = offsets_from(b, range.min, bytes, frame.context);
  }
  switch (comparison) {
    case Comparison::kLess: return compare_less(bytes, is_signed, x_data, y_data, rows, bits);
    case Comparison::kGreater: return compare_less(bytes, is_signed, y_data, x_data, rows, bits);
    case Comparison::kLessEqual:
      compare_less(bytes, is_signed, y_data, x_data, rows, bits);
      return invert(bits, rows);
    case Comparison::kGreaterEqual:
      compare_less(bytes, is_signed, x_data, y_data, rows, bits);
      return invert(bits, rows);
    case Comparison::kNotEqual:
      compare_equal(bytes, x_data, y_data, rows, bits);
      return invert(bits, rows);
    default: return compare_equal(bytes, x_data, y_data, rows, bits);
  }
}

Truth compare_strings(Frame& frame, Comparison comparison, const Vector& a, const Vector& b) {
  uint64_t* bits = frame.allocate_mask(a.size);
  const StringRef* x = static_cast<const StringRef*>(functions::decode_argument(a, frame.context));
  const StringRef* y = static_cast<const StringRef*>(functions::decode_argument(b, frame.context));
  const uint64_t* valid = both_valid(a, b, a.size, frame.context);
  const size_t x_step = a.is_constant() ? 0 : 1, y_step = b.is_constant() ? 0 : 1;
  if (valid == nullptr) {
    compare_plain(comparison, x, x_step, y, y_step, a.size, bits);
    return finish_truth(bits, nullptr, a.size);
  }
  // What stands under a NULL may point nowhere.
  test_rows(a.size, bits, [&](size_t i) {
    return ((valid[i / 64] >> (i % 64)) & 1) && holds(comparison, x[i * x_step], y[i * y_step]);
  });
  return finish_truth(bits, valid, a.size);
}

}  // namespace

Truth compare_vectors(Frame& frame, Comparison comparison, const Vector& left, const Vector& right) {
  if (left.type.physical() == Physical::kString) {
    if (left.is_constant() && right.is_constant()) {
      return Truth::all(holds(comparison, left.values<StringRef>()[0], right.values<StringRef>()[0]));
    }
    return compare_strings(frame, comparison, left, right);
  }
  const Vector a = ordered_integers(left, frame.context);
  const Vector b = ordered_integers(right, frame.context);
  if (a.is_constant() && b.is_constant()) {
    return Truth::all(holds(comparison, read_integral(a, 0), read_integral(b, 0)));
  }
  if (b.is_constant()) return compare_with_constant(frame, comparison, a, read_integral(b, 0));
  if (a.is_constant()) return compare_with_constant(frame, mirrored(comparison), b, read_integral(a, 0));
  uint64_t* bits = frame.allocate_mask(a.size);
  const uint64_t* valid = both_valid(a, b, a.size, frame.context);
  compare_varying(frame, comparison, a, b, bits);
  return finish_truth(bits, valid, a.size);
}

namespace {

const uint64_t* row_validity(Frame& frame, const Vector& vector) {
  uint64_t* valid = frame.allocate_mask(vector.size);
  if (vector.may_have_nulls()) {
    decode_validity(vector, nullptr, valid);
  } else {
    for (size_t i = 0; i < mask_words(vector.size); ++i) valid[i] = ~uint64_t{0};
  }
  return valid;
}

/// IS [NOT] DISTINCT FROM: NULLs are values, equal to each other.
Truth compare_distinct(Frame& frame, bool distinct, const Vector& a, const Vector& b) {
  const size_t rows = a.size;
  uint64_t* bits = frame.allocate_mask(rows);
  const uint64_t* x = row_validity(frame, a);
  const uint64_t* y = row_validity(frame, b);
  Truth equal = Truth::all(false);
  if (!a.constant_null() && !b.constant_null()) equal = compare_vectors(frame, Comparison::kEqual, a, b);
  equal = materialize(frame, equal, rows);
  for (size_t i = 0; i < mask_words(rows); ++i) {
    const uint64_t same = (equal.bits[i] & x[i] & y[i]) | (~x[i] & ~y[i]);
    bits[i] = distinct ? ~same : same;
  }
  return finish_truth(bits, nullptr, rows);
}

/// low <= argument <= high, both integral constants, in one comparison.
class RangeNode : public Node {
 public:
  RangeNode(Node* argument, const ValueRange& wanted) : Node(Type::boolean()), argument_(argument), wanted_(wanted) {}

 protected:
  bool compute_truth(Frame& frame, const Space& space, Truth& out) override {
    Vector values;
    if (!argument_->vector(frame, space, values)) return false;
    if (values.constant_null() || space.rows == 0) {
      out = Truth::null();
    } else if (values.is_constant()) {
      const int128_t value = read_integral(values, 0);
      out = Truth::all(value >= wanted_.min && value <= wanted_.max);
    } else if (watch_.worth_it(values)) {
      out = table_.apply(frame, values, [&](const Vector& entries, uint8_t* table) {
        for (size_t i = 0; i < entries.size; ++i) {
          const int128_t value = read_integral(entries, i);
          table[i] = value >= wanted_.min && value <= wanted_.max;
        }
      });
    } else {
      out = select_range(frame, without_dictionary(values, frame.context), wanted_, false);
    }
    return true;
  }

 private:
  Node* const argument_;
  const ValueRange wanted_;
  DictionaryWatch watch_;
  EntryTable table_;
};

class CompareNode : public Node {
 public:
  CompareNode(Comparison comparison, Node* left, Node* right)
      : Node(Type::boolean()), comparison_(comparison), left_(left), right_(right) {}

 protected:
  bool compute_truth(Frame& frame, const Space& space, Truth& out) override {
    Vector left, right;
    if (!left_->vector(frame, space, left) || !right_->vector(frame, space, right)) return false;
    if (space.rows == 0) {
      out = Truth::all(false);
    } else if (comparison_ == Comparison::kDistinct || comparison_ == Comparison::kNotDistinct) {
      out = compare_distinct(frame, comparison_ == Comparison::kDistinct, left, right);
    } else if (left.constant_null() || right.constant_null()) {
      out = Truth::null();
    } else if (right.is_constant() && watch_.worth_it(left)) {
      out = by_entries(frame, comparison_, left, right);
    } else if (left.is_constant() && watch_.worth_it(right)) {
      out = by_entries(frame, mirrored(comparison_), right, left);
    } else {
      out = compare_vectors(frame, comparison_, left, right);
    }
    return true;
  }

 private:
  Truth by_entries(Frame& frame, Comparison comparison, Vector coded, const Vector& constant) {
    // Kept for the next batch only where the constant is the same then: a column may be constant in one batch only.
    if (!left_->is_literal() && !right_->is_literal()) coded.dictionary_id = 0;
    return table_.apply(frame, coded, [&](const Vector& entries, uint8_t* table) {
      Vector other = constant;
      other.size = entries.size;
      const Truth truth = materialize(frame, compare_vectors(frame, comparison, entries, other), entries.size);
      for (size_t i = 0; i < entries.size; ++i) table[i] = (truth.bits[i / 64] >> (i % 64)) & 1;
    });
  }

  const Comparison comparison_;
  Node* const left_;
  Node* const right_;
  DictionaryWatch watch_;
  EntryTable table_;
};

}  // namespace

std::unique_ptr<Node> make_range_node(Node* argument, const ValueRange& wanted) {
  return std::make_unique<RangeNode>(argument, wanted);
}

std::unique_ptr<Node> make_compare_node(Comparison comparison, Node* left, Node* right) {
  return std::make_unique<CompareNode>(comparison, left, right);
}

}  // namespace cairn::evaluation
