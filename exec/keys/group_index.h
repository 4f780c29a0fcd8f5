#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vector/column_buffer.h"
#include "vector/kernels/kernels.h"
#include "vector/memory_pool.h"
#include "vector/vector.h"

namespace cairn {

/// Numbers the distinct keys of GROUP BY (or of a join's build side) 0, 1, 2, … in the order of their first
/// appearance. NULLs are equal to each other here. Not thread-safe.
class GroupIndex {
 public:
  virtual ~GroupIndex() = default;

  /// One group for everything (no keys), a paged array or a table of integers (one integral key of up to 64 bits), or
  /// a general hash table. `scattered`: keys will lie far apart.
  static std::unique_ptr<GroupIndex> make(const std::vector<Type>& key_types, bool scattered = false);

  /// ids[i] = the group of row i of the key vectors, `rows` rows each.
  virtual void find_or_add(std::span<const Vector> keys, size_t rows, uint32_t* ids) = 0;
  virtual size_t size() const = 0;
  /// Key column `column` of groups [begin, begin + rows), in any encoding; valid until the index changes.
  virtual Vector keys(size_t column, size_t begin, size_t rows, std::vector<uint64_t>& scratch) const = 0;
  /// out[g] = one of 2^bits partitions, a function of the group's key alone. bits <= 8. The groups of a partition are
  /// split further by the next level; up to kLevels of them. Level 0 keeps integers together that are near each other.
  virtual void partitions(unsigned bits, uint8_t* out, unsigned level = 0) const = 0;
  static constexpr unsigned kLevels = 6;
  /// The same of rows of keys that are in no index.
  static void partitions(std::span<const Vector> keys, size_t rows, unsigned bits, uint8_t* out, unsigned level);
  /// Whether its keys lie so far apart that an index of more of them had better expect it.
  virtual bool is_scattered() const { return false; }
  virtual size_t bytes() const = 0;
};

/// The general table: linear probing over 8-byte slots [tag u32 | group + 1 u32]. The tag is the upper half of the
/// 64-bit hash, so that keys are compared, column by column for a batch at a time, almost only where they are equal.
class HashGroups : public GroupIndex {
 public:
  static constexpr uint32_t kNoGroup = UINT32_MAX;

  explicit HashGroups(const std::vector<Type>& key_types);
  void find_or_add(std::span<const Vector> keys, size_t rows, uint32_t* ids) override;
  size_t size() const override { return hashes_.size(); }
  Vector keys(size_t column, size_t begin, size_t rows, std::vector<uint64_t>& scratch) const override;
  void partitions(unsigned bits, uint8_t* out, unsigned level = 0) const override;
  size_t bytes() const override;

  /// What find needs of memory; one per worker.
  struct Scratch {
    std::vector<uint64_t> hashes;
    std::vector<uint64_t> positions;
    std::vector<uint32_t> rows;
    std::vector<uint8_t> equal;
    FlatScratch flat;
  };
  /// ids[i] = the group of row i, or kNoGroup. Thread-safe with itself.
  void find(std::span<const Vector> keys, size_t rows, uint32_t* ids, Scratch& scratch) const;

 private:
  void add_slice(std::span<const Vector> keys, size_t rows, uint32_t* ids);
  void add_one(std::span<const Vector> keys, size_t row, uint64_t position, uint32_t* ids);
  uint32_t add_group(uint64_t position, uint64_t hash);
  bool row_equals(std::span<const Vector> keys, size_t row, uint32_t group, FlatScratch& flat) const;
  /// Compares candidates, and lists the rows of `scratch.equal` that are not equal in scratch.rows.
  void list_unequal(std::span<const Vector> keys, size_t rows, const uint32_t* ids, Scratch& scratch) const;
  void reserve(size_t groups);

  LargeVector<uint64_t> slots_;
  uint64_t mask_ = 0;
  LargeVector<uint64_t> hashes_;  ///< per group
  std::vector<ColumnBuffer> columns_;
  Scratch scratch_;
};

}  // namespace cairn
