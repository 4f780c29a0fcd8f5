// Calls of table functions, casts, and native arithmetic.

#include <algorithm>
#include <cstring>

#include "exec/evaluation/entry_table.h"
#include "exec/evaluation/integral.h"
#include "exec/evaluation/node.h"
#include "exec/functions/cast.h"
#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

namespace {

/// Runs `compute`, and gives its errors the expression's place in the statement.
template <typename Compute>
bool with_position(int position, Compute compute) {
  try {
    return compute();
  } catch (Error& error) {
    throw std::move(error).at(position);
  }
}

/// A table function with what it remembers: results per dictionary entry.
class FunctionRunner {
 public:
  FunctionRunner(const Function& function, Type type) : function_(function), type_(type), entries_(type) {}

  /// Sets `out`, or returns false where the function may raise and must not. `literal`: the arguments that are the same
  /// constant in every batch.
  bool run(Frame& frame, std::span<const Vector> arguments, const std::vector<bool>& literal, size_t rows,
           bool may_raise, Vector& out) {
    size_t varying = 0, varying_count = 0;
    bool others_literal = true;
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (function_.strict && arguments[i].constant_null()) {
        out = null_vector(type_, rows, frame.context);
        return true;
      }
      if (arguments[i].is_constant()) {
        others_literal = others_literal && literal[i];
        continue;
      }
      varying = i;
      ++varying_count;
    }
    if (rows == 0) {
      out = null_vector(type_, 0, frame.context);
      return true;
    }
    if (function_.never_raises != nullptr) note_ranges(arguments);
    if (varying_count == 0) {
      if (!may_raise && cairn::may_raise(function_, ranges_, types_)) return false;
      run_constant(frame, arguments, rows, out);
      return true;
    }
    if (varying_count == 1 && others_literal && function_.strict && watch_.worth_it(arguments[varying]) &&
        run_entries(frame, arguments, varying, out)) {
      return true;
    }
    if (!may_raise && cairn::may_raise(function_, ranges_, types_)) return false;
    evaluate(frame.context, arguments, rows, out);
    return true;
  }

 private:
  void evaluate(EvaluationContext& context, std::span<const Vector> arguments, size_t rows, Vector& out) {
    function_.evaluate(function_, arguments, rows, type_, context, out);
    if (function_.result_range == nullptr || !type_.is_integral()) return;
    note_ranges(arguments);
    out.range = function_.result_range(ranges_, types_);
  }

  void note_ranges(std::span<const Vector> arguments) {
    ranges_.clear();
    types_.clear();
    for (const Vector& argument : arguments) {
      ranges_.push_back(argument.type.is_integral() ? certain_range(argument) : ValueRange{});
      types_.push_back(argument.type);
    }
  }

  void run_constant(Frame& frame, std::span<const Vector> arguments, size_t rows, Vector& out) {
    arguments_.assign(arguments.begin(), arguments.end());
    for (Vector& argument : arguments_) argument.size = 1;
    evaluate(frame.context, arguments_, 1, out);
    if (!out.valid(0)) {
      out = null_vector(type_, rows, frame.context);
      return;
    }
    out.encoding = Encoding::kConstant;
    out.validity = nullptr;
    out.size = rows;
    if (type_.is_integral()) {
      const int128_t value = read_integral(out, 0);
      out.range = {value, value};
    }
  }

  /// Once per dictionary entry; the result is a dictionary vector with the same codes.
  bool run_entries(Frame& frame, std::span<const Vector> arguments, size_t varying, Vector& out) {
    const Vector& coded = arguments[varying];
    if (coded.dictionary_id != 0 && coded.dictionary_id == refused_id_) return false;
    if (coded.dictionary_id == 0 || coded.dictionary_id != entries_of_) {
      arguments_.assign(arguments.begin(), arguments.end());
      Vector& entries = arguments_[varying];
      entries = Vector();
      entries.type = coded.type;
      entries.size = coded.dictionary_size;
      entries.data = coded.dictionary;
      entries.range = coded.range;
      for (size_t i = 0; i < arguments_.size(); ++i) arguments_[i].size = coded.dictionary_size;
      Vector results;
      try {
        evaluate(frame.context, arguments_, coded.dictionary_size, results);
      } catch (const Error&) {
        refused_id_ = coded.dictionary_id;  // an entry that perhaps no row uses: row by row, then
        return false;
      }
      if (results.may_have_nulls()) {
        refused_id_ = coded.dictionary_id;
        return false;
      }
      entries_of_ = 0;
      entries_.clear();
      entries_.append(results);
      entries_range_ = results.range;
      entries_of_ = coded.dictionary_id;
      result_id_ = next_dictionary_id();
    }
    out = coded;
    out.type = type_;
    out.dictionary = entries_.values<std::byte>();
    out.dictionary_id = result_id_;
    out.unique_dictionary = false;
    out.range = entries_range_;
    return true;
  }

  const Function& function_;
  const Type type_;
  DictionaryWatch watch_;
  ColumnBuffer entries_;  ///< results of the entries of dictionary entries_of_
  ValueRange entries_range_;
  uint64_t entries_of_ = 0;
  uint64_t result_id_ = 0;
  uint64_t refused_id_ = 0;
  std::vector<Vector> arguments_;
  std::vector<ValueRange> ranges_;
  std::vector<Type> types_;
};

class CallNode : public Node {
 public:
  CallNode(const Function& function, Type result_type, std::vector<Node*> arguments, int position)
      : Node(result_type), arguments_(std::move(arguments)), position_(position), runner_(function, result_type) {
    for (const Node* argument : arguments_) literal_.push_back(argument->is_literal());
  }

 protected:
  bool compute(Frame& frame, const Space& space, Vector& out) override {
    values_.resize(arguments_.size());
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (!arguments_[i]->vector(frame, space, values_[i])) return false;
    }
    return with_position(position_,
                         [&] { return runner_.run(frame, values_, literal_, space.rows, space.may_raise, out); });
  }

 private:
  const std::vector<Node*> arguments_;
  const int position_;
  std::vector<bool> literal_;
  std::vector<Vector> values_;
  FunctionRunner runner_;
};

class CastNode : public Node {
 public:
  CastNode(Node* argument, Type result_type, int position)
      : Node(result_type), argument_(argument), position_(position), kind_(cast_kind(argument->type, result_type)) {
    if (kind_ == CastKind::kFunction) {
      runner_ = std::make_unique<FunctionRunner>(*find_cast_function(argument->type, result_type), result_type);
    } else if (kind_ == CastKind::kScale) {
      factor_ = cast_factor(argument->type, result_type);
    } else if (kind_ == CastKind::kNone) {
      throw Error(sqlstate::kCannotCoerce, "cannot cast type " + argument->type.to_string() + " to " + type.to_string());
    }
  }

 protected:
  bool compute(Frame& frame, const Space& space, Vector& out) override {
    Vector values;
    if (!argument_->vector(frame, space, values)) return false;
    if (values.constant_null() || values.type.id == TypeId::kNull) {
      out = null_vector(type, space.rows, frame.context);
      return true;
    }
    switch (kind_) {
      case CastKind::kFunction:
        return with_position(position_, [&] {
          return runner_->run(frame, {&values, 1}, literal_, space.rows, space.may_raise, out);
        });
      case CastKind::kScale:
        return with_position(position_, [&] { return scale(frame, space, values, out); });
      default:
        out = values;
        out.type = type;
        return true;
    }
  }

 private:
  bool scale(Frame& frame, const Space& space, const Vector& values, Vector& out) {
    if (factor_ == 1) {
      const ValueRange range = certain_range(values);
      const ValueRange bounds = type_range(type);
      if (range.min >= bounds.min && range.max <= bounds.max) {
        out = retype(values, type, frame.context);
        return true;
      }
    }
    const Vector factor = integral_constant(Type::huge_int(), factor_, space.rows, frame.context);
    return compute_integral(Function::Native::kMultiply, values, factor, type, space.may_raise, frame.context, out);
  }

  Node* const argument_;
  const int position_;
  const CastKind kind_;
  int128_t factor_ = 1;
  const std::vector<bool> literal_ = {false};
  std::unique_ptr<FunctionRunner> runner_;
};

class ArithmeticNode : public Node {
 public:
  ArithmeticNode(Function::Native operation, Type result_type, std::vector<Node*> arguments, int position)
      : Node(result_type), operation_(operation), arguments_(std::move(arguments)), position_(position) {}

 protected:
  bool compute(Frame& frame, const Space& space, Vector& out) override {
    Vector values[2];
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (!arguments_[i]->vector(frame, space, values[i])) return false;
    }
    return with_position(position_, [&] {
      if (operation_ == Function::Native::kAdd || operation_ == Function::Native::kSubtract) {
        const int scale = std::max(arguments_[0]->type.scale, arguments_[1]->type.scale);
        for (size_t i = 0; i < 2; ++i) {
          const int missing = scale - arguments_[i]->type.scale;
          if (missing == 0 || values[i].constant_null()) continue;
          const Vector factor = integral_constant(Type::huge_int(), power_of_ten(missing), space.rows, frame.context);
          Vector scaled;
          if (!compute_integral(Function::Native::kMultiply, values[i], factor, Type::decimal(38, scale), space.may_raise,
                                frame.context, scaled)) {
            return false;
          }
          values[i] = scaled;
        }
      }
      return compute_integral(operation_, values[0], values[1], type, space.may_raise, frame.context, out);
    });
  }

 private:
  const Function::Native operation_;
  const std::vector<Node*> arguments_;
  const int position_;
};

}  // namespace

std::unique_ptr<Node> make_arithmetic_node(Function::Native operation, Type type, std::vector<Node*> arguments, int position) {
  return std::make_unique<ArithmeticNode>(operation, type, std::move(arguments), position);
}
std::unique_ptr<Node> make_call_node(const Function& function, Type type, std::vector<Node*> arguments, int position) {
  return std::make_unique<CallNode>(function, type, std::move(arguments), position);
}
std::unique_ptr<Node> make_cast_node(Node* argument, Type type, int position) {
  return std::make_unique<CastNode>(argument, type, position);
}

}  // namespace cairn::evaluation
