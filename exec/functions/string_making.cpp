// Functions that make new text: case, padding, replacing, joining.

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <utility>

#include "exec/functions/characters.h"
#include "exec/functions/executor.h"
#include "exec/functions/output_text.h"

namespace cairn::functions {

namespace {

/// Each character as `change` gives it; bytes that are no UTF-8 stay as they are.
template <typename Change>
StringRef change_characters(const Call& call, std::string_view from, Change change) {
  std::string to;
  for (size_t at = 0; at < from.size();) {
    utf8proc_int32_t point;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(from.data() + at),
                                        static_cast<utf8proc_ssize_t>(from.size() - at), &point);
    if (bytes <= 0) {
      to += from[at++];
      continue;
    }
    utf8proc_uint8_t encoded[4];
    const auto written = utf8proc_encode_char(change(point), encoded);
    to.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(written));
    at += static_cast<size_t>(bytes);
  }
  return call.strings.add(to);
}

template <utf8proc_int32_t (*Convert)(utf8proc_int32_t), char From, char To>
StringRef convert_case(const Call& call, StringRef text) {
  const std::string_view from = text.view();
  std::string to(from);
  bool ascii = true;
  for (char& c : to) {
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (c >= From && c <= To) c ^= 0x20;
  }
  return ascii ? call.strings.add(to) : change_characters(call, from, Convert);
}

/// ß stays, as it does by Unicode's simple mapping: its capital is for names in capitals.
utf8proc_int32_t capital(utf8proc_int32_t point) { return point == 0xDF ? point : utf8proc_toupper(point); }

bool is_alphanumeric(utf8proc_int32_t point) {
  const utf8proc_category_t category = utf8proc_category(point);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) || category == UTF8PROC_CATEGORY_ND;
}

StringRef initcap(const Call& call, StringRef text) {
  bool in_word = false;
  return change_characters(call, text.view(), [&](utf8proc_int32_t point) {
    const bool first = !std::exchange(in_word, is_alphanumeric(point));
    return first ? capital(point) : utf8proc_tolower(point);
  });
}

StringRef concatenate(const Call& call, StringRef a, StringRef b) {
  std::string joined(a.view());
  joined += b.view();
  return call.strings.add(joined);
}

/// Counts as one that never raises, as filters by it are to move freely: only texts near the limit can tell.
StringRef replace(const Call& call, StringRef text, StringRef from, StringRef to) {
  if (from.size() == 0) return text;
  const std::string_view source = text.view();
  std::string out;
  size_t at = 0;
  for (size_t hit; (hit = source.find(from.view(), at)) != std::string_view::npos; at = hit + from.size()) {
    out += source.substr(at, hit - at);
    out += to.view();
    check_text_bytes(out.size(), call.context);
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

StringRef repeat(const Call& call, StringRef text, int32_t count) {
  if (count <= 0) return StringRef();
  check_text_bytes(uint64_t{text.size()} * static_cast<uint32_t>(count), call.context);
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
  const int64_t missing = width - static_cast<int64_t>(count_characters(text.view()));
  if (missing <= 0 || fill.empty()) return slice(text.view(), 1, int64_t{width} + 1);
  check_text_bytes(uint64_t{4} * static_cast<uint32_t>(width), call.context);
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

StringRef chr(const Call& call, int32_t point) {
  if (point < 0) throw Error(sqlstate::kInvalidParameterValue, "character number must be positive");
  if (point == 0 || !utf8proc_codepoint_valid(point)) {
    throw Error(sqlstate::kProgramLimit, "requested character not valid for encoding: " + std::to_string(point));
  }
  utf8proc_uint8_t bytes[4];
  const auto count = utf8proc_encode_char(point, bytes);
  return call.strings.add({reinterpret_cast<const char*>(bytes), static_cast<size_t>(count)});
}

/// overlay(text PLACING other FROM begin [FOR count])
StringRef overlay_count(const Call& call, StringRef text, StringRef other, int32_t begin, int32_t count) {
  if (begin <= 0) throw Error(sqlstate::kSubstringError, "negative substring length not allowed");
  int32_t end;
  if (__builtin_add_overflow(begin, count, &end)) throw Error(sqlstate::kNumericOutOfRange, "integer out of range");
  std::string out(slice(text.view(), 1, begin).view());
  out += other.view();
  out += slice(text.view(), end, INT64_MAX).view();
  return call.strings.add(out);
}
StringRef overlay(const Call& call, StringRef text, StringRef other, int32_t begin) {
  return overlay_count(call, text, other, begin, static_cast<int32_t>(count_characters(other.view())));
}

template <typename T>
StringRef to_hex(const Call& call, T value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + 16, static_cast<std::make_unsigned_t<T>>(value), 16).ptr;
  return call.strings.add({digits, end});
}

/// normalize(text, form): by utf8proc.
std::string normal_form(std::string_view text, std::string_view form) {
  std::string name(form);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  int options = UTF8PROC_STABLE;
  if (name == "NFC" || name == "NFKC") options |= UTF8PROC_COMPOSE;
  if (name == "NFD" || name == "NFKD") options |= UTF8PROC_DECOMPOSE;
  if (name == "NFKC" || name == "NFKD") options |= UTF8PROC_COMPAT;
  if (options == UTF8PROC_STABLE) {
    throw Error(sqlstate::kInvalidParameterValue, "invalid normalization form: " + std::string(form));
  }
  utf8proc_uint8_t* bytes = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &bytes,
                                   static_cast<utf8proc_option_t>(options));
  if (length < 0) throw Error(sqlstate::kProgramLimit, std::string("cannot normalize: ") + utf8proc_errmsg(length));
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
  std::free(bytes);
  return out;
}
StringRef normalize_to(const Call& call, StringRef text, StringRef form) {
  return call.strings.add(normal_form(text.view(), form.view()));
}
StringRef normalize(const Call& call, StringRef text) { return call.strings.add(normal_form(text.view(), "NFC")); }
bool is_normalized_to(StringRef text, StringRef form) { return normal_form(text.view(), form.view()) == text.view(); }
bool is_normalized(StringRef text) { return normal_form(text.view(), "NFC") == text.view(); }

/// concat(…) takes any types as text, and a NULL as nothing.
void evaluate_concat(const Function&, std::span<const Vector> arguments, size_t rows, Type type,
                     EvaluationContext& context, Vector& result) {
  StringRef* out = static_cast<StringRef*>(start_flat(type, rows, context, result));
  std::string joined;
  for (size_t row_index = 0; row_index < rows; ++row_index) {
    joined.clear();
    for (const Vector& argument : arguments) append_output(argument, row_index, joined);
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
      if (!first) append_output(arguments[0], row_index, joined);
      first = false;
      append_output(argument, row_index, joined);
    }
    out[row_index] = context.strings().add(joined);
  }
}

void add_concatenation(std::vector<Function>& rows) {
  using enum TypeId;
  const auto varchar = always<varchar_type>;
  Function concat;
  concat.name = "concat";
  concat.arguments = {kAnyType};
  concat.variadic = true;
  concat.strict = false;
  concat.can_raise = false;
  concat.result_type = varchar;
  concat.evaluate = evaluate_concat;
  rows.push_back(concat);
  concat.name = "concat_ws";
  concat.arguments = {kVarchar, kAnyType};
  concat.evaluate = evaluate_concat_with;
  rows.push_back(concat);
}

void add_making(std::vector<Function>& rows) {
  using enum TypeId;
  const auto varchar = always<varchar_type>;
  rows.push_back(row<concatenate>("||", {kVarchar, kVarchar}, varchar, kNeverRaises));
  rows.push_back(row<convert_case<capital, 'a', 'z'>>("upper", {kVarchar}, varchar, kNeverRaises));
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
  rows.push_back(row<overlay>("overlay", {kVarchar, kVarchar, kInteger}, varchar, kRaises));
  rows.push_back(row<overlay_count>("overlay", {kVarchar, kVarchar, kInteger, kInteger}, varchar, kRaises));
  rows.push_back(row<to_hex<int32_t>>("to_hex", {kInteger}, varchar, kNeverRaises));
  rows.push_back(row<to_hex<int64_t>>("to_hex", {kBigInt}, varchar, kNeverRaises));
  rows.push_back(row<normalize>("normalize", {kVarchar}, varchar, kRaises));
  rows.push_back(row<normalize_to>("normalize", {kVarchar, kVarchar}, varchar, kRaises));
  rows.push_back(row<is_normalized>("is_normalized", {kVarchar}, always<Type::boolean>, kRaises));
  rows.push_back(row<is_normalized_to>("is_normalized", {kVarchar, kVarchar}, always<Type::boolean>, kRaises));
  add_concatenation(rows);
}
}  // namespace

const std::vector<Function>& string_making_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    add_making(rows);
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
