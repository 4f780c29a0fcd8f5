#include "exec/join_index.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "exec/integer_values.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// A bitmap takes domain / 4 bytes: free up to 256 KiB, beyond as long as a hash table would hardly be smaller.
constexpr uint64_t kFreeDomain = uint64_t{1} << 20;
constexpr uint64_t kDomainPerRow = 64;

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

void JoinIndex::build_integers(const RowSet& rows, const std::vector<uint32_t>& key_columns) {
  std::vector<uint64_t> numbers(row_count_);
  size_t row = 0;
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    std::vector<Vector> keys;
    for (const uint32_t column : key_columns) keys.push_back(chunk.columns[column].view());
    keys_->number(keys, chunk.row_count, numbers.data() + row);
    row += chunk.row_count;
  }
  const uint64_t domain = keys_->domain();
  if (domain <= std::max(kFreeDomain, kDomainPerRow * row_count_)) {
    kind_ = Kind::kBitmap;
    build_bitmap(numbers);
  } else if (domain <= UINT32_MAX) {
    kind_ = Kind::kNarrow;
    build_slots(numbers, narrow_);
  } else {
    kind_ = Kind::kWide;
    build_slots(numbers, wide_);
  }
}

void JoinIndex::build_bitmap(const std::vector<uint64_t>& numbers) {
  bitmap_ = RankBitmap(keys_->domain());
  bool ascending = true;  // and complete: then ranks are rows
  uint64_t last = 0;
  for (size_t row = 0; row < numbers.size(); ++row) {
    const uint64_t number = numbers[row];
    ascending &= number != JoinKeys::kNoKey && (row == 0 || number > last);
    last = number;
    if (number != JoinKeys::kNoKey) bitmap_.add(number);
  }
  const uint32_t group_count = bitmap_.rank();
  if (ascending) {
    unique_ = true;
    return;
  }
  std::vector<uint32_t> found_rows(numbers.size() + 1), ranks(numbers.size() + 1);
  const size_t found = find_ranks(bitmap_, numbers.data(), numbers.size(), found_rows.data(), ranks.data());
  std::vector<uint32_t> groups(numbers.size(), kNone);
  for (size_t i = 0; i < found; ++i) groups[found_rows[i]] = ranks[i];
  arrange_rows(groups, group_count);
}

template <typename Slot>
void JoinIndex::build_slots(const std::vector<uint64_t>& numbers, std::vector<Slot>& slots) {
  slots.resize(std::bit_ceil(std::max<size_t>(numbers.size() * 2, 64)));
  const uint64_t mask = slots.size() - 1;
  std::vector<uint32_t> groups(numbers.size(), kNone);
  uint32_t group_count = 0;
  for (size_t row = 0; row < numbers.size(); ++row) {
    const uint64_t number = numbers[row];
    if (number == JoinKeys::kNoKey) continue;
    uint64_t position = mix(number) & mask;
    while (slots[position].group != 0 && slots[position].number != number) position = (position + 1) & mask;
    if (slots[position].group == 0) {
      slots[position].number = static_cast<decltype(Slot::number)>(number);
      slots[position].group = ++group_count;
    }
    groups[row] = static_cast<uint32_t>(slots[position].group) - 1;
  }
  arrange_rows(groups, group_count);
}

void JoinIndex::build_hash(const RowSet& rows, const std::vector<uint32_t>& key_columns) {
  kind_ = Kind::kHash;
  std::vector<Type> types;
  for (const uint32_t column : key_columns) types.push_back(rows.types()[column]);
  hash_ = std::make_unique<HashGroups>(types);
  std::vector<uint32_t> groups(row_count_);
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

void JoinIndex::arrange_rows(const std::vector<uint32_t>& groups, size_t group_count) {
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

/// Round by round without branches that depend on the data, so that many cache misses are under way at once: rows
/// whose slot holds another number go on to the next slot together.
template <typename Slot>
size_t JoinIndex::find_slots(const std::vector<Slot>& slots, const uint64_t* numbers, size_t count, Scratch& scratch,
                             uint32_t* rows, uint32_t* groups) const {
  using Number = decltype(Slot::number);
  const Slot* const table = slots.data();
  const uint64_t mask = slots.size() - 1;
  scratch.groups.resize(count);
  scratch.positions.resize(count);
  uint32_t* const open = rows;  // not needed for results before the end
  uint32_t* const found_groups = scratch.groups.data();
  size_t open_count = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t position = mix(numbers[i]) & mask;
    const Slot slot = table[position];
    const bool other = (slot.group != 0) & (slot.number != static_cast<Number>(numbers[i]));
    found_groups[i] = static_cast<uint32_t>(slot.group) - 1;
    scratch.positions[open_count] = static_cast<uint32_t>(position);
    open[open_count] = static_cast<uint32_t>(i);
    open_count += other;
  }
  while (open_count > 0) {
    size_t still_open = 0;
    for (size_t o = 0; o < open_count; ++o) {
      const uint32_t i = open[o];
      const uint64_t position = (scratch.positions[o] + 1) & mask;
      const Slot slot = table[position];
      const bool other = (slot.group != 0) & (slot.number != static_cast<Number>(numbers[i]));
      found_groups[i] = static_cast<uint32_t>(slot.group) - 1;
      scratch.positions[still_open] = static_cast<uint32_t>(position);
      open[still_open] = i;
      still_open += other;
    }
    open_count = still_open;
  }
  const uint64_t domain = keys_->domain();
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    rows[found] = static_cast<uint32_t>(i);
    groups[found] = found_groups[i];
    found += (found_groups[i] != kNone) & (numbers[i] < domain);
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
         (hash_ ? hash_->bytes() : 0) + (firsts_.capacity() + rows_.capacity()) * sizeof(uint32_t);
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
