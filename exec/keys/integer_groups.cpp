#include "exec/keys/integer_groups.h"

#include <algorithm>

#include "exec/rows/integer_values.h"
#include "vector/counted_work.h"
#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

/// Pages are given out freely up to this many (4 MiB); from then on only while there is a group for every kSparseKeys
/// addresses.
constexpr size_t kFreePages = 256;
constexpr size_t kSparseKeys = 32;
constexpr size_t kDirectoryPagesMax = size_t{1} << 20;

}  // namespace

uint32_t IntegerGroups::null_group() {
  if (null_group_ == HashGroups::kNoGroup) {
    null_group_ = static_cast<uint32_t>(keys_.size());
    keys_.push_back(kBias);
  }
  return null_group_;
}

/// nullptr where the keys lie too far apart.
uint32_t* IntegerGroups::make_page(uint64_t page) {
  if (page_count_ >= kFreePages && page_count_ * kPageKeys > kSparseKeys * keys_.size()) return nullptr;
  if (directory_.empty()) first_page_ = page;
  if (page < first_page_) {
    const uint64_t more = first_page_ - page;
    if (more + directory_.size() > kDirectoryPagesMax) return nullptr;
    // Room in front for as many again: keys that come in descending order must not copy the directory each time.
    const uint64_t room = std::min<uint64_t>({page, directory_.size(), kDirectoryPagesMax - more - directory_.size()});
    directory_.insert(directory_.begin(), more + room, nullptr);
    first_page_ = page - room;
  }
  const uint64_t at = page - first_page_;
  if (at >= kDirectoryPagesMax) return nullptr;
  if (at >= directory_.size()) directory_.resize(at + 1, nullptr);
  return directory_[at] = empty_page();
}

uint32_t* IntegerGroups::empty_page() {
  if (slab_room_ == 0) {
    slab_room_ = std::clamp<size_t>(page_count_, 1, 64);  // as many again
    slabs_.emplace_back(slab_room_ * kPageKeys, 0u);
  }
  ++page_count_;
  return slabs_.back().data() + --slab_room_ * kPageKeys;
}

void IntegerGroups::become_hashed() {
  hashed_ = true;
  directory_ = {};
  slabs_.clear();
  page_count_ = slab_room_ = 0;
  for (size_t group = 0; group < keys_.size(); ++group) {
    if (group == null_group_) continue;
    least_key_ = std::min(least_key_, keys_[group]);
    greatest_key_ = std::max(greatest_key_, keys_[group]);
  }
  reserve(keys_.size() + kSliceRows);
}

bool IntegerGroups::pages_would_be_full() const {
  return least_key_ <= greatest_key_ && (greatest_key_ - least_key_) / (kSparseKeys / 2) < keys_.size() &&
         (greatest_key_ - least_key_) >> kPageBits < kDirectoryPagesMax / 2;
}

void IntegerGroups::become_paged() {
  hashed_ = false;
  slots_ = {};
  first_page_ = least_key_ >> kPageBits;
  directory_.assign((greatest_key_ >> kPageBits) - first_page_ + 1, nullptr);
  for (size_t group = 0; group < keys_.size(); ++group) {
    if (group == null_group_) continue;
    uint32_t*& page = directory_[(keys_[group] >> kPageBits) - first_page_];
    if (page == nullptr) page = empty_page();
    page[keys_[group] & (kPageKeys - 1)] = static_cast<uint32_t>(group) + 1;
  }
}

void IntegerGroups::reserve(size_t groups) {
  if (groups * 2 <= slots_.size()) return;
  size_t slot_count = std::max<size_t>(slots_.size() * 2, 4096);
  while (slot_count < groups * 2) slot_count *= 2;
  slots_.assign(slot_count, Slot{});
  const uint64_t mask = slot_count - 1;
  for (size_t group = 0; group < keys_.size(); ++group) {
    if (group == null_group_) continue;
    uint64_t position = hash(keys_[group]) & mask;
    while (slots_[position].group != 0) position = (position + 1) & mask;
    slots_[position] = {keys_[group], group + 1};
  }
}

/// Returns the first row that it could not do: keys lie too far apart.
template <typename Read>
size_t IntegerGroups::add_paged(Read read, const Vector& key, size_t begin, size_t rows, uint32_t* ids) {
  const bool may_have_nulls = key.may_have_nulls();
  uint64_t current = UINT64_MAX;
  uint32_t* page = nullptr;
  size_t size = keys_.size();
  for (size_t row = begin; row < rows;) {
    // Whether a key is new can't be foretold: every row writes as if it were, into room kept for a slice of them.
    const size_t end = std::min(rows, row + kSliceRows);
    keys_.resize(size + (end - row));
    for (; row < end; ++row) {
      if (may_have_nulls && !key.valid(row)) {
        keys_.resize(size);
        ids[row] = null_group();
        size = keys_.size();
        keys_.resize(size + (end - row));
        continue;
      }
      const uint64_t biased = static_cast<uint64_t>(read(row)) ^ kBias;
      if (biased >> kPageBits != current) {
        current = biased >> kPageBits;
        const uint64_t at = current - first_page_;
        page = at < directory_.size() ? directory_[at] : nullptr;
        if (page == nullptr) {
          keys_.resize(size);
          page = make_page(current);
          if (page == nullptr) return row;
          keys_.resize(size + (end - row));
        }
      }
      uint32_t& slot = page[biased & (kPageKeys - 1)];
      const uint32_t group = slot;
      keys_[size] = biased;
      size += group == 0;
      const uint32_t known = group == 0 ? static_cast<uint32_t>(size) : group;
      slot = known;
      ids[row] = known - 1;
    }
    keys_.resize(size);
  }
  return rows;
}

/// Returns the first row that it did not do: pages are better from there on.
template <typename Read>
size_t IntegerGroups::add_hashed(Read read, const Vector& key, size_t begin, size_t rows, uint32_t* ids) {
  const bool may_have_nulls = key.may_have_nulls();
  for (size_t slice = begin; slice < rows; slice += kSliceRows) {
    const size_t end = std::min(rows, slice + kSliceRows);
    if ((keys_.size() + (end - slice)) * 2 > slots_.size() && pages_would_be_full()) return slice;
    reserve(keys_.size() + (end - slice));
    Slot* const slots = slots_.data();
    const uint64_t mask = slots_.size() - 1;
    for (size_t row = slice; row < end; ++row) {
      if (may_have_nulls && !key.valid(row)) {
        ids[row] = null_group();
        continue;
      }
      const uint64_t biased = static_cast<uint64_t>(read(row)) ^ kBias;
      uint64_t position = hash(biased) & mask;
      while (slots[position].group != 0 && slots[position].key != biased) position = (position + 1) & mask;
      if (slots[position].group == 0) {
        keys_.push_back(biased);
        least_key_ = std::min(least_key_, biased);
        greatest_key_ = std::max(greatest_key_, biased);
        slots[position] = {biased, keys_.size()};
      }
      ids[row] = static_cast<uint32_t>(slots[position].group - 1);
    }
  }
  return rows;
}

void IntegerGroups::find_or_add(std::span<const Vector> keys, size_t rows, uint32_t* ids) {
  FlatScratch flat;
  const Vector key = keys[0].encoding == Encoding::kDictionary ? flatten(keys[0], nullptr, flat) : keys[0];
  if (key.is_constant() && rows > 1) {  // one look-up does
    find_or_add(std::span(&key, 1), 1, ids);
    std::fill_n(ids + 1, rows - 1, ids[0]);
    return;
  }
  visit_integers(key, [&](auto read) {
    for (size_t done = 0; done < rows;) {
      done = hashed_ ? add_hashed(read, key, done, rows, ids) : add_paged(read, key, done, rows, ids);
      if (done < rows) hashed_ ? become_paged() : become_hashed();
    }
  });
}

Vector IntegerGroups::keys(size_t, size_t begin, size_t rows, std::vector<uint64_t>& scratch) const {
  Vector vector;
  vector.type = type_;
  vector.encoding = Encoding::kFrameOfReference;
  vector.code_bytes = 8;
  vector.base = INT64_MIN;
  vector.size = rows;
  vector.data = keys_.data() + begin;
  if (null_group_ >= begin && null_group_ < begin + rows) {
    scratch.assign(mask_words(rows), ~uint64_t{0});
    count_work(mask_words(rows));
    if (rows % 64 != 0) scratch.back() = (uint64_t{1} << (rows % 64)) - 1;
    scratch[(null_group_ - begin) / 64] &= ~(uint64_t{1} << ((null_group_ - begin) % 64));
    vector.validity = scratch.data();
  }
  return vector;
}

/// By page, so that a partition's keys lie as close together as all did; then by the bits of one hash of the whole key.
inline uint8_t IntegerGroups::partition_of(uint64_t biased, unsigned bits, unsigned level) {
  if (bits == 0) return 0;
  if (level == 0) return static_cast<uint8_t>((biased >> kPageBits) * 0x9e3779b97f4a7c15u >> (64 - bits));
  const uint64_t mixed = (biased ^ biased >> 32) * 0xd6e8feb86659fd93u;
  return static_cast<uint8_t>((mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u << (8 * (level - 1)) >> (64 - bits));
}

void IntegerGroups::partitions(unsigned bits, uint8_t* out, unsigned level) const {
  for (size_t group = 0; group < keys_.size(); ++group) {
    out[group] = group == null_group_ ? 0 : partition_of(keys_[group], bits, level);
  }
}

void IntegerGroups::partitions_of(const Vector& keys, size_t rows, unsigned bits, uint8_t* out, unsigned level) {
  visit_integers(keys, [&](auto read) {
    for (size_t row = 0; row < rows; ++row) {
      out[row] = keys.valid(row) ? partition_of(static_cast<uint64_t>(read(row)) ^ kBias, bits, level) : 0;
    }
  });
}

bool IntegerGroups::is_scattered() const { return hashed_ || page_count_ * kPageKeys > kSparseKeys * keys_.size(); }

size_t IntegerGroups::bytes() const {
  return keys_.capacity() * sizeof(uint64_t) + directory_.capacity() * sizeof(uint32_t*) +
         (page_count_ + slab_room_) * kPageKeys * sizeof(uint32_t) + slots_.capacity() * sizeof(Slot);
}

}  // namespace cairn
