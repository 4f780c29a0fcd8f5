#include "exec/aggregates/exact_column.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exec/aggregates/decoded_double.h"
#include "exec/aggregates/functions.h"
#include "vector/error.h"

namespace cairn {
namespace {

constexpr double kHighMax = 0x1p62;
/// No lower unit is looked for in vain more often.
constexpr size_t kRowsToLower = 8192;
enum Special : uint8_t { kNaN = 1, kPositiveInfinity = 2, kNegativeInfinity = 4 };

/// Of the groups' high parts, once carried, with one to spare.
double greatest_high(ExactParts parts, const uint32_t* from, size_t groups) {
  uint64_t greatest = 0;
  for (size_t i = 0; i < groups; ++i) {
    const int64_t high = exact_parts(exact_value(parts[source_group(from, i)])).high;
    greatest = std::max(greatest, static_cast<uint64_t>(std::abs(high)));
  }
  return static_cast<double>(greatest) + 1;
}

}  // namespace

void ExactColumn::resize(size_t groups) {
  group_count_ = groups;
  limbs_.resize(groups);
  if (!special_.empty()) special_.resize(groups, 0);
}

/// The unit for numbers like these: all of them, with some room on both sides, or else those in the middle.
void ExactColumn::place(std::span<const double> numbers) {
  std::vector<int> tops;
  int least = INT32_MAX;
  for (const double number : numbers) {
    if (number == 0 || !std::isfinite(number)) continue;
    const DecodedDouble decoded(number);
    least = std::min(least, decoded.exponent);
    tops.push_back(decoded.top());
  }
  if (tops.empty()) return;
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
  placed_ = true;
}

ExactWindow ExactColumn::window(ExactParts parts, size_t rows) {
  if (!placed_) return {};
  if (rows_since_carry_ + rows > ExactLimbs::kCarryRows) carry_parts(parts);
  make_room(parts, static_cast<double>(rows) * std::ldexp(1.0, kExactBits - kLowBits));
  return ExactWindow(unit_);
}

/// For high parts that grow by `more`. Where half of the room stays taken the sums leave, as looking at all of them
/// would soon be due again.
void ExactColumn::make_room(ExactParts parts, double more) {
  if (high_bound_ + more <= kHighMax) return;
  tighten(parts);
  if (high_bound_ + more > kHighMax || high_bound_ > kHighMax / 2) flush_parts(parts);
}

void ExactColumn::note_added(size_t rows, double magnitude) {
  rows_ += rows;
  if (magnitude == 0) return;
  rows_since_carry_ += rows;
  magnitude_ = std::max(magnitude_, magnitude);
  high_bound_ += static_cast<double>(rows) * (std::ldexp(magnitude, -unit_ - kLowBits) + 1);
}

void ExactColumn::add_misfits(ExactParts parts, std::span<const ExactMisfit> misfits) {
  const int unit_before = unit_;
  const bool placed_before = placed_;
  adapt(parts, misfits);
  const bool moved = unit_ != unit_before || placed_ != placed_before;
  const ExactWindow fitting = moved ? window(parts, misfits.size()) : ExactWindow();
  double magnitude = 0;
  for (const auto& [group, value] : misfits) {
    if (!std::isfinite(value)) {
      add_special(group, value);
      continue;
    }
    const DecodedDouble number(value);
    if (!moved || number.exponent < fitting.unit || !(std::fabs(value) < fitting.limit)) {
      limbs_.add(group, number.negative, number.magnitude, number.exponent);
      ++misplaced_rows_;
      continue;
    }
    const int128_t shifted = static_cast<int128_t>(number.magnitude) << (number.exponent - unit_);
    const ExactSum own = exact_parts(number.negative ? -shifted : shifted);
    parts[group].low += own.low;
    parts[group].high += own.high;
    magnitude = std::max(magnitude, std::fabs(value));
  }
  note_added(misfits.size(), magnitude);
}

/// Looks for a unit that serves the misfits, too.
void ExactColumn::adapt(ExactParts parts, std::span<const ExactMisfit> misfits) {
  if (!placed_ || misplaced_rows_ > patience_ + group_count_) return place_anew(parts, misfits);
  if (rows_ < lower_after_) return;
  int least = unit_;
  for (const auto& [group, value] : misfits) {
    if (value != 0 && std::isfinite(value)) least = std::min(least, DecodedDouble(value).exponent);
  }
  if (least < unit_ && !lower_unit(parts, rounded_unit(least)) && !lower_unit(parts, least)) {
    lower_after_ = rows_ + std::max(group_count_, kRowsToLower);
  }
}

/// Each time with more patience: where numbers are of all magnitudes no place is better than another.
void ExactColumn::place_anew(ExactParts parts, std::span<const ExactMisfit> misfits) {
  if (placed_) {
    flush_parts(parts);
    patience_ *= 2;
  }
  misplaced_rows_ = 0;
  magnitude_ = 0;
  std::vector<double> numbers;
  numbers.reserve(misfits.size());
  for (const auto& [group, value] : misfits) numbers.push_back(value);
  place(numbers);
}

/// Where that leaves room for sums and numbers like those before.
bool ExactColumn::lower_unit(ExactParts parts, int unit) {
  unit = std::max(unit, kLeastUnit);
  const int shift = unit_ - unit;
  if (shift <= 0) return true;
  if (magnitude_ >= std::ldexp(1.0, unit + kExactBits)) return false;
  // Half of the parts' room stays free for what is to come.
  if (std::ldexp(high_bound_ + 1, shift) > kHighMax / 2) tighten(parts);
  if (std::ldexp(high_bound_ + 1, shift) > kHighMax / 2) return false;
  ++passes_;
  for (size_t group = 0; group < group_count_; ++group) {
    parts[group] = exact_parts(exact_value(parts[group]) * (int128_t{1} << shift));
  }
  high_bound_ = std::ldexp(high_bound_ + 1, shift);
  rows_since_carry_ = 1;
  unit_ = unit;
  return true;
}

void ExactColumn::carry_parts(ExactParts parts) {
  ++passes_;
  for (size_t group = 0; group < group_count_; ++group) parts[group] = exact_parts(exact_value(parts[group]));
  high_bound_ += static_cast<double>(rows_since_carry_);
  rows_since_carry_ = 1;
}

void ExactColumn::tighten(ExactParts parts) {
  carry_parts(parts);
  high_bound_ = greatest_high(parts, nullptr, group_count_);
}

void ExactColumn::flush_parts(ExactParts parts) {
  ++passes_;
  for (size_t group = 0; group < group_count_; ++group) {
    limbs_.add_wide(group, exact_value(parts[group]), unit_);
    parts[group] = {};
  }
  high_bound_ = 0;
  rows_since_carry_ = 0;
}

void ExactColumn::add_special(size_t group, double value) {
  mark(group, std::isnan(value) ? kNaN : value > 0 ? kPositiveInfinity : kNegativeInfinity);
}

void ExactColumn::mark(size_t group, uint8_t what) {
  if (special_.empty()) special_.resize(group_count_, 0);
  special_[group] |= what;
}

ExactColumn::PartsMerge ExactColumn::merge(ExactParts parts, const ExactColumn& other, ExactParts other_parts,
                                           const uint32_t* from, const uint32_t* to, size_t groups) {
  limbs_.merge(other.limbs_, from, to, groups);
  if (!other.special_.empty()) {
    for (size_t i = 0; i < groups; ++i) {
      if (const uint8_t special = other.special_[source_group(from, i)]; special != 0) mark(to[i], special);
    }
  }
  return other.placed_ ? make_parts_merge(parts, other, other_parts, from, groups) : PartsMerge();
}

/// Makes room for them, too.
ExactColumn::PartsMerge ExactColumn::make_parts_merge(ExactParts parts, const ExactColumn& other, ExactParts other_parts,
                                                      const uint32_t* from, size_t groups) {
  if (!placed_) unit_ = other.unit_;
  placed_ = true;
  rows_ += groups;
  magnitude_ = std::max(magnitude_, other.magnitude_);
  if (other.unit_ < unit_ && !lower_unit(parts, other.unit_)) {
    flush_parts(parts);
    unit_ = other.unit_;
  }
  const int shift = other.unit_ - unit_;
  // What comes is carried on its way where there is much of it.
  bool carries = shift != 0 || other.rows_since_carry_ > ExactLimbs::kUncarriedRows;
  double high = other.high_bound_ + static_cast<double>(other.rows_since_carry_);
  const auto bound = [&] { return std::ldexp(high + 1, shift); };
  if (high_bound_ + bound() > kHighMax) {
    carries = true;
    high = greatest_high(other_parts, from, groups);
    make_room(parts, bound());
  }
  if (bound() > kHighMax) return {PartsMerge::kToLimbs, shift};
  const uint64_t rows = carries ? 1 : other.rows_since_carry_;
  if (rows_since_carry_ + rows >= ExactLimbs::kCarryRows) carry_parts(parts);
  high_bound_ += bound();
  rows_since_carry_ += rows + 1;
  return {carries ? PartsMerge::kCarried : PartsMerge::kAdded, shift};
}

void ExactColumn::merge_parts(PartsMerge merge, ExactParts parts, const ExactColumn& other, ExactParts other_parts,
                              const uint32_t* from, const uint32_t* to, size_t begin, size_t end) {
  const auto add_each = [&](auto own_of) {
    for (size_t i = begin; i < end; ++i) {
      const ExactSum own = own_of(other_parts[source_group(from, i)]);
      parts[to[i]].low += own.low;
      parts[to[i]].high += own.high;
    }
  };
  switch (merge.how) {
    case PartsMerge::kNotAtAll: return;
    case PartsMerge::kAdded: return add_each([](const ExactSum& own) { return own; });
    case PartsMerge::kCarried:
      return add_each([&](const ExactSum& own) { return exact_parts(exact_value(own) * (int128_t{1} << merge.shift)); });
    case PartsMerge::kToLimbs:
      for (size_t i = begin; i < end; ++i) limbs_.add_wide(to[i], exact_value(other_parts[source_group(from, i)]), other.unit_);
  }
}

void ExactColumn::append_terms(ExactParts parts, size_t group, ExactNumber::Terms& terms) const {
  if (placed_) terms.add(exact_value(parts[group]), unit_);
  limbs_.append_terms(group, terms);
}

template <typename T>
T ExactColumn::rounded(ExactParts parts, size_t group) const {
  if (!is_finite(group)) {
    const uint8_t special = special_[group];
    if (special == kPositiveInfinity) return std::numeric_limits<T>::infinity();
    if (special == kNegativeInfinity) return -std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::quiet_NaN();
  }
  T sum = 0;
  if (limbs_.empty()) {
    if (placed_) sum = std::ldexp(static_cast<T>(exact_value(parts[group])), unit_);
  } else {
    ExactNumber::Terms terms;
    append_terms(parts, group, terms);
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
template float ExactColumn::rounded(ExactParts, size_t) const;
template double ExactColumn::rounded(ExactParts, size_t) const;

}  // namespace cairn
