#include "tests/grid/exceptions.h"

#include <re2/re2.h>

#include <memory>
#include <vector>

namespace cairn::grid {
namespace {

constexpr Exception kExceptions[] = {
    // Types that PostgreSQL has and Cairn has not.
    {R"x(^types .*: timestamp with time zone \| timestamp without time zone$)x", "no TIMESTAMPTZ: TIMESTAMP in its place"},
    {R"x("date_trunc"\([^,]*,[^,]*,[^,]*\).*error 42883)x", "no TIMESTAMPTZ: date_trunc takes no time zone"},
    {R"x("pg_typeof".*: regtype \| text$)x", "no REGTYPE: pg_typeof gives text"},
    {R"x("width_bucket"\([^,]*, [^,]*\).* \| error 42883)x", "no arrays"},
    {R"x("length"\(.*,.*\) FROM.*: integer \| error 42883)x", "no BYTEA: length takes no encoding"},
    {R"x(SELECT ('[^']*'|NULL) - (NULL|tx|vc|ch|.*::text|.*::varchar\(8\)|.*::char\(5\)).* \| error 42883)x", "no JSON: unknown - text is jsonb's"},
    {R"x("trunc"\(('[^']*'|NULL)\).*: error 42725 \| )x", "no MACADDR, which makes trunc of an untyped literal ambiguous"},
    // DOUBLE in place of NUMERIC.
    {R"x(^types .* / .*: numeric \| double precision$)x", "numeric / numeric is DOUBLE"},
    {R"x(^types .*(\^|"(log|log10|ln|exp|sqrt|power|pow)"\().*: numeric \| double precision$)x",
     "roots, powers and logarithms of exact numbers are DOUBLE"},
    {R"x(^values .*(numeric.* \^|\^ .*numeric|a \^ b|"pow(er)?"\().*\] \| .*(\[[-+.e0-9]*\]|error 22003 value out of range: (under|over)flow))x",
     "roots, powers and logarithms of exact numbers are DOUBLE"},
    {R"x("(round|trunc|log)"\(.*error 42883 \| )x", "DOUBLE is rounded to digits, and has logarithms to any base"},
    // NUMERIC
    {R"x(\| error (22P02 invalid input syntax for type numeric: "[^"]*(NaN|[Ii]nf)|22003 cannot convert NaN or infinity to))x",
     "NUMERIC has no NaN and no infinity"},
    {R"x(\[-?[0-9.]{39,}\] \| error 22003)x", "NUMERIC has at most 38 digits"},
    {R"x(::(real|double precision)::numeric|CAST\(v AS numeric\).*real|cast_into_4 .*(real|double precision))x",
     "NUMERIC without precision, of a number that is not exact, has ten digits behind the point"},
    {R"x(CAST\(v AS numeric\).*e-(324|40))x",
     "NUMERIC without precision, of a number that is not exact, has ten digits behind the point"},
    {R"x(julian.*\[[0-9]+\.[0-9]{22,}\] \| \[[0-9]+\.[0-9]{20}\])x", "extract(julian) has 20 digits behind the point"},
    {R"x("width_bucket".*1e308.*\[-2147483648\] \| )x", "a bucket whose number overflows is the one behind the last"},
    // Quirks of PostgreSQL 15
    {R"x("right"\(.*-2147483648)x", "right(x, -2147483648) is empty; PostgreSQL's count overflows"},
    {R"x('P1Y2M'|1_000)x", "another SQLSTATE for a malformed time"},
    // Times
    {R"x("make_interval".*\] \| error 22008 interval out of range)x", "an interval out of range is an error, where PostgreSQL wraps around"},
    {R"x("age".*infinity.*\] \| error 22008)x", "an interval out of range is an error, where PostgreSQL wraps around"},
    {R"x(extract.*infinity.*\[-?Infinity\].* \| error 0A000 this field)x", "NUMERIC has no NaN and no infinity"},
    {R"x(1e308.*\| error 22003 numeric field overflow)x", "NUMERIC has at most 38 digits"},
    {R"x(5874897-12-31.*(\| error 22008 date out of range for timestamp|error 22008 \| NULL))x", "dates that no timestamp can hold are not compared with timestamps"},
    {R"x("extract"\('month', ti\) FROM arguments: numeric \| error 0A000)x", "fields that a type has not are refused before a row is read"},
    {R"x(INSERT INTO cast_into_(20|21|22|23) )x", "columns of TIMESTAMP(p), TIME(p), INTERVAL(p) and INTERVAL with fields keep everything"},
    {R"x(JOIN .*: error XX000 \| error 42846)x", "USING over a date and a time of day: an internal error there"},
    {R"(^types of aggregates: SELECT (avg|stddev|var)[a-z_]*\(.*: numeric \| double precision$)", "avg and variances of exact numbers are DOUBLE"},
    {R"(WITHIN GROUP .*: error XX000 \|)", "an internal error of PostgreSQL's"},
    {R"(percentile_cont.*: interval \| error 42883)", "no percentile_cont of intervals"},
    {R"((corr|regr_|covar_|var|stddev).*\[-?[0-9.]+e-[12][0-9]\] \| (\[[0-9]+\], )?\[0\]$)", "sums are rounded once, not at every step"},
    {R"(stddev[a-z_]*\((DISTINCT )?bi\b)", "PostgreSQL's NUMERIC roots of large numbers have few digits"},
};

}  // namespace

const Exception* excuse(const std::string& line) {
  static const std::vector<std::unique_ptr<RE2>> patterns = [] {
    std::vector<std::unique_ptr<RE2>> compiled;
    for (const Exception& exception : kExceptions) {
      compiled.push_back(std::make_unique<RE2>(exception.pattern));
      if (!compiled.back()->ok()) std::abort();
    }
    return compiled;
  }();
  for (size_t i = 0; i < patterns.size(); i++)
    if (RE2::PartialMatch(line, *patterns[i])) return &kExceptions[i];
  return nullptr;
}

}  // namespace cairn::grid
