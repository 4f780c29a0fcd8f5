#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {

Sql Generator::predicate(const Scope& scope, int depth) {
  const std::string role = "boolean";
  if (depth <= 0) return comparison(scope, 0);
  auto any = [&] { return predicate(scope, depth - 1); };
  switch (random_.weighted({30, 10, 10, 7, 7, 7, 12, 5, 5, 4})) {
    case 0: return comparison(scope, depth - 1);
    case 1: return sql(role, "(@ AND @)", any(), any());
    case 2: return sql(role, "(@ OR @)", any(), any());
    case 3: return sql(role, "(NOT @)", any());
    case 4: return sql(role, "(@ IS " + random_.word({"NULL", "NOT NULL"}) + ")", expression(comparable_sort(), scope, depth - 1));
    case 5: {
      const Sort sort = comparable_sort();
      std::vector<Sql> items;
      for (int i = random_.between(1, 4); i > 0; i--) items.push_back(expression(sort, scope, random_.chance(80) ? 0 : 1));
      return sql(role, "(@ " + random_.word({"IN", "NOT IN"}) + " (@))", expression(sort, scope, depth - 1),
                 sql_list(", ", std::move(items)));
    }
    case 6: return subquery_predicate(scope, depth - 1);
    case 7: return text_predicate(scope, depth - 1);
    case 8: return sql(role, "(@ IS " + random_.word({"TRUE", "FALSE", "UNKNOWN", "NOT TRUE", "NOT FALSE", "NOT UNKNOWN"}) + ")", any());
    default: return row_predicate(scope, depth - 1);
  }
}

Sql Generator::comparison(const Scope& scope, int depth) {
  const Sort sort = comparable_sort();
  // Numbers of all kinds compare.
  const bool number = sort == Sort::kInteger || sort == Sort::kNumeric || sort == Sort::kDouble;
  const Sort other = number && random_.chance(15) ? Sort::kNumeric : sort == Sort::kDate && random_.chance(15) ? Sort::kTimestamp : sort;
  Sql left = expression(sort, scope, depth), right = random_.chance(40) ? literal(other) : expression(other, scope, depth);
  if (random_.chance(12)) {
    return sql("boolean", "(@ " + random_.word({"BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC"}) + " @ AND @)", std::move(left),
               std::move(right), expression(sort, scope, depth));
  }
  return sql("boolean",
             "(@ " + random_.word({"=", "=", "=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"}) + " @)",
             std::move(left), std::move(right));
}

Sql Generator::text_predicate(const Scope& scope, int depth) {
  const std::string pattern = random_.word({"'a%'", "'%b'", "'_'", "'%'", "''", "'a_c'", "'%x%'", "'b\\%'", "'%a%b%'"});
  return sql("boolean", "(@ " + random_.word({"LIKE", "NOT LIKE", "ILIKE"}) + " @)", expression(Sort::kText, scope, depth),
             random_.chance(85) ? sql("text", pattern) : expression(Sort::kText, scope, 0));
}

Sql Generator::subquery_predicate(const Scope& scope, int depth) {
  const std::string role = "boolean";
  const Sort sort = comparable_sort();
  switch (random_.below(4)) {
    case 0:
      return sql(role, random_.word({"EXISTS (@)", "(NOT EXISTS (@))"}), query({sort}, &scope, depth));
    case 1:
      return sql(role, "(@ " + random_.word({"IN", "NOT IN"}) + " (@))", expression(sort, scope, depth), query({sort}, &scope, depth));
    case 2:
      return sql(role, "(@ " + random_.word({"=", "<>", "<", "<=", ">", ">="}) + random_.word({" ANY", " ALL"}) + " (@))",
                 expression(sort, scope, depth), query({sort}, &scope, depth));
    default: {
      const Sort second = comparable_sort();
      return sql(role, "((@, @) " + random_.word({"IN", "NOT IN", "= ANY", "<> ALL"}) + " (@))", expression(sort, scope, depth),
                 expression(second, scope, depth), query({sort, second}, &scope, depth));
    }
  }
}

Sql Generator::row_predicate(const Scope& scope, int depth) {
  const Sort first = comparable_sort(), second = comparable_sort();
  return sql("boolean", "((@, @) " + random_.word({"=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM"}) + " (@, @))",
             expression(first, scope, depth), expression(second, scope, depth), expression(first, scope, depth),
             expression(second, scope, depth));
}

}  // namespace cairn::fuzz
