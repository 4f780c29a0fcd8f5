#pragma once

#include <memory>
#include <set>
#include <string>

#include "checkpoint/log.h"
#include "io/storage/own_files.h"
#include "io/storage/storage.h"

namespace cairn {

/// One process's directory of checkpoints: this one's, one that it has taken over from a process that died, or one that
/// belongs to the database of which this is a copy. The first two are locked by this process. In the last it only reads,
/// whoever may work there: what is read is checked, and nothing of it is ever changed or removed.
///
///   <place>/<owner>/owner.lock   held while the process lives
///   <place>/<owner>/log          checkpoint/log.h
///   <place>/<owner>/<query>-<n>  checkpoint/fragment_file.h
///
/// Not thread-safe.
class Owner {
 public:
  /// A fresh directory, durable with those above it that are new.
  static std::shared_ptr<Owner> make(Storage& storage, const std::string& place);
  /// Takes over a dead process's; nullptr where the entry of the place is no such directory. Errors: kObjectInUse where
  /// the process lives.
  static std::shared_ptr<Owner> adopt(Storage& storage, const std::string& place, const DirectoryEntry& entry);
  /// One of another database; nullptr where there is nothing to read.
  static std::shared_ptr<Owner> borrow(Storage& storage, const std::string& place, const DirectoryEntry& entry);

  const std::string& place() const { return place_; }
  const std::string& name() const { return name_; }
  bool of_others() const { return kind_ == Kind::kBorrowed; }
  CheckpointLog* log() { return log_.get(); }  ///< nullptr: the process died before it made one
  std::string path(const std::string& file) const { return own_path(directory_, file); }
  void sync() { storage_.sync_directory(directory_); }
  /// Says in the log that the query has ended. False where the log is not to be written.
  bool end(const std::string& query_id);
  /// Removes a fragment file.
  void remove(const std::string& file);
  /// Removes fragment files that are not `needed`, and what is left of a log that was being replaced.
  void sweep(const std::set<std::string>& needed);
  /// Removes the directory and what is ours in it, where no query may need it.
  void remove_if_idle();
  /// An ended query could not be closed: its files stay for whoever opens the database next.
  void keep() { kept_ = true; }

 private:
  enum class Kind { kMade, kAdopted, kBorrowed };
  Owner(Storage& storage, const std::string& place, std::string name, Kind kind);

  Storage& storage_;
  const std::string place_, name_, directory_;
  const Kind kind_;
  const std::unique_ptr<FileLock> lock_;
  std::unique_ptr<CheckpointLog> log_;
  bool kept_ = false;
};

}  // namespace cairn
