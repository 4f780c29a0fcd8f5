// Every row makes a predicate true, false or unknown: what is asked of three parts is what is asked of the whole (Rigger,
// Su: "Finding Bugs in Database Systems via Query Partitioning", OOPSLA 2020). And a predicate is true as often in a
// WHERE as in a select list, where no optimizer uses it (the same: "Detecting Optimization Bugs in Database Engines via
// Non-Optimizing Reference Engine Construction", ESEC/FSE 2020).

#include <fmt/format.h>

#include <algorithm>

#include "tests/fuzz/metamorphic/relation.h"

namespace cairn::fuzz {
namespace {

/// The three parts of what stands in `pattern` around {}.
std::string three_parts(const std::string& head, const std::string& predicate, const std::string& tail = "") {
  return fmt::format("{0} {1}{2} UNION ALL {0} NOT {1}{2} UNION ALL {0} ({1}) IS NULL{2}", head, predicate, tail);
}

/// [items, from, predicate]
Sql rows_subject(Generator& generator, Random& random) {
  Generator::From from = generator.from_clause(nullptr, 2);
  const Scope scope{from.columns, nullptr, nullptr};
  std::vector<Sql> items;
  for (int i = random.between(1, 4); i > 0; i--) items.push_back(generator.expression(generator.comparable_sort(), scope, 2));
  Sql predicate = generator.predicate(scope, 2);
  return sql("", "@@@", sql_list(", ", std::move(items)), std::move(from.text), std::move(predicate));
}

Sides rows(const SqlNode& subject, uint64_t) {
  const std::string select = fmt::format("SELECT {} FROM {}", named_items(*subject.children[0], "x"), part(subject, 1));
  return {{{select}, {three_parts(select + " WHERE", part(subject, 2))}}};
}

Sides distinct_rows(const SqlNode& subject, uint64_t) {
  const std::string items = named_items(*subject.children[0], "x"), from = part(subject, 1), predicate = part(subject, 2);
  const std::string select = fmt::format("SELECT {} FROM {} WHERE", items, from);
  return {{{fmt::format("SELECT DISTINCT {} FROM {}", items, from)},
           {fmt::format("{0} {1} UNION {0} NOT {1} UNION {0} ({1}) IS NULL", select, predicate)},
           {fmt::format("SELECT DISTINCT * FROM ({}) AS m", three_parts(select, predicate))}}};
}

Sides counted(const SqlNode& subject, uint64_t) {
  const std::string from = part(subject, 1), predicate = part(subject, 2);
  return {{{fmt::format("SELECT count(*) FROM {} WHERE {}", from, predicate)},
           {fmt::format("SELECT coalesce(sum(CASE WHEN {} THEN 1 ELSE 0 END), 0) FROM {}", predicate, from)},
           {fmt::format("SELECT count(*) FILTER (WHERE {}) FROM {}", predicate, from)},
           {fmt::format("WITH m AS MATERIALIZED (SELECT {} AS p FROM {}) SELECT count(*) FROM m WHERE p", predicate, from)}}};
}

/// A call of a random aggregate whose arguments are its children, of `scope`.
Sql aggregate(Generator& generator, Random& random, const Scope& scope, bool combinable) {
  auto argument = [&](Sort sort) { return generator.expression(sort, scope, 1); };
  const Sort number = random.chance(50) ? Sort::kInteger : Sort::kNumeric;
  const std::string distinct = !combinable && random.chance(20) ? "DISTINCT " : "";
  switch (random.below(combinable ? 5 : 11)) {
    case 0: return sql("", "count(" + distinct + "@)", argument(generator.comparable_sort()));
    case 1: return sql("", "sum(" + distinct + "@)", argument(random.chance(30) ? Sort::kDouble : number));
    case 2: return sql("", random.word({"min(@)", "max(@)"}), argument(generator.comparable_sort()));
    case 3: return sql("", random.word({"bool_and(@)", "bool_or(@)"}), argument(Sort::kBoolean));
    case 4: return sql("", random.word({"bit_and(@)", "bit_or(@)"}), argument(Sort::kInteger));
    case 5: return sql("", random.word({"avg", "stddev", "variance", "var_pop", "stddev_pop"}) + "(" + distinct + "@)", argument(number));
    case 6: return sql("", random.word({"corr", "covar_pop", "covar_samp", "regr_count", "regr_slope", "regr_intercept", "regr_avgx", "regr_sxy", "regr_r2"}) + "(@, @)",
                       argument(Sort::kDouble), argument(Sort::kDouble));
    case 7: return sql("", random.word({"percentile_cont(0.5)", "percentile_cont(0.1)"}) + " WITHIN GROUP (ORDER BY @)", argument(Sort::kDouble));
    case 8: return sql("", random.word({"percentile_disc(0.25)", "percentile_disc(0.9)", "mode()"}) + " WITHIN GROUP (ORDER BY @)", argument(generator.comparable_sort()));
    case 9: {  // ordered by its argument: equal values are equal text
      const std::string value = "CAST(" + text_of(*argument(Sort::kText)) + " AS text)";
      return sql("", "string_agg(" + distinct + "@, '-' ORDER BY @)", sql("text", value), sql("text", value));
    }
    default: return sql("", "bit_xor(@)", argument(Sort::kInteger));
  }
}

/// [keys, aggregates, from, predicate]
Sql groups_subject(Generator& generator, Random& random, bool combinable, bool having) {
  Generator::From from = generator.from_clause(nullptr, 2);
  const Scope scope{from.columns, nullptr, nullptr};
  std::vector<Sql> keys, aggregates;
  Scope grouped;
  for (size_t count = random.weighted({20, 45, 25, 10}) + (having ? 1 : 0); count > 0; count--) {
    const Sort sort = generator.comparable_sort();
    keys.push_back(generator.expression(sort, scope, 1));
    const std::string name = fmt::format("x{}", keys.size() - 1);
    grouped.columns.push_back({name, sort, "m." + name});  // subqueries have columns of such names, too
  }
  for (int i = random.between(1, 4); i > 0; i--) aggregates.push_back(aggregate(generator, random, scope, combinable));
  const Scope key_columns = grouped;
  grouped.aggregated = &key_columns;
  Sql predicate = generator.predicate(having ? grouped : scope, 2);
  return sql("", "@@@@", sql_list(", ", std::move(keys)), sql_list(", ", std::move(aggregates)), std::move(from.text), std::move(predicate));
}

/// A grouped query's pieces, its keys and arguments computed below as x0, …, y0, ….
struct Grouped {
  std::string inputs;      ///< "a AS x0, b AS y0": never empty
  std::string keys;        ///< "x0, x1"
  std::string select;      ///< "x0, x1, sum(y0) AS z0"
  std::string group_by;    ///< " GROUP BY x0, x1"
  std::string all_again;   ///< the same, of what parts of the rows came to
};

Grouped grouped(const SqlNode& subject) {
  Grouped pieces;
  const SqlNode &keys = *subject.children[0], &aggregates = *subject.children[1];
  pieces.keys = column_list("x", keys.children.size());
  pieces.inputs = named_items(keys, "x");
  pieces.select = pieces.all_again = pieces.keys;
  if (!pieces.keys.empty()) pieces.group_by = " GROUP BY " + pieces.keys;
  std::vector<std::string> arguments;  // the same one is the same column: DISTINCT and ORDER BY of one call must agree
  size_t number = 0;
  for (const Sql& call : aggregates.children) {
    std::string text;
    size_t child = 0;
    for (char c : call->pattern) {
      if (c != '@') {
        text += c;
        continue;
      }
      const std::string argument = text_of(*call->children[child++]);
      const auto known = static_cast<size_t>(std::ranges::find(arguments, argument) - arguments.begin());
      text += fmt::format("y{}", known);
      if (known < arguments.size()) continue;
      pieces.inputs += fmt::format("{}{} AS y{}", pieces.inputs.empty() ? "" : ", ", argument, known);
      arguments.push_back(argument);
    }
    pieces.select += fmt::format("{}{} AS z{}", pieces.select.empty() ? "" : ", ", text, number);
    const std::string name = text.substr(0, text.find('('));
    pieces.all_again += fmt::format("{}{}(z{})", pieces.all_again.empty() ? "" : ", ", name == "count" ? "sum" : name, number++);
  }
  return pieces;
}

Sides groups(const SqlNode& subject, uint64_t) {
  const Grouped pieces = grouped(subject);
  const std::string select = fmt::format("SELECT {} FROM {}", pieces.inputs, part(subject, 2));
  const auto of = [&](const std::string& rows) { return fmt::format("SELECT {} FROM ({}) AS m{}", pieces.select, rows, pieces.group_by); };
  return {{{of(select)},
           {of(three_parts(select + " WHERE", part(subject, 3)))},
           {fmt::format("WITH m AS MATERIALIZED ({}) SELECT {} FROM m{}", select, pieces.select, pieces.group_by)}}};
}

/// Parts of the rows, aggregated, and their aggregates again.
Sides parts_of_groups(const SqlNode& subject, uint64_t) {
  const Grouped pieces = grouped(subject);
  const std::string rows = fmt::format("SELECT {} FROM {}", pieces.inputs, part(subject, 2)), predicate = part(subject, 3);
  const auto of = [&](const std::string& condition) {
    return fmt::format("SELECT {} FROM ({} WHERE {}) AS m{}", pieces.select, rows, condition, pieces.group_by);
  };
  return {{{fmt::format("SELECT {} FROM ({}) AS m{}", pieces.select, rows, pieces.group_by)},
           {fmt::format("SELECT {} FROM ({} UNION ALL {} UNION ALL {}) AS n{}", pieces.all_again, of(predicate), of("NOT " + predicate),
                        of("(" + predicate + ") IS NULL"), pieces.group_by)}}};
}

/// Without keys, an empty part still has a group, whose count is 0 and whose other aggregates are NULL: harmless.
Sides having(const SqlNode& subject, uint64_t) {
  const Grouped pieces = grouped(subject);
  const std::string select = fmt::format("SELECT {} FROM (SELECT {} FROM {}) AS m{}", pieces.select, pieces.inputs, part(subject, 2), pieces.group_by);
  return {{{select}, {three_parts(select + " HAVING", part(subject, 3))}}};
}

/// [keys, aggregates, from, predicate], of which the predicate is not used.
Sides grouping_sets(const SqlNode& subject, uint64_t choices) {
  const Grouped pieces = grouped(subject);
  const size_t keys = subject.children[0]->children.size();
  const std::string rows = fmt::format("(SELECT {} FROM {}) AS m", pieces.inputs, part(subject, 2));
  const std::string calls = pieces.select.substr(pieces.keys.size());
  std::string sets, all;
  const bool rollup = choices % 2 == 0;
  for (size_t set = 0; set < size_t{1} << keys; set++) {
    if (rollup && (set & (set + 1)) != 0) continue;  // prefixes alone
    std::string select, group;
    for (size_t k = 0; k < keys; k++) {
      const bool in = (set >> k & 1) != 0;
      select += fmt::format("{}{}", k == 0 ? "" : ", ", in ? fmt::format("x{}", k) : "NULL");
      if (in) group += fmt::format("{}x{}", group.empty() ? "" : ", ", k);
    }
    sets += fmt::format("{}({})", sets.empty() ? "" : ", ", group);
    // The first has all columns' types.
    const std::string one = fmt::format("SELECT {}{} FROM {}{}", select, calls, rows, group.empty() ? "" : " GROUP BY " + group);
    all = all.empty() ? one : one + " UNION ALL " + all;
  }
  return {{{fmt::format("SELECT {} FROM {} GROUP BY {}({})", pieces.select, rows, rollup ? "ROLLUP" : "CUBE", pieces.keys)},
           {fmt::format("SELECT {} FROM {} GROUP BY GROUPING SETS ({})", pieces.select, rows, sets)},
           {all}}};
}

}  // namespace

std::vector<Relation> partition_relations() {
  const auto groups_of = [](bool combinable, bool has_having) {
    return [=](Generator& generator, Random& random) { return groups_subject(generator, random, combinable, has_having); };
  };
  return {
      {"partitioned rows", 8, true, rows_subject, rows},
      {"partitioned DISTINCT", 5, true, rows_subject, distinct_rows},
      {"counted predicate", 10, true, rows_subject, counted},
      {"partitioned groups", 10, true, groups_of(false, false), groups},
      {"combined groups", 8, true, groups_of(true, false), parts_of_groups},
      {"partitioned HAVING", 5, true, groups_of(false, true), having},
      {"grouping sets", 6, true, groups_of(false, true), grouping_sets},
  };
}

}  // namespace cairn::fuzz
