#include "checkpoint/log.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "io/storage/own_files.h"
#include "vector/error.h"

namespace cairn {

namespace {

struct RecordHeader {
  uint32_t payload_bytes;
  uint32_t format;
  uint64_t checksum;  ///< XXH3 over payload, seeded with the two fields before
};
static_assert(sizeof(RecordHeader) == 16);

/// More than any plan needs. A longer record is not written, for a longer length is read as damage.
constexpr uint32_t kRecordBytesMax = 256u << 20;
constexpr uint64_t kCompactGrowth = 4;

uint64_t checksum(uint32_t payload_bytes, uint32_t format, const void* payload) {
  return XXH3_64bits_withSeed(payload, payload_bytes, (uint64_t{format} << 32) | payload_bytes);
}

void check_fits(size_t bytes) {
  if (bytes <= kRecordBytesMax) return;
  throw Error(sqlstate::kProgramLimit, fmt::format("{} bytes are too long for a record in the log of checkpoints, which takes {}",
                                                   bytes, kRecordBytesMax));
}

std::vector<std::byte> framed(const std::vector<std::string>& payloads) {
  std::vector<std::byte> bytes;
  for (const std::string& payload : payloads) {
    check_fits(payload.size());
    RecordHeader header{static_cast<uint32_t>(payload.size()), kCheckpointFormat, 0};
    header.checksum = checksum(header.payload_bytes, header.format, payload.data());
    const size_t at = bytes.size();
    bytes.resize(at + sizeof header + payload.size());
    std::memcpy(bytes.data() + at, &header, sizeof header);
    std::memcpy(bytes.data() + at + sizeof header, payload.data(), payload.size());
  }
  return bytes;
}

}  // namespace

CheckpointLog::CheckpointLog(Storage& storage, std::string path, OpenMode mode)
    : storage_(storage), path_(std::move(path)) {
  file_ = storage_.open(path_, mode);
  replay();
}

void CheckpointLog::replay() {
  const uint64_t size = file_->size();
  std::vector<std::byte> payload;
  while (size - end_ >= sizeof(RecordHeader)) {
    RecordHeader header;
    file_->read(end_, std::as_writable_bytes(std::span(&header, 1)));
    if (header.payload_bytes > kRecordBytesMax || size - end_ - sizeof header < header.payload_bytes) break;
    payload.resize(header.payload_bytes);
    file_->read(end_ + sizeof header, payload);
    if (checksum(header.payload_bytes, header.format, payload.data()) != header.checksum) break;
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    if (!apply(text, header.format != kCheckpointFormat)) break;
    end_ += sizeof header + header.payload_bytes;
  }
}

bool CheckpointLog::apply(std::string_view payload, bool foreign) {
  std::optional<LogRecord> record = foreign ? read_foreign_record(payload) : read_record(payload);
  if (!record) return foreign;  // intact bytes that this version did not write
  auto& queries = foreign ? foreign_ : queries_;
  const auto known = queries.find(record->query.id);
  LoggedQuery* const query = known == queries.end() ? nullptr : &known->second;
  switch (record->kind) {
    case LogRecord::Kind::kBegin: {
      std::string id = record->query.id;
      queries[std::move(id)] = std::move(record->query);
      break;
    }
    case LogRecord::Kind::kDurable:
      // Another name is no file of ours, wherever it may lie.
      if (record->breaker && !is_own_name(OwnName::kFragment, record->breaker->file)) return false;
      if (query != nullptr && record->breaker) query->durable.push_back(std::move(*record->breaker));
      break;
    case LogRecord::Kind::kAnswer:
      if (query != nullptr) query->answer = std::move(record->answer);
      break;
    case LogRecord::Kind::kTry:
      if (query != nullptr) query->tries.push_back(record->durable);
      break;
    case LogRecord::Kind::kReturned:
      if (query != nullptr && !query->tries.empty()) query->tries.pop_back();
      break;
    case LogRecord::Kind::kEnd: queries.erase(record->query.id); break;
  }
  return true;
}

void CheckpointLog::guarded(const std::function<void()>& write) {
  if (broken_) throw Error(sqlstate::kIoError, "the log \"" + path_ + "\" failed before, and is used no more");
  broken_ = true;
  write();
  broken_ = false;
}

void CheckpointLog::append(const std::vector<std::string>& payloads) {
  const std::vector<std::byte> bytes = framed(payloads);
  guarded([&] {
    file_->write(end_, bytes);
    file_->sync();
  });
  end_ += bytes.size();
  for (const std::string& payload : payloads) apply(payload, false);
}

std::vector<std::string> CheckpointLog::live_payloads() const {
  std::vector<std::string> payloads;
  for (const auto& [id, query] : queries_) {
    payloads.push_back(begin_record(query));
    for (const DurableBreaker& breaker : query.durable) payloads.push_back(durable_record(id, breaker));
    if (query.answer) payloads.push_back(answer_record(id, *query.answer));
    for (const uint64_t durable : query.tries) payloads.push_back(try_record(id, durable));
  }
  return payloads;
}

void CheckpointLog::compact() {
  if (end_ < compact_at_) return;
  const std::vector<std::byte> bytes = framed(live_payloads());
  compact_at_ = std::max(kCompactBytesMin, kCompactGrowth * bytes.size());
  if (end_ < compact_at_) return;
  guarded([&] {
    replace_file(storage_, path_, bytes);
    file_ = storage_.open(path_, OpenMode::kOpenOrCreate);
  });
  end_ = bytes.size();
}

void CheckpointLog::begin(const LoggedQuery& query, const DurableBreaker& first) {
  check_fits(query.text.size());  // before it is copied
  append({begin_record(query), durable_record(query.id, first)});
}

void CheckpointLog::durable(const std::string& query_id, const DurableBreaker& breaker) {
  append({durable_record(query_id, breaker)});
}

void CheckpointLog::answer(const std::string& query_id, std::string_view answer) { append({answer_record(query_id, answer)}); }

void CheckpointLog::begin_try(const std::string& query_id, uint64_t durable) { append({try_record(query_id, durable)}); }

void CheckpointLog::end_try(const std::string& query_id) { append({returned_record(query_id)}); }

void CheckpointLog::end(const std::string& query_id) {
  append({end_record(query_id)});
  compact();
}

}  // namespace cairn
