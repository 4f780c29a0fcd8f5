#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {

std::string role_of(Sort sort) {
  static const char* kRoles[] = {"boolean", "integer", "numeric", "double", "approximate", "text", "date", "timestamp", "interval"};
  return kRoles[static_cast<size_t>(sort)];
}

std::string type_of(Sort sort) {
  static const char* kTypes[] = {"boolean", "integer", "numeric(18,4)", "double precision", "double precision", "text", "date",
                                 "timestamp", "interval"};
  return kTypes[static_cast<size_t>(sort)];
}

Sort Generator::comparable_sort() {
  static const std::vector<Sort> kSorts = {Sort::kInteger, Sort::kInteger, Sort::kInteger,   Sort::kNumeric, Sort::kText,
                                           Sort::kText,    Sort::kDouble,  Sort::kTimestamp, Sort::kDate,    Sort::kBoolean};
  return random_.one_of(kSorts);
}

Sql Generator::literal(Sort sort) {
  if (random_.chance(10)) return sql("", fmt::format("CAST(NULL AS {})", type_of(sort)));
  std::string text;
  switch (sort) {
    case Sort::kBoolean: text = random_.word({"TRUE", "FALSE"}); break;
    case Sort::kInteger: text = std::to_string(random_.between(0, 12)); break;
    case Sort::kNumeric: text = fmt::format("{}.{}", random_.between(0, 9), random_.word({"0", "5", "25"})); break;
    case Sort::kDouble:
    case Sort::kApproximate: text = fmt::format("CAST({} AS double precision)", random_.between(-8, 40) * 0.25); break;
    case Sort::kText: text = random_value(random_, {"", "text", Sort::kText}, false); break;
    case Sort::kDate: text = "DATE " + random_value(random_, {"", "date", Sort::kDate}, false); break;
    case Sort::kTimestamp: text = "TIMESTAMP " + random_value(random_, {"", "timestamp", Sort::kTimestamp}, false); break;
    case Sort::kInterval:
      text = fmt::format("INTERVAL '{} {}'", random_.between(-3, 40), random_.word({"days", "hours", "months", "minutes"}));
      break;
  }
  if (text.ends_with("NULL")) text = fmt::format("CAST(NULL AS {})", type_of(sort));
  return sql(role_of(sort), text);
}

Sql Generator::leaf(Sort sort, const Scope& scope) {
  if (scope.aggregated != nullptr && random_.chance(60)) return aggregate(sort, scope, 1);
  std::vector<const Column*> choices;
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    for (const Column& column : at->columns)
      if (column.sort == sort && (at == &scope || column.reference)) choices.push_back(&column);
    if (!choices.empty() && !random_.chance(30)) break;
  }
  if (choices.empty() || random_.chance(12)) {
    if (sort == Sort::kApproximate) return approximate(scope, 1);
    return literal(sort);
  }
  return sql(role_of(sort), random_.one_of(choices)->text);
}

Sql Generator::expression(Sort sort, const Scope& scope, int depth) {
  if (sort == Sort::kBoolean && depth > 0 && random_.chance(60)) return predicate(scope, depth - 1);
  if (depth <= 0 || random_.chance(35)) return leaf(sort, scope);
  if (random_.chance(15)) return conditional(sort, scope, depth - 1);
  if (random_.chance(12) && sort != Sort::kApproximate) return scalar_subquery(sort, scope, depth - 1);
  switch (sort) {
    case Sort::kInteger: return integer(scope, depth - 1);
    case Sort::kNumeric: return numeric(scope, depth - 1);
    case Sort::kDouble: return double_number(scope, depth - 1);
    case Sort::kApproximate: return approximate(scope, depth - 1);
    case Sort::kText: return text(scope, depth - 1);
    case Sort::kDate: return date(scope, depth - 1);
    case Sort::kTimestamp: return timestamp(scope, depth - 1);
    case Sort::kBoolean:
    case Sort::kInterval: break;
  }
  return leaf(sort, scope);
}

Sql Generator::conditional(Sort sort, const Scope& scope, int depth) {
  const std::string role = role_of(sort);
  auto any = [&] { return expression(sort, scope, depth); };
  switch (random_.below(6)) {
    case 0: return sql(role, "CASE WHEN @ THEN @ ELSE @ END", predicate(scope, depth), any(), any());
    case 1: return sql(role, "CASE WHEN @ THEN @ WHEN @ THEN @ END", predicate(scope, depth), any(), predicate(scope, depth), any());
    case 2: {
      const Sort tested = comparable_sort();
      return sql(role, "CASE @ WHEN @ THEN @ WHEN @ THEN @ ELSE @ END", expression(tested, scope, depth), literal(tested), any(),
                 literal(tested), any(), any());
    }
    case 3: return sql(role, "coalesce(@, @)", any(), any());
    case 4: return sql(role, "nullif(@, @)", any(), any());
    default: return sql(role, random_.word({"greatest(@, @)", "least(@, @)"}), any(), any());
  }
}

Sql Generator::scalar_subquery(Sort sort, const Scope& scope, int depth) {
  return sql(role_of(sort), "(@)", order_and_limit(query({sort}, &scope, depth), 1, true));
}

Sql Generator::integer(const Scope& scope, int depth) {
  auto any = [&] { return expression(Sort::kInteger, scope, depth); };
  const std::string role = "integer";
  const std::string number = std::to_string(random_.between(1, 5));
  switch (random_.below(12)) {
    case 0: return sql(role, "(@ + @)", any(), any());
    case 1: return sql(role, "(@ - @)", any(), any());
    case 2: return sql(role, "(@ * " + number + ")", any());
    case 3: return sql(role, "(@ / " + number + ")", any());
    case 4: return sql(role, "(@ % " + number + ")", any());
    case 5: return sql(role, "(- @)", any());
    case 6: return sql(role, "abs(@)", any());
    case 7: return sql(role, "length(@)", expression(Sort::kText, scope, depth));
    case 8: return sql(role, "CAST(@ AS integer)", expression(random_.chance(50) ? Sort::kBoolean : Sort::kNumeric, scope, depth));
    case 9: return sql(role, "(@ - @)", expression(Sort::kDate, scope, depth), expression(Sort::kDate, scope, depth));
    case 10: return sql(role, "position(@ IN @)", literal(Sort::kText), expression(Sort::kText, scope, depth));
    default: return sql(role, "CAST(@ AS " + random_.word({"bigint", "integer"}) + ")", any());
  }
}

Sql Generator::numeric(const Scope& scope, int depth) {
  auto any = [&] { return expression(Sort::kNumeric, scope, depth); };
  const std::string role = "numeric";
  switch (random_.below(9)) {
    case 0: return sql(role, "(@ + @)", any(), any());
    case 1: return sql(role, "(@ - @)", any(), any());
    case 2: return sql(role, fmt::format("(@ * {})", random_.between(-3, 5)), any());
    case 3: return sql(role, "CAST(@ AS numeric(18,4))", expression(Sort::kInteger, scope, depth));
    case 4: return sql(role, fmt::format("round(@, {})", random_.between(0, 2)), any());
    case 5: return sql(role, random_.word({"floor(@)", "ceil(@)", "abs(@)", "trunc(@)", "(- @)", "sign(@)"}), any());
    case 6:
      return sql(role, "extract(" + random_.word({"year", "month", "day", "dow", "doy", "week", "quarter"}) + " FROM @)",
                 expression(random_.chance(50) ? Sort::kDate : Sort::kTimestamp, scope, depth));
    case 7: return sql(role, "(@ * @)", leaf(Sort::kNumeric, scope), literal(Sort::kNumeric));
    default: return sql(role, "(@ + @)", any(), expression(Sort::kInteger, scope, depth));
  }
}

Sql Generator::double_number(const Scope& scope, int depth) {
  auto any = [&] { return expression(Sort::kDouble, scope, depth); };
  const std::string role = "double";
  switch (random_.below(6)) {
    case 0: return sql(role, "(@ + @)", any(), any());
    case 1: return sql(role, "(@ - @)", any(), any());
    case 2: return sql(role, fmt::format("(@ * {})", random_.between(-2, 3)), any());
    case 3: return sql(role, "CAST(@ AS double precision)", expression(Sort::kInteger, scope, depth));
    case 4: return sql(role, random_.word({"floor(@)", "ceil(@)", "abs(@)", "(- @)", "trunc(@)"}), any());
    default: return sql(role, "(@ + @)", any(), expression(Sort::kInteger, scope, depth));
  }
}

Sql Generator::approximate(const Scope& scope, int depth) {
  const std::string role = "approximate";
  auto number = [&] { return expression(random_.chance(50) ? Sort::kInteger : Sort::kNumeric, scope, depth); };
  switch (random_.below(4)) {
    case 0: return sql(role, "(CAST(@ AS double precision) / 3)", number());
    case 1: return sql(role, "sqrt(CAST(abs(@) AS double precision))", number());
    case 2: return sql(role, "(@ / CAST(nullif(@, 0) AS double precision))", number(), number());
    default: return sql(role, "CAST(@ / 7.0 AS double precision)", expression(Sort::kNumeric, scope, depth));
  }
}

Sql Generator::text(const Scope& scope, int depth) {
  auto any = [&] { return expression(Sort::kText, scope, depth); };
  const std::string role = "text";
  const int a = random_.between(1, 3), b = random_.between(0, 4);
  switch (random_.below(12)) {
    case 0: return sql(role, "(@ || @)", any(), any());
    case 1: return sql(role, random_.word({"upper(@)", "lower(@)", "trim(@)", "reverse(@)", "ltrim(@)", "rtrim(@)", "initcap(@)"}), any());
    case 2: return sql(role, fmt::format("substring(@ FROM {} FOR {})", a - 1, b), any());
    case 3: return sql(role, "replace(@, @, @)", any(), literal(Sort::kText), any());
    case 4: return sql(role, "CAST(@ AS text)", expression(Sort::kInteger, scope, depth));
    case 5: return sql(role, fmt::format("lpad(@, {}, '*')", b), any());
    case 6: return sql(role, fmt::format("{}(@, {})", random_.word({"left", "right"}), a - 2), any());
    case 7: return sql(role, "concat(@, @, @)", any(), expression(Sort::kInteger, scope, depth), any());
    case 8: return sql(role, fmt::format("repeat(@, {})", a - 1), any());
    case 9: return sql(role, "(@ || @)", any(), expression(Sort::kInteger, scope, depth));
    case 10: return sql(role, "CAST(@ AS text)", expression(random_.chance(50) ? Sort::kDate : Sort::kBoolean, scope, depth));
    default: return sql(role, fmt::format("CAST(@ AS varchar({}))", a), any());
  }
}

Sql Generator::date(const Scope& scope, int depth) {
  switch (random_.below(3)) {
    case 0: return sql("date", fmt::format("(@ + {})", random_.between(-2, 9)), expression(Sort::kDate, scope, depth));
    case 1: return sql("date", fmt::format("(@ - {})", random_.between(1, 9)), expression(Sort::kDate, scope, depth));
    default: return sql("date", "CAST(@ AS date)", expression(Sort::kTimestamp, scope, depth));
  }
}

Sql Generator::timestamp(const Scope& scope, int depth) {
  const Sort operand = random_.chance(50) ? Sort::kDate : Sort::kTimestamp;
  switch (random_.below(3)) {
    case 0: return sql("timestamp", random_.word({"(@ + @)", "(@ - @)"}), expression(operand, scope, depth), literal(Sort::kInterval));
    case 1: return sql("timestamp", "CAST(@ AS timestamp)", expression(Sort::kDate, scope, depth));
    default:
      return sql("timestamp", "date_trunc('" + random_.word({"month", "year", "day", "hour", "week", "quarter"}) + "', @)",
                 expression(Sort::kTimestamp, scope, depth));
  }
}

}  // namespace cairn::fuzz
