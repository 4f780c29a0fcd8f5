#include "exec/keys/join_index.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "exec/rows/integer_values.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// A bitmap takes domain / 4 bytes: free up to 2 MiB, beyond as long as a hash table would hardly be smaller.
constexpr uint64_t kFreeRankDomain = uint64_t{1} << 23;
constexpr uint64_t kRankDomainPerRow = 64;
/// Rows after which a probe knows whether the filter rejects enough of them.
constexpr uint64_t kFilterTrialRows = 16384;

uint64_t mix(uint64_t number) {
  number *= 0x9e3779b97f4a7c15u;
  return number ^ (number >> 32);
}

}  // namespace

JoinIndex::JoinIndex(const RowSet& rows, const std::vector<uint32_t>& key_columns, bool nulls_match)
    : nulls_match_(nulls_match), row_count_(rows.row_count()) {
  if (row_count_ >= kNone) {
    throw Error(sqlstate::kProgramLimit, "a join's build side has more than 4294967294 rows");
  }
  if (key_columns.empty()) {
    unique_ = row_count_ == 1;
    if (!unique_) firsts_ = {0, static_cast<uint32_t>(row_count_)};
    return;
  }
  if (!nulls_match) note_null_rows(rows, key_columns);
  keys_ = std::make_unique<JoinKeys>(rows, key_columns, nulls_match);
  if (keys_->usable()) {
    build_integers(rows, key_columns);
  } else {
    build_hash(rows, key_columns);
  }
}

void JoinIndex::note_null_rows(const RowSet& rows, const std::vector<uint32_t>& key_columns) {
  uint32_t row = 0;
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    bool any = false;
    for (const uint32_t column : key_columns) any |= chunk.columns[column].has_nulls();
    for (size_t i = 0; any && i < chunk.row_count; ++i) {
      bool null = false;
      for (const uint32_t column : key_columns) null |= !chunk.columns[column].view().valid(i);
      if (null) null_rows_.push_back(row + static_cast<uint32_t>(i));
    }
    row += static_cast<uint32_t>(chunk.row_count);
  }
}

/// Calls each(first row, numbers, count) for all rows, a slice at a time.
template <typename Each>
void number_slices(const RowSet& rows, const std::vector<uint32_t>& key_columns, const JoinKeys& keys, Each each) {
  std::vector<uint64_t> numbers(kSliceRows);
  std::vector<std::vector<uint64_t>> scratch(key_columns.size());
  std::vector<Vector> columns(key_columns.size());
  size_t row = 0;
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    for (size_t begin = 0; begin < chunk.row_count; begin += kSliceRows) {
      const size_t count = std::min(kSliceRows, chunk.row_count - begin);
      for (size_t c = 0; c < columns.size(); ++c) {
        columns[c] = chunk.columns[key_columns[c]].view(begin, count, &scratch[c]);
      }
      keys.number(columns, count, numbers.data());
      each(row, numbers.data(), count);
      row += count;
    }
  }
}

void JoinIndex::build_integers(const RowSet& rows, const std::vector<uint32_t>& key_columns) {
  const uint64_t domain = keys_->domain();
  if (domain <= std::max(kFreeRankDomain, kRankDomainPerRow * row_count_)) {
    kind_ = Kind::kBitmap;
    build_bitmap(rows, key_columns);
  } else if (domain <= UINT32_MAX) {
    kind_ = Kind::kNarrow;
    build_slots(rows, key_columns, narrow_);
  } else {
    kind_ = Kind::kWide;
    build_slots(rows, key_columns, wide_);
  }
}

void JoinIndex::build_bitmap(const RowSet& rows, const std::vector<uint32_t>& key_columns) {
  bitmap_ = RankBitmap(keys_->domain());
  // Build sides often come in the order of their keys: then ranks ascend with rows, and groups are runs of rows.
  bool ascending = true, strictly = true;
  uint64_t last = JoinKeys::kNoKey;
  number_slices(rows, key_columns, *keys_, [&](size_t first_row, const uint64_t* numbers, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t number = numbers[i];
      if (number == JoinKeys::kNoKey) {
        ascending = false;
        continue;
      }
      bitmap_.add(number);
      if (!ascending) continue;
      if (number != last) {
        ascending = last == JoinKeys::kNoKey || number > last;
        if (!strictly) firsts_.push_back(static_cast<uint32_t>(first_row + i));
      } else if (strictly) {  // the first duplicate: so far every row began a group
        strictly = false;
        firsts_.resize(first_row + i);
        std::iota(firsts_.begin(), firsts_.end(), 0u);
      }
      last = number;
    }
  });
  const uint32_t group_count = bitmap_.rank();
  if (ascending) {
    unique_ = strictly;
    if (!strictly) firsts_.push_back(static_cast<uint32_t>(row_count_));
    return;
  }
  firsts_.clear();
  LargeVector<uint32_t> groups(row_count_, kNone);
  std::vector<uint32_t> found_rows(kSliceRows + 1), ranks(kSliceRows + 1);
  number_slices(rows, key_columns, *keys_, [&](size_t first_row, const uint64_t* numbers, size_t count) {
    const size_t found = find_ranks(bitmap_, numbers, count, found_rows.data(), ranks.data());
    for (size_t i = 0; i < found; ++i) groups[first_row + found_rows[i]] = ranks[i];
  });
  arrange_rows(groups, group_count);
}

template <typename Slot>
void JoinIndex::build_slots(const RowSet& rows, const std::vector<uint32_t>& key_columns, LargeVector<Slot>& slots) {
  slots.assign(std::bit_ceil(std::max<size_t>(row_count_ * 2, 64)), Slot{});
  const uint64_t mask = slots.size() - 1;
  const uint64_t filter_bits = std::bit_ceil(std::max<uint64_t>(row_count_ * 8, 4096));
  filter_.assign(filter_bits / 64, 0);
  filter_shift_ = 64 - static_cast<unsigned>(std::bit_width(filter_bits - 1));
  LargeVector<uint32_t> groups(row_count_, kNone);
  uint32_t group_count = 0;
  number_slices(rows, key_columns, *keys_, [&](size_t first_row, const uint64_t* numbers, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t number = numbers[i];
      if (number == JoinKeys::kNoKey) continue;
      const uint64_t hash = mix(number);
      uint64_t position = hash & mask;
      while (slots[position].group != 0 && slots[position].number != number) position = (position + 1) & mask;
      if (slots[position].group == 0) {
        slots[position].number = static_cast<decltype(Slot::number)>(number);
        slots[position].group = ++group_count;
        filter_[hash >> filter_shift_ >> 6] |= uint64_t{1} << ((hash >> filter_shift_) & 63);
      }
      groups[first_row + i] = static_cast<uint32_t>(slots[position].group) - 1;
    }
  });
  arrange_rows(groups, group_count);
}

void JoinIndex::build_hash(const RowSet& rows, const std::vector<uint32_t>& key_columns) {
  kind_ = Kind::kHash;
  std::vector<Type> types;
  for (const uint32_t column : key_columns) types.push_back(rows.types()[column]);
  hash_ = std::make_unique<HashGroups>(types);
  LargeVector<uint32_t> groups(row_count_);
  size_t row = 0;
  std::vector<FlatScratch> scratch(key_columns.size());
  std::vector<Vector> keys(key_columns.size());
  auto null_row = null_rows_.begin();
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    const bool has_null_rows = null_row != null_rows_.end() && *null_row < row + chunk.row_count;
    std::vector<uint32_t> complete;
    for (uint32_t i = 0; has_null_rows && i < chunk.row_count; ++i) {
      if (null_row != null_rows_.end() && *null_row == row + i) {
        groups[row + i] = kNone;
        ++null_row;
      } else {
        complete.push_back(i);
      }
    }
    for (size_t c = 0; c < keys.size(); ++c) {
      keys[c] = chunk.columns[key_columns[c]].view();
      if (has_null_rows) keys[c] = gather(keys[c], complete.data(), complete.size(), scratch[c]);
    }
    if (!has_null_rows) {
      hash_->find_or_add(keys, chunk.row_count, groups.data() + row);
    } else {
      std::vector<uint32_t> ids(complete.size());
      hash_->find_or_add(keys, ids.size(), ids.data());
      for (size_t i = 0; i < ids.size(); ++i) groups[row + complete[i]] = ids[i];
    }
    row += chunk.row_count;
  }
  arrange_rows(groups, hash_->size());
}

void JoinIndex::arrange_rows(const LargeVector<uint32_t>& groups, size_t group_count) {
  size_t row_count = 0;
  bool identity = true;
  for (size_t row = 0; row < groups.size(); ++row) {
    identity &= groups[row] == row;
    row_count += groups[row] != kNone;
  }
  unique_ = row_count == group_count;
  if (unique_) {
    if (identity) return;
    rows_.resize(std::max<size_t>(group_count, 1));
    for (size_t row = 0; row < groups.size(); ++row) {
      if (groups[row] != kNone) rows_[groups[row]] = static_cast<uint32_t>(row);
    }
    return;
  }
  firsts_.assign(group_count + 2, 0);
  for (const uint32_t group : groups) {
    if (group != kNone) ++firsts_[group + 2];
  }
  std::partial_sum(firsts_.begin(), firsts_.end(), firsts_.begin());
  rows_.resize(row_count);
  // firsts_[group + 1] is where the group's next row goes; in the end it is where the next group begins.
  for (size_t row = 0; row < groups.size(); ++row) {
    if (groups[row] != kNone) rows_[firsts_[groups[row] + 1]++] = static_cast<uint32_t>(row);
  }
  firsts_.pop_back();
}

/// Positions of the numbers whose bit is set.
size_t JoinIndex::filter_numbers(const uint64_t* numbers, size_t count, uint32_t* candidates) const {
  const uint64_t* const filter = filter_.data();
  size_t passed = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t bit = mix(numbers[i]) >> filter_shift_;
    candidates[passed] = static_cast<uint32_t>(i);
    passed += (filter[bit >> 6] >> (bit & 63)) & 1;
  }
  return passed;
}

/// Round by round without branches that depend on the data, so that many cache misses are under way at once: rows
/// whose slot holds another number go on to the next slot together.
template <typename Slot>
size_t JoinIndex::find_slots(const LargeVector<Slot>& slots, const uint64_t* numbers, size_t count, Scratch& scratch,
                             uint32_t* rows, uint32_t* groups) const {
  using Number = decltype(Slot::number);
  const Slot* const table = slots.data();
  const uint64_t mask = slots.size() - 1;
  scratch.candidates.resize(count);
  uint32_t* const candidates = scratch.candidates.data();
  size_t candidate_count = count;
  if (scratch.filtered < kFilterTrialRows || scratch.passed * 2 < scratch.filtered) {
    candidate_count = filter_numbers(numbers, count, candidates);
    scratch.filtered += count;
    scratch.passed += candidate_count;
  } else {
    std::iota(candidates, candidates + count, 0u);
  }
  scratch.groups.resize(candidate_count);
  scratch.positions.resize(candidate_count);
  scratch.open.resize(candidate_count);
  uint32_t* const found_groups = scratch.groups.data();
  size_t open_count = 0;
  for (size_t c = 0; c < candidate_count; ++c) {
    const uint64_t number = numbers[candidates[c]];
    const uint64_t position = mix(number) & mask;
    const Slot slot = table[position];
    const bool other = (slot.group != 0) & (slot.number != static_cast<Number>(number));
    found_groups[c] = static_cast<uint32_t>(slot.group) - 1;
    scratch.positions[open_count] = position;
    scratch.open[open_count] = static_cast<uint32_t>(c);
    open_count += other;
  }
  while (open_count > 0) {
    size_t still_open = 0;
    for (size_t o = 0; o < open_count; ++o) {
      const uint32_t c = scratch.open[o];
      const uint64_t position = (scratch.positions[o] + 1) & mask;
      const Slot slot = table[position];
      const bool other = (slot.group != 0) & (slot.number != static_cast<Number>(numbers[candidates[c]]));
      found_groups[c] = static_cast<uint32_t>(slot.group) - 1;
      scratch.positions[still_open] = position;
      scratch.open[still_open] = c;
      still_open += other;
    }
    open_count = still_open;
  }
  const uint64_t domain = keys_->domain();
  size_t found = 0;
  for (size_t c = 0; c < candidate_count; ++c) {
    rows[found] = candidates[c];
    groups[found] = found_groups[c];
    found += (found_groups[c] != kNone) & (numbers[candidates[c]] < domain);
  }
  return found;
}

size_t JoinIndex::find_numbers(const uint64_t* numbers, size_t count, Scratch& scratch, uint32_t* rows,
                               uint32_t* groups) const {
  switch (kind_) {
    case Kind::kBitmap: return find_ranks(bitmap_, numbers, count, rows, groups);
    case Kind::kNarrow: return find_slots(narrow_, numbers, count, scratch, rows, groups);
    default: return find_slots(wide_, numbers, count, scratch, rows, groups);
  }
}

size_t JoinIndex::find(const Batch& batch, const std::vector<uint32_t>& columns, Scratch& scratch, uint32_t* rows,
                       uint32_t* groups) const {
  const size_t count = batch.row_count();
  const uint32_t* indices = batch.selected ? batch.selection.indices : nullptr;
  if (kind_ == Kind::kAll) {
    for (size_t i = 0; i < count; ++i) rows[i] = indices != nullptr ? indices[i] : static_cast<uint32_t>(i);
    std::fill_n(groups, count, 0u);
    return row_count_ == 0 ? 0 : count;
  }
  // (Where NULL is a number, it is the one behind the greatest value.)
  if (kind_ == Kind::kBitmap && columns.size() == 1 && !nulls_match_) {
    const Vector& key = batch.columns[columns[0]];
    if (!key.may_have_nulls() && (key.is_flat() || key.encoding == Encoding::kFrameOfReference)) {
      return find_ranks(bitmap_, key, keys_->origin(), batch.selected ? &batch.selection : nullptr, rows, groups);
    }
  }
  scratch.keys.resize(columns.size());
  std::vector<Vector> keys(columns.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    keys[c] = batch.columns[columns[c]];
    if (indices != nullptr) keys[c] = gather(keys[c], indices, count, scratch.keys[c]);
    keys[c].size = count;
  }
  size_t found = 0;
  if (kind_ == Kind::kHash) {
    scratch.groups.resize(count);
    hash_->find(keys, count, scratch.groups.data(), scratch.hash);
    for (size_t i = 0; i < count; ++i) {
      bool match = scratch.groups[i] != kNone;
      for (size_t c = 0; c < keys.size() && match && !nulls_match_; ++c) match = keys[c].valid(i);
      rows[found] = static_cast<uint32_t>(i);
      groups[found] = scratch.groups[i];
      found += match;
    }
  } else {
    scratch.numbers.resize(count);
    keys_->number(keys, count, scratch.numbers.data());
    found = find_numbers(scratch.numbers.data(), count, scratch, rows, groups);
  }
  if (indices != nullptr) {
    for (size_t i = 0; i < found; ++i) rows[i] = indices[rows[i]];
  }
  return found;
}

size_t JoinIndex::bytes() const {
  return bitmap_.bytes() + narrow_.capacity() * sizeof(NarrowSlot) + wide_.capacity() * sizeof(WideSlot) +
         (hash_ ? hash_->bytes() : 0) + filter_.capacity() * 8 +
         (firsts_.capacity() + rows_.capacity()) * sizeof(uint32_t);
}

const char* JoinIndex::kind_name() const {
  switch (kind_) {
    case Kind::kAll: return "all";
    case Kind::kBitmap: return "bitmap";
    case Kind::kHash: return "hash";
    default: return "integers";
  }
}

}  // namespace cairn
