#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "capi/include/cairn.h"
#include "io/storage/simulated_storage.h"

namespace cairn::test {

/// What statements came to.
struct Outcome {
  cairn_status status = CAIRN_OK;
  std::string sqlstate, message;  ///< empty where there was no memory to tell them
  std::vector<std::string> rows;  ///< of all statements, sorted

  bool failed() const { return status != CAIRN_OK; }
};

/// Where a database lies: a directory of the file system, or a simulated disk. Copies have the same files.
class Place {
 public:
  /// A new directory below the system's temporary one, removed with the place.
  static std::unique_ptr<Place> directory();
  static std::unique_ptr<Place> simulated();
  ~Place();
  std::unique_ptr<Place> copy() const;

  const std::string& path() const { return path_; }
  /// nullptr for directories.
  const std::shared_ptr<SimulatedStorage>& storage() const { return storage_; }
  /// A path of a file beside the database.
  std::string file(const std::string& name) const;

 private:
  std::string path_;
  std::shared_ptr<SimulatedStorage> storage_;
};

/// An open database and one connection to it, used through the C API.
class Subject {
 public:
  /// Throws std::runtime_error where it does not open.
  explicit Subject(const Place& place);
  ~Subject();
  Subject(const Subject&) = delete;

  /// Runs the statements until one fails. "{file}" stands for a path beside the database. Only what the library does is
  /// counted by FailingAllocator.
  Outcome run(const std::string& sql);
  /// Runs a query, reads none of its rows and waits until a breaker is durable. Returns false where none becomes so.
  bool begin_durably(const std::string& sql);
  /// Everything that the database holds, as text.
  std::string state();
  /// The connection: for what run() cannot do.
  cairn_connection* connection() { return connection_; }

 private:
  const Place& place_;
  cairn_database* database_ = nullptr;
  cairn_connection* connection_ = nullptr;
  cairn_result* unread_ = nullptr;
};

}  // namespace cairn::test
