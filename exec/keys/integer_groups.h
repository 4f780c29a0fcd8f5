#pragma once

#include <memory>
#include <vector>

#include "exec/keys/group_index.h"

namespace cairn {

/// Groups of one integral key. As long as keys lie close together (surrogate keys do), the key itself is the address:
/// pages of 4096 group numbers under a directory, without hashing or comparing; clustered keys touch few cache lines.
/// Where pages stay mostly empty, an open-addressing table of [key u64 | group + 1 u64] takes over, until it has grown
/// so much that pages would be fuller.
class IntegerGroups : public GroupIndex {
 public:
  explicit IntegerGroups(const Type& key_type, bool scattered = false) : type_(key_type) {
    if (scattered) become_hashed();
  }
  void find_or_add(std::span<const Vector> keys, size_t rows, uint32_t* ids) override;
  size_t size() const override { return keys_.size(); }
  Vector keys(size_t column, size_t begin, size_t rows, std::vector<uint64_t>& scratch) const override;
  void partitions(unsigned bits, uint8_t* out, unsigned level = 0) const override;
  /// As GroupIndex's.
  static void partitions_of(const Vector& keys, size_t rows, unsigned bits, uint8_t* out, unsigned level);
  bool is_scattered() const override;
  size_t bytes() const override;

 private:
  static constexpr unsigned kPageBits = 12;
  static constexpr size_t kPageKeys = size_t{1} << kPageBits;
  /// Keys are stored with their sign bit flipped: offsets from INT64_MIN.
  static constexpr uint64_t kBias = uint64_t{1} << 63;
  static uint8_t partition_of(uint64_t biased, unsigned bits, unsigned level);
  struct Slot {
    uint64_t key = 0;
    uint64_t group = 0;  ///< plus 1; 0: empty
  };

  template <typename Read>
  size_t add_paged(Read read, const Vector& key, size_t begin, size_t rows, uint32_t* ids);
  template <typename Read>
  size_t add_hashed(Read read, const Vector& key, size_t begin, size_t rows, uint32_t* ids);
  uint32_t null_group();
  uint32_t* make_page(uint64_t page);
  uint32_t* empty_page();
  void become_hashed();
  void become_paged();
  bool pages_would_be_full() const;
  void reserve(size_t groups);
  static uint64_t hash(uint64_t key) {
    key *= 0x9e3779b97f4a7c15u;
    return key ^ (key >> 32);
  }

  Type type_;
  LargeVector<uint64_t> keys_;  ///< per group, biased
  uint32_t null_group_ = HashGroups::kNoGroup;
  bool hashed_ = false;
  uint64_t first_page_ = 0;
  std::vector<uint32_t*> directory_;  ///< from first_page_ on; nullptr: no key of that page yet
  std::vector<LargeVector<uint32_t>> slabs_;  ///< pages, allocated several at a time
  size_t page_count_ = 0, slab_room_ = 0;     ///< pages given out; pages left in the last slab
  LargeVector<Slot> slots_;
  uint64_t least_key_ = UINT64_MAX, greatest_key_ = 0;  ///< while hashed
};

}  // namespace cairn
