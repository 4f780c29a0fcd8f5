#include "checkpoint/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cairn {

using Json = nlohmann::json;

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_array(const std::vector<std::string>& elements) { return fmt::format("[{}]", fmt::join(elements, ",")); }

std::string json_object(std::initializer_list<std::pair<std::string_view, std::string>> members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (text.size() > 1) text += ',';
    text.append("\"").append(name).append("\":").append(value);
  }
  return text += '}';
}

/// What the library's parser tells, as values.
class JsonReader final : public nlohmann::json_sax<Json> {
 public:
  explicit JsonReader(JsonValue& root) : root_(root) {}

  bool null() override { return add(JsonValue::Kind::kOther); }
  bool boolean(bool value) override { return add(JsonValue::Kind::kBool, value); }
  bool number_integer(int64_t value) override { return add(JsonValue::Kind::kInteger, static_cast<uint64_t>(value)); }
  bool number_unsigned(uint64_t value) override { return add(JsonValue::Kind::kUnsigned, value); }
  bool number_float(double, const std::string&) override { return add(JsonValue::Kind::kOther); }
  bool binary(Json::binary_t&) override { return false; }
  bool string(std::string& text) override {
    add(JsonValue::Kind::kString);
    last_->text_ = std::move(text);
    return true;
  }
  bool key(std::string& name) override {
    open_.back()->names_.push_back(std::move(name));
    return true;
  }
  bool start_object(size_t) override { return begin(JsonValue::Kind::kObject); }
  bool start_array(size_t) override { return begin(JsonValue::Kind::kArray); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  static constexpr size_t kDepthMax = 32;

  bool add(JsonValue::Kind kind, uint64_t bits = 0) {
    last_ = open_.empty() ? &root_ : &open_.back()->values_.emplace_back();
    last_->kind_ = kind;
    last_->bits_ = bits;
    return true;
  }
  bool begin(JsonValue::Kind kind) {
    add(kind);
    open_.push_back(last_);
    return open_.size() <= kDepthMax;
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  JsonValue& root_;
  JsonValue* last_ = nullptr;
  std::vector<JsonValue*> open_;  ///< the innermost last: only its values move
};

std::optional<JsonValue> JsonValue::parse(std::string_view text) {
  JsonValue root;
  JsonReader reader(root);
  if (!Json::sax_parse(text, &reader)) return std::nullopt;
  return root;
}

const JsonValue& JsonValue::at(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) throw JsonMismatch();
  return values_[static_cast<size_t>(found - names_.begin())];
}

const JsonValue& JsonValue::at(size_t index) const {
  if (index >= elements().size()) throw JsonMismatch();
  return values_[index];
}

const std::vector<JsonValue>& JsonValue::elements() const {
  if (kind_ != Kind::kArray) throw JsonMismatch();
  return values_;
}

const std::string& JsonValue::string() const {
  if (kind_ != Kind::kString) throw JsonMismatch();
  return text_;
}

bool JsonValue::truth() const {
  if (kind_ != Kind::kBool) throw JsonMismatch();
  return bits_ != 0;
}

}  // namespace cairn
