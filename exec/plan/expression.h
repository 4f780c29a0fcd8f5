#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vector/type.h"
#include "vector/value.h"

namespace cairn {

struct Function;  // exec/functions/function.h: one row of a function table

/// A typed, bound scalar expression; binder, optimizer and evaluator share it. Children are typed exactly as the
/// function expects: every implicit cast is an explicit kCast here.
struct Expression {
  enum class Kind : uint8_t {
    kColumn,     ///< column: logical plans: a query-wide column id; physical plans: a position in the input batch
    kConstant,   ///< value
    kParameter,  ///< column: 0-based number of a prepared statement's $n; replaced by a constant before execution
    kCall,       ///< function(arguments), strict in NULL unless the function says otherwise
    kCast,       ///< arguments[0] to `type`
    kCompare,    ///< compare(arguments[0], arguments[1]), both of one type
    kAnd,        ///< arguments, two or more, three-valued
    kOr,
    kNot,
    kIsNull,     ///< never NULL itself
    kIsNotNull,
    kCase,       ///< condition, value, condition, value, …, [else]; odd count: with else
    kCoalesce,
    kIn,         ///< arguments[0] IN (arguments[1..]), all of one type; three-valued
    kLike,       ///< text, constant or computed pattern; `escape`; `case_insensitive`
  };
  enum class Comparison : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,
                                    kDistinct, kNotDistinct };

  Kind kind;
  Type type;
  std::vector<std::unique_ptr<Expression>> arguments;
  uint32_t column = 0;
  Value value;
  Comparison comparison = Comparison::kEqual;
  const Function* function = nullptr;
  char escape = '\\';             ///< kLike; 0: none
  bool case_insensitive = false;  ///< kLike
  /// kCall of a volatile function: which of the statement's calls this is. Copies share it, others are never equal.
  std::shared_ptr<const struct VolatileCall> volatile_call;
  int position = -1;              ///< 0-based byte offset in the statement, for run-time errors; -1: none

  std::unique_ptr<Expression> clone() const;
  /// Equal in structure and meaning, positions aside.
  bool equals(const Expression& other) const;
  uint64_t hash() const;  ///< equal for equal expressions
  /// The same, where calls of volatile functions count as one that are written alike: GROUP BY random().
  bool equals_as_written(const Expression& other) const;
  /// SQL-like text; columns as #n. Also the canonical form that plan fingerprints are made of: it must say everything
  /// that changes the result (types of constants and casts included).
  std::string to_string() const;

  static std::unique_ptr<Expression> make_column(uint32_t column, Type type);
  static std::unique_ptr<Expression> make_constant(Value value);
  static std::unique_ptr<Expression> make_call(const Function* function, Type type,
                                               std::vector<std::unique_ptr<Expression>> arguments, int position = -1);
  static std::unique_ptr<Expression> make_cast(std::unique_ptr<Expression> argument, Type type, int position = -1);
  static std::unique_ptr<Expression> make_compare(Comparison comparison, std::unique_ptr<Expression> left,
                                                  std::unique_ptr<Expression> right);
  static std::unique_ptr<Expression> make_and(std::vector<std::unique_ptr<Expression>> arguments);
  static std::unique_ptr<Expression> make_or(std::vector<std::unique_ptr<Expression>> arguments);
  static std::unique_ptr<Expression> make_not(std::unique_ptr<Expression> argument);
};
using ExpressionPtr = std::unique_ptr<Expression>;

/// Whether a volatile function is called in it (random(), nextval('s')). How often such an expression runs shows: whoever
/// folds, copies, moves or drops expressions asks this first.
bool is_volatile(const Expression& expression);

}  // namespace cairn
