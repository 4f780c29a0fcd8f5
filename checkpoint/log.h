#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/record.h"
#include "io/storage/storage.h"

namespace cairn {

/// The checkpoint log of one process: an append-only file of records
///
///   u32 payload bytes, u32 format version, u64 XXH3 of both and the payload, payload (record.h)
///
/// What no intact record names does not exist: a torn or damaged record ends the log. Queries that another version of
/// Cairn logged cannot be resumed; they are kept apart so that their users can be told. Not thread-safe.
class CheckpointLog {
 public:
  /// Opens or creates the file; the queries that it holds open are in queries(). With kRead nothing can be appended.
  CheckpointLog(Storage& storage, std::string path, OpenMode mode = OpenMode::kOpenOrCreate);

  const std::map<std::string, LoggedQuery>& queries() const { return queries_; }  ///< by id
  const std::map<std::string, LoggedQuery>& foreign() const { return foreign_; }

  /// Each is one append and one sync. After a failure it is unknown what is durable: the log takes nothing more, and
  /// throws for every further record. A record that is too long is refused (kProgramLimit), and changes nothing.
  void begin(const LoggedQuery& query, const DurableBreaker& first);  ///< both records at once
  void durable(const std::string& query_id, const DurableBreaker& breaker);
  /// It had committed, with this answer, when its process died.
  void answer(const std::string& query_id, std::string_view answer);
  /// A process begins to go on with it, of which so much is durable; and gives it back unfinished, in order.
  void begin_try(const std::string& query_id, uint64_t durable);
  void end_try(const std::string& query_id);
  /// Rewrites the log where most of it tells of queries that have ended.
  void end(const std::string& query_id);
  bool broken() const { return broken_; }

 private:
  void replay();
  bool apply(std::string_view payload, bool foreign);
  void append(const std::vector<std::string>& payloads);
  void compact();
  std::vector<std::string> live_payloads() const;
  void guarded(const std::function<void()>& write);

  Storage& storage_;
  const std::string path_;
  std::unique_ptr<File> file_;
  /// Below this nobody minds what ended queries have left.
  static constexpr uint64_t kCompactBytesMin = uint64_t{256} << 10;
  uint64_t end_ = 0;  ///< bytes of intact records
  uint64_t compact_at_ = kCompactBytesMin;
  bool broken_ = false;
  std::map<std::string, LoggedQuery> queries_, foreign_;
};

}  // namespace cairn
