// Joins against their definition: all pairs, of which those stay whose condition is true; and what an outer join adds.

#include <fmt/format.h>

#include "tests/fuzz/metamorphic/relation.h"

namespace cairn::fuzz {
namespace {

Sql columns_of(const Generator::From& from) {
  std::vector<Sql> items;
  for (const Column& column : from.columns) items.push_back(sql("", column.text));
  return sql_list(", ", std::move(items));
}

Scope both_of(const Generator::From& left, const Generator::From& right) {
  Scope both{left.columns, nullptr, nullptr};
  both.columns.insert(both.columns.end(), right.columns.begin(), right.columns.end());
  return both;
}

/// [left, right, condition, left's columns, right's columns]
Sql pair_subject(Generator& generator, Random& random) {
  Generator::From left = generator.relation(nullptr, 1), right = generator.relation(nullptr, 1);
  const Scope both = both_of(left, right), left_only{left.columns, nullptr, nullptr}, right_only{right.columns, nullptr, nullptr};
  Sql condition;
  for (size_t keys = random.weighted({15, 60, 25}); keys > 0; keys--) {
    const Sort sort = random.chance(60) ? Sort::kInteger : generator.comparable_sort();
    Sql equal = sql("boolean", random.word({"(@ = @)", "(@ = @)", "(@ = @)", "(@ IS NOT DISTINCT FROM @)"}),
                    generator.expression(sort, left_only, random.chance(80) ? 0 : 1), generator.expression(sort, right_only, 0));
    condition = condition == nullptr ? std::move(equal) : sql("boolean", "(@ AND @)", std::move(condition), std::move(equal));
  }
  if (condition == nullptr) condition = generator.predicate(both, 1);
  else if (random.chance(35)) condition = sql("boolean", "(@ AND @)", std::move(condition), generator.predicate(both, 1));
  Sql left_columns = columns_of(left), right_columns = columns_of(right);
  return sql("", "@@@@@", std::move(left.text), std::move(right.text), std::move(condition), std::move(left_columns), std::move(right_columns));
}

std::string nulls(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) text += i == 0 ? "NULL" : ", NULL";
  return text;
}

/// The parts of a pair's answer, none of which is a join with a condition.
struct Definition {
  explicit Definition(const SqlNode& subject)
      : left(part(subject, 0)), right(part(subject, 1)), condition(part(subject, 2)), left_columns(part(subject, 3)),
        right_columns(part(subject, 4)), left_count(subject.children[3]->children.size()), right_count(subject.children[4]->children.size()) {}

  std::string pairs() const {
    return fmt::format("SELECT {}, {} FROM {} CROSS JOIN {} WHERE (CASE WHEN {} THEN 1 ELSE 0 END) > 0", left_columns, right_columns, left, right, condition);
  }
  /// How many rows of a side match the other side's row.
  std::string partners(const std::string& side) const {
    return fmt::format("(SELECT count(hit) FROM (SELECT CASE WHEN {} THEN 1 END FROM {}) AS h(hit))", condition, side);
  }
  /// Rows that no row of the other side matches, padded.
  std::string lonely_left() const {
    return fmt::format("SELECT {}, {} FROM {} WHERE {} = 0", left_columns, nulls(right_count), left, partners(right));
  }
  std::string lonely_right() const {
    return fmt::format("SELECT {}, {} FROM {} WHERE {} = 0", nulls(left_count), right_columns, right, partners(left));
  }
  std::string join(const std::string& kind) const {
    return fmt::format("SELECT {}, {} FROM {} {} {} ON {}", left_columns, right_columns, left, kind, right, condition);
  }

  std::string left, right, condition, left_columns, right_columns;
  size_t left_count, right_count;
};

Sides inner(const SqlNode& subject, uint64_t) {
  const Definition pair(subject);
  return {{{pair.join("JOIN")}, {pair.pairs()},
           {fmt::format("SELECT {}, {} FROM {}, {} WHERE {}", pair.left_columns, pair.right_columns, pair.left, pair.right, pair.condition)},
           {fmt::format("SELECT {}, {} FROM {} JOIN {} ON {}", pair.left_columns, pair.right_columns, pair.right, pair.left, pair.condition)}}};
}

Sides partitioned(const SqlNode& subject, uint64_t) {
  const Definition pair(subject);
  const std::string join = fmt::format("SELECT {}, {} FROM {} JOIN {} ON ", pair.left_columns, pair.right_columns, pair.left, pair.right);
  return {{{fmt::format("SELECT {}, {} FROM {} CROSS JOIN {}", pair.left_columns, pair.right_columns, pair.left, pair.right)},
           {fmt::format("{0}{1} UNION ALL {0}NOT {1} UNION ALL {0}({1}) IS NULL", join, pair.condition)}}};
}

Sides outer_left(const SqlNode& subject, uint64_t) {
  const Definition pair(subject);
  const std::string anti = fmt::format("SELECT {}, {} FROM {} WHERE NOT EXISTS (SELECT FROM {} WHERE {})", pair.left_columns, nulls(pair.right_count),
                                       pair.left, pair.right, pair.condition);
  return {{{pair.join("LEFT JOIN")},
           {pair.pairs() + " UNION ALL " + pair.lonely_left()},
           {pair.join("JOIN") + " UNION ALL " + anti},
           {fmt::format("SELECT {}, {} FROM {} RIGHT JOIN {} ON {}", pair.left_columns, pair.right_columns, pair.right, pair.left, pair.condition)}}};
}

Sides full(const SqlNode& subject, uint64_t) {
  const Definition pair(subject);
  return {{{pair.join("FULL JOIN")},
           {pair.pairs() + " UNION ALL " + pair.lonely_left() + " UNION ALL " + pair.lonely_right()},
           {pair.join("LEFT JOIN") + " UNION ALL " + pair.lonely_right()}}};
}

Sides semi(const SqlNode& subject, uint64_t) {
  const Definition pair(subject);
  const std::string select = fmt::format("SELECT {} FROM {} WHERE ", pair.left_columns, pair.left);
  return {{{fmt::format("{}EXISTS (SELECT FROM {} WHERE {})", select, pair.right, pair.condition)},
           {select + pair.partners(pair.right) + " > 0"},
           {fmt::format("SELECT {} FROM (SELECT {}, EXISTS (SELECT FROM {} WHERE {}) AS mark FROM {}) AS m({}, mark) WHERE mark",
                        column_list("m", pair.left_count), pair.left_columns, pair.right, pair.condition, pair.left, column_list("m", pair.left_count))}}};
}

Sides anti(const SqlNode& subject, uint64_t) {
  const Definition pair(subject);
  const std::string select = fmt::format("SELECT {} FROM {} WHERE ", pair.left_columns, pair.left);
  return {{{fmt::format("{}NOT EXISTS (SELECT FROM {} WHERE {})", select, pair.right, pair.condition)},
           {select + pair.partners(pair.right) + " = 0"}}};
}

/// One value of each row's matches, as a subquery and as a join.
Sides single(const SqlNode& subject, uint64_t choices) {
  const Definition pair(subject);
  const std::string call = fmt::format("{}({})", choices % 2 == 0 ? "max" : "min", text_of(*subject.children[4]->children[0]));
  return {{{fmt::format("SELECT {}, (SELECT {} FROM {} WHERE {}) FROM {}", pair.left_columns, call, pair.right, pair.condition, pair.left)},
           {fmt::format("SELECT {0}, mv FROM {1} LEFT JOIN LATERAL (SELECT {2} FROM {3} WHERE {4}) AS l(mv) ON TRUE", pair.left_columns, pair.left, call, pair.right, pair.condition)}}};
}

/// [left, right, left's key, right's key, right's value]
Sql keys_subject(Generator& generator, Random& random) {
  Generator::From left = generator.relation(nullptr, 0), right = generator.relation(nullptr, 0);
  const Scope left_only{left.columns, nullptr, nullptr}, right_only{right.columns, nullptr, nullptr};
  const Sort sort = random.chance(70) ? Sort::kInteger : generator.comparable_sort();
  Sql left_key = generator.expression(sort, left_only, random.chance(85) ? 0 : 1), right_key = generator.expression(sort, right_only, 0);
  Sql value = generator.expression(Sort::kInteger, right_only, 1);
  return sql("", "@@@@@", std::move(left.text), std::move(right.text), typed_key(std::move(left_key)), typed_key(std::move(right_key)),
             std::move(value));
}

/// What a join's pairs come to, from the number of rows of each key.
Sides by_counts(const SqlNode& subject, uint64_t choices) {
  const std::string left = part(subject, 0), right = part(subject, 1), left_key = part(subject, 2), right_key = part(subject, 3), value = part(subject, 4);
  const std::string equal = choices % 4 == 0 ? "IS NOT DISTINCT FROM" : "=";
  return {{{fmt::format("SELECT count(*), sum({}) FROM {} JOIN {} ON {} {} {}", value, left, right, left_key, equal, right_key)},
           {fmt::format("SELECT coalesce(sum(l.n * r.n), 0), sum(l.n * r.s) FROM (SELECT {0} AS k, count(*) AS n FROM {1} GROUP BY 1) AS l "
                        "JOIN (SELECT {2} AS k, count(*) AS n, sum({3}) AS s FROM {4} GROUP BY 1) AS r ON l.k {5} r.k",
                        left_key, left, right_key, value, right, equal)}}};
}

/// Every row of the left side once, with whether it has a match.
Sides outer_counts(const SqlNode& subject, uint64_t) {
  const std::string left = part(subject, 0), right = part(subject, 1), left_key = part(subject, 2), right_key = part(subject, 3);
  const std::string keys = fmt::format("SELECT DISTINCT {} FROM {}", right_key, right);
  const std::string count = "SELECT count(*), count(r.k) FROM ";
  return {{{fmt::format("{}(SELECT {} AS k FROM {}) AS l LEFT JOIN ({}) AS r(k) ON l.k = r.k", count, left_key, left, keys)},
           {fmt::format("SELECT count(*), coalesce(sum(CASE WHEN k IN ({}) THEN 1 ELSE 0 END), 0) FROM (SELECT {} AS k FROM {}) AS l", keys, left_key, left)},
           {fmt::format("SELECT (SELECT count(*) FROM {0}), (SELECT count(*) FROM {0} WHERE {1} IN ({2}))", left, left_key, keys)},
           {fmt::format("SELECT (SELECT count(*) FROM (SELECT {1} AS k FROM {0}) AS l WHERE NOT EXISTS (SELECT FROM ({2}) AS r(k) WHERE r.k = l.k)) + n, n "
                        "FROM (SELECT count(*) FROM (SELECT {1} AS k FROM {0}) AS l WHERE EXISTS (SELECT FROM ({2}) AS r(k) WHERE r.k = l.k)) AS c(n)",
                        left, left_key, keys)}}};
}

/// The same join again and again: its threads meet in another order each time.
Sides repeated(const SqlNode& subject, uint64_t choices) {
  constexpr size_t kTimes = 30;
  const Sides once = choices % 3 == 0 ? outer_counts(subject, choices) : by_counts(subject, choices);
  Sides sides;
  sides.sides.assign(kTimes + 1, once.sides[0]);
  return sides;
}

}  // namespace

std::vector<Relation> join_relations() {
  return {
      {"inner join", 8, false, pair_subject, inner},
      {"partitioned join", 4, false, pair_subject, partitioned},
      {"left join", 8, false, pair_subject, outer_left},
      {"full join", 8, false, pair_subject, full},
      {"semi join", 6, false, pair_subject, semi},
      {"anti join", 6, false, pair_subject, anti},
      {"single join", 5, false, pair_subject, single},
      {"join by counts", 8, true, keys_subject, by_counts},
      {"outer join by counts", 8, true, keys_subject, outer_counts},
      {"repeated join", 4, true, keys_subject, repeated},
  };
}

}  // namespace cairn::fuzz
