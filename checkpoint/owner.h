#pragma once

#include <memory>
#include <set>
#include <string>

#include "checkpoint/log.h"
#include "io/own_files.h"
#include "io/storage.h"

namespace cairn {

/// One process's directory of checkpoints, locked by this process: its own, or that of one that died.
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
  /// Takes over a dead process's; nullptr where the entry of the place is no such directory. `of_others`: queries in it
  /// may be of a copy of the database, which may need them still. Errors: kObjectInUse where the process lives.
  static std::shared_ptr<Owner> adopt(Storage& storage, const std::string& place, const DirectoryEntry& entry,
                                      bool of_others);

  CheckpointLog* log() { return log_.get(); }  ///< nullptr: the process died before it made one
  std::string path(const std::string& file) const { return own_path(directory_, file); }
  void sync() { storage_.sync_directory(directory_); }
  /// Removes a fragment file.
  void remove(const std::string& file);
  /// Removes fragment files that are not `needed`, and what is left of a log that was being replaced.
  void sweep(const std::set<std::string>& needed);
  /// Removes the directory and what is ours in it, where no query that the log holds open may need it.
  void remove_if_idle();
  /// An ended query could not be closed: its files stay for whoever opens the database next.
  void keep() { kept_ = true; }

 private:
  Owner(Storage& storage, const std::string& place, std::string name);

  Storage& storage_;
  const std::string place_, name_, directory_;
  const std::unique_ptr<FileLock> lock_;
  std::unique_ptr<CheckpointLog> log_;
  bool kept_ = false;
  bool log_tells_ = true;  ///< what the log holds open is open: not where a database's pins say so
};

}  // namespace cairn
