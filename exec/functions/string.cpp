// Questions about text, and parts of it. Positions and lengths count characters (code points); text is valid UTF-8.

#include <utf8proc.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "exec/functions/characters.h"
#include "exec/functions/executor.h"

namespace cairn::functions {

namespace {

// Results may point into their arguments: those live as long as the batch's results. An argument that stands inside
// its StringRef is a copy on the stack here, but then the result is short too, and is copied.

int32_t length(StringRef text) { return static_cast<int32_t>(count_characters(text.view())); }
int32_t byte_length(StringRef text) { return static_cast<int32_t>(text.size()); }
int32_t bit_length(StringRef text) { return static_cast<int32_t>(text.size() * 8); }

StringRef substring(StringRef text, int32_t begin, int32_t count) {
  if (count < 0) throw Error(sqlstate::kSubstringError, "negative substring length not allowed");
  return slice(text.view(), begin, int64_t{begin} + count);
}
StringRef substring_from(StringRef text, int32_t begin) { return slice(text.view(), begin, INT64_MAX); }
StringRef left(StringRef text, int32_t count) {
  if (count < 0) return slice(text.view(), 1, static_cast<int64_t>(count_characters(text.view())) + count + 1);
  return slice(text.view(), 1, int64_t{count} + 1);
}
StringRef right(StringRef text, int32_t count) {
  const int64_t characters = static_cast<int64_t>(count_characters(text.view()));
  return slice(text.view(), count < 0 ? 1 - int64_t{count} : characters - count + 1, INT64_MAX);
}

StringRef trim_with(std::string_view text, std::string_view set, bool at_begin, bool at_end) {
  const auto in_set = [set](std::string_view character) { return set.find(character) != std::string_view::npos; };
  while (at_begin && !text.empty()) {
    const size_t bytes = offset_of(text, 1);
    if (!in_set(text.substr(0, bytes))) break;
    text.remove_prefix(bytes);
  }
  while (at_end && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && is_continuation(text[begin])) --begin;
    if (!in_set(text.substr(begin))) break;
    text.remove_suffix(text.size() - begin);
  }
  return part(text);
}
template <bool AtBegin, bool AtEnd>
StringRef trim(StringRef text) { return trim_with(text.view(), " ", AtBegin, AtEnd); }
template <bool AtBegin, bool AtEnd>
StringRef trim_set(StringRef text, StringRef set) { return trim_with(text.view(), set.view(), AtBegin, AtEnd); }

int32_t position(StringRef text, StringRef wanted) {
  const size_t hit = text.view().find(wanted.view());
  return hit == std::string_view::npos ? 0 : static_cast<int32_t>(count_characters(text.view().substr(0, hit))) + 1;
}
bool starts_with(StringRef text, StringRef prefix) { return text.view().substr(0, prefix.size()) == prefix.view(); }
bool ends_with(StringRef text, StringRef suffix) {
  return text.size() >= suffix.size() && text.view().substr(text.size() - suffix.size()) == suffix.view();
}
bool contains(StringRef text, StringRef wanted) { return text.view().find(wanted.view()) != std::string_view::npos; }

StringRef split_part(StringRef text, StringRef delimiter, int32_t field) {
  if (field == 0) throw Error(sqlstate::kInvalidParameterValue, "field position must not be zero");
  std::string_view rest = text.view();
  if (delimiter.size() == 0) return field == 1 || field == -1 ? text : StringRef();
  if (field < 0) {
    int64_t fields = 1;
    for (size_t at = 0; (at = rest.find(delimiter.view(), at)) != std::string_view::npos; at += delimiter.size()) ++fields;
    if (fields + field < 0) return StringRef();
    field = static_cast<int32_t>(fields + field + 1);
  }
  for (;; --field) {
    const size_t hit = rest.find(delimiter.view());
    if (field == 1) return part(rest.substr(0, hit));
    if (hit == std::string_view::npos) return StringRef();
    rest.remove_prefix(hit + delimiter.size());
  }
}

int32_t ascii(StringRef text) {
  utf8proc_int32_t point = 0;
  if (text.size() != 0) {
    utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), text.size(), &point);
  }
  return point;
}
void add_cutting(std::vector<Function>& rows) {
  using enum TypeId;
  const auto varchar = always<varchar_type>;
  for (const std::string_view name : {"substring", "substr"}) {
    rows.push_back(row<substring>(name, {kVarchar, kInteger, kInteger}, varchar, kRaises));
    rows.push_back(row<substring_from>(name, {kVarchar, kInteger}, varchar, kNeverRaises));
  }
  rows.push_back(row<left>("left", {kVarchar, kInteger}, varchar, kNeverRaises));
  rows.push_back(row<right>("right", {kVarchar, kInteger}, varchar, kNeverRaises));
  for (const std::string_view name : {"btrim", "trim"}) {
    rows.push_back(row<trim<true, true>>(name, {kVarchar}, varchar, kNeverRaises));
    rows.push_back(row<trim_set<true, true>>(name, {kVarchar, kVarchar}, varchar, kNeverRaises));
  }
  rows.push_back(row<trim<true, false>>("ltrim", {kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<trim_set<true, false>>("ltrim", {kVarchar, kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<trim<false, true>>("rtrim", {kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<trim_set<false, true>>("rtrim", {kVarchar, kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<split_part>("split_part", {kVarchar, kVarchar, kInteger}, varchar, kRaises));
}

}  // namespace

const std::vector<Function>& string_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    add_cutting(rows);
    for (const std::string_view name : {"length", "char_length", "character_length"}) {
      rows.push_back(row<length>(name, {kVarchar}, always<Type::integer>, kNeverRaises));
    }
    for (const TypeId text : {kVarchar, TypeId::kChar})  // CHAR(n) with its blanks
      rows.push_back(row<byte_length>("octet_length", {text}, always<Type::integer>, kNeverRaises));
    rows.push_back(row<bit_length>("bit_length", {kVarchar}, always<Type::integer>, kNeverRaises));
    for (const std::string_view name : {"position", "strpos"}) {  // both (text, wanted): the parser turns position(a IN b)
      rows.push_back(row<position>(name, {kVarchar, kVarchar}, always<Type::integer>, kNeverRaises));
    }
    for (const std::string_view name : {"starts_with", "^@"}) {
      rows.push_back(row<starts_with>(name, {kVarchar, kVarchar}, always<Type::boolean>, kNeverRaises));
    }
    rows.push_back(row<ends_with>("ends_with", {kVarchar, kVarchar}, always<Type::boolean>, kNeverRaises));
    rows.push_back(row<contains>("contains", {kVarchar, kVarchar}, always<Type::boolean>, kNeverRaises));
    rows.push_back(row<ascii>("ascii", {kVarchar}, always<Type::integer>, kNeverRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
