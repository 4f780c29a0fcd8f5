#pragma once

// JSON for the log's records. Arrays and objects of the library's own take memory to be destroyed, and end the process
// where there is none: here text is put together from text, and what is read becomes plain values.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// A string; what is no UTF-8 in it is replaced.
std::string json_string(std::string_view text);
/// Of elements and of members that are JSON already.
std::string json_array(const std::vector<std::string>& elements);
std::string json_object(std::initializer_list<std::pair<std::string_view, std::string>> members);

/// A value that was not of the kind, or not in the range, that was asked for.
struct JsonMismatch {};

/// A value, read. Asking for what it is not throws JsonMismatch.
class JsonValue {
 public:
  /// nullopt where the text is no JSON, or is deeper than any record.
  static std::optional<JsonValue> parse(std::string_view text);

  const JsonValue& at(std::string_view name) const;
  const JsonValue& at(size_t index) const;
  const std::vector<JsonValue>& elements() const;
  const std::string& string() const;
  bool truth() const;
  template <std::integral Number>
  Number number() const {
    if (kind_ == Kind::kInteger && std::in_range<Number>(static_cast<int64_t>(bits_))) return static_cast<Number>(bits_);
    if (kind_ == Kind::kUnsigned && std::in_range<Number>(bits_)) return static_cast<Number>(bits_);
    throw JsonMismatch();
  }

 private:
  friend class JsonReader;
  enum class Kind : uint8_t { kOther, kBool, kInteger, kUnsigned, kString, kArray, kObject };

  Kind kind_ = Kind::kOther;
  uint64_t bits_ = 0;
  std::string text_;
  std::vector<std::string> names_;  ///< of an object's members
  std::vector<JsonValue> values_;   ///< elements or members
};

}  // namespace cairn
