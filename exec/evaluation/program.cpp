// From expression trees to a DAG of nodes.

#include <algorithm>
#include <map>
#include <string>

#include "exec/evaluation/node.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

/// Makes nodes, one for all equal subexpressions. Two are equal where they do the same to the same nodes.
class Compiler {
 public:
  explicit Compiler(Program& program) : program_(program) {}

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
    if (!arguments.empty() && std::all_of(arguments.begin(), arguments.end(), [](Node* a) { return a->is_literal(); })) {
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
    add(expression.escape);
    add(expression.case_insensitive);
    if (expression.kind == Expression::Kind::kConstant) key += expression.to_string();
    if (constant_list) key += expression.to_string();
    return key;
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
        if (expression.function->native != Function::Native::kNone) {
          return make_arithmetic_node(expression.function->native, expression.type, std::move(arguments), expression.position);
        }
        return make_call_node(*expression.function, expression.type, std::move(arguments), expression.position);
      case Kind::kCast: return make_cast_node(arguments[0], expression.type, expression.position);
      case Kind::kCompare: return make_compare_node(expression.comparison, arguments[0], arguments[1]);
      case Kind::kAnd: return make_logic_node(true, std::move(arguments));
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
  std::map<std::string, Node*> known_;
};

Program::Program(const std::vector<const Expression*>& expressions) {
  Compiler compiler(*this);
  for (const Expression* expression : expressions) roots_.push_back(compiler.compile(*expression));
}

Program::~Program() = default;

}  // namespace cairn::evaluation
