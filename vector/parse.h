#pragma once

// Text input of values, as PostgreSQL accepts them. COPY parses gigabytes with these: nothing is allocated, nothing is
// thrown. Each returns false for text that is no such value or is out of range, and leaves the result unspecified;
// parse_error then says which of both. Blanks around a value are allowed (not in strings).

#include <cstdint>
#include <string_view>

#include "vector/error.h"
#include "vector/int128.h"
#include "vector/type.h"
#include "vector/value.h"

namespace cairn {

/// true, false, t, f, yes, no, on, off, 1, 0 and unique prefixes, in any case.
bool parse_boolean(std::string_view text, bool& value);
bool parse_integer(std::string_view text, int16_t& value);
bool parse_integer(std::string_view text, int32_t& value);
bool parse_integer(std::string_view text, int64_t& value);
bool parse_integer(std::string_view text, int128_t& value);
/// "-12.345", "1e3": scaled by 10^scale, rounded half away from zero; false above `precision` digits. The first
/// requires precision <= 18.
bool parse_decimal(std::string_view text, int precision, int scale, int64_t& value);
bool parse_decimal(std::string_view text, int precision, int scale, int128_t& value);
bool parse_real(std::string_view text, float& value);
bool parse_double(std::string_view text, double& value);
/// All that PostgreSQL reads with DateStyle ISO, MDY (decode_datetime.h): "1998-09-02", "Sep 2, 1998", "9/2/98",
/// "0044-03-15 BC", "J2451187", "infinity", "today"; a time behind it is checked and dropped.
bool parse_date(std::string_view text, int32_t& days);
/// "04:05", "04:05:06.789", "040506", "4:05 PM"; up to "24:00:00". A zone is checked and dropped.
bool parse_time(std::string_view text, int64_t& micros);
/// A date, and perhaps a time; without one it is midnight. A zone is checked and dropped.
bool parse_timestamp(std::string_view text, int64_t& micros);
/// "1 year 2 mons -3 days 04:05:06.7", "3 months ago", "1-2", "P1Y2M3DT4H5M6S". A number without a unit counts
/// `default_unit`s (INTERVAL '90' DAY); "2:03" is minutes and seconds where `minutes_first`.
bool parse_interval(std::string_view text, Interval& value, std::string_view default_unit = "second",
                    bool minutes_first = false);
/// Whether parse_interval refuses the text because a field of it is out of range.
bool interval_overflows(std::string_view text);

/// Any type; strings are cut to CHAR(n)'s or VARCHAR(n)'s characters where only blanks are lost, else kStringTooLong.
/// Errors: kInvalidTextRepresentation, kInvalidDatetimeFormat, kDatetimeOverflow, kNumericOutOfRange.
Value parse_value(std::string_view text, const Type& type);

/// What PostgreSQL says about a text that the functions above refused for this type.
Error parse_error(std::string_view text, const Type& type);

/// The type's name in PostgreSQL's messages: "integer", "double precision".
std::string_view message_type_name(const Type& type);

/// A unit of time by any of its names, in any case ("years", "yr", "y", "mons", …): "microseconds", "milliseconds",
/// "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century", "millennium"; empty for
/// other words.
std::string_view unit_named(std::string_view word);

}  // namespace cairn
