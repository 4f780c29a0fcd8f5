// Text output and input of values, as PostgreSQL does it.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "vector/date.h"
#include "vector/format.h"
#include "vector/parse.h"

namespace cairn {
namespace {

std::string round_trip(std::string_view text, const Type& type) { return parse_value(text, type).to_string(); }

std::string failure(std::string_view text, const Type& type) {
  try {
    return "no error but " + round_trip(text, type);
  } catch (const Error& error) {
    return error.sqlstate + " " + error.message;
  }
}

TEST(Text, Decimals) {
  EXPECT_EQ("1.10", round_trip("1.1", Type::decimal(15, 2)));
  EXPECT_EQ("-0.05", round_trip("-.05", Type::decimal(15, 2)));
  EXPECT_EQ("0.00", round_trip("0", Type::decimal(3, 2)));
  EXPECT_EQ("12.35", round_trip("12.345", Type::decimal(15, 2)));
  EXPECT_EQ("-12.35", round_trip(" -12.345 ", Type::decimal(15, 2)));
  EXPECT_EQ("1230.00", round_trip("1.23e3", Type::decimal(15, 2)));
  EXPECT_EQ("0.00", round_trip("1e-100000", Type::decimal(15, 2)));
  EXPECT_EQ("99999999999999999999999999999999999999", round_trip("99999999999999999999999999999999999999", Type::decimal(38, 0)));
  EXPECT_EQ("0.001", round_trip("0.00096", Type::decimal(3, 3)));
  EXPECT_EQ("22P02 invalid input syntax for type numeric: \"1.2.3\"", failure("1.2.3", Type::decimal(15, 2)));
  EXPECT_EQ("22P02 invalid input syntax for type numeric: \"\"", failure("", Type::decimal(15, 2)));
  EXPECT_EQ("22003 numeric field overflow: a field with precision 5, scale 2 must round to an absolute value less than 10^3",
            failure("999.995", Type::decimal(5, 2)));
  EXPECT_EQ("22003", failure("9999999999999999999", Type::decimal(18, 0)).substr(0, 5));
}

TEST(Text, Integers) {
  EXPECT_EQ("-32768", round_trip("-32768", Type::small_int()));
  EXPECT_EQ("9223372036854775807", round_trip("+9223372036854775807", Type::big_int()));
  EXPECT_EQ("-170141183460469231731687303715884105728",
            round_trip("-170141183460469231731687303715884105728", Type::huge_int()));
  EXPECT_EQ("22003 value \"32768\" is out of range for type smallint", failure("32768", Type::small_int()));
  EXPECT_EQ("22003 value \"170141183460469231731687303715884105728\" is out of range for type hugeint",
            failure("170141183460469231731687303715884105728", Type::huge_int()));
  EXPECT_EQ("22P02 invalid input syntax for type integer: \"1.5\"", failure("1.5", Type::integer()));
  EXPECT_EQ("22P02 invalid input syntax for type integer: \"12a\"", failure("12a", Type::integer()));
}

TEST(Text, Floats) {
  EXPECT_EQ("25.522005853257337", round_trip("25.522005853257337", Type::double_()));
  EXPECT_EQ("1e+15", round_trip("1000000000000000", Type::double_()));
  EXPECT_EQ("100000000000000", round_trip("1e14", Type::double_()));
  EXPECT_EQ("0.0001", round_trip("1e-4", Type::double_()));
  EXPECT_EQ("1e-05", round_trip("1e-5", Type::double_()));
  EXPECT_EQ("1.7976931348623157e+308", round_trip("1.7976931348623157e308", Type::double_()));
  EXPECT_EQ("-0", round_trip("-0", Type::double_()));
  EXPECT_EQ("Infinity", round_trip("inf", Type::double_()));
  EXPECT_EQ("-Infinity", round_trip("-Infinity", Type::double_()));
  EXPECT_EQ("NaN", round_trip("nan", Type::double_()));
  EXPECT_EQ("0.1", round_trip("0.1", Type::real()));
  EXPECT_EQ("1e+06", round_trip("1000000", Type::real()));
  EXPECT_EQ("22003 \"1e400\" is out of range for type double precision", failure("1e400", Type::double_()));
  EXPECT_EQ("22P02 invalid input syntax for type double precision: \"x\"", failure("x", Type::double_()));
}

TEST(Text, DatesAndTimes) {
  EXPECT_EQ("1998-09-02", round_trip("1998-09-02", Type::date()));
  EXPECT_EQ("1998-09-02", round_trip("19980902", Type::date()));
  EXPECT_EQ("1998-09-02", round_trip("Sep 2, 1998", Type::date()));
  EXPECT_EQ("1998-09-02", round_trip("2-sep-1998", Type::date()));
  EXPECT_EQ("1998-09-02", round_trip("1998-09-02 12:00:00", Type::date()));
  EXPECT_EQ("0044-03-15 BC", round_trip("0044-03-15 BC", Type::date()));
  EXPECT_EQ("4714-11-24 BC", round_trip("4714-11-24 BC", Type::date()));
  EXPECT_EQ("5874897-12-31", round_trip("5874897-12-31", Type::date()));
  EXPECT_EQ("22008 date/time field value out of range: \"1998-02-29\"", failure("1998-02-29", Type::date()));
  EXPECT_EQ("22007 invalid input syntax for type date: \"yesteryear\"", failure("yesteryear", Type::date()));
  EXPECT_EQ("1992-01-31 10:20:30.5", round_trip("1992-01-31 10:20:30.50", Type::timestamp()));
  EXPECT_EQ("1992-01-31 00:00:00", round_trip("1992-01-31", Type::timestamp()));
  EXPECT_EQ("1992-01-31 10:20:00", round_trip("1992-01-31T10:20", Type::timestamp()));
  EXPECT_EQ("1969-12-31 23:59:59.999999", round_trip("1969-12-31 23:59:59.999999", Type::timestamp()));
  EXPECT_EQ("16:05:06", round_trip("4:05:06 PM", Type::time()));
  EXPECT_EQ("04:05:00", round_trip("0405", Type::time()));
  EXPECT_EQ("22008", failure("25:61:00", Type::time()).substr(0, 5));
}

TEST(Text, Intervals) {
  EXPECT_EQ("1 year 2 mons 3 days 04:05:06.789", round_trip("1 year 2 months 3 days 4 hours 5 min 6.789 sec", Type::interval()));
  EXPECT_EQ("-1 days +02:03:00", round_trip("-1 day 02:03", Type::interval()));
  EXPECT_EQ("90 days", round_trip("90 days", Type::interval()));
  EXPECT_EQ("3 mons", round_trip("3 months", Type::interval()));
  EXPECT_EQ("-3 mons", round_trip("3 months ago", Type::interval()));
  EXPECT_EQ("00:00:00", round_trip("0", Type::interval()));
  EXPECT_EQ("1 year 2 mons", round_trip("1-2", Type::interval()));
  EXPECT_EQ("1 year 2 mons 3 days 04:05:06", round_trip("P1Y2M3DT4H5M6S", Type::interval()));
  EXPECT_EQ("1 mon 15 days", round_trip("1.5 months", Type::interval()));
  EXPECT_EQ("1 day 12:00:00", round_trip("1.5 days", Type::interval()));
  EXPECT_EQ("-00:00:01", round_trip("-1 second", Type::interval()));
  EXPECT_EQ("22007 invalid input syntax for type interval: \"3 fortnights\"", failure("3 fortnights", Type::interval()));
}

TEST(Text, BooleansAndStrings) {
  EXPECT_EQ("true", round_trip("T", Type::boolean()));
  EXPECT_EQ("false", round_trip("off", Type::boolean()));
  EXPECT_EQ("22P02 invalid input syntax for type boolean: \"o\"", failure("o", Type::boolean()));
  EXPECT_EQ("ab  ", round_trip("ab", Type::character(4)));
  EXPECT_EQ("ab", parse_value("ab   ", Type::character(4)).string);
  EXPECT_EQ("22001 value too long for type character varying(2)", failure("abc", Type::varchar(2)));
  EXPECT_EQ("äö", round_trip("äö", Type::varchar(2)));
}

TEST(Text, EveryDayIsTheNextOfTheLast) {
  CivilDate last = civil_from_days(-1000000);
  for (int32_t days = -999999; days < 1000000; ++days) {
    const CivilDate date = civil_from_days(days);
    ASSERT_EQ(days, days_from_civil(date.year, date.month, date.day));
    const bool same_month = date.year == last.year && date.month == last.month && date.day == last.day + 1;
    const bool next_month = date.day == 1 && last.day == days_in_month(last.year, last.month);
    ASSERT_TRUE(same_month || next_month) << days;
    last = date;
  }
}

TEST(Text, AddingMonthsCutsToTheLastDay) {
  const auto add = [](std::string_view timestamp, std::string_view interval) {
    std::string out;
    format_timestamp(add_interval(static_cast<int64_t>(parse_value(timestamp, Type::timestamp()).integer),
                                  parse_value(interval, Type::interval()).interval),
                     out);
    return out;
  };
  EXPECT_EQ("1993-02-28 00:00:00", add("1993-01-31", "1 month"));
  EXPECT_EQ("1996-02-29 00:00:00", add("1993-02-28", "3 years 1 day"));
  EXPECT_EQ("1998-09-02 00:00:00", add("1998-12-01", "-90 days"));
  EXPECT_EQ("1992-12-31 23:59:59", add("1993-01-01", "-1 second"));
}

TEST(Text, RandomDecimalsSurviveBothWays) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const int precision = 1 + static_cast<int>(random() % 38);
    const int scale = static_cast<int>(random() % static_cast<uint64_t>(precision + 1));
    const int128_t magnitude = ((static_cast<int128_t>(random() >> 1) << 64) | static_cast<int128_t>(random())) %
                               power_of_ten(1 + static_cast<int>(random() % static_cast<uint64_t>(precision)));
    const Value value = Value::of_integer(Type::decimal(precision, scale), random() % 2 ? magnitude : -magnitude);
    ASSERT_EQ(value, parse_value(value.to_string(), value.type)) << value.to_string();
    int64_t narrow;
    if (precision <= 18) {
      ASSERT_TRUE(parse_decimal(value.to_string(), precision, scale, narrow));
      ASSERT_EQ(value.integer, narrow);
    }
  }
}

}  // namespace
}  // namespace cairn
