#include "vector/decode_datetime.h"

#include "vector/date.h"
#include "vector/datetime_fields.h"
#include "vector/statement_clock.h"

namespace cairn::parsing {

namespace {

using Status = DatetimeStatus;
using Kind = Field::Kind;

/// What has been read, as bits.
constexpr unsigned kYear = 1, kMonth = 2, kDay = 4, kDate = kYear | kMonth | kDay, kTime = 8, kZone = 16;

struct NamedZone {
  std::string_view name;
  int minutes;
};
/// Abbreviations that everybody means the same by; names of places need a time zone database, which Cairn has not.
constexpr NamedZone kZones[] = {
    {"utc", 0},    {"gmt", 0},    {"ut", 0},     {"z", 0},      {"zulu", 0},   {"wet", 0},     {"west", 60},
    {"bst", 60},   {"cet", 60},   {"cest", 120}, {"met", 60},   {"mest", 120}, {"eet", 120},   {"eest", 180},
    {"msk", 180},  {"jst", 540},  {"kst", 540},  {"est", -300}, {"edt", -240}, {"cst", -360},  {"cdt", -300},
    {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420}, {"akst", -540}, {"akdt", -480}, {"hst", -600},
    {"aest", 600}, {"aedt", 660}, {"nzst", 720}, {"nzdt", 780}};

bool is_day_of_week(std::string_view word) {
  static constexpr std::string_view kDays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  for (const std::string_view day : kDays) {
    if (word == day || (word.size() >= 3 && word.size() <= 5 && day.starts_with(word))) return true;
  }
  return word == "weds";
}

/// "+05:30", "-0800", "+8", from the sign on.
Status decode_zone(std::string_view text, int32_t& seconds) {
  const bool west = text[0] == '-';
  text.remove_prefix(1);
  int64_t hours = 0, minutes = 0, rest = 0;
  const size_t digits = take_digits(text, hours);
  if (digits == 0) return !text.empty() && is_digit(text[0]) ? Status::kZoneOutOfRange : Status::kMalformed;
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    if (take_digits(text, minutes) == 0) return Status::kMalformed;
    if (text.starts_with(':')) {
      text.remove_prefix(1);
      if (take_digits(text, rest) == 0) return Status::kMalformed;
    }
  } else if (digits > 2) {
    minutes = hours % 100;
    hours /= 100;
  }
  if (!text.empty()) return Status::kMalformed;
  if (hours > 15 || minutes > 59 || rest > 59) return Status::kZoneOutOfRange;
  seconds = static_cast<int32_t>(hours * 3600 + minutes * 60 + rest);
  if (west) seconds = -seconds;
  return Status::kParsed;
}

class Decoder {
 public:
  explicit Decoder(bool time_only) : time_only_(time_only) {}

  Status run(std::string_view text, DecodedDatetime& result) {
    if (!fields_.split(text) || fields_.size() == 0) return Status::kMalformed;
    for (at_ = 0; at_ < fields_.size(); ++at_) {
      unsigned found = 0;
      if (const Status status = decode(fields_[at_], found); status != Status::kParsed) return status;
      if ((found & seen_) != 0) return Status::kMalformed;
      seen_ |= found;
    }
    if (prefix_ != Prefix::kNone) return Status::kMalformed;
    return finish(result);
  }

 private:
  enum class Prefix : uint8_t { kNone, kClock, kJulian };
  enum class Half : uint8_t { kNone, kAm, kPm };

  unsigned date_seen() const { return seen_ & kDate; }

  Status decode(const Field& field, unsigned& found) {
    switch (field.kind) {
      case Kind::kDate: return date_field(field.text, found);
      case Kind::kTime:
        if (prefix_ == Prefix::kJulian) return Status::kMalformed;
        prefix_ = Prefix::kNone;
        return clock(field.text, found);
      case Kind::kZone:
        found = kZone;
        return decode_zone(field.text, zone_seconds_);
      case Kind::kNumber: return number_field(field.text, found);
      case Kind::kWord:
      case Kind::kSigned: return word(field.text, found);
    }
    return Status::kMalformed;
  }

  Status clock(std::string_view text, unsigned& found) {
    found = kTime;
    switch (parse_clock(text, false, time_)) {
      case ClockStatus::kParsed: break;
      case ClockStatus::kMalformed: return Status::kMalformed;
      case ClockStatus::kOutOfRange: return Status::kOutOfRange;
    }
    return check_time();
  }
  Status check_time() const { return time_ > kMicrosPerDay ? Status::kOutOfRange : Status::kParsed; }

  // ---- dates in one field

  Status date_field(std::string_view text, unsigned& found) {
    const bool have_date = (seen_ & (kMonth | kDay)) == (kMonth | kDay);
    if (prefix_ == Prefix::kJulian) return julian(text, found);
    if (!have_date && prefix_ == Prefix::kNone && !(time_only_ && !date_may_stand_here())) return date(text, found);
    if (!is_digit(text[0])) return zone_name(text, found);
    // A time that a zone's displacement is attached to: hhmmss-zz.
    prefix_ = Prefix::kNone;
    const size_t sign = text.find('-');
    if (sign == std::string_view::npos) return Status::kMalformed;
    if (const Status status = decode_zone(text.substr(sign), zone_seconds_); status != Status::kParsed) return status;
    if (const Status status = run_together(text.substr(0, sign), kDate, found); status != Status::kParsed) return status;
    if (found != kTime) return Status::kMalformed;
    found |= kZone;
    return Status::kParsed;
  }

  /// Where only a time is wanted, a date stands in front of it or behind.
  bool date_may_stand_here() const {
    return fields_.size() >= 2 && (at_ == 0 ? fields_[1].kind == Kind::kTime || fields_[fields_.size() - 1].kind == Kind::kDate
                                            : is_digit(fields_[at_].text[0]) && (seen_ & kTime) != 0);
  }

  Status zone_name(std::string_view text, unsigned& found) {
    found = kZone;
    // "gmt+8" is eight hours west of Greenwich: POSIX counts westwards.
    const size_t sign = text.find_first_of("+-");
    if (sign != std::string_view::npos && text.find('/') == std::string_view::npos) {
      if (const Status status = decode_zone(text.substr(sign), zone_seconds_); status != Status::kParsed) return status;
      zone_seconds_ = -zone_seconds_;
      return Status::kParsed;
    }
    named_place_ = true;
    const bool place = text.find('/') != std::string_view::npos && (!time_only_ || date_seen() == kDate);
    return place ? Status::kParsed : Status::kUnknownZone;
  }

  /// "1999-01-08", "1/8/99", "8-jan-1999": months by name first, then the numbers in their order.
  Status date(std::string_view text, unsigned& found) {
    std::string_view parts[8];
    size_t count = 0;
    while (!text.empty()) {
      if (!is_digit(text[0]) && !is_letter(text[0])) {
        text.remove_prefix(1);
        continue;
      }
      size_t length = 0;
      const bool digits = is_digit(text[0]);
      while (length < text.size() && (digits ? is_digit(text[length]) : is_letter(text[length]))) ++length;
      if (count == 8) return Status::kMalformed;
      parts[count++] = text.substr(0, length);
      text.remove_prefix(length);
    }
    for (size_t i = 0; i < count; ++i) {
      if (!is_letter(parts[i][0])) continue;
      month_ = month_named(parts[i]);
      if (month_ == 0 || (found & kMonth) != 0) return Status::kMalformed;
      month_by_name_ = true;
      found |= kMonth;
    }
    for (size_t i = 0; i < count; ++i) {
      if (is_letter(parts[i][0])) continue;
      unsigned one = 0;
      if (const Status status = number(parts[i], seen_ | found, one); status != Status::kParsed) return status;
      if ((one & found) != 0) return Status::kMalformed;
      found |= one;
    }
    return ((found | seen_) & kDate) == kDate ? Status::kParsed : Status::kMalformed;
  }

  // ---- numbers

  Status number_field(std::string_view text, unsigned& found) {
    if (prefix_ == Prefix::kJulian) return julian(text, found);
    const size_t point = text.find('.');
    const bool fraction = point != std::string_view::npos;
    if (prefix_ == Prefix::kClock) {
      prefix_ = Prefix::kNone;
      if (const Status status = run_together(text, seen_ | kDate, found); status != Status::kParsed) return status;
      return found == kTime ? Status::kParsed : Status::kMalformed;
    }
    if (time_only_) {
      if (fraction && point <= 2) return Status::kMalformed;
      return run_together(text, seen_ | kDate, found);
    }
    if (fraction && date_seen() != kDate) {
      if (point == 4 && date_seen() == 0) return date(text, found);  // 1999.008: the day of the year
      if (point > 2) return run_together(text, seen_, found);
      return date(text, found);
    }
    if (fraction && point > 2) return run_together(text, seen_, found);
    if (text.size() >= 6 && (date_seen() != kDate || (seen_ & kTime) == 0)) return run_together(text, seen_, found);
    return number(text, seen_, found);
  }

  /// One number, by what is there already: month, day, year (DateStyle MDY), or a time behind a whole date.
  Status number(std::string_view text, unsigned seen, unsigned& found) {
    const std::string_view all = text;
    int64_t value;
    const size_t digits = take_digits(text, value, 9);
    if (digits == 0) return Status::kMalformed;
    if (!text.empty()) {
      if (text[0] == '.' && digits > 2) return run_together(all, seen | kDate, found);
      return Status::kMalformed;
    }
    if (digits == 3 && (seen & kDate) == kYear && value >= 1 && value <= 366) {
      day_of_year_ = static_cast<int>(value);
      found = kMonth | kDay;
      return Status::kParsed;
    }
    switch (seen & kDate) {
      case 0: found = digits >= 3 ? kYear : kMonth; break;
      case kYear: found = kMonth; break;
      case kMonth: found = month_by_name_ && digits >= 3 ? kYear : kDay; break;
      case kYear | kMonth:
        if (month_by_name_ && digits >= 3 && two_digit_year_) {  // what seemed to be the year was the day
          day_ = year_;
          year_ = value;
          two_digit_year_ = false;
          found = kDay;
          return Status::kParsed;
        }
        found = kDay;
        break;
      case kDay: found = kMonth; break;
      case kMonth | kDay: found = kYear; break;
      case kDate: return run_together(all, seen, found);
      default: return Status::kMalformed;
    }
    if (found == kYear) year_ = value, two_digit_year_ = digits <= 2;
    if (found == kMonth) month_ = value;
    if (found == kDay) day_ = value;
    return Status::kParsed;
  }

  /// yyyymmdd and yymmdd where there is no date yet; hhmmss, hhmm and hhmmss.fff where there is no time.
  Status run_together(std::string_view text, unsigned seen, unsigned& found) {
    const size_t point = text.find('.');
    int64_t fraction = 0;
    if (point != std::string_view::npos) {
      if (!parse_fraction(text.substr(point + 1), fraction)) return Status::kMalformed;
      text = text.substr(0, point);
    }
    const size_t length = text.size();
    int64_t value;
    std::string_view rest = text;
    const bool is_date = point == std::string_view::npos && (seen & kDate) != kDate && length >= 6;
    if (take_digits(rest, value) == 0 || !rest.empty()) {
      const bool far_year = is_date && text.find_first_not_of("0123456789") == std::string_view::npos;
      return far_year ? Status::kOutOfRange : Status::kMalformed;
    }
    if (is_date) {
      day_ = value % 100;
      month_ = value / 100 % 100;
      year_ = value / 10000;
      two_digit_year_ = length == 6;
      found = kDate;
      return Status::kParsed;
    }
    if ((seen & kTime) != 0 || (length != 6 && (length != 4 || point != std::string_view::npos))) return Status::kMalformed;
    const int64_t seconds = length == 6 ? value % 100 : 0;
    if (length == 6) value /= 100;
    if (value % 100 > 59 || seconds > 60) return Status::kOutOfRange;
    time_ = value / 100 * kMicrosPerHour + value % 100 * kMicrosPerMinute + seconds * kMicrosPerSecond + fraction;
    found = kTime;
    return check_time();
  }

  /// A Julian day, perhaps with a fraction, which is a time of day.
  Status julian(std::string_view text, unsigned& found) {
    prefix_ = Prefix::kNone;
    int64_t day;
    const std::string_view all = text;
    if (take_digits(text, day, 9) == 0) return Status::kMalformed;
    julian_days_ = day - 2440588;
    is_julian_ = true;
    found = kDate;
    if (text.empty()) return Status::kParsed;
    if (text[0] == '.') {
      double fraction = 0, unit = 0.1;
      for (const char c : text.substr(1)) {
        if (!is_digit(c)) return Status::kMalformed;
        fraction += (c - '0') * unit;
        unit /= 10;
      }
      time_ = static_cast<int64_t>(fraction * static_cast<double>(kMicrosPerDay));
      found |= kTime;
      return Status::kParsed;
    }
    if (text[0] != '-') return Status::kMalformed;
    found |= kZone;
    return decode_zone(all.substr(all.size() - text.size()), zone_seconds_);
  }

  // ---- words

  Status word(std::string_view text, unsigned& found) {
    if (text == "at" || text == "on" || is_day_of_week(text)) return Status::kParsed;
    if (const int month = month_named(text); month != 0) {
      // "8 jan": what was taken for a month is the day.
      if ((seen_ & kMonth) != 0 && !month_by_name_ && (seen_ & kDay) == 0 && month_ >= 1 && month_ <= 31) {
        day_ = month_;
        seen_ = (seen_ & ~kMonth) | kDay;
      }
      month_by_name_ = true;
      month_ = month;
      found = kMonth;
      return Status::kParsed;
    }
    if (text == "am" || text == "pm") {
      half_ = text == "am" ? Half::kAm : Half::kPm;
    } else if (text == "ad" || text == "bc") {
      before_christ_ = text == "bc";
    } else if (text == "t") {
      if (!time_only_ && date_seen() != kDate) return Status::kMalformed;
      prefix_ = Prefix::kClock;
    } else if (text == "j" || text == "jd" || text == "julian") {
      prefix_ = Prefix::kJulian;
    } else if (text == "allballs") {
      time_ = 0;
      found = kTime | kZone;
    } else if (text == "infinity" || text == "-infinity") {
      special_ = text[0] == '-' ? DecodedDatetime::Special::kMinusInfinity : DecodedDatetime::Special::kInfinity;
      found = kDate | kTime | kZone;
    } else if (text == "epoch") {
      if (time_only_) return Status::kMalformed;
      set_day(0);
      found = kDate | kTime | kZone;
      no_zone_ = true;
    } else if (text == "now" || text == "today" || text == "tomorrow" || text == "yesterday") {
      relative_to_now(text, found);
    } else {
      return zone_abbreviation(text, found);
    }
    return Status::kParsed;
  }

  void relative_to_now(std::string_view text, unsigned& found) {
    const int64_t now = StatementClock::now_micros();
    const int64_t day = floor_divide(now, kMicrosPerDay);
    set_day(day + (text == "tomorrow") - (text == "yesterday"));
    found = kDate;
    if (text != "now") return;
    time_ = now - day * kMicrosPerDay;
    found |= kTime | kZone;
  }
  void set_day(int64_t days) {
    julian_days_ = days;
    is_julian_ = true;
  }

  Status zone_abbreviation(std::string_view text, unsigned& found) {
    for (const NamedZone& zone : kZones) {
      if (zone.name != text) continue;
      zone_seconds_ = zone.minutes * 60;
      found = kZone;
      return Status::kParsed;
    }
    return Status::kMalformed;
  }

  // ---- the whole

  Status finish(DecodedDatetime& result) {
    result.special = special_;
    if (special_ != DecodedDatetime::Special::kNone) return time_only_ ? Status::kMalformed : Status::kParsed;
    if (half_ != Half::kNone) {
      if (time_ >= 13 * kMicrosPerHour) return Status::kOutOfRange;
      const bool twelve = time_ >= 12 * kMicrosPerHour;
      if (half_ == Half::kAm && twelve) time_ -= 12 * kMicrosPerHour;
      if (half_ == Half::kPm && !twelve) time_ += 12 * kMicrosPerHour;
    }
    if (!time_only_ && date_seen() != kDate) {  // a month or day that there is not is wrong even alone
      const bool wrong = ((seen_ & kMonth) != 0 && (month_ < 1 || month_ > 12)) || ((seen_ & kDay) != 0 && (day_ < 1 || day_ > 31));
      return wrong ? Status::kOutOfRange : Status::kMalformed;
    }
    if (time_only_ && (seen_ & kTime) == 0) return Status::kMalformed;
    if (date_seen() != 0) {
      if (const Status status = finish_date(result.days); status != Status::kParsed) return status;
    }
    result.time_micros = time_;
    result.has_zone = (seen_ & kZone) != 0 && !no_zone_;
    result.zone_seconds = zone_seconds_;
    result.named_place = named_place_;
    return Status::kParsed;
  }

  Status finish_date(int64_t& days) {
    if (is_julian_) {
      days = julian_days_;
      return Status::kParsed;
    }
    if (before_christ_) {
      if (year_ <= 0) return Status::kOutOfRange;
      year_ = 1 - year_;
    } else if (two_digit_year_) {
      year_ += year_ < 70 ? 2000 : 1900;
    } else if (year_ <= 0) {
      return Status::kOutOfRange;  // there is no year zero
    }
    if (year_ < -4713 || year_ > 5874897) return Status::kOutOfRange;
    if (day_of_year_ != 0) {
      days = days_from_civil(year_, 1, 1) + day_of_year_ - 1;
      return Status::kParsed;
    }
    if (month_ < 1 || month_ > 12 || day_ < 1 || day_ > 31) return Status::kOutOfRange;
    if (!is_valid_date(year_, static_cast<int>(month_), static_cast<int>(day_))) return Status::kOutOfRange;
    days = days_from_civil(year_, month_, day_);
    return Status::kParsed;
  }

  const bool time_only_;
  FieldList fields_;
  size_t at_ = 0;
  unsigned seen_ = 0;
  int64_t year_ = 0, month_ = 0, day_ = 0, time_ = 0, julian_days_ = 0;
  int day_of_year_ = 0;
  int32_t zone_seconds_ = 0;
  bool two_digit_year_ = false, month_by_name_ = false, before_christ_ = false, is_julian_ = false, no_zone_ = false;
  bool named_place_ = false;
  Half half_ = Half::kNone;
  Prefix prefix_ = Prefix::kNone;
  DecodedDatetime::Special special_ = DecodedDatetime::Special::kNone;
};

}  // namespace

DatetimeStatus decode_datetime(std::string_view text, DecodedDatetime& result) { return Decoder(false).run(text, result); }
DatetimeStatus decode_time(std::string_view text, DecodedDatetime& result) { return Decoder(true).run(text, result); }

}  // namespace cairn::parsing
