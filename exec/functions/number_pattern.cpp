#include "exec/functions/number_pattern.h"

#include <unordered_map>

#include "vector/error.h"

namespace cairn::functions {

namespace {

Error bad_pattern(std::string_view what) { return Error(sqlstate::kSyntaxError, std::string(what)); }

class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : rest_(text) {}

  NumberPattern run() {
    while (!rest_.empty()) step();
    if (p_.scientific && (p_.fill_mode || p_.anchored_sign || p_.bracket || p_.minus || p_.plus || p_.roman || p_.multiplied)) {
      throw bad_pattern("\"EEEE\" is incompatible with other formats");
    }
    return std::move(p_);
  }

 private:
  bool take(std::string_view upper_case) {
    if (rest_.size() < upper_case.size()) return false;
    for (size_t i = 0; i < upper_case.size(); ++i) {
      const char c = rest_[i];
      if ((c >= 'a' && c <= 'z' ? c - 32 : c) != upper_case[i]) return false;
    }
    spelled_ = rest_.substr(0, upper_case.size());
    rest_.remove_prefix(upper_case.size());
    return true;
  }
  void add(NumberElement item) { p_.items.push_back({item, std::string(spelled_)}); }

  void step() {
    const bool ended = p_.scientific;
    if (take("FM")) p_.fill_mode = true;
    else if (take("9")) digit();
    else if (take("0")) zero();
    else if (take(".") || take("D")) point();
    else if (take(",") || take("G")) add(NumberElement::kComma);
    else if (take("L")) add(NumberElement::kCurrency);
    else if (take("MI")) sign_item(NumberElement::kMinus, p_.minus);
    else if (take("PL")) sign_item(NumberElement::kPlus, p_.plus);
    else if (take("SG")) sign_item(NumberElement::kSign, p_.plus), p_.minus = true;
    else if (take("SP") || take("B")) {}
    else if (take("S")) anchored_sign();
    else if (take("PR")) bracket();
    else if (take("RN")) p_.roman = true, add(NumberElement::kRoman);
    else if (take("TH")) add(NumberElement::kOrdinal);
    else if (take("V")) shift();
    else if (take("EEEE")) p_.scientific = true;
    else return text();
    if (ended) throw bad_pattern("\"EEEE\" must be the last pattern used");
  }

  void digit() {
    if (p_.bracket) throw bad_pattern("\"9\" must be ahead of \"PR\"");
    add(NumberElement::kDigit);
    if (p_.multiplied) ++p_.shift;
    else ++(p_.point ? p_.fraction : p_.whole);
  }
  void zero() {
    if (p_.bracket) throw bad_pattern("\"0\" must be ahead of \"PR\"");
    if (!p_.zeros && !p_.point) {
      p_.zeros = true;
      p_.zero_begin = p_.whole;
    }
    add(NumberElement::kZero);
    ++(p_.point ? p_.fraction : p_.whole);
    p_.zero_end = p_.whole + p_.fraction;
  }
  void point() {
    if (p_.point) throw bad_pattern("multiple decimal points");
    if (p_.multiplied) throw bad_pattern("cannot use \"V\" and decimal point together");
    p_.point = true;
    add(NumberElement::kPoint);
  }
  void sign_item(NumberElement item, bool& flag) {
    if (p_.anchored_sign) throw bad_pattern("cannot use \"S\" and \"" + std::string(spelled_) + "\" together");
    flag = true;
    add(item);
  }
  void anchored_sign() {
    if (p_.anchored_sign) throw bad_pattern("cannot use \"S\" twice");
    if (p_.plus || p_.minus || p_.bracket) throw bad_pattern("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
    p_.anchored_sign = true;
    p_.sign = p_.point ? SignPlace::kBehind : SignPlace::kBefore;
    p_.digits_before_sign = p_.whole;
  }
  void bracket() {
    if (p_.anchored_sign || p_.plus || p_.minus) throw bad_pattern("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
    p_.bracket = true;
  }
  void shift() {
    if (p_.point) throw bad_pattern("cannot use \"V\" and decimal point together");
    p_.multiplied = true;
  }
  void text() {
    if (rest_[0] == '"') {
      rest_.remove_prefix(1);
      std::string literal;
      while (!rest_.empty() && rest_[0] != '"') {
        if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
        literal += rest_[0];
        rest_.remove_prefix(1);
      }
      if (!rest_.empty()) rest_.remove_prefix(1);
      p_.items.push_back({NumberElement::kText, literal});
      return;
    }
    if (rest_.starts_with("\\\"")) rest_.remove_prefix(1);
    p_.items.push_back({NumberElement::kText, std::string(1, rest_[0])});
    rest_.remove_prefix(1);
  }

  std::string_view rest_, spelled_;
  NumberPattern p_;
};

}  // namespace

const NumberPattern& number_pattern(std::string_view text) {
  thread_local std::unordered_map<std::string, NumberPattern> cache;
  std::string key(text);
  const auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  if (cache.size() >= 100) cache.clear();
  NumberPattern pattern = PatternReader(text).run();
  return cache[std::move(key)] = std::move(pattern);
}

}  // namespace cairn::functions
