#include "exec/keys/group_index.h"

#include <algorithm>

#include "exec/keys/integer_groups.h"
#include "exec/rows/integer_values.h"
#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

void hash_keys(std::span<const Vector> keys, uint64_t* hashes) {
  for (size_t column = 0; column < keys.size(); ++column) hash_vector(keys[column], nullptr, column > 0, hashes);
}

/// GROUP BY nothing: everything is one group, which is there from the start.
class OneGroup : public GroupIndex {
 public:
  void find_or_add(std::span<const Vector>, size_t rows, uint32_t* ids) override { std::fill_n(ids, rows, 0u); }
  size_t size() const override { return 1; }
  Vector keys(size_t, size_t, size_t, std::vector<uint64_t>&) const override { return {}; }
  void partitions(unsigned, uint8_t* out, unsigned) const override { *out = 0; }
  size_t bytes() const override { return sizeof *this; }
};

uint8_t partition_of(uint64_t hash, unsigned bits, unsigned level) {
  return bits == 0 ? 0 : static_cast<uint8_t>(hash << (8 * level) >> (64 - bits));
}

}  // namespace

void GroupIndex::partitions(std::span<const Vector> keys, size_t rows, unsigned bits, uint8_t* out, unsigned level) {
  if (keys.empty()) {
    std::fill_n(out, rows, uint8_t{0});
    return;
  }
  if (keys.size() == 1 && is_word(keys[0].type)) return IntegerGroups::partitions_of(keys[0], rows, bits, out, level);
  std::vector<uint64_t> hashes(rows);
  hash_keys(keys, hashes.data());
  for (size_t row = 0; row < rows; ++row) out[row] = partition_of(hashes[row], bits, level);
}

std::unique_ptr<GroupIndex> GroupIndex::make(const std::vector<Type>& key_types, bool scattered) {
  if (key_types.empty()) return std::make_unique<OneGroup>();
  if (key_types.size() == 1 && is_word(key_types[0])) return std::make_unique<IntegerGroups>(key_types[0], scattered);
  return std::make_unique<HashGroups>(key_types);
}

HashGroups::HashGroups(const std::vector<Type>& key_types) {
  for (const Type& type : key_types) columns_.emplace_back(type);
}

void HashGroups::reserve(size_t groups) {
  if (groups * 2 <= slots_.size()) return;
  size_t slot_count = std::max<size_t>(slots_.size() * 2, 1024);
  while (slot_count < groups * 2) slot_count *= 2;
  slots_.assign(slot_count, 0);
  mask_ = slot_count - 1;
  for (size_t group = 0; group < hashes_.size(); ++group) {
    uint64_t position = hashes_[group] & mask_;
    while (slots_[position] != 0) position = (position + 1) & mask_;
    slots_[position] = (hashes_[group] >> 32 << 32) | (group + 1);
  }
}

uint32_t HashGroups::add_group(uint64_t position, uint64_t hash) {
  hashes_.push_back(hash);
  slots_[position] = (hash >> 32 << 32) | hashes_.size();
  return static_cast<uint32_t>(hashes_.size() - 1);
}

void HashGroups::find_or_add(std::span<const Vector> keys, size_t rows, uint32_t* ids) {
  if (rows <= kSliceRows) return add_slice(keys, rows, ids);
  std::vector<Vector> part(keys.size());
  for (size_t begin = 0; begin < rows; begin += kSliceRows) {
    const size_t count = std::min(kSliceRows, rows - begin);
    for (size_t column = 0; column < keys.size(); ++column) part[column] = slice_vector(keys[column], begin, count);
    add_slice(part, count, ids + begin);
  }
}

void HashGroups::add_slice(std::span<const Vector> keys, size_t rows, uint32_t* ids) {
  if (rows == 0) return;
  reserve(size() + rows);
  scratch_.hashes.resize(rows);
  scratch_.positions.resize(rows);
  scratch_.rows.clear();
  hash_keys(keys, scratch_.hashes.data());
  const size_t size_before = size();
  for (size_t row = 0; row < rows; ++row) {
    const uint64_t hash = scratch_.hashes[row];
    uint64_t position = hash & mask_;
    for (;; position = (position + 1) & mask_) {
      const uint64_t slot = slots_[position];
      if (slot == 0) {
        ids[row] = add_group(position, hash);
        scratch_.rows.push_back(static_cast<uint32_t>(row));
        break;
      }
      if ((slot ^ hash) >> 32 == 0) {
        ids[row] = static_cast<uint32_t>(slot) - 1;
        break;
      }
    }
    scratch_.positions[row] = position;
  }
  if (size() != size_before) {
    const Selection added{scratch_.rows.data(), scratch_.rows.size()};
    for (size_t column = 0; column < keys.size(); ++column) columns_[column].append(keys[column], &added);
    if (scratch_.rows.size() == rows) return;
  }
  list_unequal(keys, rows, ids, scratch_);
  const std::vector<uint32_t> unequal = scratch_.rows;
  for (const uint32_t row : unequal) add_one(keys, row, scratch_.positions[row], ids);
}

void HashGroups::add_one(std::span<const Vector> keys, size_t row, uint64_t position, uint32_t* ids) {
  const uint64_t hash = scratch_.hashes[row];
  for (position = (position + 1) & mask_;; position = (position + 1) & mask_) {
    const uint64_t slot = slots_[position];
    if (slot == 0) {
      ids[row] = add_group(position, hash);
      const uint32_t index = static_cast<uint32_t>(row);
      const Selection added{&index, 1};
      for (size_t column = 0; column < keys.size(); ++column) columns_[column].append(keys[column], &added);
      return;
    }
    const uint32_t group = static_cast<uint32_t>(slot) - 1;
    if ((slot ^ hash) >> 32 == 0 && row_equals(keys, row, group, scratch_.flat)) {
      ids[row] = group;
      return;
    }
  }
}

bool HashGroups::row_equals(std::span<const Vector> keys, size_t row, uint32_t group, FlatScratch& flat) const {
  const uint32_t index = static_cast<uint32_t>(row);
  uint8_t equal = 1;
  for (size_t column = 0; column < keys.size(); ++column) {
    const Vector left = gather(keys[column], &index, 1, flat);
    match_rows(left, columns_[column].view(), &group, 1, &equal);
  }
  return equal != 0;
}

void HashGroups::list_unequal(std::span<const Vector> keys, size_t rows, const uint32_t* ids, Scratch& scratch) const {
  scratch.equal.assign(rows, 1);
  for (size_t column = 0; column < keys.size(); ++column) {
    match_rows(keys[column], columns_[column].view(), ids, rows, scratch.equal.data());
  }
  scratch.rows.clear();
  for (size_t row = 0; row < rows; ++row) {
    if (scratch.equal[row] == 0) scratch.rows.push_back(static_cast<uint32_t>(row));
  }
}

void HashGroups::find(std::span<const Vector> keys, size_t rows, uint32_t* ids, Scratch& scratch) const {
  if (rows == 0) return;
  if (size() == 0) {
    std::fill_n(ids, rows, kNoGroup);
    return;
  }
  scratch.hashes.resize(rows);
  scratch.positions.resize(rows);
  hash_keys(keys, scratch.hashes.data());
  std::vector<uint32_t>& missing = scratch.rows;
  missing.clear();
  for (size_t row = 0; row < rows; ++row) {
    const uint64_t hash = scratch.hashes[row];
    uint64_t position = hash & mask_;
    while (slots_[position] != 0 && (slots_[position] ^ hash) >> 32 != 0) position = (position + 1) & mask_;
    const uint64_t slot = slots_[position];
    if (slot == 0) missing.push_back(static_cast<uint32_t>(row));
    ids[row] = slot == 0 ? 0 : static_cast<uint32_t>(slot) - 1;
    scratch.positions[row] = position;
  }
  const std::vector<uint32_t> absent = missing;
  list_unequal(keys, rows, ids, scratch);
  for (const uint32_t row : absent) ids[row] = kNoGroup;
  for (const uint32_t row : scratch.rows) {
    if (ids[row] == kNoGroup) continue;
    ids[row] = kNoGroup;
    for (uint64_t position = (scratch.positions[row] + 1) & mask_; slots_[position] != 0;
         position = (position + 1) & mask_) {
      const uint32_t group = static_cast<uint32_t>(slots_[position]) - 1;
      if ((slots_[position] ^ scratch.hashes[row]) >> 32 == 0 && row_equals(keys, row, group, scratch.flat)) {
        ids[row] = group;
        break;
      }
    }
  }
}

Vector HashGroups::keys(size_t column, size_t begin, size_t rows, std::vector<uint64_t>& scratch) const {
  return columns_[column].view(begin, rows, &scratch);
}

void HashGroups::partitions(unsigned bits, uint8_t* out, unsigned level) const {
  for (size_t group = 0; group < hashes_.size(); ++group) out[group] = partition_of(hashes_[group], bits, level);
}

size_t HashGroups::bytes() const {
  size_t bytes = (slots_.capacity() + hashes_.capacity()) * sizeof(uint64_t);
  for (const ColumnBuffer& column : columns_) bytes += column.bytes();
  return bytes;
}

}  // namespace cairn
