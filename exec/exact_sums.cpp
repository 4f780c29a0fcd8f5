#include "exec/exact_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exec/aggregate_functions.h"
#include "exec/decoded_double.h"
#include "vector/error.h"
#include "vector/kernels/decode.h"

namespace cairn {
namespace {

constexpr double kHighMax = 0x1p62;
enum Special : uint8_t { kNaN = 1, kPositiveInfinity = 2, kNegativeInfinity = 4 };

double number_at(const Vector& values, size_t row) {
  return values.type.physical() == Physical::kFloat ? static_cast<double>(values.values<float>()[row])
                                                    : values.values<double>()[row];
}

int128_t value_of(const ExactSum& parts) { return static_cast<int128_t>(parts.high) * (int64_t{1} << kLowBits) + parts.low; }

ExactSum parts_of(int128_t value) {
  const int128_t high = (value + (int128_t{1} << (kLowBits - 1))) >> kLowBits;
  return {static_cast<int64_t>(value - high * (int64_t{1} << kLowBits)), static_cast<int64_t>(high)};
}

Vector flat_numbers(const Vector& values, FlatScratch& scratch) {
  Vector flat = flatten(values, nullptr, scratch);
  if (values.is_constant()) flat.validity = nullptr;
  return flat;
}

/// The rows that are not NULL and not in the trash group, a bit each.
std::vector<uint64_t> wanted_rows(const GroupIds& groups, const Vector& values) {
  std::vector<uint64_t> wanted(mask_words(values.size), 0);
  for (size_t row = 0; row < values.size; ++row) {
    const bool counts = values.valid(row) && groups.at(row) != groups.trash_group;
    wanted[row / 64] |= uint64_t{counts} << (row % 64);
  }
  return wanted;
}

}  // namespace

void ExactSums::resize(size_t groups) {
  group_count_ = groups;
  if (placed_) parts_.resize(groups);
  for (Limbs& column : limbs_) {
    if (!column.empty()) column.resize(groups, 0);
  }
  if (!special_.empty()) special_.resize(groups, 0);
}

void ExactSums::add(const GroupIds& groups, const Vector& values) {
  if (values.constant_null()) return;
  if (groups.group_count == 1) return add_single(values, nullptr);
  FlatScratch scratch;
  Vector flat = flat_numbers(values, scratch);
  std::vector<uint64_t> wanted;
  for (size_t row = 0; row < flat.size;) {
    if (placed_) {
      const double limit = limit_for(flat.size - row);
      const ExactRowsAdded added = exact_sum_grouped(groups, flat, row, unit_, limit, parts_.data());
      note_added(added);
      row += added.rows;
    }
    const size_t end = std::min(flat.size, row + kExactBlockRows);
    if (row < end && groups.trash_group != UINT32_MAX && wanted.empty()) {
      wanted = wanted_rows(groups, flat);  // what nobody wants may be anything
      flat.validity = wanted.data();
      continue;
    }
    if (row < end) add_block(flat, row, end, [&](size_t at) { return groups.at(at); });
    row = end;
  }
}

void ExactSums::add_single(const Vector& values, const uint64_t* mask) {
  if (values.constant_null()) return;
  FlatScratch scratch;
  const Vector flat = flat_numbers(values, scratch);
  for (size_t row = 0; row < flat.size;) {
    if (placed_) {
      const double limit = limit_for(flat.size - row);
      const ExactRowsAdded added = exact_sum_single(flat, mask, row, unit_, limit, parts_[0]);
      note_added(added);
      row += added.rows;
    }
    const size_t end = std::min(flat.size, row + kExactBlockRows);
    if (row < end) {
      add_block(flat, row, end, [&](size_t at) {
        return mask != nullptr && (mask[at / 64] >> (at % 64) & 1) == 0 ? UINT32_MAX : uint32_t{0};
      });
    }
    row = end;
  }
}

/// What numbers must be less than for so many of them to be added to the parts.
double ExactSums::limit_for(size_t rows) {
  if (rows_since_carry_ + rows > kCarryRows) carry_parts();
  const auto least_room = static_cast<double>(rows) * std::ldexp(1.0, kExactBits - kLowBits);
  if (high_bound_ + least_room > kHighMax) tighten();
  if (high_bound_ + least_room > kHighMax) flush_parts();
  return std::ldexp(1.0, unit_ + kExactBits);
}

void ExactSums::note_added(const ExactRowsAdded& added) {
  if (added.rows == 0) return;
  rows_since_carry_ += added.rows;
  magnitude_ = std::max(magnitude_, added.magnitude);
  high_bound_ += static_cast<double>(added.rows) * (std::ldexp(added.magnitude, -unit_ - kLowBits) + 1);
}

/// Number by number, where they are not what the parts were placed for.
template <typename GroupOf>
void ExactSums::add_block(const Vector& values, size_t begin, size_t end, GroupOf group_of) {
  std::vector<std::pair<uint32_t, double>> rows;
  std::vector<double> numbers;
  for (size_t row = begin; row < end; ++row) {
    const uint32_t group = group_of(row);
    if (group == UINT32_MAX || !values.valid(row)) continue;
    const double value = number_at(values, row);
    if (!std::isfinite(value)) {
      add_special(group, value);
    } else if (value != 0) {
      rows.emplace_back(group, value);
      numbers.push_back(value);
    }
  }
  if (rows.empty()) return;
  if (placed_ && misplaced_rows_ > 128 * kExactBlockRows + group_count_) {
    flush_parts();
    placed_ = false;
  }
  if (!placed_) {
    place(numbers);
  } else {
    int least = unit_;
    for (const double number : numbers) least = std::min(least, DecodedDouble(number).exponent);
    if (least < unit_ && !lower_unit(rounded_unit(least))) lower_unit(least);
  }
  const double limit = limit_for(rows.size());
  ExactRowsAdded added;
  for (const auto& [group, value] : rows) {
    const DecodedDouble number(value);
    if (number.exponent < unit_ || !(std::fabs(value) < limit)) {
      add(group, number.negative, number.magnitude, number.exponent);
      ++misplaced_rows_;
      continue;
    }
    const int128_t shifted = static_cast<int128_t>(number.magnitude) << (number.exponent - unit_);
    const ExactSum parts = parts_of(number.negative ? -shifted : shifted);
    parts_[group].low += parts.low;
    parts_[group].high += parts.high;
    ++added.rows;
    added.magnitude = std::max(added.magnitude, std::fabs(value));
  }
  note_added(added);
}

/// The unit for numbers like these: all of them, with some room on both sides, or else those in the middle.
void ExactSums::place(const std::vector<double>& numbers) {
  std::vector<int> tops;
  int least = INT32_MAX;
  for (const double number : numbers) {
    const DecodedDouble decoded(number);
    least = std::min(least, decoded.exponent);
    tops.push_back(decoded.top());
  }
  const int greatest = *std::max_element(tops.begin(), tops.end());
  if (greatest - rounded_unit(least) <= kExactBits) {
    unit_ = rounded_unit(least);
    unit_ -= (kExactBits - (greatest - unit_)) / 2 / 8 * 8;
  } else if (greatest - least <= kExactBits) {
    unit_ = least;
  } else {
    const auto middle = tops.begin() + static_cast<std::ptrdiff_t>(tops.size() / 2);
    std::nth_element(tops.begin(), middle, tops.end());
    unit_ = rounded_unit(*middle + 16 - kExactBits);
  }
  unit_ = std::clamp(unit_, kLeastUnit, kGreatestUnit);
  misplaced_rows_ = 0;
  placed_ = true;
  parts_.assign(group_count_, ExactSum{});
  magnitude_ = 0;
  high_bound_ = 0;
  rows_since_carry_ = 0;
}

/// Where that leaves room for sums and numbers like those before.
bool ExactSums::lower_unit(int unit) {
  unit = std::max(unit, kLeastUnit);
  const int shift = unit_ - unit;
  if (shift <= 0) return true;
  if (magnitude_ >= std::ldexp(1.0, unit + kExactBits)) return false;
  // Half of the parts' room stays free for what is to come.
  if (std::ldexp(high_bound_ + 1, shift) > kHighMax / 2) tighten();
  if (std::ldexp(high_bound_ + 1, shift) > kHighMax / 2) return false;
  for (ExactSum& parts : parts_) parts = parts_of(value_of(parts) * (int128_t{1} << shift));
  high_bound_ = std::ldexp(high_bound_ + 1, shift);
  rows_since_carry_ = 1;
  unit_ = unit;
  return true;
}

void ExactSums::carry_parts() {
  for (ExactSum& parts : parts_) parts = parts_of(value_of(parts));
  high_bound_ += static_cast<double>(rows_since_carry_);
  rows_since_carry_ = 1;
}

void ExactSums::tighten() {
  carry_parts();
  uint64_t greatest = 0;
  for (const ExactSum& parts : parts_) greatest = std::max(greatest, static_cast<uint64_t>(std::abs(parts.high)));
  high_bound_ = static_cast<double>(greatest) + 1;
}

void ExactSums::flush_parts() {
  for (size_t group = 0; group < parts_.size(); ++group) {
    add_wide(group, value_of(parts_[group]), unit_);
    parts_[group] = {};
  }
  high_bound_ = 0;
  rows_since_carry_ = 0;
}

void ExactSums::add_wide(size_t group, int128_t value, int exponent) {
  if (value == 0) return;
  const uint128_t magnitude = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  add(group, value < 0, static_cast<uint64_t>(magnitude), exponent);
  add(group, value < 0, static_cast<uint64_t>(magnitude >> 64), exponent + 64);
}

void ExactSums::add(size_t group, bool negative, uint64_t magnitude, int exponent) {
  if (magnitude == 0) return;
  count_limb_row();
  int limb = exponent >= 0 ? exponent / kLimbBits : -((kLimbBits - 1 - exponent) / kLimbBits);
  constexpr uint64_t kMask = (uint64_t{1} << kLimbBits) - 1;
  for (uint128_t rest = static_cast<uint128_t>(magnitude) << (exponent - limb * kLimbBits); rest != 0; rest >>= kLimbBits) {
    const auto part = static_cast<int64_t>(static_cast<uint64_t>(rest) & kMask);
    if (part != 0) limbs(limb)[group] += negative ? -part : part;
    ++limb;
  }
}

void ExactSums::add_product(size_t group, bool negative, uint64_t a, uint64_t b, int exponent) {
  const uint128_t product = static_cast<uint128_t>(a) * b;
  add(group, negative, static_cast<uint64_t>(product), exponent);
  add(group, negative, static_cast<uint64_t>(product >> 64), exponent + 64);
}

ExactSums::Limbs& ExactSums::limbs(int limb) {
  if (limbs_.empty()) first_limb_ = limb;
  if (limb < first_limb_) {
    limbs_.insert(limbs_.begin(), static_cast<size_t>(first_limb_ - limb), Limbs());
    first_limb_ = limb;
  }
  const auto at = static_cast<size_t>(limb - first_limb_);
  if (at >= limbs_.size()) limbs_.resize(at + 1);
  if (limbs_[at].empty()) limbs_[at].resize(group_count_, 0);
  return limbs_[at];
}

/// What of a limb belongs to the next.
int64_t ExactSums::carry_of(int64_t limb) { return (limb + (int64_t{1} << (kLimbBits - 1))) >> kLimbBits; }

void ExactSums::count_limb_row() {
  if (++limb_rows_ >= kCarryRows) carry_limbs();
}

void ExactSums::carry_limbs() {
  limb_rows_ = 2;
  for (size_t at = 0; at < limbs_.size(); ++at) {
    for (size_t group = 0; group < limbs_[at].size(); ++group) {
      int64_t& limb = limbs_[at][group];
      const int64_t carry = carry_of(limb);
      if (carry == 0) continue;
      limb -= carry * (int64_t{1} << kLimbBits);
      limbs(first_limb_ + static_cast<int>(at) + 1)[group] += carry;
    }
  }
}

void ExactSums::add_special(size_t group, double value) {
  mark(group, std::isnan(value) ? kNaN : value > 0 ? kPositiveInfinity : kNegativeInfinity);
}

void ExactSums::mark(size_t group, uint8_t what) {
  if (special_.empty()) special_.resize(group_count_, 0);
  special_[group] |= what;
}

void ExactSums::merge(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups) {
  if (other.placed_) merge_parts(other, from, to, groups);
  if (!other.limbs_.empty()) merge_limbs(other, from, to, groups);
  if (other.special_.empty()) return;
  for (size_t i = 0; i < groups; ++i) {
    if (const uint8_t special = other.special_[source_group(from, i)]; special != 0) mark(to[i], special);
  }
}

void ExactSums::merge_parts(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups) {
  if (!placed_) {
    placed_ = true;
    unit_ = other.unit_;
    parts_.assign(group_count_, ExactSum{});
    magnitude_ = 0;
    high_bound_ = 0;
    rows_since_carry_ = 0;
  }
  magnitude_ = std::max(magnitude_, other.magnitude_);
  if (other.unit_ < unit_ && !lower_unit(other.unit_)) {
    flush_parts();
    unit_ = other.unit_;
  }
  const int shift = other.unit_ - unit_;
  // What comes is carried on its way where there is much of it.
  bool carries = shift != 0 || other.rows_since_carry_ > kUncarriedRows;
  double high = other.high_bound_ + static_cast<double>(other.rows_since_carry_);
  const auto bound = [&] { return std::ldexp(high + 1, shift); };
  if (high_bound_ + bound() > kHighMax) {
    tighten();
    carries = true;
    high = other.greatest_high(from, groups);
  }
  if (high_bound_ + bound() > kHighMax) flush_parts();
  if (bound() > kHighMax) {
    for (size_t i = 0; i < groups; ++i) add_wide(to[i], value_of(other.parts_[source_group(from, i)]), other.unit_);
    return;
  }
  const uint64_t rows = carries ? 1 : other.rows_since_carry_;
  if (rows_since_carry_ + rows >= kCarryRows) carry_parts();
  for (size_t i = 0; i < groups; ++i) {
    ExactSum parts = other.parts_[source_group(from, i)];
    if (carries) parts = parts_of(value_of(parts) * (int128_t{1} << shift));
    parts_[to[i]].low += parts.low;
    parts_[to[i]].high += parts.high;
  }
  high_bound_ += bound();
  rows_since_carry_ += rows + 1;
}

/// Of the groups' high parts, once carried, with one to spare.
double ExactSums::greatest_high(const uint32_t* from, size_t groups) const {
  uint64_t greatest = 0;
  for (size_t i = 0; i < groups; ++i) {
    const int64_t high = parts_of(value_of(parts_[source_group(from, i)])).high;
    greatest = std::max(greatest, static_cast<uint64_t>(std::abs(high)));
  }
  return static_cast<double>(greatest) + 1;
}

void ExactSums::merge_limbs(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups) {
  const bool carries = other.limb_rows_ > kUncarriedRows;
  const uint64_t rows = carries ? 3 : other.limb_rows_;
  if (limb_rows_ + rows >= kCarryRows) carry_limbs();
  limb_rows_ += rows;
  for (size_t at = 0; at < other.limbs_.size(); ++at) {
    const Limbs& source = other.limbs_[at];
    if (source.empty()) continue;
    const int limb = other.first_limb_ + static_cast<int>(at);
    if (carries) limbs(limb + 1);  // before the reference to the other is taken
    Limbs& target = limbs(limb);
    for (size_t i = 0; i < groups; ++i) {
      const int64_t part = source[source_group(from, i)];
      const int64_t carry = carries ? carry_of(part) : 0;
      target[to[i]] += part - carry * (int64_t{1} << kLimbBits);
      if (carry != 0) limbs(limb + 1)[to[i]] += carry;
    }
  }
}

void ExactSums::append_terms(size_t group, ExactNumber::Terms& terms) const {
  if (placed_) terms.add(value_of(parts_[group]), unit_);
  for (size_t at = 0; at < limbs_.size(); ++at) {
    if (!limbs_[at].empty()) terms.add(limbs_[at][group], (first_limb_ + static_cast<int>(at)) * kLimbBits);
  }
}

template <typename T>
T ExactSums::rounded(size_t group) const {
  if (!is_finite(group)) {
    const uint8_t special = special_[group];
    if (special == kPositiveInfinity) return std::numeric_limits<T>::infinity();
    if (special == kNegativeInfinity) return -std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::quiet_NaN();
  }
  T sum = 0;
  if (limbs_.empty()) {
    if (placed_) sum = std::ldexp(static_cast<T>(value_of(parts_[group])), unit_);
  } else {
    ExactNumber::Terms terms;
    append_terms(group, terms);
    const ExactNumber exact(terms.all());
    if constexpr (std::is_same_v<T, float>) {
      sum = exact.to_float();
    } else {
      sum = exact.to_double();
    }
  }
  if (std::isinf(sum)) throw Error(sqlstate::kNumericOutOfRange, "value out of range: overflow");
  return sum;
}
template float ExactSums::rounded(size_t) const;
template double ExactSums::rounded(size_t) const;

size_t ExactSums::bytes() const {
  size_t bytes = parts_.capacity() * sizeof(ExactSum) + special_.capacity();
  for (const Limbs& column : limbs_) bytes += column.capacity() * sizeof(int64_t);
  return bytes;
}

}  // namespace cairn
