#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// What is left of unsynced changes when a simulated machine goes down.
enum class Survival {
  kNothing,     ///< only what was synced: content by File::sync, names by Storage::sync_directory
  kEverything,  ///< all of it, as when only the process dies
  kPrefix,      ///< per file, its first few writes, the last of them up to some sector; the first few changes of names
  kSectors,     ///< every 512-byte sector of a write, every change of size and of a name, by the toss of a coin
  kRandom,      ///< one of these four
};

/// The state of a simulated file system: for each file and directory what programs see, what is durable, and, in order,
/// the changes that lead from the one to the other. Not thread-safe; SimulatedStorage locks around it.
///
/// Stricter than most real file systems: syncing a new file does not make its name durable, and a directory's sync does
/// so only for that directory (and for the other side of renames that touch it, which are atomic).
class SimulatedDisk {
 public:
  static constexpr size_t kSectorBytes = 512;  ///< written wholly or not at all, aligned in the file

  struct Change {  ///< a write of `bytes` at `offset`, or, if `is_resize`, the new size `offset`
    bool is_resize;
    uint64_t offset;
    std::vector<std::byte> bytes;
  };
  struct Node;
  using NodePointer = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodePointer>;
  struct Node {
    bool is_directory = false;
    bool is_linked = true;  ///< has a name, and counts against the capacity
    std::vector<std::byte> content, durable_content;
    std::vector<Change> unsynced;
    Names names, durable_names;
  };

  explicit SimulatedDisk(uint64_t seed);
  /// Another disk with the same files, all of them durable.
  SimulatedDisk(const SimulatedDisk& other, uint64_t seed);

  /// The node, or null if there is none. Throws file_error(ENOTDIR) for a path below a file.
  NodePointer find(const std::string& path, std::string_view action) const;
  /// The node; throws file_error(ENOENT) if there is none.
  NodePointer get(const std::string& path, std::string_view action) const;
  /// Gives a new, empty node a name. REQUIRES: the name is free. Throws if the parent is missing.
  NodePointer create(const std::string& path, bool is_directory, std::string_view action);
  /// Throws ENOENT, ENOTEMPTY.
  void remove(const std::string& path);
  void rename(const std::string& from, const std::string& to);
  void sync_names(const std::string& directory);

  /// Writes what fits; the errno ENOSPC if that is not all, else 0.
  int write(Node& file, uint64_t offset, std::span<const std::byte> bytes);
  int resize(Node& file, uint64_t size);
  void sync(Node& file);
  /// A sync that fails: some of the unsynced changes will never become durable, even by later ones that succeed.
  void fail_sync(Node& file);

  void crash(Survival survival);

  void set_capacity(std::optional<uint64_t> bytes) { capacity_bytes_ = bytes; }
  uint64_t used_bytes() const { return used_bytes_; }
  uint64_t free_bytes() const;

  /// Uniform in 0 … limit - 1.
  uint64_t random_below(uint64_t limit) { return std::uniform_int_distribution<uint64_t>(0, limit - 1)(random_); }
  bool toss() { return random_below(2) == 0; }

  /// "/a//./b/../c" is a, c.
  static std::vector<std::string> parts_of(const std::string& path);

 private:
  struct NameChange {
    NodePointer directory;
    std::string name;
    NodePointer node;  ///< null: the name goes
  };
  using NameChanges = std::vector<NameChange>;  ///< atomic: all or none of them become durable

  struct Place {
    NodePointer directory;
    std::string name;
  };
  Place place_of(const std::string& path, std::string_view action) const;
  void change_names(NameChanges changes);
  void unlink(Node& node);
  void revive(Node& node, Survival survival);

  NodePointer root_;
  std::vector<NameChanges> unsynced_names_;
  std::optional<uint64_t> capacity_bytes_;
  uint64_t used_bytes_ = 0;
  std::mt19937_64 random_;
};

}  // namespace cairn
