#include "checkpoint/record.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>

#include "checkpoint/json.h"

namespace cairn {

namespace {

template <std::integral Number>
std::string to_json(Number number) { return fmt::to_string(number); }
std::string to_json(std::string_view text) { return json_string(text); }
std::string to_json(const std::string& text) { return json_string(text); }

template <typename List>
std::string list_to_json(const List& list);

std::string to_json(const Type& type) {
  return fmt::format("[{},{},{},{}]", static_cast<int>(type.id), type.precision, type.scale, type.length);
}

Type type_from(const JsonValue& json) {
  return Type{static_cast<TypeId>(json.at(0).number<int>()), json.at(1).number<uint8_t>(), json.at(2).number<uint8_t>(),
              json.at(3).number<uint32_t>()};
}

/// Every field, whatever the type: numbers by their bits.
std::string to_json(const Value& value) {
  const auto integer = static_cast<uint128_t>(value.integer);
  const auto& interval = value.interval;
  return json_object({{"type", to_json(value.type)},
                      {"null", value.null ? "true" : "false"},
                      {"integer", fmt::format("[{},{}]", static_cast<uint64_t>(integer >> 64), static_cast<uint64_t>(integer))},
                      {"floating", to_json(std::bit_cast<uint64_t>(value.floating))},
                      {"interval", fmt::format("[{},{},{}]", interval.months, interval.days, interval.micros)},
                      {"string", to_json(value.string)}});
}

Value value_from(const JsonValue& json) {
  Value value;
  value.type = type_from(json.at("type"));
  value.null = json.at("null").truth();
  const JsonValue& integer = json.at("integer");
  value.integer = static_cast<int128_t>((uint128_t{integer.at(0).number<uint64_t>()} << 64) |
                                        integer.at(1).number<uint64_t>());
  value.floating = std::bit_cast<double>(json.at("floating").number<uint64_t>());
  const JsonValue& interval = json.at("interval");
  value.interval = {interval.at(0).number<int32_t>(), interval.at(1).number<int32_t>(), interval.at(2).number<int64_t>()};
  value.string = json.at("string").string();
  return value;
}

std::string to_json(const Fingerprint& fingerprint) { return fmt::format("[{},{}]", fingerprint.high, fingerprint.low); }

Fingerprint fingerprint_from(const JsonValue& json) {
  return {json.at(0).number<uint64_t>(), json.at(1).number<uint64_t>()};
}

std::string to_json(const ChanceContent& content) {
  return fmt::format("[{},{}]", to_json(content.pipeline), to_json(content.id));
}

std::string to_json(const DurableBreaker::Segment& segment) { return fmt::format("[{},{}]", segment.offset, segment.bytes); }

std::string to_json(const DurableBreaker::Chunk& chunk) {
  return json_object({{"rows", to_json(chunk.row_count)}, {"columns", list_to_json(chunk.columns)}});
}

std::string to_json(const std::pair<uint64_t, uint64_t>& range) { return fmt::format("[{},{}]", range.first, range.second); }

std::string to_json(const DurableBreaker::Part& part) {
  return json_object({{"covered", list_to_json(part.covered)}, {"chunks", to_json(part.chunks)}});
}

std::string to_json(const std::pair<std::string, std::string>& setting) {
  return json_array({json_string(setting.first), json_string(setting.second)});
}

template <typename List>
std::string list_to_json(const List& list) {
  std::vector<std::string> elements;
  for (const auto& item : list) elements.push_back(to_json(item));
  return json_array(elements);
}

std::string to_json(const QueryContext& context) {
  return json_object({{"settings", list_to_json(context.settings)},
                      {"parameter_types", list_to_json(context.parameter_types)},
                      {"parameters", list_to_json(context.parameters)},
                      {"now", to_json(context.now_micros)}});
}

QueryContext context_from(const JsonValue& json) {
  QueryContext context;
  for (const JsonValue& setting : json.at("settings").elements()) {
    context.settings.emplace_back(setting.at(0).string(), setting.at(1).string());
  }
  for (const JsonValue& type : json.at("parameter_types").elements()) context.parameter_types.push_back(type_from(type));
  for (const JsonValue& value : json.at("parameters").elements()) context.parameters.push_back(value_from(value));
  context.now_micros = json.at("now").number<int64_t>();
  return context;
}

DurableBreaker durable_from(const JsonValue& json) {
  DurableBreaker breaker;
  breaker.number = json.at("number").number<uint32_t>();
  breaker.fingerprint = fingerprint_from(json.at("fingerprint"));
  breaker.content.id = fingerprint_from(json.at("content"));
  for (const JsonValue& content : json.at("made_of").elements()) {
    breaker.content.made_of.insert({fingerprint_from(content.at(0)), fingerprint_from(content.at(1))});
  }
  breaker.content.edition = fingerprint_from(json.at("edition"));
  breaker.description = json.at("description").string();
  breaker.file = json.at("file").string();
  breaker.file_bytes = json.at("bytes").number<uint64_t>();
  for (const JsonValue& type : json.at("types").elements()) breaker.types.push_back(type_from(type));
  for (const JsonValue& chunk : json.at("chunks").elements()) {
    DurableBreaker::Chunk& out = breaker.chunks.emplace_back();
    out.row_count = chunk.at("rows").number<uint32_t>();
    for (const JsonValue& segment : chunk.at("columns").elements()) {
      out.columns.push_back({segment.at(0).number<uint64_t>(), segment.at(1).number<uint64_t>()});
    }
  }
  breaker.morsels = fingerprint_from(json.at("morsels"));
  size_t chunks = 0;
  for (const JsonValue& part : json.at("parts").elements()) {
    DurableBreaker::Part& out = breaker.parts.emplace_back();
    out.chunks = part.at("chunks").number<uint32_t>();
    chunks += out.chunks;
    for (const JsonValue& range : part.at("covered").elements()) {
      out.covered.emplace_back(range.at(0).number<uint64_t>(), range.at(1).number<uint64_t>());
    }
  }
  if (!breaker.is_complete() && chunks > breaker.chunks.size()) throw JsonMismatch{};
  return breaker;
}

/// What every version's records have.
LogRecord read_common(const JsonValue& json) {
  const std::string& kind = json.at("record").string();
  LogRecord record{kind == "begin"      ? LogRecord::Kind::kBegin
                   : kind == "durable"  ? LogRecord::Kind::kDurable
                   : kind == "try"      ? LogRecord::Kind::kTry
                   : kind == "returned" ? LogRecord::Kind::kReturned
                   : kind == "answer"   ? LogRecord::Kind::kAnswer
                                        : LogRecord::Kind::kEnd,
                   {}, std::nullopt};
  record.query.id = json.at("query").string();
  if (record.kind == LogRecord::Kind::kBegin) {
    record.query.text = json.at("text").string();
    record.query.started = json.at("started").string();
    record.query.pin = json.at("pin").string();
  }
  return record;
}

template <typename Read>
std::optional<LogRecord> read(std::string_view payload, Read&& rest) {
  const std::optional<JsonValue> json = JsonValue::parse(payload);
  if (!json) return std::nullopt;
  try {
    LogRecord record = read_common(*json);
    rest(*json, record);
    return record;
  } catch (const JsonMismatch&) {
    return std::nullopt;
  }
}

}  // namespace

uint64_t unix_seconds() {
  using namespace std::chrono;
  return static_cast<uint64_t>(duration_cast<seconds>(system_clock::now().time_since_epoch()).count());
}

std::string begin_record(const LoggedQuery& query) {
  return json_object({{"record", json_string("begin")},
                      {"query", to_json(query.id)},
                      {"text", to_json(query.text)},
                      {"started", to_json(query.started)},
                      {"context", to_json(query.context)},
                      {"pin", to_json(query.pin)},
                      {"root", to_json(query.root)},
                      {"writes", to_json(query.writes)},
                      {"receipt", json_array({json_string(query.receipt.first), json_string(query.receipt.second)})},
                      {"keep_until", to_json(query.keep_until_s)},
                      {"breakers", to_json(query.breakers_total)}});
}

std::string durable_record(std::string_view query_id, const DurableBreaker& breaker) {
  return json_object({{"record", json_string("durable")},
                      {"query", to_json(query_id)},
                      {"number", to_json(breaker.number)},
                      {"fingerprint", to_json(breaker.fingerprint)},
                      {"content", to_json(breaker.content.id)},
                      {"made_of", list_to_json(breaker.content.made_of)},
                      {"edition", to_json(breaker.content.edition)},
                      {"description", to_json(breaker.description)},
                      {"file", to_json(breaker.file)},
                      {"bytes", to_json(breaker.file_bytes)},
                      {"types", list_to_json(breaker.types)},
                      {"chunks", list_to_json(breaker.chunks)},
                      {"morsels", to_json(breaker.morsels)},
                      {"parts", list_to_json(breaker.parts)}});
}

std::string try_record(std::string_view query_id, uint64_t durable) {
  return json_object({{"record", json_string("try")}, {"query", to_json(query_id)}, {"durable", to_json(durable)}});
}

std::string returned_record(std::string_view query_id) {
  return json_object({{"record", json_string("returned")}, {"query", to_json(query_id)}});
}

std::string answer_record(std::string_view query_id, std::string_view answer) {
  return json_object({{"record", json_string("answer")}, {"query", to_json(query_id)}, {"answer", json_string(answer)}});
}

std::string end_record(std::string_view query_id) {
  return json_object({{"record", json_string("end")}, {"query", to_json(query_id)}});
}

std::optional<LogRecord> read_record(std::string_view payload) {
  return read(payload, [](const JsonValue& json, LogRecord& record) {
    if (record.kind == LogRecord::Kind::kBegin) {
      record.query.context = context_from(json.at("context"));
      record.query.root = fingerprint_from(json.at("root"));
      record.query.writes = json.at("writes").string();
      record.query.receipt = {json.at("receipt").at(0).string(), json.at("receipt").at(1).string()};
      record.query.keep_until_s = json.at("keep_until").number<uint64_t>();
      record.query.breakers_total = json.at("breakers").number<size_t>();
    }
    if (record.kind == LogRecord::Kind::kDurable) record.breaker = durable_from(json);
    if (record.kind == LogRecord::Kind::kAnswer) record.answer = json.at("answer").string();
    if (record.kind == LogRecord::Kind::kTry) record.durable = json.at("durable").number<uint64_t>();
  });
}

std::optional<LogRecord> read_foreign_record(std::string_view payload) {
  return read(payload, [](const JsonValue&, LogRecord&) {});
}

}  // namespace cairn
