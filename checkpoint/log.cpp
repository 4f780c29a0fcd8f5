#include "checkpoint/log.h"

#include <xxhash.h>

#include <cstring>
#include <nlohmann/json.hpp>

namespace cairn {

using Json = nlohmann::json;

namespace {

struct RecordHeader {
  uint32_t payload_bytes;
  uint32_t format;
  uint64_t checksum;  ///< XXH3 over payload, seeded with the two fields before
};
static_assert(sizeof(RecordHeader) == 16);

/// More than any plan needs; a longer length is damage.
constexpr uint32_t kRecordBytesMax = 256u << 20;

uint64_t checksum(uint32_t payload_bytes, uint32_t format, const void* payload) {
  return XXH3_64bits_withSeed(payload, payload_bytes, (uint64_t{format} << 32) | payload_bytes);
}

Json to_json(const Type& type) {
  return Json::array({static_cast<int>(type.id), type.precision, type.scale, type.length});
}

Type type_from(const Json& json) {
  return Type{static_cast<TypeId>(json.at(0).get<int>()), json.at(1).get<uint8_t>(), json.at(2).get<uint8_t>(),
              json.at(3).get<uint32_t>()};
}

Json to_json(const Fingerprint& fingerprint) { return Json::array({fingerprint.high, fingerprint.low}); }

Fingerprint fingerprint_from(const Json& json) {
  return {json.at(0).get<uint64_t>(), json.at(1).get<uint64_t>()};
}

std::string begin_record(const LoggedQuery& query) {
  return Json{{"record", "begin"},      {"query", query.id},
              {"text", query.text},     {"started", query.started},
              {"pin", query.pin},       {"root", to_json(query.root)},
              {"breakers", query.breakers_total}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string durable_record(const std::string& query_id, const DurableBreaker& breaker) {
  Json types = Json::array(), chunks = Json::array();
  for (const Type& type : breaker.types) types.push_back(to_json(type));
  for (const auto& chunk : breaker.chunks) {
    Json columns = Json::array();
    for (const auto& segment : chunk.columns) columns.push_back({segment.offset, segment.bytes});
    chunks.push_back({{"rows", chunk.row_count}, {"columns", std::move(columns)}});
  }
  return Json{{"record", "durable"},
              {"query", query_id},
              {"number", breaker.number},
              {"fingerprint", to_json(breaker.fingerprint)},
              {"description", breaker.description},
              {"file", breaker.file},
              {"bytes", breaker.file_bytes},
              {"types", std::move(types)},
              {"chunks", std::move(chunks)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

DurableBreaker durable_from(const Json& json) {
  DurableBreaker breaker;
  breaker.number = json.at("number").get<uint32_t>();
  breaker.fingerprint = fingerprint_from(json.at("fingerprint"));
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

}  // namespace

CheckpointLog::CheckpointLog(Storage& storage, std::string path) : storage_(storage), path_(std::move(path)) {
  file_ = storage_.open(path_, OpenMode::kOpenOrCreate);
  replay();
}

void CheckpointLog::replay() {
  const uint64_t size = file_->size();
  std::vector<std::byte> payload;
  while (size - end_ >= sizeof(RecordHeader)) {
    RecordHeader header;
    file_->read(end_, std::as_writable_bytes(std::span(&header, 1)));
    if (header.format != kCheckpointFormat || header.payload_bytes > kRecordBytesMax) break;
    if (size - end_ - sizeof header < header.payload_bytes) break;
    payload.resize(header.payload_bytes);
    file_->read(end_ + sizeof header, payload);
    if (checksum(header.payload_bytes, header.format, payload.data()) != header.checksum) break;
    if (!apply({reinterpret_cast<const char*>(payload.data()), payload.size()})) break;
    end_ += sizeof header + header.payload_bytes;
  }
}

bool CheckpointLog::apply(std::string_view payload) {
  try {
    const Json json = Json::parse(payload);
    const std::string record = json.at("record");
    const std::string id = json.at("query");
    if (record == "begin") {
      LoggedQuery& query = queries_[id];
      query.id = id;
      query.text = json.at("text");
      query.started = json.at("started");
      query.pin = json.at("pin");
      query.root = fingerprint_from(json.at("root"));
      query.breakers_total = json.at("breakers");
    } else if (record == "durable") {
      const auto found = queries_.find(id);
      if (found != queries_.end()) found->second.durable.push_back(durable_from(json));
    } else if (record == "end") {
      queries_.erase(id);
    }
    return true;
  } catch (const Json::exception&) {
    return false;  // intact bytes that this version did not write
  }
}

void CheckpointLog::append(const std::vector<std::string>& payloads) {
  std::vector<std::byte> bytes;
  for (const std::string& payload : payloads) {
    RecordHeader header{static_cast<uint32_t>(payload.size()), kCheckpointFormat, 0};
    header.checksum = checksum(header.payload_bytes, header.format, payload.data());
    const size_t at = bytes.size();
    bytes.resize(at + sizeof header + payload.size());
    std::memcpy(bytes.data() + at, &header, sizeof header);
    std::memcpy(bytes.data() + at + sizeof header, payload.data(), payload.size());
  }
  file_->write(end_, bytes);
  file_->sync();
  end_ += bytes.size();
  for (const std::string& payload : payloads) apply(payload);
}

void CheckpointLog::begin(const LoggedQuery& query, const DurableBreaker& first) {
  append({begin_record(query), durable_record(query.id, first)});
}

void CheckpointLog::durable(const std::string& query_id, const DurableBreaker& breaker) {
  append({durable_record(query_id, breaker)});
}

void CheckpointLog::end(const std::string& query_id) {
  append({Json{{"record", "end"}, {"query", query_id}}.dump()});
}

}  // namespace cairn
