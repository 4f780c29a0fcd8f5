// to_char and to_number: PostgreSQL's formatting.c (NUM_processor).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "exec/functions/characters.h"
#include "exec/functions/executor.h"
#include "exec/functions/integral_type.h"
#include "exec/functions/number_pattern.h"
#include "vector/format.h"
#include "vector/parse.h"

namespace cairn::functions {

namespace {

/// Writes digits ("1234.50", without a sign) as the pattern says.
class Writer {
 public:
  Writer(const NumberPattern& pattern, std::string digits, bool negative)
      : p_(pattern), number_(std::move(digits)), negative_(negative), bracket_(p_.bracket), sign_place_(p_.sign) {
    whole_ = p_.whole + p_.shift;
    const int whole_digits = static_cast<int>(std::min(number_.find('.'), number_.size()));
    if (whole_digits < whole_) {
      blanks_ = whole_ - whole_digits;
    } else if (whole_digits > whole_) {
      number_ = std::string(static_cast<size_t>(whole_), '#') + '.' + std::string(static_cast<size_t>(p_.fraction), '#');
    }
    prepare_sign();
    if (p_.fill_mode && p_.point) find_last_relevant();
    count_ = p_.fraction + whole_ - 1 + (!sign_written_ && blanks_ == 0 ? 1 : 0);
  }

  std::string run() {
    for (const PatternItem& item : p_.items) write(item);
    return std::move(out_);
  }

 private:
  void prepare_sign() {
    if (p_.plus || p_.minus) {
      sign_written_ = !(p_.plus && !p_.minus);
      return;
    }
    if (!negative_ && bracket_ && p_.fill_mode) bracket_ = false;
    sign_written_ = !negative_ && p_.fill_mode && !p_.anchored_sign;
    if (sign_place_ == SignPlace::kBefore && whole_ == p_.digits_before_sign) sign_place_ = SignPlace::kBehind;
  }

  void find_last_relevant() {
    const size_t point = number_.find('.');
    if (point == std::string::npos) return;
    size_t last = point;
    for (size_t i = point + 1; i < number_.size(); ++i) {
      if (number_[i] != '0') last = i;
    }
    if (p_.zero_end > blanks_) last = std::max(last, std::min(number_.size() - 1, static_cast<size_t>(p_.zero_end - blanks_)));
    last_relevant_ = last;
  }
  bool ends_at_point() const { return last_relevant_ != std::string::npos && number_[last_relevant_] == '.'; }
  char current() const { return at_ < number_.size() ? number_[at_] : '\0'; }
  /// The zero of "0.5" where the pattern does not ask for it.
  bool at_idle_zero() const { return !p_.zeros && at_ == 0 && current() == '0' && p_.fraction != 0; }

  void write(const PatternItem& item) {
    switch (item.item) {
      case NumberElement::kDigit:
      case NumberElement::kZero:
      case NumberElement::kPoint: return digit(item.item);
      case NumberElement::kComma:
        if (inside_) out_ += ',';
        else if (!p_.fill_mode) out_ += ' ';
        return;
      case NumberElement::kCurrency: out_ += ' '; return;  // the C locale has no symbol
      case NumberElement::kMinus: return mark(negative_, '-');
      case NumberElement::kPlus: return mark(!negative_, '+');
      case NumberElement::kSign: out_ += negative_ ? '-' : '+'; return;
      case NumberElement::kOrdinal: return ordinal(item.text[0] == 'T');
      case NumberElement::kText: out_ += item.text; return;
      case NumberElement::kRoman: return;
    }
  }
  void mark(bool there, char sign) {
    if (there) out_ += sign;
    else if (!p_.fill_mode) out_ += ' ';
  }
  void ordinal(bool upper) {
    if (number_.starts_with('#') || negative_ || p_.point || number_.empty()) return;
    const char last = number_.back();
    const bool teen = number_.size() > 1 && number_[number_.size() - 2] == '1';
    const std::string_view suffix = teen ? "TH" : last == '1' ? "ST" : last == '2' ? "ND" : last == '3' ? "RD" : "TH";
    for (const char c : suffix) out_ += upper ? c : static_cast<char>(c + 32);
  }

  void leading_sign() {
    const bool here = position_ >= blanks_ || (p_.zeros && p_.zero_begin == position_);
    if (sign_written_ || !here || (at_idle_zero() && !ends_at_point())) return;
    if (p_.anchored_sign) {
      if (sign_place_ != SignPlace::kBefore) return;
      out_ += negative_ ? '-' : '+';
    } else if (bracket_) {
      out_ += negative_ ? '<' : ' ';
    } else if (negative_) {
      out_ += '-';
    } else if (!p_.fill_mode) {
      out_ += ' ';
    }
    sign_written_ = true;
  }

  void digit(NumberElement item) {
    leading_sign();
    if (position_ < blanks_ && (!p_.zeros || p_.zero_begin > position_)) {
      if (!p_.fill_mode) out_ += ' ';
    } else if (p_.zeros && position_ < blanks_) {
      out_ += '0';
      inside_ = true;
    } else {
      from_number(item);
      if (at_ < number_.size()) ++at_;
    }
    int end = count_ + (blanks_ > 0 ? 1 : 0) + (p_.point ? 1 : 0);
    if (last_relevant_ != std::string::npos && last_relevant_ == at_) end = position_;
    if (position_ + 1 == end) {
      if (sign_written_ && bracket_) out_ += negative_ ? '>' : ' ';
      else if (p_.anchored_sign && sign_place_ == SignPlace::kBehind) out_ += negative_ ? '-' : '+';
    }
    ++position_;
  }
  void from_number(NumberElement item) {
    const char c = current();
    if (c == '.') {
      if (!ends_at_point() || p_.fill_mode) out_ += '.';
    } else if (last_relevant_ != std::string::npos && at_ > last_relevant_ && item != NumberElement::kZero) {
      // an idle zero behind the point
    } else if (at_idle_zero()) {
      if (!p_.fill_mode) out_ += ' ';
      else if (ends_at_point()) out_ += '0';
    } else if (c != '\0') {
      out_ += c;
      inside_ = true;
    }
  }

  const NumberPattern& p_;
  std::string number_;
  const bool negative_;
  bool bracket_;
  SignPlace sign_place_;
  int whole_ = 0;
  int blanks_ = 0;    ///< places in front of the first digit
  int count_ = 0;
  int position_ = 0;  ///< places written
  size_t at_ = 0;     ///< in number_
  size_t last_relevant_ = std::string::npos;  ///< in fill mode: the last digit that is not an idle zero
  bool sign_written_ = false, inside_ = false;
  std::string out_;
};

std::string roman_number(const NumberPattern& pattern, double value) {
  std::string text;
  auto rest = static_cast<int>(std::rint(value));
  if (!(value > 0 && value < 4000) || rest < 1 || rest > 3999) {
    text.assign(15, '#');
  } else {
    static constexpr std::pair<int, std::string_view> kLetters[] = {
        {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
        {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
    for (const auto& [number, letters] : kLetters) {
      for (; rest >= number; rest -= number) text += letters;
    }
  }
  const auto item = std::ranges::find(pattern.items, NumberElement::kRoman, &PatternItem::item);
  if (item->text[0] == 'r') {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  if (!pattern.fill_mode && text.size() < 15) text.insert(0, 15 - text.size(), ' ');
  return text;
}

std::string scientific_number(const NumberPattern& pattern, double value) {
  if (!std::isfinite(value)) {
    std::string blank(static_cast<size_t>(pattern.whole + pattern.fraction + 6), '#');
    blank[0] = ' ';
    blank[static_cast<size_t>(pattern.whole) + 1] = '.';
    return blank;
  }
  char text[400];
  std::snprintf(text, sizeof text, "%+.*e", pattern.fraction, value);
  if (text[0] == '+') text[0] = ' ';
  return text;
}

/// Rounded half away from zero, as exact numbers are.
std::string scientific_number(const NumberPattern& pattern, int128_t value, int scale) {
  std::string digits;
  format_decimal(value, 0, digits);
  const std::string sign = digits.starts_with('-') ? "-" : " ";
  if (sign == "-") digits.erase(0, 1);
  int exponent = value == 0 ? 0 : static_cast<int>(digits.size()) - 1 - scale;
  const size_t kept = static_cast<size_t>(pattern.fraction) + 1;
  const bool up = digits.size() > kept && digits[kept] >= '5';
  digits.resize(kept, '0');
  if (up) {
    size_t at = kept;
    while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
    if (at > 0) ++digits[at - 1];
    else digits.insert(0, "1").pop_back(), ++exponent;
  }
  if (kept > 1) digits.insert(1, ".");
  char power[16];
  std::snprintf(power, sizeof power, "e%+03d", exponent);
  return sign + digits + power;
}

StringRef decimal_to_char(const Call& call, int128_t value, StringRef text) {
  const NumberPattern& pattern = number_pattern(text.view());
  const int scale = call.arguments[0].type.scale;
  const double approximate = static_cast<double>(value) / static_cast<double>(power_of_ten(scale));
  if (pattern.roman) {
    if (!(std::fabs(std::rint(approximate) + 0.5) < 0x1p31)) throw out_of_range(Type::integer());
    return call.strings.add(roman_number(pattern, std::round(approximate)));  // half away from zero
  }
  if (pattern.scientific) return call.strings.add(scientific_number(pattern, value, scale));
  // At the pattern's scale, rounded half away from zero.
  const int dropped = scale - pattern.fraction - pattern.shift;
  int128_t scaled = value;
  if (dropped > 38) {
    scaled = 0;
  } else if (dropped > 0) {
    const int128_t unit = power_of_ten(dropped), rest = value % unit;
    scaled = value / unit + ((rest < 0 ? -rest : rest) >= unit - (rest < 0 ? -rest : rest) ? (value < 0 ? -1 : 1) : 0);
  } else if (dropped < -38 || __builtin_mul_overflow(value, power_of_ten(-dropped), &scaled)) {
    throw out_of_range(Type::decimal(38, 0));
  }
  std::string digits;
  format_decimal(scaled, std::min(pattern.fraction, 38), digits);
  const bool negative = digits.starts_with('-');
  return call.strings.add(Writer(pattern, digits.substr(negative ? 1 : 0), negative).run());
}

/// `precision`: how many digits the type has.
StringRef floating_to_char(const Call& call, double value, StringRef text, int precision) {
  const NumberPattern& pattern = number_pattern(text.view());
  if (pattern.roman) return call.strings.add(roman_number(pattern, value));
  if (pattern.scientific) return call.strings.add(scientific_number(pattern, value));
  value *= std::pow(10.0, pattern.shift);
  const auto print = [value](int fraction) {
    if (std::isnan(value)) return std::string("NaN");
    if (std::isinf(value)) return std::string("Infinity");
    char digits[400];
    const int length = std::snprintf(digits, sizeof digits, "%.*f", fraction, std::fabs(value));
    return std::string(digits, static_cast<size_t>(length));
  };
  const int whole = static_cast<int>(print(0).size());
  const int fraction = whole >= precision ? 0 : std::min(pattern.fraction, precision - whole);
  NumberPattern narrowed;
  if (fraction < pattern.fraction) {
    narrowed = pattern;
    narrowed.fraction = fraction;
  }
  const bool negative = std::signbit(value) && !std::isnan(value);
  return call.strings.add(Writer(fraction < pattern.fraction ? narrowed : pattern, print(fraction), negative).run());
}
StringRef double_to_char(const Call& call, double value, StringRef text) { return floating_to_char(call, value, text, 15); }
StringRef real_to_char(const Call& call, float value, StringRef text) {
  return floating_to_char(call, static_cast<double>(value), text, 6);
}

// ---- to_number

/// Takes digits, a point and a sign out of a text: NUM_numpart_from_char. Each digit of the pattern takes a character,
/// whatever it is.
class Reader {
 public:
  Reader(const NumberPattern& pattern, std::string_view text) : p_(pattern), rest_(text) {}

  /// "-1234.5", " 7"; " " where there is no digit.
  std::string run() {
    if (p_.roman) throw Error(sqlstate::kFeatureNotSupported, "\"RN\" not supported for input");
    for (const PatternItem& item : p_.items) {
      if (rest_.empty()) break;
      read(item);
    }
    if (digits_.ends_with('.')) digits_.pop_back();
    return sign_ + digits_;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_sign() {
    if (rest_.empty() || (rest_[0] != '-' && rest_[0] != '+')) return false;
    sign_ = rest_[0];
    return take(sign_);
  }
  void skip_character() { rest_.remove_prefix(offset_of(rest_, 1)); }
  void skip_other_than_data(int count) {
    for (; count > 0 && !rest_.empty() && std::string_view("0123456789.,+-").find(rest_[0]) == std::string_view::npos; --count)
      skip_character();
  }
  bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }

  void read(const PatternItem& item) {
    switch (item.item) {
      case NumberElement::kDigit:
      case NumberElement::kZero:
      case NumberElement::kPoint: return digit(item.item != NumberElement::kPoint);
      case NumberElement::kComma:
        if (!p_.fill_mode) take(',');
        return;
      case NumberElement::kMinus:
        if (rest_[0] == '-') take_sign();
        else skip_other_than_data(1);
        return;
      case NumberElement::kPlus:
        if (rest_[0] == '+') take_sign();
        else skip_other_than_data(1);
        return;
      case NumberElement::kSign:
        if (!take_sign()) skip_other_than_data(1);
        return;
      case NumberElement::kCurrency: return skip_other_than_data(1);
      case NumberElement::kOrdinal:
        if (sign_ != '-' && !p_.point) skip_other_than_data(2);
        return;
      case NumberElement::kText:
        for (size_t i = count_characters(item.text); i > 0 && !rest_.empty(); --i) skip_character();
        return;
      case NumberElement::kRoman: return;
    }
  }

  void digit(bool may_follow_sign) {
    take(' ');
    if (sign_ == ' ' && may_follow_sign && digits_.find_first_not_of('.') == std::string::npos) {
      if (p_.bracket && take('<')) sign_ = '-';
      else take_sign();
    }
    if (rest_.empty()) return;
    bool is_read = false;
    if (at_digit()) {
      if (point_ && behind_ == p_.fraction) return rest_.remove_prefix(1);
      digits_ += rest_[0];
      behind_ += point_;
      is_read = true;
    } else if (rest_[0] == '.' && p_.point && !point_) {
      digits_ += '.';
      point_ = is_read = true;
    }
    if (sign_ == ' ' && digits_.find_first_not_of('.') != std::string::npos) read_sign_behind(is_read);
    if (!rest_.empty()) skip_character();
  }
  /// Of S, the character behind the digit that was read; of MI, PL and SG, the one in a digit's place.
  void read_sign_behind(bool is_read) {
    if (p_.anchored_sign) {
      if (!is_read || rest_.size() < 2 || (rest_[1] != '-' && rest_[1] != '+')) return;
      rest_.remove_prefix(1);
      sign_ = rest_[0];
    } else if (!is_read && (p_.plus || p_.minus) && (rest_[0] == '-' || rest_[0] == '+')) {
      sign_ = rest_[0];
    }
  }

  const NumberPattern& p_;
  std::string_view rest_;
  std::string digits_;
  char sign_ = ' ';
  bool point_ = false;
  int behind_ = 0;
};

/// The result's scale is the pattern's where that is a constant: the binder sees to it.
std::optional<int128_t> to_number(const Call& call, StringRef text, StringRef pattern_text) {
  if (pattern_text.size() == 0) return std::nullopt;
  const NumberPattern& pattern = number_pattern(pattern_text.view());
  if (pattern.scientific) throw Error(sqlstate::kFeatureNotSupported, "\"EEEE\" not supported for input");
  std::string digits = Reader(pattern, text.view()).run();
  const size_t whole_begin = std::min(digits.find_first_of("123456789."), digits.size());
  const size_t whole_digits = std::min(digits.find('.'), digits.size()) - whole_begin;
  if (whole_digits > static_cast<size_t>(pattern.whole + pattern.shift)) {
    throw Error(sqlstate::kNumericOutOfRange, "numeric field overflow: \"" + digits + "\" has more digits than the pattern");
  }
  if (pattern.shift > 0) digits += "e-" + std::to_string(pattern.shift);
  int128_t value = 0;
  if (digits.size() == 1 || !parse_decimal(digits, call.result_type.precision, call.result_type.scale, value)) {
    throw parse_error(digits, call.result_type);
  }
  return value;
}
Type number_type(std::span<const Type>) { return Type::decimal(38, 10); }

}  // namespace

const std::vector<Function>& number_to_char_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    for (const TypeId id : {kInteger, kBigInt, kHugeInt, kDecimal}) {
      rows.push_back(row<decimal_to_char>("to_char", {id, kVarchar}, always<varchar_type>, kRaises));
    }
    rows.push_back(row<to_number>("to_number", {kVarchar, kVarchar}, number_type, kRaises));
    rows.push_back(row<double_to_char>("to_char", {kDouble, kVarchar}, always<varchar_type>, kRaises));
    rows.push_back(row<real_to_char>("to_char", {kReal, kVarchar}, always<varchar_type>, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
