#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "checkpoint/owner.h"
#include "checkpoint/query_checkpoint.h"

namespace cairn {

/// What a query's observer and the store's writer thread share.
struct QueryCheckpoint::State {
  CheckpointRequest request;
  LoggedQuery logged;
  std::chrono::steady_clock::time_point started;
  std::vector<std::string> stands_for;  ///< ids of interrupted queries with the same plan
  std::string tried;                    ///< the id under which it is noted that this process goes on with them
  std::atomic<bool> finished{false};
  std::atomic<bool> off{false};         ///< after a failure to write
  std::atomic<uint64_t> bytes_written{0};
  std::atomic<bool> queued{false};      ///< some breaker was handed to the writer thread

  // The writer thread's.
  std::shared_ptr<Owner> owner;  ///< of the first breaker, and then of all
  bool pinned = false;           ///< the snapshot has a durable pin
  bool begun = false;            ///< the begin record is in the log
  std::vector<std::string> files;
  uint32_t fragment_files = 0;
  uint64_t file_bytes = 0;

  void set_state(const Fingerprint& breaker, std::string text) {
    std::lock_guard lock(mutex);
    states[breaker] = std::move(text);
  }

  /// Where there is memory to say so.
  void warn(std::string_view what, std::string_view why) noexcept {
    try {
      request.notice(fmt::format("warning: {}: {}", what, why));
    } catch (const std::exception&) {
    }
  }
  /// After a failure that costs the query its checkpoints.
  void give_up(std::string_view why) noexcept {
    off = true;
    warn("checkpoints are off for this query", why);
  }

  /// Fragments that were sealed, and are not written yet.
  struct Sealed { FragmentKey key; MorselSet covered; std::shared_ptr<const RowSet> rows; };

  std::mutex mutex;  ///< guards what follows
  std::vector<Sealed> sealed;
  std::map<Fingerprint, std::string> states;
};

}  // namespace cairn
