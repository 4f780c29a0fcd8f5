#include "exec/keys/key_filter.h"

#include <algorithm>
#include <bit>

#include "exec/rows/hash_filter.h"
#include "exec/rows/integer_values.h"

namespace cairn {
namespace {

/// A bitmap takes a quarter byte per value of the domain: free up to 2 MiB, and beyond where it is not much larger than
/// the Bloom filter's two bytes per key.
constexpr uint64_t kFreeDomain = uint64_t{1} << 23;
constexpr uint64_t kDomainPerRow = 16;
/// Bits per key: with three bits of one word set for each, about 2 % of other values pass.
constexpr uint64_t kBloomBitsPerKey = 16;

uint64_t hash_of(int64_t value) {
  uint64_t hash = static_cast<uint64_t>(value) * 0x9e3779b97f4a7c15u;
  hash ^= hash >> 32;
  return hash * 0xd6e8feb86659fd93u;
}

/// Calls each(value) for every value of the column that is not NULL.
template <typename Each>
void for_each_value(const RowSet& rows, uint32_t column, Each each) {
  for (size_t i = 0; i < rows.chunks().size(); ++i) {
    const std::shared_ptr<const RowSet::Chunk> chunk = rows.pin(i);
    const Vector values = chunk->columns[column].view();
    visit_integers(values, [&](auto read) {
      for (size_t row = 0; row < chunk->row_count; ++row) {
        if (values.valid(row)) each(read(row));
      }
    });
  }
}

}  // namespace

bool KeyFilter::understands(const Type& type) { return is_word(type); }

KeyFilter::KeyFilter(const RowSet& rows, uint32_t column) {
  int64_t low = INT64_MAX, high = INT64_MIN;
  for_each_value(rows, column, [&](int64_t value) {
    low = std::min(low, value);
    high = std::max(high, value);
  });
  if (low > high) return;
  empty_ = false;
  min_ = low;
  max_ = high;
  const uint64_t distance = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  if (distance < std::max(kFreeDomain, kDomainPerRow * rows.row_count())) {
    add_to_bitmap(rows, column);
  } else {
    add_to_bloom(rows, column);
  }
}

void KeyFilter::add_to_bitmap(const RowSet& rows, uint32_t column) {
  bitmap_ = RankBitmap(static_cast<uint64_t>(max_) - static_cast<uint64_t>(min_) + 1);
  for_each_value(rows, column,
                 [&](int64_t value) { bitmap_.add(static_cast<uint64_t>(value) - static_cast<uint64_t>(min_)); });
}

void KeyFilter::add_to_bloom(const RowSet& rows, uint32_t column) {
  const uint64_t words = std::bit_ceil(std::max<uint64_t>(rows.row_count() * kBloomBitsPerKey / 64, 64));
  words_.assign(words, 0);
  word_shift_ = 64 - static_cast<unsigned>(std::bit_width(words - 1));
  for_each_value(rows, column, [&](int64_t value) {
    const uint64_t hash = hash_of(value);
    words_[hash >> word_shift_] |= HashFilter::bits_of(hash);
  });
}

bool KeyFilter::may_contain(int64_t low, int64_t high) const {
  if (empty_ || high < min_ || low > max_) return false;
  if (!words_.empty()) return true;
  const uint64_t origin = static_cast<uint64_t>(min_);
  const uint64_t first = static_cast<uint64_t>(std::max(low, min_)) - origin;
  const uint64_t last = static_cast<uint64_t>(std::min(high, max_)) - origin;
  const RankBitmap::Block* blocks = bitmap_.blocks();
  for (uint64_t block = first / 64; block <= last / 64; ++block) {
    uint64_t bits = blocks[block].bits;
    if (block == first / 64) bits &= ~uint64_t{0} << (first % 64);
    if (block == last / 64) bits &= ~uint64_t{0} >> (63 - last % 64);
    if (bits != 0) return true;
  }
  return false;
}

size_t KeyFilter::select_by_bloom(const Vector& vector, const Selection* selection, uint32_t* rows) const {
  const size_t count = selection != nullptr ? selection->count : vector.size;
  const uint64_t* const words = words_.data();
  size_t passed = 0;
  visit_integers(vector, [&](auto read) {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t row = selection != nullptr ? selection->indices[i] : static_cast<uint32_t>(i);
      const uint64_t hash = hash_of(read(row));
      const uint64_t bits = HashFilter::bits_of(hash);
      rows[passed] = row;
      passed += (words[hash >> word_shift_] & bits) == bits;
    }
  });
  return passed;
}

size_t KeyFilter::select(const Vector& column, const Selection* selection, Scratch& scratch, uint32_t* rows) const {
  if (empty_) return 0;
  const bool readable = column.is_flat() || column.encoding == Encoding::kFrameOfReference;
  const Vector vector = readable ? column : flatten(column, nullptr, scratch.flat);
  size_t passed;
  if (words_.empty()) {
    scratch.ranks.resize(vector.size + 64);
    passed = find_ranks(bitmap_, vector, min_, selection, rows, scratch.ranks.data());
  } else {
    passed = select_by_bloom(vector, selection, rows);
  }
  if (!vector.may_have_nulls()) return passed;
  size_t valid = 0;
  for (size_t i = 0; i < passed; ++i) {
    rows[valid] = rows[i];
    valid += vector.valid(rows[i]);
  }
  return valid;
}

}  // namespace cairn
