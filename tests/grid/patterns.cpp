// Texts made of drawn pieces: patterns of to_char, to_number, to_date and to_timestamp, and what casts read.

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr size_t kPatterns = 700, kTexts = 600;  ///< drawn

using Pieces = std::span<const std::string_view>;

constexpr std::string_view kSigns[] = {"", "", "S", "L", "SG", "FM", "FMS", "PL", "MI", " "};
constexpr std::string_view kWhole[] = {"9", "99", "999", "0", "00", "9,999", "9G999", "0999", "99999999"};
constexpr std::string_view kFractions[] = {"", "", ".9", ".99", "D00", ".000"};
constexpr std::string_view kEndings[] = {"", "", "MI", "PR", "S", "TH", "th", "PL", "\"q\"", " "};
constexpr std::string_view kNumbers[] = {"0", "1", "-1", "12.5", "-0.45", "1234.567", "-98765.4321", "0.001", "99.995", "1e10::numeric", "485", "7::bigint", "2.5::float8", "-1234.5::real", "100::smallint"};

constexpr std::string_view kFields[] = {"YYYY", "BC", "Month", "FMDD", "DDth", "Dy", "D", "Q", "HH12", "MI", "SS", "MS", "AM"};
constexpr std::string_view kOtherFields[] = {"Y,YYY", "MON", "DD", "FMDay", "HH24", "US", "W", "RM", "CC"};
constexpr std::string_view kDayFields[] = {"YYY", "DDD", "dy", "HH", "p.m."};
constexpr std::string_view kIsoFields[] = {"IYYY", "ID", "IW", "HH24", "MI"};
constexpr Pieces kFieldLists[] = {kFields, kOtherFields, kDayFields, kIsoFields};
constexpr std::string_view kSeparators[] = {"-", " ", "/", ":", ", ", ".", "\"q\""};
constexpr std::string_view kTimes[] = {"timestamp '2024-02-29 12:34:56.789012'", "timestamp '0044-03-15 00:00:00 BC'", "date '1999-12-31'", "timestamp '2000-01-01 23:59:59.5'", "timestamp '12345-06-07 13:00:00'",
                                       "timestamp 'infinity'"};

constexpr std::string_view kDates[] = {"2024-02-29", "2024-2-9", "1999/12/31", "12/31/1999", "Feb 29, 2024", "29 February 2024", "20240229", "240229", "2024.060", "J2451187", "0044-03-15",
                                       "2024-02-30", "2024-13-01", "99-01-08", "January 8, 99", "1999-Jan-08", "Jan-08-1999",  "1/2/3", ""};
constexpr std::string_view kClocks[] = {"", "", " 12:30", " 04:05:06.789", " 24:00", " 24:00:01", " 040506", " 4:5:6 PM", " 12:00 am", "T04:05", " 23:59:60"};
constexpr std::string_view kZones[] = {"", "", "", " Z", " UTC", "+02", " -08:30", " EST", "+16", " BC", " AD"};
constexpr std::string_view kSpans[] = {"1 day", "-2 hours", "+3 mons", "1.5 years", "4 weeks", "1-2", "3 4:05:06", "5 min", "6.7s", "@ 1 h", "P1Y2M3DT4H5M6S", "P0001-02-03T04:05:06", "1 decade", "2 centuries",
                                       "0.5 month", "100:00", "-1 year", "1 year ago", "8 quarters", "x"};
constexpr std::string_view kLiterals[] = {" 12 ", "+7", "-0", "1e5", "1.5e-3", "0x1F", "1_000", ".5", "5.", "1.2.3", "--1", "99999999999", "32768", "1e400", "infinity", "t", "yes", "of", "f ",
                                          "TRUE", "o", "", " ", "١"};

class Drawn {
 public:
  explicit Drawn(uint64_t seed) : random_(seed) {}
  std::string one(Pieces pieces) { return std::string(pieces[random_() % pieces.size()]); }
  std::string number_pattern() { return one(kSigns) + one(kWhole) + one(kFractions) + one(kEndings); }
  /// Different pieces, `most` at most.
  std::string joined(Pieces pieces, size_t most, Pieces separators) {
    std::vector<std::string_view> rest(pieces.begin(), pieces.end());
    std::ranges::shuffle(rest, random_);
    std::string text(rest[0]);
    for (size_t i = 1, count = 1 + random_() % most; i < std::min(count, rest.size()); i++) text += one(separators) + std::string(rest[i]);
    return text;
  }

 private:
  std::mt19937_64 random_;
};

void ask_to_char(Grid& grid, Drawn& drawn) {
  const auto ask = [&](std::string_view subject, const std::string& value) {
    grid.ask("values of patterns", subject, "SELECT " + value, Compared::kValues);
  };
  for (size_t i = 0; i < kPatterns; i++) {
    const std::string numbers = drawn.number_pattern();
    for (size_t j = 0; j < 3; j++) ask("to_char of numbers", fmt::format("to_char({}, '{}')", drawn.one(kNumbers), numbers));
    ask("to_number", fmt::format("to_number(to_char({}, '{}'), '{}')", drawn.one(kNumbers), numbers, numbers));
    const std::string times = drawn.joined(kFieldLists[i % std::size(kFieldLists)], 5, kSeparators);
    for (size_t j = 0; j < 3; j++) ask("to_char of times", fmt::format("to_char({}, '{}')", drawn.one(kTimes), times));
    ask("to_date", fmt::format("to_date(to_char({}, '{}'), '{}')", drawn.one(kTimes), times, times));
    ask("to_timestamp", fmt::format("to_timestamp(to_char({}, '{}'), '{}')", drawn.one(kTimes), times, times));
  }
}

}  // namespace

void ask_patterns(Grid& grid) {
  Drawn drawn(1);
  ask_to_char(grid, drawn);
  const auto ask = [&](const std::string& text, std::initializer_list<std::string_view> types) {
    for (const std::string_view type : types) grid.ask("casts of drawn texts", type, fmt::format("SELECT '{}'::{}", text, type), Compared::kValues);
  };
  static constexpr std::string_view kBlank[] = {" "};
  for (size_t i = 0; i < kTexts; i++) {
    ask(drawn.one(kDates) + drawn.one(kClocks) + drawn.one(kZones), {"date", "timestamp"});
    ask(drawn.one(kClocks) + drawn.one(kZones), {"time"});
    ask(drawn.joined(kSpans, 3, kBlank), {"interval"});
  }
  for (const std::string_view literal : kLiterals)
    ask(std::string(literal), {"smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "numeric(5,2)", "char(2)", "varchar(1)"});
}

}  // namespace cairn::grid
