#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "io/storage/simulated_disk.h"
#include "io/storage/storage.h"

namespace cairn {

enum class SimulatedCall {
  kOpen,
  kRead,
  kWrite,
  kSync,
  kTruncate,
  kList,
  kLook,  ///< exists, file_size
  kCreateDirectory,
  kRemove,
  kRename,
  kSyncDirectory,
  kLock,
};

struct SimulatedOperation {
  uint64_t number;  ///< from 1, counted since the storage was made
  SimulatedCall call;
  const std::string& path;
};

/// A file system in memory for fault tests, deterministic from its seed (as long as one thread uses it at a time).
/// Batches do their requests one by one, in random order, when they are waited for.
///
///   for (uint64_t n = 1;; ++n) {              // power fails at every I/O in turn
///     SimulatedStorage storage(seed + n);
///     storage.crash_at(n);
///     const bool ended = try_to(commit, storage);
///     storage.crash();                        // what a restart sees
///     EXPECT_TRUE(is_before_or_after(storage));
///     if (ended && storage.operation_count() < n) break;
///   }
class SimulatedStorage final : public Storage {
 public:
  explicit SimulatedStorage(uint64_t seed = 1);
  /// Another machine that has the files of `other`, all of them durable, without its locks and faults.
  SimulatedStorage(const SimulatedStorage& other, uint64_t seed);

  // Faults. Every call that reaches the disk counts as one operation (create_directories: one per thing created; a
  // request of a batch: one per piece).

  /// The errno that an operation shall fail with, or 0. Called under the storage's lock: must not use it. A write that
  /// fails leaves some part of itself; a sync that fails makes some of the unsynced writes impossible to save; other
  /// operations that fail do nothing.
  using Fault = std::function<int(const SimulatedOperation&)>;
  void set_fault(Fault fault);
  /// The n-th operation from now (1: the next) fails, once.
  void fail_at(uint64_t n, int code);
  /// It and all after it fail.
  void fail_from(uint64_t n, int code);
  /// Power fails during the n-th operation from now: it may or may not reach the disk, and fails with EIO like all
  /// after it, which do nothing, until crash() brings the machine up again.
  void crash_at(uint64_t n);
  void clear_faults();
  uint64_t operation_count() const;

  /// Writes that would bring the content of all files above this many bytes fail with ENOSPC, after what fits.
  void set_capacity(std::optional<uint64_t> bytes);
  uint64_t used_bytes() const;

  /// Each read has one flipped bit with this probability; the file keeps its content.
  void set_read_flip_chance(double chance);
  /// Flips a bit of the file itself, durably. REQUIRES: the offset lies inside.
  void flip_bit(const std::string& path, uint64_t offset, int bit);

  /// The machine goes down and comes up again: locks are free, faults (but for the capacity) are cleared, open files
  /// and locks of before are dead (ESTALE), and of unsynced changes there is what survives.
  void crash(Survival survival = Survival::kRandom);

  std::string_view name() const override { return "simulated"; }
  std::unique_ptr<File> open(const std::string& path, OpenMode mode, Caching caching = Caching::kBuffered) override;
  std::unique_ptr<IoBatch> make_batch() override;
  std::vector<DirectoryEntry> list(const std::string& directory) override;
  bool exists(const std::string& path) override;
  uint64_t file_size(const std::string& path) override;
  void create_directories(const std::string& directory) override;
  void guard(const std::string&, const std::string&, Access) override {}  // it has neither links nor modes
  bool remove(const std::string& path, EntryKind kind) override;
  void rename(const std::string& from, const std::string& to) override;
  void sync_directory(const std::string& directory) override;
  std::unique_ptr<FileLock> lock_file(const std::string& path, LockMode mode, Access access = Access::kPrivate) override;
  uint64_t free_bytes(const std::string& directory) override;

 private:
  friend class SimulatedFile;
  friend class SimulatedBatch;
  friend class SimulatedLock;
  using NodePointer = SimulatedDisk::NodePointer;

  struct Outcome {
    int code;      ///< errno that the operation fails with, or 0
    bool happens;  ///< whether it takes effect nevertheless
  };
  /// Counts an operation and decides its fate. REQUIRES: mutex_ is held (also for the next).
  Outcome begin(SimulatedCall call, const std::string& path);
  /// The same for operations that do nothing when they fail.
  void begin_or_throw(SimulatedCall call, const std::string& path, std::string_view action);

  mutable std::mutex mutex_;
  SimulatedDisk disk_;
  Fault fault_;
  uint64_t operation_count_ = 0;
  uint64_t crash_at_ = 0;  ///< number of the operation, or 0
  bool is_down_ = false;   ///< power has failed
  double read_flip_chance_ = 0;
  uint64_t generation_ = 0;                          ///< counts crashes
  std::map<const SimulatedDisk::Node*, int> locks_;  ///< number of shared locks, or -1: exclusive
};

}  // namespace cairn
