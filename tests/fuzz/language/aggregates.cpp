#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {

Sql Generator::aggregate(Sort sort, const Scope& scope, int depth) {
  // Without outer columns: an aggregate over outer columns alone belongs to the outer query.
  Scope input{scope.aggregated->columns, nullptr, nullptr};
  const std::string role = role_of(sort);
  switch (sort) {
    case Sort::kInteger:
      switch (random_.below(4)) {
        case 0: return aggregate_call(role, "count", comparable_sort(), input, depth);
        case 1: return sql(role, "count(*)");
        case 2: return sql(role, "CAST(@ AS bigint)", aggregate_call("", "sum", Sort::kInteger, input, depth));
        default: break;
      }
      break;
    case Sort::kNumeric:
      if (random_.chance(25))  // a sum of integers is an integer itself, whose round() is another function
        return sql(role, "CAST(@ AS numeric(18,4))", aggregate_call("", "sum", Sort::kInteger, input, depth));
      if (random_.chance(35)) return aggregate_call(role, "sum", Sort::kNumeric, input, depth);
      break;
    case Sort::kDouble:
      if (random_.chance(50)) return aggregate_call(role, "sum", sort, input, depth);
      break;
    case Sort::kApproximate:
      return aggregate_call(role, random_.word({"avg", "avg", "stddev", "variance", "var_pop", "stddev_pop"}),
                            random_.chance(50) ? Sort::kInteger : Sort::kNumeric, input, depth);
    case Sort::kText:
      if (random_.chance(50)) {
        // Ordered by its argument: equal values are equal text.
        const std::string value = "CAST(" + text_of(*leaf(Sort::kText, input)) + " AS text)";
        const std::string order = " ORDER BY " + value + random_.word({" DESC", "", " NULLS FIRST"});
        return sql(role, fmt::format("string_agg({}{}, '-'{})", random_.chance(30) ? "DISTINCT " : "", value, order));
      }
      break;
    case Sort::kBoolean: return aggregate_call(role, random_.word({"bool_and", "bool_or", "every"}), sort, input, depth);
    default: break;
  }
  return aggregate_call(role, random_.word({"min", "max"}), sort, input, depth);
}

Sql Generator::aggregate_call(const std::string& role, const std::string& name, Sort argument, const Scope& input, int depth) {
  Sql filter = random_.chance(20) ? optional_sql(sql("", " FILTER (WHERE @)", predicate(input, depth - 1))) : sql("", "");
  return sql(role, fmt::format("{}({}@)@", name, random_.chance(20) ? "DISTINCT " : ""), expression(argument, input, depth),
             std::move(filter));
}

}  // namespace cairn::fuzz
