#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/fragment_file.h"
#include "io/storage.h"

namespace cairn {

/// A query as the log tells it.
struct LoggedQuery {
  std::string id;            ///< 8 hexadecimal digits
  std::string text;
  std::string started;       ///< ISO 8601, UTC
  Fingerprint root;          ///< of the whole plan: the same query over the same snapshot
  std::string pin;           ///< name of the database's durable pin that keeps its snapshot
  size_t breakers_total = 0;
  std::vector<DurableBreaker> durable;
};

/// The checkpoint log of one process: an append-only file of records
///
///   u32 payload bytes, u32 format version, u64 XXH3 of both and the payload, payload: JSON
///
/// {"record":"begin",…} opens a query, {"record":"durable",…} names one breaker's file, {"record":"end"} closes the
/// query. What no intact record names does not exist: a torn or damaged record ends the log.
class CheckpointLog {
 public:
  /// Opens or creates the file; the queries that it holds open are in queries().
  CheckpointLog(Storage& storage, std::string path);

  const std::map<std::string, LoggedQuery>& queries() const { return queries_; }

  /// Each is one append and one sync. Not thread-safe.
  void begin(const LoggedQuery& query, const DurableBreaker& first);  ///< both records at once
  void durable(const std::string& query_id, const DurableBreaker& breaker);
  void end(const std::string& query_id);

 private:
  void replay();
  bool apply(std::string_view payload);
  void append(const std::vector<std::string>& payloads);

  Storage& storage_;
  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t end_ = 0;  ///< bytes of intact records
  std::map<std::string, LoggedQuery> queries_;
};

}  // namespace cairn
