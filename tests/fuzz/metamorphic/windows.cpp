// Window functions against subqueries that read the frame's rows.

#include <fmt/format.h>

#include "tests/fuzz/metamorphic/relation.h"

namespace cairn::fuzz {
namespace {

/// [from, partition key, order key, value]
Sql window_subject(Generator& generator, Random& random) {
  Generator::From from = random.chance(70) ? generator.relation(nullptr, 1) : generator.from_clause(nullptr, 1);
  const Scope scope{from.columns, nullptr, nullptr};
  Sql key = generator.expression(generator.comparable_sort(), scope, 1), order = generator.expression(Sort::kInteger, scope, 1);
  Sql value = generator.expression(random.chance(50) ? Sort::kInteger : random.chance(50) ? Sort::kNumeric : Sort::kDouble, scope, 1);
  return sql("", "@@@@", std::move(from.text), std::move(key), std::move(order), std::move(value));
}

/// The rows with their number in an order by all of them: those that share all values may change places.
std::string numbered_rows(const SqlNode& subject) {
  return fmt::format("WITH m AS MATERIALIZED (SELECT row_number() OVER (ORDER BY k, o, x) AS rid, k, o, x "
                     "FROM (SELECT {} AS k, {} AS o, {} AS x FROM {}) AS s) ", part(subject, 1), part(subject, 2), part(subject, 3), part(subject, 0));
}

/// A window, and the rows b of m that row a sees through it.
struct Frame {
  std::string over, rows;
};

Frame frame_of(uint64_t choices) {
  static const std::string kSame = "b.k IS NOT DISTINCT FROM a.k";
  static const std::string kAll = " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING";
  const uint64_t before = choices / 16 % 4, behind = choices / 64 % 4;
  switch (choices % 10) {
    case 0: return {"PARTITION BY k", kSame};
    case 1: return {"PARTITION BY k ORDER BY rid", kSame + " AND b.rid <= a.rid"};
    case 2:
      return {fmt::format("ORDER BY rid ROWS BETWEEN {} PRECEDING AND {} FOLLOWING", before, behind),
              fmt::format("b.rid BETWEEN a.rid - {} AND a.rid + {}", before, behind)};
    case 3: return {"PARTITION BY k ORDER BY o", kSame + " AND (b.o <= a.o OR a.o IS NULL)"};
    case 4: return {"PARTITION BY k ORDER BY o DESC", kSame + " AND (b.o >= a.o OR b.o IS NULL)"};
    case 5:
      return {fmt::format("PARTITION BY k ORDER BY o RANGE BETWEEN {} PRECEDING AND {} FOLLOWING", before, behind),
              fmt::format("{} AND (b.o BETWEEN a.o - {} AND a.o + {} OR b.o IS NULL AND a.o IS NULL)", kSame, before, behind)};
    case 6: return {"ORDER BY rid" + kAll + " EXCLUDE CURRENT ROW", "b.rid <> a.rid"};
    case 7: return {"PARTITION BY k ORDER BY o" + kAll + " EXCLUDE GROUP", kSame + " AND b.o IS DISTINCT FROM a.o"};
    case 8: return {"PARTITION BY k ORDER BY o" + kAll + " EXCLUDE TIES", kSame + " AND (b.o IS DISTINCT FROM a.o OR b.rid = a.rid)"};
    default:
      return {fmt::format("ORDER BY rid ROWS BETWEEN {} FOLLOWING AND {} FOLLOWING", before, before + behind),
              fmt::format("b.rid BETWEEN a.rid + {} AND a.rid + {}", before, before + behind)};
  }
}

Sides window_aggregates(const SqlNode& subject, uint64_t choices) {
  static const char* const kCalls[] = {"sum({0}x)", "count({0}x)", "min({0}x)", "max({0}x)", "count({0}o)", "sum({0}o)", "avg({0}o)", "count(*)",
                                       "bool_or({0}o > 3)", "bit_xor({0}o)", "stddev({0}o)", "regr_count({0}x, {0}o)",
                                       "covar_pop({0}x, {0}o)", "regr_sxx({0}x, {0}o)"};
  const Frame frame = frame_of(choices / 4);
  const size_t calls = std::size(kCalls);
  const std::string call = kCalls[choices / 4096 % calls], second = kCalls[choices / 65536 % calls];
  const std::string rows = numbered_rows(subject);
  const auto over = [&](const std::string& text) { return fmt::format(fmt::runtime(text), "") + " OVER (" + frame.over + ")"; };
  const auto selected = [&](const std::string& text) {
    return fmt::format("(SELECT {} FROM m AS b WHERE {})", fmt::format(fmt::runtime(text), "b."), frame.rows);
  };
  return {{{fmt::format("{}SELECT k, o, x, {}, {} FROM m", rows, over(call), over(second))},
           {fmt::format("{}SELECT k, o, x, {}, {} FROM m AS a", rows, selected(call), selected(second))}}};
}

Sides window_ranks(const SqlNode& subject, uint64_t choices) {
  struct Pair {
    const char *window, *spelled;
  };
  static constexpr const char* kBefore = "b.k IS NOT DISTINCT FROM a.k AND (b.o < a.o OR a.o IS NULL AND b.o IS NOT NULL)";
  static const Pair kPairs[] = {
      {"rank() OVER (PARTITION BY k ORDER BY o)", "1 + (SELECT count(*) FROM m AS b WHERE {})"},
      {"dense_rank() OVER (PARTITION BY k ORDER BY o)", "1 + (SELECT count(DISTINCT b.o) FROM m AS b WHERE {})"},
      {"row_number() OVER (PARTITION BY k ORDER BY rid)", "(SELECT count(*) FROM m AS b WHERE b.k IS NOT DISTINCT FROM a.k AND b.rid <= a.rid)"},
      {"lag(x) OVER (ORDER BY rid)", "(SELECT b.x FROM m AS b WHERE b.rid = a.rid - 1)"},
      {"lead(x, 2) OVER (ORDER BY rid)", "(SELECT b.x FROM m AS b WHERE b.rid = a.rid + 2)"},
      {"first_value(x) OVER (PARTITION BY k ORDER BY rid)",
       "(SELECT b.x FROM m AS b WHERE b.rid = (SELECT min(c.rid) FROM m AS c WHERE c.k IS NOT DISTINCT FROM a.k))"},
      {"last_value(x) OVER (PARTITION BY k ORDER BY rid ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
       "(SELECT b.x FROM m AS b WHERE b.rid = (SELECT max(c.rid) FROM m AS c WHERE c.k IS NOT DISTINCT FROM a.k))"},
      {"nth_value(x, 2) OVER (ORDER BY rid)", "(SELECT b.x FROM m AS b WHERE b.rid = 2 AND a.rid >= 2)"},
      {"percent_rank() OVER (ORDER BY rid)", "(SELECT (a.rid - 1) / greatest(count(*) - 1, 1)::double precision FROM m AS b)"},
      {"cume_dist() OVER (ORDER BY rid)", "(SELECT a.rid / count(*)::double precision FROM m AS b)"},
      {"ntile(3) OVER (ORDER BY rid)", "(SELECT CASE WHEN a.rid <= (count(*) / 3 + 1) * (count(*) % 3) THEN (a.rid - 1) / (count(*) / 3 + 1) + 1 "
                                       "ELSE (a.rid - 1 - count(*) % 3) / greatest(count(*) / 3, 1) + 1 END FROM m AS b)"},
  };
  const Pair &first = kPairs[choices % std::size(kPairs)], &second = kPairs[choices / 16 % std::size(kPairs)];
  const std::string rows = numbered_rows(subject);
  const auto spelled = [](const Pair& pair) { return fmt::format(fmt::runtime(pair.spelled), kBefore); };
  return {{{fmt::format("{}SELECT k, o, x, {}, {} FROM m", rows, first.window, second.window)},
           {fmt::format("{}SELECT k, o, x, {}, {} FROM m AS a", rows, spelled(first), spelled(second))}}};
}

/// Whole partitions, as a join with their groups.
Sides partition_totals(const SqlNode& subject, uint64_t choices) {
  static const char* const kCalls[] = {"sum(x)", "count(x)", "min(x)", "max(x)", "count(*)", "avg(o)", "sum(o)", "stddev(o)", "count(o)"};
  const char *call = kCalls[choices % std::size(kCalls)], *second = kCalls[choices / 16 % std::size(kCalls)];
  const std::string rows = fmt::format("(SELECT {} AS k, {} AS o, {} AS x FROM {}) AS m", part(subject, 1), part(subject, 2), part(subject, 3), part(subject, 0));
  return {{{fmt::format("SELECT sum(o), count(*), min(v), max(v), count(w), count(DISTINCT v) FROM (SELECT k, o, {} OVER (PARTITION BY k) AS v, {} OVER (PARTITION BY k) AS w FROM {}) AS n",
                        call, second, rows)},
           {fmt::format("SELECT sum(m.o), count(*), min(v), max(v), count(w), count(DISTINCT v) FROM {2} JOIN (SELECT k, {0} AS v, {1} AS w FROM {2} GROUP BY k) AS g ON m.k IS NOT DISTINCT FROM g.k",
                        call, second, rows)}}};
}

}  // namespace

std::vector<Relation> window_relations() {
  return {
      {"window aggregates", 8, false, window_subject, window_aggregates},
      {"window ranks", 6, false, window_subject, window_ranks},
      {"partition totals", 4, true, window_subject, partition_totals},
  };
}

}  // namespace cairn::fuzz
