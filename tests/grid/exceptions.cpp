#include "tests/grid/exceptions.h"

#include <re2/re2.h>

#include <memory>
#include <vector>

namespace cairn::grid {
namespace {

constexpr Exception kExceptions[] = {
    // Types that PostgreSQL has and Cairn has not.
    {R"x(^types .*: timestamp with time zone \| timestamp without time zone$)x", "no TIMESTAMPTZ: TIMESTAMP in its place"},
    {R"x(CURRENT_TIME FROM arguments: time with time zone \| time without time zone$)x", "no TIMETZ: TIME in its place"},
    {R"x("to_char"\(.*'TZ OF'.*\[ \+00\] \| .*\[UTC \+00\]$)x", "no TIMESTAMPTZ: to_char's TZ of a TIMESTAMP is UTC"},
    {R"x(setseed\(.*\) FROM arguments: void \| text$)x", "no VOID: setseed gives text"},
    {R"x("date_trunc"\([^,]*,[^,]*,[^,]*\).*error 42883)x", "no TIMESTAMPTZ: date_trunc takes no time zone"},
    {R"x("pg_typeof".*: regtype \| text$)x", "no REGTYPE: pg_typeof gives text"},
    {R"x("width_bucket"\([^,]*, [^,]*\).*: (error 22P02|integer|error 42725) \| error 42883)x", "no arrays"},
    {R"x("length"\(.*,.*\) FROM.*: integer \| error 42883)x", "no BYTEA: length takes no encoding"},
    {R"x(SELECT \(?('[^']*'|NULL) - (NULL|tx|vc|ch|'[^']*'::(text|varchar\(8\)|char\(5\))|NULL::(text|varchar\(8\)|char\(5\))).* \| error 42883 operator does not exist: unknown -)x",
     "no JSON: unknown - text is jsonb's"},
    {R"x("trunc"\(('[^']*'|NULL)\).*: error 42725 \| )x", "no MACADDR, which makes trunc of an untyped literal ambiguous"},
    // DOUBLE in place of NUMERIC.
    {R"x(^types .* / .*: numeric \| double precision$)x", "numeric / numeric is DOUBLE"},
    {R"x(^types .*(\^|"(log|log10|ln|exp|sqrt|power|pow)"\().*: numeric \| double precision$)x",
     "roots, powers and logarithms of exact numbers are DOUBLE"},
    {R"x(^values .*(numeric.* \^|\^ .*numeric|a \^ b.*numeric|"pow(er)?"\(.*numeric).*\] \| .*(\[[-+.e0-9]*\]|error 22003 value out of range: (under|over)flow))x",
     "roots, powers and logarithms of exact numbers are DOUBLE"},
    {R"x("?(round|trunc|log)"?\(((dp|re|'.*'::(real|double precision)|v|ii|si|bi|nu|'[^']*'|NULL|.*::(smallint|integer|bigint|numeric)), ).*: error 42883 \| (double precision$|NULL|\[))x",
     "DOUBLE is rounded to digits, and has logarithms to any base"},
    // NUMERIC
    {R"x(\| error (22P02 invalid input syntax for type numeric: "[^"]*(NaN|[Ii]nf)|22003 cannot convert NaN or infinity to))x",
     "NUMERIC has no NaN and no infinity"},
    {R"x(\[-?[0-9.]{39,}\] \| error 22003)x", "NUMERIC has at most 38 digits"},
    {R"x((e-(324|40)'::(real|double precision)::numeric|CAST\(v AS numeric\).*e-(324|40)|cast_into_4 .*e-(324|40)).*\] \| \[0\.0000000000\]$)x",
     "NUMERIC without precision, of a number that is not exact, has ten digits behind the point"},
    {R"x(julian.*\[[0-9]+\.[0-9]{22,}\] \| \[[0-9]+\.[0-9]{20}\])x", "extract(julian) has 20 digits behind the point"},
    {R"x("width_bucket".*1e308.*\[-2147483648\] \| )x", "a bucket whose number overflows is the one behind the last"},
    // Quirks of PostgreSQL 15
    {R"x("right"\(.*-2147483648)x", "right(x, -2147483648) is empty; PostgreSQL's count overflows"},
    {R"x("to_char"\(.*99V9.*(error 22003 \| \[|\[ *-?[0-9]+\] \| .*\[[- ]*###\]$))x", "to_char(x, 'V') shows # for what has too many digits; PostgreSQL's product overflows"},
    {R"x("to_char"\(.*9\.99EEEE.*\[ 10\.00e\+19\] \| .*\[ 1\.00e\+20\]$)x", "to_char(x, 'EEEE') has one digit before the point, after rounding, too"},
    {R"x((~\*? |"(regexp_[a-z]+|substring)"\().*(ßß.*'x\\y'|'x\\y'.*ßß))x", "\\y is the boundary of words of ASCII letters"},
    {R"x(to_char\(-1234\.5::real, '.*\.000.*\] \| \[.*\]$)x", "to_char shows what stands behind digits that a REAL has not"},
    {R"x(to_(date|timestamp)\(to_char\(.*D[ ,/:.-].*Dy.*: error 22007 \| \[)x", "a day's number beside its name is no conflict"},
    // Times
    {R"x("?make_interval"?\(.*\] \| error 22008 interval out of range)x", "an interval out of range is an error, where PostgreSQL wraps around"},
    {R"x("age".*infinity.*\] \| error 22008)x", "an interval out of range is an error, where PostgreSQL wraps around"},
    {R"x(extract.*infinity.*\[-?Infinity\].* \| error 0A000 this field)x", "NUMERIC has no NaN and no infinity"},
    {R"x(1e308.*\| error 22003 numeric field overflow)x", "NUMERIC has at most 38 digits"},
    {R"x(5874897-12-31.*(\| error 22008 date out of range for timestamp|error 22008 \| NULL))x", "dates that no timestamp can hold are not compared with timestamps"},
    {R"x("?extract"?\('?(month|dow|timezone)'?(,| FROM) (ti|iv|'-?infinity'::timestamp)\)( FROM arguments)?: (numeric|NULL) \| error 0A000)x",
     "fields that a type has not are refused before a row is read"},
    {R"x(INSERT INTO cast_into_(20|21|22|23) .*: \[[^\]]*\] \| \[[^\]]*\]$)x", "columns of TIMESTAMP(p), TIME(p), INTERVAL(p) and INTERVAL with fields keep everything"},
    {R"x(JOIN .*: error XX000 \| error 42846)x", "USING over a date and a time of day: an internal error there"},
    {R"(^types of (aggregates|forms): SELECT (avg|stddev|var)[a-z_]*\(.*: numeric \| double precision$)", "avg and variances of exact numbers are DOUBLE"},
    {R"(WITHIN GROUP .*: error XX000 \|)", "an internal error of PostgreSQL's"},
    {R"((corr|regr_|covar_|var|stddev).*\[-?[0-9.]+e-[12][0-9]\](, (\[0\]|NULL))* \| ((\[[0-9]+\]|NULL), )*\[0\](, (\[0\]|NULL))*$)",
     "sums are rounded once, not at every step"},
    {R"(regr_avgx\(v, v\).*9223372036854775807.*\] \| ((\[false\], )?\[-?[0-9.e+]+\]$))", "sums are rounded once, not at every step"},
    {R"(regr_intercept\((nu|bi), dp\).*\] \| ((\[[0-9]+\]|NULL), )*\[-?[0-9.]+\]$)", "sums are rounded once, not at every step"},
    {R"((avg|sum|stddev|stddev_pop|variance|var_pop|corr|covar_pop|regr_[a-z]+)\(.*'(1e308|3e38)'::(real|double precision).*: error 22003 \| (NULL|\[))",
     "sums of DOUBLE overflow only where their result does"},
    {R"(string_agg\(v::text, ',' ORDER BY v\).*::numeric.*: (\[f\], )?\[-?[0-9].* \| (\[false\], )?\[-?[0-9])", "numbers of a VALUES list have one scale"},
    {R"(percentile_cont\((DISTINCT )?'.*: error 42725 \| error 42809)", "no arrays: the percentile of an untyped fraction is not ambiguous"},
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
