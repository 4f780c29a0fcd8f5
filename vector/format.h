#pragma once

// Text output of single values, as PostgreSQL prints them. Each function appends to `out`.

#include <string>
#include <string_view>

#include "vector/int128.h"
#include "vector/type.h"

namespace cairn {

struct Vector;

void format_integer(int128_t value, std::string& out);
/// 110 at scale 2 is "1.10".
void format_decimal(int128_t value, int scale, std::string& out);
/// The fewest digits that read back as the same value; "1e+15" from 15 digits on; Infinity, -Infinity, NaN.
void format_double(double value, std::string& out);
void format_real(float value, std::string& out);  ///< "1e+06" from 6 digits on
void format_date(int32_t days, std::string& out);
void format_time(int64_t micros, std::string& out);
void format_timestamp(int64_t micros, std::string& out);
/// "1 year 2 mons -3 days +04:05:06.7"
void format_interval(const Interval& interval, std::string& out);

/// An integral value of `type`: BOOLEAN as true/false.
void format_integral(int128_t value, const Type& type, std::string& out);

/// Row `row` of the vector, any encoding; NULL appends `null_text`. CHAR(n) is padded with blanks.
void format_row(const Vector& vector, size_t row, std::string_view null_text, std::string& out);

}  // namespace cairn
