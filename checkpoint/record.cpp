#include "checkpoint/record.h"

#include <bit>
#include <nlohmann/json.hpp>

namespace cairn {

namespace {

using Json = nlohmann::json;

Json to_json(const Type& type) {
  return Json::array({static_cast<int>(type.id), type.precision, type.scale, type.length});
}

Type type_from(const Json& json) {
  return Type{static_cast<TypeId>(json.at(0).get<int>()), json.at(1).get<uint8_t>(), json.at(2).get<uint8_t>(),
              json.at(3).get<uint32_t>()};
}

/// Every field, whatever the type: numbers by their bits.
Json to_json(const Value& value) {
  const auto integer = static_cast<uint128_t>(value.integer);
  return Json{{"type", to_json(value.type)},
              {"null", value.null},
              {"integer", {static_cast<uint64_t>(integer >> 64), static_cast<uint64_t>(integer)}},
              {"floating", std::bit_cast<uint64_t>(value.floating)},
              {"interval", {value.interval.months, value.interval.days, value.interval.micros}},
              {"string", value.string}};
}

Value value_from(const Json& json) {
  Value value;
  value.type = type_from(json.at("type"));
  value.null = json.at("null").get<bool>();
  const Json& integer = json.at("integer");
  value.integer = static_cast<int128_t>((uint128_t{integer.at(0).get<uint64_t>()} << 64) | integer.at(1).get<uint64_t>());
  value.floating = std::bit_cast<double>(json.at("floating").get<uint64_t>());
  const Json& interval = json.at("interval");
  value.interval = {interval.at(0).get<int32_t>(), interval.at(1).get<int32_t>(), interval.at(2).get<int64_t>()};
  value.string = json.at("string").get<std::string>();
  return value;
}

Json to_json(const Fingerprint& fingerprint) { return Json::array({fingerprint.high, fingerprint.low}); }

Fingerprint fingerprint_from(const Json& json) {
  return {json.at(0).get<uint64_t>(), json.at(1).get<uint64_t>()};
}

Json to_json(const ChanceContent& content) { return Json::array({to_json(content.pipeline), to_json(content.id)}); }

Json to_json(const DurableBreaker::Chunk& chunk) {
  Json columns = Json::array();
  for (const auto& segment : chunk.columns) columns.push_back({segment.offset, segment.bytes});
  return Json{{"rows", chunk.row_count}, {"columns", std::move(columns)}};
}

template <typename List>
Json list_to_json(const List& list) {
  Json json = Json::array();
  for (const auto& item : list) json.push_back(to_json(item));
  return json;
}

Json to_json(const QueryContext& context) {
  Json settings = Json::array();
  for (const auto& [name, value] : context.settings) settings.push_back({name, value});
  return Json{{"settings", std::move(settings)},
              {"parameter_types", list_to_json(context.parameter_types)},
              {"parameters", list_to_json(context.parameters)},
              {"now", context.now_micros}};
}

QueryContext context_from(const Json& json) {
  QueryContext context;
  for (const Json& setting : json.at("settings")) {
    context.settings.emplace_back(setting.at(0).get<std::string>(), setting.at(1).get<std::string>());
  }
  for (const Json& type : json.at("parameter_types")) context.parameter_types.push_back(type_from(type));
  for (const Json& value : json.at("parameters")) context.parameters.push_back(value_from(value));
  context.now_micros = json.at("now").get<int64_t>();
  return context;
}

DurableBreaker durable_from(const Json& json) {
  DurableBreaker breaker;
  breaker.number = json.at("number").get<uint32_t>();
  breaker.fingerprint = fingerprint_from(json.at("fingerprint"));
  breaker.content.id = fingerprint_from(json.at("content"));
  for (const Json& content : json.at("made_of")) {
    breaker.content.made_of.insert({fingerprint_from(content.at(0)), fingerprint_from(content.at(1))});
  }
  breaker.description = json.at("description").get<std::string>();
  breaker.file = json.at("file").get<std::string>();
  breaker.file_bytes = json.at("bytes").get<uint64_t>();
  for (const Json& type : json.at("types")) breaker.types.push_back(type_from(type));
  for (const Json& chunk : json.at("chunks")) {
    DurableBreaker::Chunk& out = breaker.chunks.emplace_back();
    out.row_count = chunk.at("rows").get<uint32_t>();
    for (const Json& segment : chunk.at("columns")) {
      out.columns.push_back({segment.at(0).get<uint64_t>(), segment.at(1).get<uint64_t>()});
    }
  }
  return breaker;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// What every version's records have.
LogRecord read_common(const Json& json) {
  const std::string kind = json.at("record");
  LogRecord record{kind == "begin"     ? LogRecord::Kind::kBegin
                   : kind == "durable" ? LogRecord::Kind::kDurable
                                       : LogRecord::Kind::kEnd,
                   {}, std::nullopt};
  record.query.id = json.at("query");
  if (record.kind == LogRecord::Kind::kBegin) {
    record.query.text = json.at("text");
    record.query.started = json.at("started");
    record.query.pin = json.at("pin");
  }
  return record;
}

template <typename Read>
std::optional<LogRecord> read(std::string_view payload, Read&& rest) {
  try {
    const Json json = Json::parse(payload);
    LogRecord record = read_common(json);
    rest(json, record);
    return record;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::string begin_record(const LoggedQuery& query) {
  return dump(Json{{"record", "begin"},
                   {"query", query.id},
                   {"text", query.text},
                   {"started", query.started},
                   {"context", to_json(query.context)},
                   {"pin", query.pin},
                   {"root", to_json(query.root)},
                   {"breakers", query.breakers_total}});
}

std::string durable_record(std::string_view query_id, const DurableBreaker& breaker) {
  return dump(Json{{"record", "durable"},
                   {"query", query_id},
                   {"number", breaker.number},
                   {"fingerprint", to_json(breaker.fingerprint)},
                   {"content", to_json(breaker.content.id)},
                   {"made_of", list_to_json(breaker.content.made_of)},
                   {"description", breaker.description},
                   {"file", breaker.file},
                   {"bytes", breaker.file_bytes},
                   {"types", list_to_json(breaker.types)},
                   {"chunks", list_to_json(breaker.chunks)}});
}

std::string end_record(std::string_view query_id) { return dump(Json{{"record", "end"}, {"query", query_id}}); }

std::optional<LogRecord> read_record(std::string_view payload) {
  return read(payload, [](const Json& json, LogRecord& record) {
    if (record.kind == LogRecord::Kind::kBegin) {
      record.query.context = context_from(json.at("context"));
      record.query.root = fingerprint_from(json.at("root"));
      record.query.breakers_total = json.at("breakers");
    }
    if (record.kind == LogRecord::Kind::kDurable) record.breaker = durable_from(json);
  });
}

std::optional<LogRecord> read_foreign_record(std::string_view payload) {
  return read(payload, [](const Json&, LogRecord&) {});
}

}  // namespace cairn
