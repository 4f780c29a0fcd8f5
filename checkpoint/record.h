#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/fragment_file.h"
#include "io/tables/receipts.h"
#include "vector/value.h"

namespace cairn {

/// What a query's answer depends on beside its text and its snapshot: what its session was when it began.
struct QueryContext {
  std::vector<std::pair<std::string, std::string>> settings;  ///< those that its plan or its rows depend on
  std::vector<Type> parameter_types;
  std::vector<Value> parameters;  ///< of $1, $2, …
  int64_t now_micros = 0;         ///< the statement's clock
};

/// Of the Unix epoch.
uint64_t unix_seconds();

/// A query as the log tells it.
struct LoggedQuery {
  std::string id;       ///< 8 hexadecimal digits
  std::string text;     ///< the query, or the PREPARE statement that holds it
  std::string started;  ///< ISO 8601, UTC, with microseconds
  QueryContext context;
  Fingerprint root;     ///< of the whole plan: the same query over the same snapshot
  /// Of a statement that changes the database: the id under which it first ran. Each is one of its own, whatever its text
  /// and plan; to go on with it is to run it under that id. Empty: a query.
  std::string writes;
  uint64_t keep_until_s = 0;  ///< seconds of the Unix epoch; 0: until it is discarded
  Receipts::Receipt receipt;  ///< that its session's commits left, and its own would have; without a name: none
  std::string pin;      ///< name of the database's durable pin that keeps its snapshot
  size_t breakers_total = 0;
  std::vector<DurableBreaker> durable;
  std::optional<std::string> answer;  ///< of a statement that changes the database, and had committed
  /// Of the processes that went on with it and did not come back: what was durable when each began (QueryTries).
  std::vector<uint64_t> tries;

  /// What is logged under one key is one query to its user.
  std::pair<Fingerprint, std::string> key() const { return {root, writes}; }
};

/// The payloads of the checkpoint log's records, in JSON: {"record":"begin",…} opens a query, {"record":"durable",…}
/// names one breaker's file, {"record":"answer"} says that a statement had committed, {"record":"try"} and
/// {"record":"returned"} stand around a process that goes on with it, and {"record":"end"} closes the query.
std::string begin_record(const LoggedQuery& query);
std::string durable_record(std::string_view query_id, const DurableBreaker& breaker);
std::string try_record(std::string_view query_id, uint64_t durable);
std::string returned_record(std::string_view query_id);
std::string answer_record(std::string_view query_id, std::string_view answer);
std::string end_record(std::string_view query_id);

/// A payload, read.
struct LogRecord {
  enum class Kind : uint8_t { kBegin, kDurable, kTry, kReturned, kAnswer, kEnd };
  Kind kind;
  LoggedQuery query;  ///< kBegin: all of it; else its id
  std::optional<DurableBreaker> breaker;  ///< kDurable
  uint64_t durable = 0;                   ///< kTry
  std::string answer;                     ///< kAnswer
};
/// nullopt where these are not bytes that this version wrote.
std::optional<LogRecord> read_record(std::string_view payload);
/// Of another version's begin record what tells the query to its user: id, text, started, pin. Of its end records the id.
std::optional<LogRecord> read_foreign_record(std::string_view payload);

}  // namespace cairn
