// Functions on text. Positions and lengths count characters (code points); text is valid UTF-8.

#include <utf8proc.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "exec/functions/executor.h"
#include "vector/format.h"

namespace cairn::functions {

namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += !is_continuation(c);
  return count;
}

/// Byte offset of character `index` (0-based); the text's size where it has fewer.
size_t offset_of(std::string_view text, size_t index) {
  size_t at = 0;
  while (index > 0 && at < text.size()) {
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
    --index;
  }
  return at;
}

StringRef part(std::string_view text) { return StringRef(text); }

// Results may point into their arguments: those live as long as the batch's results. An argument that stands inside
// its StringRef is a copy on the stack here, but then the result is short too, and is copied.

int32_t length(StringRef text) { return static_cast<int32_t>(count_characters(text.view())); }
int32_t byte_length(StringRef text) { return static_cast<int32_t>(text.size()); }
int32_t bit_length(StringRef text) { return static_cast<int32_t>(text.size() * 8); }

template <utf8proc_int32_t (*Convert)(utf8proc_int32_t), char From, char To>
StringRef convert_case(const Call& call, StringRef text) {
  const std::string_view from = text.view();
  std::string to(from);
  bool ascii = true;
  for (char& c : to) {
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (c >= From && c <= To) c ^= 0x20;
  }
  if (ascii) return call.strings.add(to);
  to.clear();
  for (size_t at = 0; at < from.size();) {
    utf8proc_int32_t point;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(from.data() + at),
                                        static_cast<utf8proc_ssize_t>(from.size() - at), &point);
    if (bytes <= 0) {  // not UTF-8: kept as it is
      to += from[at++];
      continue;
    }
    utf8proc_uint8_t encoded[4];
    const auto written = utf8proc_encode_char(Convert(point), encoded);
    to.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(written));
    at += static_cast<size_t>(bytes);
  }
  return call.strings.add(to);
}

StringRef initcap(const Call& call, StringRef text) {
  std::string to(text.view());
  bool in_word = false;
  for (char& c : to) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    if (in_word && c >= 'A' && c <= 'Z') c ^= 0x20;
    if (!in_word && c >= 'a' && c <= 'z') c ^= 0x20;
    in_word = letter || (c >= '0' && c <= '9');
  }
  return call.strings.add(to);
}

/// Characters [begin, end), 1-based, as SQL's substring counts: positions before the first are there, but empty.
StringRef slice(std::string_view text, int64_t begin, int64_t end) {
  begin = std::max<int64_t>(begin, 1);
  if (end <= begin) return StringRef();
  const size_t from = offset_of(text, static_cast<size_t>(begin - 1));
  const size_t bytes = offset_of(text.substr(from), static_cast<size_t>(end - begin));
  return part(text.substr(from, bytes));
}
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

StringRef concatenate(const Call& call, StringRef a, StringRef b) {
  std::string joined(a.view());
  joined += b.view();
  return call.strings.add(joined);
}

StringRef replace(const Call& call, StringRef text, StringRef from, StringRef to) {
  if (from.size() == 0) return text;
  const std::string_view source = text.view();
  std::string out;
  size_t at = 0;
  for (size_t hit; (hit = source.find(from.view(), at)) != std::string_view::npos; at = hit + from.size()) {
    out += source.substr(at, hit - at);
    out += to.view();
  }
  out += source.substr(at);
  return call.strings.add(out);
}

StringRef translate(const Call& call, StringRef text, StringRef from, StringRef to) {
  std::string out;
  const std::string_view source = text.view();
  for (size_t at = 0; at < source.size();) {
    const size_t bytes = offset_of(source.substr(at), 1);
    const std::string_view character = source.substr(at, bytes);
    const size_t hit = from.view().find(character);
    if (hit == std::string_view::npos) {
      out += character;
    } else {
      const size_t target = offset_of(to.view(), count_characters(from.view().substr(0, hit)));
      if (target < to.size()) out += to.view().substr(target, offset_of(to.view().substr(target), 1));
    }
    at += bytes;
  }
  return call.strings.add(out);
}

int32_t position(StringRef text, StringRef wanted) {
  const size_t hit = text.view().find(wanted.view());
  return hit == std::string_view::npos ? 0 : static_cast<int32_t>(count_characters(text.view().substr(0, hit))) + 1;
}
bool starts_with(StringRef text, StringRef prefix) { return text.view().substr(0, prefix.size()) == prefix.view(); }
bool ends_with(StringRef text, StringRef suffix) {
  return text.size() >= suffix.size() && text.view().substr(text.size() - suffix.size()) == suffix.view();
}
bool contains(StringRef text, StringRef wanted) { return text.view().find(wanted.view()) != std::string_view::npos; }

constexpr int64_t kMaxResultBytes = int64_t{1} << 30;
void check_bytes(int64_t bytes) {
  if (bytes > kMaxResultBytes) throw Error(sqlstate::kProgramLimit, "requested length too large");
}

StringRef repeat(const Call& call, StringRef text, int32_t count) {
  if (count <= 0) return StringRef();
  check_bytes(int64_t{text.size()} * count);
  std::string out;
  out.reserve(text.size() * static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) out += text.view();
  return call.strings.add(out);
}

StringRef reverse(const Call& call, StringRef text) {
  std::string out;
  const std::string_view source = text.view();
  for (size_t end = source.size(); end > 0;) {
    size_t begin = end - 1;
    while (begin > 0 && is_continuation(source[begin])) --begin;
    out += source.substr(begin, end - begin);
    end = begin;
  }
  return call.strings.add(out);
}

StringRef pad(const Call& call, StringRef text, int32_t width, std::string_view fill, bool at_left) {
  if (width <= 0) return StringRef();
  check_bytes(int64_t{width} * 4);
  const int64_t missing = width - static_cast<int64_t>(count_characters(text.view()));
  if (missing <= 0 || fill.empty()) return slice(text.view(), 1, int64_t{width} + 1);
  std::string filling;
  size_t at = 0;
  for (int64_t i = 0; i < missing; ++i) {
    const size_t bytes = offset_of(fill.substr(at), 1);
    filling += fill.substr(at, bytes);
    at = at + bytes == fill.size() ? 0 : at + bytes;
  }
  return call.strings.add(at_left ? filling + std::string(text.view()) : std::string(text.view()) + filling);
}
StringRef pad_left(const Call& call, StringRef text, int32_t width) { return pad(call, text, width, " ", true); }
StringRef pad_right(const Call& call, StringRef text, int32_t width) { return pad(call, text, width, " ", false); }
StringRef pad_left_with(const Call& call, StringRef text, int32_t width, StringRef fill) {
  return pad(call, text, width, fill.view(), true);
}
StringRef pad_right_with(const Call& call, StringRef text, int32_t width, StringRef fill) {
  return pad(call, text, width, fill.view(), false);
}

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
StringRef chr(const Call& call, int32_t point) {
  if (point <= 0 || !utf8proc_codepoint_valid(point)) {
    throw Error(sqlstate::kProgramLimit, "requested character not valid for encoding: " + std::to_string(point));
  }
  utf8proc_uint8_t bytes[4];
  const auto count = utf8proc_encode_char(point, bytes);
  return call.strings.add({reinterpret_cast<const char*>(bytes), static_cast<size_t>(count)});
}

/// concat(…) takes any types as text, and a NULL as nothing.
void evaluate_concat(const Function&, std::span<const Vector> arguments, size_t rows, Type type,
                     EvaluationContext& context, Vector& result) {
  StringRef* out = static_cast<StringRef*>(start_flat(type, rows, context, result));
  std::string joined;
  for (size_t row_index = 0; row_index < rows; ++row_index) {
    joined.clear();
    for (const Vector& argument : arguments) format_row(argument, row_index, "", joined);
    out[row_index] = context.strings().add(joined);
  }
}

/// concat_ws(separator, …)
void evaluate_concat_with(const Function&, std::span<const Vector> arguments, size_t rows, Type type,
                          EvaluationContext& context, Vector& result) {
  StringRef* out = static_cast<StringRef*>(start_flat(type, rows, context, result));
  result.validity = combine_validity(arguments.first(1), rows, context);
  std::string joined;
  for (size_t row_index = 0; row_index < rows; ++row_index) {
    out[row_index] = StringRef();
    if (!arguments[0].valid(row_index)) continue;
    joined.clear();
    bool first = true;
    for (const Vector& argument : arguments.subspan(1)) {
      if (!argument.valid(row_index)) continue;
      if (!first) format_row(arguments[0], row_index, "", joined);
      first = false;
      format_row(argument, row_index, "", joined);
    }
    out[row_index] = context.strings().add(joined);
  }
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

void add_making(std::vector<Function>& rows) {
  using enum TypeId;
  const auto varchar = always<varchar_type>;
  rows.push_back(row<concatenate>("||", {kVarchar, kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<convert_case<utf8proc_toupper, 'a', 'z'>>("upper", {kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<convert_case<utf8proc_tolower, 'A', 'Z'>>("lower", {kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<initcap>("initcap", {kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<replace>("replace", {kVarchar, kVarchar, kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<translate>("translate", {kVarchar, kVarchar, kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<repeat>("repeat", {kVarchar, kInteger}, varchar, kRaises));
  rows.push_back(row<reverse>("reverse", {kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<pad_left>("lpad", {kVarchar, kInteger}, varchar, kRaises));
  rows.push_back(row<pad_left_with>("lpad", {kVarchar, kInteger, kVarchar}, varchar, kRaises));
  rows.push_back(row<pad_right>("rpad", {kVarchar, kInteger}, varchar, kRaises));
  rows.push_back(row<pad_right_with>("rpad", {kVarchar, kInteger, kVarchar}, varchar, kRaises));
  rows.push_back(row<chr>("chr", {kInteger}, varchar, kRaises));
  Function concat;
  concat.name = "concat";
  concat.arguments = {kVarchar};
  concat.variadic = true;
  concat.strict = false;
  concat.can_raise = false;
  concat.result_type = varchar;
  concat.evaluate = evaluate_concat;
  rows.push_back(concat);
  concat.name = "concat_ws";
  concat.arguments = {kVarchar, kVarchar};
  concat.evaluate = evaluate_concat_with;
  rows.push_back(concat);
}

}  // namespace

const std::vector<Function>& string_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    using enum TypeId;
    add_cutting(rows);
    add_making(rows);
    for (const std::string_view name : {"length", "char_length", "character_length"}) {
      rows.push_back(row<length>(name, {kVarchar}, always<Type::integer>, kNeverRaises));
    }
    rows.push_back(row<byte_length>("octet_length", {kVarchar}, always<Type::integer>, kNeverRaises));
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
