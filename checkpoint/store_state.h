#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "checkpoint/store.h"

// What store.h declares and only checkpoint/ sees.

namespace cairn {

/// What a query's observer and the store's writer thread share.
struct QueryCheckpoint::State {
  CheckpointRequest request;
  LoggedQuery logged;
  std::chrono::steady_clock::time_point started;
  std::vector<std::string> stands_for;  ///< ids of interrupted queries with the same plan
  std::atomic<bool> finished{false};
  std::atomic<bool> off{false};         ///< after a failure to write
  std::atomic<uint64_t> bytes_written{0};
  std::atomic<bool> queued{false};      ///< some breaker was handed to the writer thread

  // The writer thread's.
  bool pinned = false;  ///< the snapshot has a durable pin
  bool begun = false;   ///< the begin record is in the log
  std::vector<std::string> files;
  uint64_t file_bytes = 0;

  void set_state(const Fingerprint& breaker, std::string text) {
    std::lock_guard lock(mutex);
    states[breaker] = std::move(text);
  }

  std::mutex mutex;  ///< guards states
  std::map<Fingerprint, std::string> states;
};

std::string random_hex(size_t digits);

struct CheckpointStore::Owner {
  std::string directory;
  std::unique_ptr<FileLock> lock;
  std::unique_ptr<CheckpointLog> log;
};

struct CheckpointStore::Interrupted {
  LoggedQuery query;
  Owner* owner;

  std::string path(const DurableBreaker& breaker) const { return owner->directory + "/" + breaker.file; }
};

struct CheckpointStore::Task {
  std::shared_ptr<QueryCheckpoint::State> query;
  std::optional<Breaker> breaker;  ///< to be written; none: the query has ended
  std::shared_ptr<const RowSet> rows;
  size_t bytes = 0;
};

}  // namespace cairn
