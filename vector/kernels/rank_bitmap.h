#pragma once

// A set of integers of a bounded domain as a bitmap that also numbers its members: a member's rank is the number of
// smaller ones (succinct rank, Jacobson 1989). 16 bytes per 64 integers, so that an index on surrogate keys stays in
// the second-level cache where an array of positions would not.

#include <cstddef>
#include <cstdint>

#include "vector/memory_pool.h"
#include "vector/vector.h"

namespace cairn {

class RankBitmap {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// The empty set of integers below `domain`.
  explicit RankBitmap(uint64_t domain = 0) : domain_(domain), blocks_(domain / 64 + 1) {}

  uint64_t domain() const { return domain_; }
  /// Returns whether the member is new. REQUIRES: member < domain().
  bool add(uint64_t member) {
    uint64_t& bits = blocks_[member / 64].bits;
    const uint64_t bit = uint64_t{1} << (member % 64);
    const bool is_new = (bits & bit) == 0;
    bits |= bit;
    return is_new;
  }
  /// Numbers the members; no more are added. Returns how many there are.
  uint32_t rank();
  size_t bytes() const { return blocks_.capacity() * sizeof(Block); }

  struct Block {
    uint64_t bits = 0;
    uint64_t rank = 0;  ///< members in the blocks before
  };
  const Block* blocks() const { return blocks_.data(); }

 private:
  uint64_t domain_;
  LargeVector<Block> blocks_;
};

/// Looks up value - origin for the (selected) rows of a vector of integers of up to 64 bits (flat or frame of
/// reference), whatever their validity: the i-th row found, counted as a row of the vector, goes to rows[i], its
/// member's rank to ranks[i]. Returns how many were found. rows and ranks have room for all.
/// REQUIRES: value - origin does not overflow 64 bits for any value but those whose difference is beyond the domain.
size_t find_ranks(const RankBitmap& set, const Vector& vector, int64_t origin, const Selection* selection,
                  uint32_t* rows, uint32_t* ranks);
/// The same of members as they are: those of keys[0 .. count); rows[i] are positions in `keys`.
size_t find_ranks(const RankBitmap& set, const uint64_t* keys, size_t count, uint32_t* rows, uint32_t* ranks);

}  // namespace cairn
