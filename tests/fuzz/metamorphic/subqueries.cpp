// IN, NOT IN, ANY and ALL with NULLs against what they stand for; and queries behind a name, a LIMIT, an order.

#include <fmt/format.h>

#include "tests/fuzz/metamorphic/relation.h"

namespace cairn::fuzz {
namespace {

/// [left, its columns, its value, right, right's value, right's condition], the condition of both sides.
Sql membership_subject(Generator& generator, Random& random) {
  Generator::From left = generator.relation(nullptr, 1), right = generator.relation(nullptr, 1);
  const Scope left_only{left.columns, nullptr, nullptr}, right_only{right.columns, nullptr, nullptr};
  Scope both = left_only;
  both.columns.insert(both.columns.end(), right.columns.begin(), right.columns.end());
  const Sort sort = generator.comparable_sort();
  std::vector<Sql> columns;
  for (const Column& column : left.columns) columns.push_back(sql("", column.text));
  Sql value = typed_key(generator.expression(sort, left_only, 1));
  Sql member = typed_key(generator.expression(sort, right_only, random.chance(70) ? 0 : 1));
  Sql condition = random.chance(30) ? sql("boolean", "TRUE") : generator.predicate(random.chance(50) ? both : right_only, 1);
  return sql("", "@@@@@@", std::move(left.text), sql_list(", ", std::move(columns)), std::move(value), std::move(right.text), std::move(member), std::move(condition));
}

struct Membership {
  explicit Membership(const SqlNode& subject)
      : left(part(subject, 0)), columns(part(subject, 1)), value(part(subject, 2)), right(part(subject, 3)), member(part(subject, 4)), condition(part(subject, 5)) {}

  std::string members() const { return fmt::format("SELECT {} FROM {} WHERE {}", member, right, condition); }
  /// True, false or unknown: `comparison` holds for some member.
  std::string any(const std::string& comparison) const {
    const auto count = [&](const std::string& what) {
      return fmt::format("(SELECT count(*) FROM {} WHERE {} AND {})", right, condition, what);
    };
    const std::string compared = fmt::format("({} {} {})", value, comparison, member);
    return fmt::format("(CASE WHEN {} > 0 THEN TRUE WHEN {} > 0 THEN CAST(NULL AS boolean) ELSE FALSE END)", count(compared), count(compared + " IS NULL"));
  }
  /// As a mark, and as a filter.
  Sides compare(const std::string& condensed, const std::string& spelled) const {
    return {{{fmt::format("SELECT {}, {} FROM {}", columns, condensed, left)}, {fmt::format("SELECT {}, {} FROM {}", columns, spelled, left)}}};
  }
  Sides filter(const std::string& condensed, const std::string& spelled) const {
    return {{{fmt::format("SELECT {} FROM {} WHERE {}", columns, left, condensed)}, {fmt::format("SELECT {} FROM {} WHERE {}", columns, left, spelled)}}};
  }

  std::string left, columns, value, right, member, condition;
};

Sides membership(const SqlNode& subject, uint64_t choices) {
  static const char* const kComparisons[] = {"=", "<>", "<", "<=", ">", ">="};
  static const char* const kOpposites[] = {"<>", "=", ">=", ">", "<=", "<"};
  const Membership in(subject);
  const size_t chosen = choices / 16 % 6;
  std::string condensed, spelled;
  switch (choices % 8) {
    case 0:
    case 1:
      condensed = fmt::format("({} IN ({}))", in.value, in.members());
      spelled = in.any("=");
      break;
    case 2:
    case 3:
    case 4:
      condensed = fmt::format("({} NOT IN ({}))", in.value, in.members());
      spelled = "(NOT " + in.any("=") + ")";
      break;
    case 5:
      condensed = fmt::format("({} {} ANY ({}))", in.value, kComparisons[chosen], in.members());
      spelled = in.any(kComparisons[chosen]);
      break;
    default:
      condensed = fmt::format("({} {} ALL ({}))", in.value, kComparisons[chosen], in.members());
      spelled = "(NOT " + in.any(kOpposites[chosen]) + ")";
  }
  return choices / 8 % 2 == 0 ? in.compare(condensed, spelled) : in.filter(condensed, spelled);
}

/// [query]
Sql query_subject(Generator& generator, Random& random) {
  return sql("", "@", generator.query(generator.random_signature(static_cast<size_t>(random.between(1, 4))), nullptr, 2));
}

Sides named(const SqlNode& subject, uint64_t) {
  const std::string query = part(subject, 0);
  return {{{query},
           {fmt::format("SELECT * FROM ({}) AS m", query)},
           {fmt::format("WITH m AS MATERIALIZED ({}) SELECT * FROM m", query)},
           {fmt::format("WITH m AS NOT MATERIALIZED ({}) SELECT * FROM m", query)},
           {fmt::format("WITH m AS ({}) SELECT * FROM m EXCEPT ALL SELECT * FROM m WHERE FALSE", query)},
           {fmt::format("CREATE TEMP TABLE m AS SELECT * FROM ({}) AS q({});\nSELECT * FROM m", query, column_list("x", column_count(*subject.children[0]))), true},
           {fmt::format("CREATE VIEW m AS SELECT * FROM ({}) AS q({});\nSELECT * FROM m", query, column_list("x", column_count(*subject.children[0]))), true},
           {fmt::format("PREPARE m AS {};\nEXECUTE m", query), true}}};
}

/// Twice a query, by a name and by itself.
Sides twice(const SqlNode& subject, uint64_t) {
  const std::string query = part(subject, 0);
  return {{{fmt::format("{0} UNION ALL ({0})", "(" + query + ")")},
           {fmt::format("WITH m AS ({}) SELECT * FROM m UNION ALL SELECT * FROM m", query)},
           {fmt::format("SELECT m.* FROM ({}) AS m CROSS JOIN (VALUES (1), (2)) AS v(n)", query)}}};
}

/// [query], in a total order from some row to some other.
Sides limited(const SqlNode& subject, uint64_t choices) {
  const size_t count = column_count(*subject.children[0]), limit = choices % 13, offset = choices / 16 % 5;
  std::string order;
  for (size_t i = 0; i < count; i++)
    order += fmt::format("{}x{}{}", i == 0 ? "" : ", ", i, choices >> (8 + i) & 1 ? " DESC" : choices >> (16 + i) & 1 ? " NULLS FIRST" : "");
  const std::string columns = column_list("x", count), rows = fmt::format("({}) AS m({})", part(subject, 0), columns);
  const auto between = [&](const std::string& number) { return fmt::format("{0} > {1} AND {0} <= {2}", number, offset, offset + limit); };
  Sides sides{{{fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT {} OFFSET {}", columns, rows, order, limit, offset)},
               {fmt::format("SELECT {0} FROM (SELECT {0}, row_number() OVER (ORDER BY {1}) AS rn FROM {2}) AS n WHERE {3} ORDER BY {1}", columns, order, rows, between("rn"))},
               {fmt::format("SELECT {0} FROM (SELECT {0} FROM {1} ORDER BY {2} LIMIT {3}) AS n ORDER BY {2} OFFSET {4}", columns, rows, order, limit + offset, offset)}}};
  sides.ordered = true;
  return sides;
}

}  // namespace

std::vector<Relation> subquery_relations() {
  return {
      {"membership", 16, false, membership_subject, membership},
      {"named query", 8, false, query_subject, named},
      {"query twice", 3, false, query_subject, twice},
      {"limit", 8, true, query_subject, limited},
  };
}

}  // namespace cairn::fuzz
