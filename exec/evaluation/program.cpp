// From expression trees to a DAG of nodes.

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "exec/evaluation/integral.h"
#include "exec/evaluation/node.h"
#include "exec/functions/cast.h"
#include "exec/functions/integral_type.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

namespace {

/// The factor of a cast that multiplies, and cannot fail for any value of its argument's type; 0: it is no such cast.
int128_t safe_factor(const Expression& cast) {
  const Type& from = cast.arguments[0]->type;
  if (cast.kind != Expression::Kind::kCast || !from.is_integral() || cast_kind(from, cast.type) != CastKind::kScale) return 0;
  const int128_t factor = cast_factor(from, cast.type);
  ValueRange range;
  const ValueRange bounds = type_range(cast.type);
  const bool fits = propagate_range(Function::Native::kMultiply, type_range(from), {factor, factor}, range) &&
                    range.min >= bounds.min && range.max <= bounds.max;
  return fits ? factor : 0;
}

int128_t divide_down(int128_t value, int128_t divisor) { return value / divisor - (value % divisor < 0); }
int128_t divide_up(int128_t value, int128_t divisor) { return value / divisor + (value % divisor > 0); }

}  // namespace

bool integral_bounds(const Expression& expression, const Expression*& bounded, ValueRange& bounds) {
  using Comparison = Expression::Comparison;
  const auto is_constant = [](const Expression& side) {
    return side.kind == Expression::Kind::kConstant && !side.value.null && side.type.is_integral();
  };
  if (expression.kind != Expression::Kind::kCompare) return false;
  const bool turned = is_constant(*expression.arguments[0]);
  const Expression& constant = *expression.arguments[turned ? 0 : 1];
  bounded = expression.arguments[turned ? 1 : 0].get();
  if (!is_constant(constant) || !bounded->type.is_integral()) return false;
  const int128_t value = constant.value.integer;
  constexpr ValueRange kNothing{1, 0};
  const ValueRange below = value == kInt128Min ? kNothing : ValueRange{kInt128Min, value - 1};
  const ValueRange above = value == kInt128Max ? kNothing : ValueRange{value + 1, kInt128Max};
  switch (expression.comparison) {
    case Comparison::kEqual: bounds = {value, value}; break;
    case Comparison::kLess: bounds = turned ? above : below; break;
    case Comparison::kGreater: bounds = turned ? below : above; break;
    case Comparison::kLessEqual: bounds = turned ? ValueRange{value, kInt128Max} : ValueRange{kInt128Min, value}; break;
    case Comparison::kGreaterEqual: bounds = turned ? ValueRange{kInt128Min, value} : ValueRange{value, kInt128Max}; break;
    default: return false;
  }
  while (bounded->kind == Expression::Kind::kCast) {
    const int128_t factor = safe_factor(*bounded);
    if (factor == 0) break;
    if (bounds.min != kInt128Min) bounds.min = divide_up(bounds.min, factor);
    if (bounds.max != kInt128Max) bounds.max = divide_down(bounds.max, factor);
    bounded = bounded->arguments[0].get();
  }
  return true;
}

/// Makes nodes, one for all equal subexpressions. Two are equal where they do the same to the same nodes.
class Compiler {
 public:
  Compiler(Program& program, size_t longest_text) : program_(program), longest_text_(longest_text) {}

  Node* compile(const Expression& expression) {
    std::vector<Node*> arguments;
    arguments.reserve(expression.arguments.size());
    // IN over constants keeps its list as it is.
    const bool constant_list = expression.kind == Expression::Kind::kIn && has_constant_list(expression);
    for (const auto& argument : expression.arguments) {
      arguments.push_back(compile(*argument));
      if (constant_list) break;
    }
    const std::string key = key_of(expression, arguments, constant_list);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    Node* node = keep(make(expression, arguments, constant_list));
    const bool is_volatile = expression.kind == Expression::Kind::kCall && expression.function->is_volatile;
    if (!is_volatile && !arguments.empty() && std::all_of(arguments.begin(), arguments.end(), [](Node* a) { return a->is_literal(); })) {
      node = fold(node);
    }
    known_.emplace(key, node);
    return node;
  }

 private:
  Node* keep(std::unique_ptr<Node> node) {
    program_.nodes_.push_back(std::move(node));
    return program_.nodes_.back().get();
  }

  /// A node over constants as a constant; the node itself where it raises an error, which belongs to the rows.
  Node* fold(Node* node) {
    Frame frame;
    frame.context.set_longest_text(longest_text_);
    Batch batch;
    batch.size = 1;
    try {
      Vector result;
      // No frame gives this id out: what the nodes remember of it never meets a batch.
      node->vector(frame, {&batch, nullptr, 1, UINT64_MAX, true}, result);
      Value value = read_value(result, 0);
      value.type = node->type;
      return keep(make_constant_node(value));
    } catch (const Error&) {
      return node;
    }
  }

  static bool has_constant_list(const Expression& expression) {
    for (size_t i = 1; i < expression.arguments.size(); ++i) {
      if (expression.arguments[i]->kind != Expression::Kind::kConstant) return false;
    }
    return true;
  }

  static std::string key_of(const Expression& expression, const std::vector<Node*>& arguments, bool constant_list) {
    std::string key;
    const auto add_bytes = [&key](const void* bytes, size_t count) { key.append(static_cast<const char*>(bytes), count); };
    const auto add = [&add_bytes](const auto& plain) { add_bytes(&plain, sizeof plain); };
    add(expression.kind);
    key += expression.type.to_string() + ';';
    for (Node* argument : arguments) add(argument);
    add(expression.column);
    add(expression.comparison);
    add(expression.function);
    add(expression.volatile_call.get());
    add(expression.escape);
    add(expression.case_insensitive);
    if (expression.kind == Expression::Kind::kConstant) key += expression.to_string();
    if (constant_list) key += expression.to_string();
    return key;
  }

  /// AND, with comparisons of the same thing from both sides as one.
  std::unique_ptr<Node> make_conjunction(const Expression& expression, const std::vector<Node*>& arguments) {
    std::vector<Node*> rest;
    std::vector<std::pair<Node*, ValueRange>> ranges;
    std::vector<std::vector<Node*>> sources;  // of each range
    std::unordered_map<Node*, size_t> range_of;
    for (size_t i = 0; i < arguments.size(); ++i) {
      ValueRange bounds;
      const Expression* bounded_expression;
      if (!integral_bounds(*expression.arguments[i], bounded_expression, bounds)) {
        rest.push_back(arguments[i]);
        continue;
      }
      Node* bounded = compile(*bounded_expression);
      const auto [known, is_new] = range_of.try_emplace(bounded, ranges.size());
      if (is_new) {
        ranges.emplace_back(bounded, bounds);
        sources.push_back({arguments[i]});
      } else {
        ValueRange& range = ranges[known->second].second;
        range = {std::max(range.min, bounds.min), std::min(range.max, bounds.max)};
        sources[known->second].push_back(arguments[i]);
      }
    }
    for (size_t i = 0; i < ranges.size(); ++i) {
      const bool alone = sources[i].size() == 1;
      rest.push_back(alone ? sources[i][0] : keep(make_range_node(ranges[i].first, ranges[i].second)));
    }
    return make_logic_node(true, std::move(rest));
  }

  Node* make_or_of_equals(const std::vector<Node*>& arguments) {
    std::vector<Node*> equals;
    for (size_t i = 1; i < arguments.size(); ++i) {
      equals.push_back(keep(make_compare_node(Expression::Comparison::kEqual, arguments[0], arguments[i])));
    }
    return equals.size() == 1 ? equals[0] : keep(make_logic_node(false, std::move(equals)));
  }

  std::unique_ptr<Node> make(const Expression& expression, std::vector<Node*> arguments, bool constant_list) {
    using Kind = Expression::Kind;
    switch (expression.kind) {
      case Kind::kColumn: return make_column_node(expression.column, expression.type);
      case Kind::kConstant: return make_constant_node(expression.value);
      case Kind::kParameter:
        throw Error(sqlstate::kInternalError, "a parameter was left without a value");
      case Kind::kCall:
        if (expression.function->is_volatile) return make_volatile_call_node(expression, std::move(arguments));
        if (expression.function->native != Function::Native::kNone) {
          return make_arithmetic_node(expression.function->native, expression.type, std::move(arguments), expression.position);
        }
        return make_call_node(*expression.function, expression.type, std::move(arguments), expression.position);
      case Kind::kCast: return make_cast_node(arguments[0], expression.type, expression.position);
      case Kind::kCompare: {
        const Expression* bounded;
        ValueRange bounds;
        if (integral_bounds(expression, bounded, bounds)) return make_range_node(compile(*bounded), bounds);
        return make_compare_node(expression.comparison, arguments[0], arguments[1]);
      }
      case Kind::kAnd: return make_conjunction(expression, arguments);
      case Kind::kOr: return make_logic_node(false, std::move(arguments));
      case Kind::kNot: return make_not_node(arguments[0]);
      case Kind::kIsNull: return make_is_null_node(arguments[0], false);
      case Kind::kIsNotNull: return make_is_null_node(arguments[0], true);
      case Kind::kCase: return make_case_node(expression.type, std::move(arguments));
      case Kind::kCoalesce: return make_coalesce_node(expression.type, std::move(arguments));
      case Kind::kIn:
        if (constant_list) return make_in_node(arguments[0], expression);
        return make_logic_node(false, {make_or_of_equals(arguments)});
      case Kind::kLike: return make_like_node(arguments[0], arguments[1], expression);
    }
    throw Error(sqlstate::kInternalError, "an expression of unknown kind");
  }

  Program& program_;
  const size_t longest_text_;
  std::map<std::string, Node*> known_;
};

Program::Program(const std::vector<const Expression*>& expressions, size_t longest_text) {
  Compiler compiler(*this, longest_text);
  for (const Expression* expression : expressions) roots_.push_back(compiler.compile(*expression));
}

Program::~Program() = default;

}  // namespace cairn::evaluation
