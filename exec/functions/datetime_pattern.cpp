#include "exec/functions/datetime_pattern.h"

#include <unordered_map>

namespace cairn::functions {

namespace {

struct FieldName {
  std::string_view spelling;  ///< in upper case
  std::string_view field;
  bool is_number;
};

/// A longer name stands before its beginnings.
constexpr FieldName kFields[] = {
    {"A.D.", "AD", false},   {"A.M.", "AM", false},   {"AD", "AD", false},     {"AM", "AM", false},
    {"B.C.", "AD", false},   {"BC", "AD", false},     {"CC", "CC", true},      {"DAY", "DAY", false},
    {"DDD", "DDD", true},    {"DD", "DD", true},      {"DY", "DY", false},     {"D", "D", true},
    {"FF1", "FF1", true},    {"FF2", "FF2", true},    {"FF3", "FF3", true},    {"FF4", "FF4", true},
    {"FF5", "FF5", true},    {"FF6", "FF6", true},    {"FX", "FX", false},     {"HH24", "HH24", true},
    {"HH12", "HH12", true},  {"HH", "HH12", true},    {"IDDD", "IDDD", true},  {"ID", "ID", true},
    {"IW", "IW", true},      {"IYYY", "IYYY", true},  {"IYY", "IYY", true},    {"IY", "IY", true},
    {"I", "I", true},        {"J", "J", true},        {"MI", "MI", true},      {"MM", "MM", true},
    {"MONTH", "MONTH", false}, {"MON", "MON", false}, {"MS", "MS", true},      {"OF", "OF", false},
    {"P.M.", "AM", false},   {"PM", "AM", false},     {"Q", "Q", true},        {"RM", "RM", false},
    {"SSSSS", "SSSS", true}, {"SSSS", "SSSS", true},  {"SS", "SS", true},      {"TZH", "TZH", false},
    {"TZM", "TZM", true},    {"TZ", "TZ", false},     {"US", "US", true},      {"WW", "WW", true},
    {"W", "W", true},        {"Y,YYY", "Y,YYY", true}, {"YYYY", "YYYY", true}, {"YYY", "YYY", true},
    {"YY", "YY", true},      {"Y", "Y", true}};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool begins_with(std::string_view text, std::string_view upper_case) {
  if (text.size() < upper_case.size()) return false;
  for (size_t i = 0; i < upper_case.size(); ++i) {
    if (upper(text[i]) != upper_case[i]) return false;
  }
  return true;
}

const FieldName* find_field(std::string_view text) {
  for (const FieldName& known : kFields) {
    if (!begins_with(text, known.spelling)) continue;
    // Words keep one case, or have a capital letter: "mOnth" is none.
    const std::string_view spelled = text.substr(0, known.spelling.size());
    bool any_lower = false, any_upper_behind = false;
    for (size_t i = 0; i < spelled.size(); ++i) {
      any_lower |= spelled[i] >= 'a' && spelled[i] <= 'z';
      any_upper_behind |= i > 0 && spelled[i] >= 'A' && spelled[i] <= 'Z';
    }
    if (any_lower && any_upper_behind) continue;
    return &known;
  }
  return nullptr;
}

bool is_literal_mark(char c) { return c > ' ' && c < 0x7F && !(c >= '0' && c <= '9') && !(upper(c) >= 'A' && upper(c) <= 'Z'); }

class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : rest_(text) {}

  DatetimePattern run() {
    while (!rest_.empty()) {
      const bool fill_mode = begins_with(rest_, "FM"), translated = begins_with(rest_, "TM");
      const std::string_view behind = rest_.substr(fill_mode || translated ? 2 : 0);
      if (const FieldName* known = find_field(behind)) {
        rest_ = behind;
        add_field(*known, fill_mode || (translated && !known->is_number));  // translated names are not padded
      } else if (fill_mode) {
        rest_ = behind;
      } else if (!rest_.empty()) {
        add_other();
      }
    }
    return std::move(parts_);
  }

 private:
  void add_field(const FieldName& known, bool fill_mode) {
    PatternPart part{PatternPart::Kind::kField, known.field, std::string(rest_.substr(0, known.spelling.size()))};
    part.fill_mode = fill_mode;
    part.is_number = known.is_number;
    rest_.remove_prefix(known.spelling.size());
    if (begins_with(rest_, "TH")) {
      part.ordinal = rest_[0];
      rest_.remove_prefix(2);
    } else if (begins_with(rest_, "SP")) {
      rest_.remove_prefix(2);
    }
    parts_.push_back(std::move(part));
  }

  void add_other() {
    if (rest_[0] == '"') {
      rest_.remove_prefix(1);
      while (!rest_.empty() && rest_[0] != '"') {
        if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
        add_character(PatternPart::Kind::kText);
      }
      if (!rest_.empty()) rest_.remove_prefix(1);
      return;
    }
    if (rest_.starts_with("\\\"")) rest_.remove_prefix(1);
    const char c = rest_[0];
    add_character(c == ' ' || (c >= '\t' && c <= '\r') ? PatternPart::Kind::kBlank
                  : is_literal_mark(c)                   ? PatternPart::Kind::kSeparator
                                                      : PatternPart::Kind::kText);
  }

  /// One character, however many bytes it has.
  void add_character(PatternPart::Kind kind) {
    size_t bytes = 1;
    while (bytes < rest_.size() && (static_cast<unsigned char>(rest_[bytes]) & 0xC0) == 0x80) ++bytes;
    parts_.push_back({kind, {}, std::string(rest_.substr(0, bytes))});
    rest_.remove_prefix(bytes);
  }

  std::string_view rest_;
  DatetimePattern parts_;
};

}  // namespace

const DatetimePattern& datetime_pattern(std::string_view text) {
  thread_local std::unordered_map<std::string, DatetimePattern> cache;
  std::string key(text);
  const auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  if (cache.size() >= 100) cache.clear();
  return cache[std::move(key)] = PatternReader(text).run();
}

}  // namespace cairn::functions
