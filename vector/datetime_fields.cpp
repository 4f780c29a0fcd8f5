#include "vector/datetime_fields.h"

#include "vector/date.h"

namespace cairn::parsing {

namespace {

bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }
bool is_clock_character(char c) { return is_digit(c) || c == ':' || c == '.'; }

/// Words behind which a digit or a sign begins a new field; behind all others it belongs to a name ("gmt+8", "j2451").
bool stands_alone(std::string_view word) {
  static constexpr std::string_view kWords[] = {"t", "j", "jd", "julian", "now", "today", "tomorrow", "yesterday", "epoch",
                                                "infinity", "am", "pm", "ad", "bc", "at", "on", "d", "h", "m", "mm", "s", "y"};
  for (const std::string_view known : kWords) {
    if (word == known) return true;
  }
  return month_named(word) != 0;
}

}  // namespace

bool FieldList::split(std::string_view text) {
  at_ = text.data();
  end_ = at_ + text.size();
  used_ = count_ = 0;
  if (text.size() > buffer_.size()) return false;
  while (at_ != end_) {
    if (is_blank(*at_)) {
      ++at_;
      continue;
    }
    if (count_ == kMaxFields) return false;
    begin_ = used_;
    if (is_digit(*at_)) {
      if (!take_number_like()) return false;
    } else if (*at_ == '.') {
      copy();
      copy_while(is_digit);
      add(Field::Kind::kNumber);
    } else if (is_letter(*at_)) {
      take_word_like();
    } else if (*at_ == '+' || *at_ == '-') {
      if (!take_signed()) return false;
    } else if (*at_ > ' ' && *at_ < 0x7F) {
      ++at_;  // other punctuation separates, and means nothing
    } else {
      return false;
    }
  }
  return true;
}

bool FieldList::take_number_like() {
  copy_while(is_digit);
  if (at_ == end_) return add(Field::Kind::kNumber), true;
  const char delimiter = *at_;
  if (delimiter == ':') {
    copy_while(is_clock_character);
    add(Field::Kind::kTime);
  } else if (delimiter == '-' || delimiter == '/' || delimiter == '.') {
    copy();
    if (at_ != end_ && is_digit(*at_)) {
      copy_while(is_digit);
      const bool date = delimiter != '.' || (at_ != end_ && *at_ == delimiter);
      if (at_ != end_ && *at_ == delimiter) {
        copy_while([delimiter](char c) { return is_digit(c) || c == delimiter; });
      }
      add(date ? Field::Kind::kDate : Field::Kind::kNumber);
    } else {
      copy_while([delimiter](char c) { return is_alphanumeric(c) || c == delimiter; });
      add(delimiter == '.' && buffer_[used_ - 1] == '.' ? Field::Kind::kNumber : Field::Kind::kDate);
    }
  } else {
    add(Field::Kind::kNumber);
  }
  return true;
}

void FieldList::take_word_like() {
  copy_while(is_letter);
  const std::string_view word(buffer_.data() + begin_, used_ - begin_);
  const char next = at_ == end_ ? ' ' : *at_;
  const bool name = next == '-' || next == '/' || next == '.' || ((next == '+' || is_digit(next)) && !stands_alone(word));
  if (name) {
    copy_while([](char c) {
      return is_alphanumeric(c) || c == '+' || c == '-' || c == '/' || c == '_' || c == '.' || c == ':';
    });
  }
  add(name ? Field::Kind::kDate : Field::Kind::kWord);
}

bool FieldList::take_signed() {
  copy();
  while (at_ != end_ && is_blank(*at_)) ++at_;
  if (at_ != end_ && (is_digit(*at_) || *at_ == '.')) {
    copy_while([](char c) { return is_clock_character(c) || c == '-'; });
    add(Field::Kind::kZone);
    return true;
  }
  if (at_ == end_ || !is_letter(*at_)) return false;
  copy_while(is_letter);
  add(Field::Kind::kSigned);
  return true;
}

bool parse_fraction(std::string_view digits, int64_t& micros) {
  micros = 0;
  int64_t scale = 100000;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (!is_digit(digits[i])) return false;
    if (i < 6) micros += (digits[i] - '0') * scale;
    if (i == 6) micros += digits[i] >= '5';
    scale /= 10;
  }
  return true;
}

ClockStatus parse_clock(std::string_view text, bool two_parts_are_minutes, int64_t& micros) {
  int64_t parts[3] = {};
  int64_t fraction = 0;
  int count = 0;
  while (count < 3) {
    if (take_digits(text, parts[count]) == 0) return ClockStatus::kMalformed;
    ++count;
    if (text.empty()) break;
    if (text[0] == '.') {
      if (count == 1 || !parse_fraction(text.substr(1), fraction)) return ClockStatus::kMalformed;
      if (count == 2) two_parts_are_minutes = true;
      text = {};
      break;
    }
    if (text[0] != ':') return ClockStatus::kMalformed;
    text.remove_prefix(1);
    if (text.empty()) break;  // "04:" is "04:00"
  }
  if (!text.empty() || (count == 1 && text.data() == nullptr)) return ClockStatus::kMalformed;
  if (count <= 2 && two_parts_are_minutes) {
    parts[2] = parts[1];
    parts[1] = parts[0];
    parts[0] = 0;
  }
  if (parts[1] > 59 || parts[2] > 60) return ClockStatus::kOutOfRange;
  const int64_t below_hours = parts[1] * kMicrosPerMinute + parts[2] * kMicrosPerSecond + fraction;
  if (__builtin_mul_overflow(parts[0], kMicrosPerHour, &micros) || __builtin_add_overflow(micros, below_hours, &micros)) {
    return ClockStatus::kOutOfRange;
  }
  return ClockStatus::kParsed;
}

int month_named(std::string_view word) {
  static constexpr std::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                                 "july",    "august",   "september", "october", "november", "december"};
  for (int i = 0; i < 12; ++i) {
    if (word == kMonths[i] || word == kMonths[i].substr(0, 3)) return i + 1;
  }
  return word == "sept" ? 9 : 0;
}

}  // namespace cairn::parsing
