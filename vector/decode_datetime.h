#pragma once

// Dates, times and timestamps as PostgreSQL reads them (datetime.c: DecodeDateTime, DecodeTimeOnly), with DateStyle
// "ISO, MDY".

#include <cstdint>
#include <string_view>

namespace cairn::parsing {

enum class DatetimeStatus : uint8_t {
  kParsed,
  kMalformed,   ///< not a date or time: SQLSTATE 22007
  kOutOfRange,  ///< its fields are there, but one is out of range: 22008
  kZoneOutOfRange,  ///< a displacement from UTC beyond 15:59:59: 22009
  kUnknownZone,     ///< what stands where a zone may is none: 22023
};

struct DecodedDatetime {
  enum class Special : uint8_t { kNone, kInfinity, kMinusInfinity };
  Special special = Special::kNone;
  int64_t days = 0;         ///< since 1970-01-01
  int64_t time_micros = 0;  ///< 0 to 24:00:00, or 23:59:60.999999
  bool has_zone = false;
  int32_t zone_seconds = 0; ///< east of UTC
  bool named_place = false; ///< the zone is a place ("america/new_york"), whose displacement is not known
};

/// A date, and perhaps a time and a zone.
DatetimeStatus decode_datetime(std::string_view text, DecodedDatetime& result);
/// A time, and perhaps a date and a zone; the date counts for nothing.
DatetimeStatus decode_time(std::string_view text, DecodedDatetime& result);

}  // namespace cairn::parsing
