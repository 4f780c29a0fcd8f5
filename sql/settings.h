#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/store.h"
#include "exec/pipeline/pipeline.h"

namespace cairn {

/// One row of the table of settings.
struct SettingDescription {
  std::string_view name;
  std::string_view initial;      ///< "" for those that depend on the machine
  std::string_view description;
  /// Checks the text and returns it in its canonical form; throws kInvalidParameterValue.
  std::string (*check)(const SettingDescription& self, std::string_view text) = nullptr;
  /// What a query means, or how it is planned, depends on it: an interrupted query is resumed with the value that it began
  /// with.
  bool of_queries = false;
};

/// A session's settings: SET, SHOW, RESET. Values are kept as checked text and read by name-typed functions, so that a
/// setting is one row of one table (settings.cpp) and, where something in C++ asks for it, one function here.
class Settings {
 public:
  Settings();

  /// Errors: kUndefinedObject with the nearest name, kInvalidParameterValue.
  void set(std::string_view name, std::string_view text);
  void reset(std::string_view name);
  void reset_all();
  const std::string& get(std::string_view name) const;

  static const std::vector<SettingDescription>& all();
  /// Names and values of those that queries depend on.
  std::vector<std::pair<std::string, std::string>> of_queries() const;

  /// With all of memory_limit, and without a place for temporary files.
  ExecutionSettings execution() const;
  CheckpointMode checkpoint() const;
  bool checkpoint_verbose() const { return get("checkpoint_verbose") == "on"; }
  std::chrono::milliseconds checkpoint_epoch() const;  ///< 0: auto
  std::chrono::milliseconds checkpoint_retention() const;  ///< 0: forever
  uint64_t checkpoint_limit_bytes() const;
  std::vector<std::string> disabled_passes() const;

 private:
  static size_t find(std::string_view name);
  bool has_own_memory_limit() const;
  void check_least_memory() const;
  std::vector<std::string> values_;  ///< in the order of all()
};

/// The least memory_limit: what queries need so that every operator can do its work piece by piece. Each worker reads row
/// groups, fills batches, writes and reads pieces of what it has spilled.
uint64_t least_memory_bytes(unsigned threads, size_t vector_capacity);

/// "512MB", "1GB", "64kB", bare bytes. Errors: kInvalidParameterValue.
uint64_t parse_bytes(std::string_view text);

}  // namespace cairn
