// Exact sums as plain columns, and back.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "exec/aggregates/exact_column.h"
#include "exec/aggregates/saved_values.h"

namespace cairn {
namespace {

/// A saved sum is value << kUnitBits | number of its unit, which is 0 for one that is 0.
constexpr int kUnitBits = 12;
constexpr int kUnits = 1 << kUnitBits;
static_assert(kGreatestUnit - kLeastUnit + 1 < kUnits);
/// Sums as wide as this leave parts room to grow.
constexpr int kLoadedBits = 100;

int width_of(int128_t value) {
  const auto magnitude = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  const auto high = static_cast<uint64_t>(magnitude >> 64);
  return high != 0 ? 64 + std::bit_width(high) : std::bit_width(static_cast<uint64_t>(magnitude));
}

/// What the text of a group holds for a column, before its limbs.
struct SavedColumn {
  uint8_t column;
  uint8_t special;
  uint16_t limbs;
};

template <typename T>
void append(std::string& text, const T& value) {
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T take(const char*& from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  from += sizeof value;
  return value;
}

}  // namespace

void ExactColumn::save_parts(ExactParts parts, std::span<const uint32_t> groups, ColumnBuffer& out) const {
  save_each<int128_t>(groups, out, [&](uint32_t group) {
    const int128_t value = placed_ ? exact_value(parts[group]) : 0;
    return value == 0 ? int128_t{0} : value * kUnits + (unit_ - kLeastUnit + 1);
  });
}

/// In the least unit of all; what that makes too wide goes to the limbs.
void ExactColumn::load_parts(ExactParts parts, const int128_t* saved, size_t groups) {
  const auto unit_of = [&](size_t group) {
    return static_cast<int>(static_cast<uint64_t>(saved[group]) % kUnits) - 1 + kLeastUnit;
  };
  int least = kGreatestUnit + 1;
  for (size_t group = 0; group < groups; ++group) {
    if (saved[group] != 0) least = std::min(least, unit_of(group));
  }
  if (least > kGreatestUnit) return;
  placed_ = true;
  unit_ = least;
  rows_since_carry_ = 1;
  for (size_t group = 0; group < groups; ++group) {
    if (saved[group] == 0) continue;
    const int unit = unit_of(group);
    const int128_t value = saved[group] >> kUnitBits;
    if (width_of(value) + unit - least > kLoadedBits) {
      limbs_.add_wide(group, value, unit);
      continue;
    }
    parts[group] = exact_parts(value * (int128_t{1} << (unit - least)));
    high_bound_ = std::max(high_bound_, std::fabs(static_cast<double>(parts[group].high)) + 1);
  }
}

void save_limbs(std::span<ExactColumn> columns, std::span<const uint32_t> groups, ColumnBuffer& out) {
  bool any = false;
  for (ExactColumn& column : columns) {
    column.limbs_.carry();
    any |= !column.limbs_.empty() || !column.special_.empty();
  }
  std::string text;
  save_each<StringRef>(groups, out, [&](uint32_t group) {
    text.clear();
    for (size_t i = 0; any && i < columns.size(); ++i) {
      const uint8_t special = columns[i].special_.empty() ? 0 : columns[i].special_[group];
      const size_t limbs = columns[i].limbs_.count(group);
      if (special == 0 && limbs == 0) continue;
      append(text, SavedColumn{static_cast<uint8_t>(i), special, static_cast<uint16_t>(limbs)});
      columns[i].limbs_.for_each(group, [&](int limb, int64_t value) {
        append(text, static_cast<int16_t>(limb));
        append(text, value);
      });
    }
    return out.heap().add(text);
  });
}

void load_limbs(std::span<ExactColumn> columns, const Vector& saved, size_t groups) {
  for (ExactColumn& column : columns) column.limbs_.expect_loads();
  for (size_t group = 0; group < groups; ++group) {
    const std::string_view text = saved.values<StringRef>()[group].view();
    for (const char *from = text.data(), *end = from + text.size(); from != end;) {
      const auto head = take<SavedColumn>(from);
      ExactColumn& column = columns[head.column];
      if (head.special != 0) column.mark(group, head.special);
      for (size_t i = 0; i < head.limbs; ++i) {
        const auto limb = take<int16_t>(from);
        column.limbs_.load(group, limb, take<int64_t>(from));
      }
    }
  }
}

}  // namespace cairn
