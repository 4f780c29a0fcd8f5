#include "exec/aggregates/exact_limbs.h"

#include "exec/aggregates/functions.h"

namespace cairn {

void ExactLimbs::resize(size_t groups) {
  group_count_ = groups;
  for (Limbs& column : limbs_) {
    if (!column.empty()) column.resize(groups, 0);
  }
  find_columns();
}

void ExactLimbs::find_columns() {
  columns_.clear();
  for (Limbs& column : limbs_) columns_.push_back(column.empty() ? nullptr : column.data());
}

void ExactLimbs::add(size_t group, bool negative, uint64_t magnitude, int exponent) {
  if (magnitude == 0) return;
  if (++rows_ >= kCarryRows) carry();
  constexpr int kManyLimbs = 1024;  // a division of what is not negative is a multiplication
  const int limb = static_cast<int>(static_cast<unsigned>(exponent + kManyLimbs * kLimbBits) / kLimbBits) - kManyLimbs;
  constexpr uint64_t kMask = (uint64_t{1} << kLimbBits) - 1;
  const uint128_t shifted = static_cast<uint128_t>(magnitude) << (exponent - limb * kLimbBits);
  const int64_t sign = negative ? -1 : 0;  // (part ^ sign) - sign is ±part
  const auto signed_part = [&](uint128_t rest) {
    return (static_cast<int64_t>(static_cast<uint64_t>(rest) & kMask) ^ sign) - sign;
  };
  const int64_t parts[3] = {signed_part(shifted), signed_part(shifted >> kLimbBits), signed_part(shifted >> (2 * kLimbBits))};
  const int at = limb - first_limb_;
  if (at >= 0 && static_cast<size_t>(at) + 2 < columns_.size()) {
    int64_t* const* const columns = columns_.data() + at;
    if (columns[0] != nullptr && columns[1] != nullptr && columns[2] != nullptr) {  // without asking which are 0
      for (int i = 0; i < 3; ++i) columns[i][group] += parts[i];
      return;
    }
  }
  for (int i = 0; i < 3; ++i) {
    if (parts[i] != 0) limbs(limb + i)[group] += parts[i];
  }
}

void ExactLimbs::add_product(size_t group, bool negative, uint64_t a, uint64_t b, int exponent) {
  const uint128_t product = static_cast<uint128_t>(a) * b;
  add(group, negative, static_cast<uint64_t>(product), exponent);
  add(group, negative, static_cast<uint64_t>(product >> 64), exponent + 64);
}

void ExactLimbs::add_wide(size_t group, int128_t value, int exponent) {
  const uint128_t magnitude = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  add(group, value < 0, static_cast<uint64_t>(magnitude), exponent);
  add(group, value < 0, static_cast<uint64_t>(magnitude >> 64), exponent + 64);
}

ExactLimbs::Limbs& ExactLimbs::limbs(int limb) {
  if (limbs_.empty()) first_limb_ = limb;
  if (limb < first_limb_) {
    limbs_.insert(limbs_.begin(), static_cast<size_t>(first_limb_ - limb), Limbs());
    first_limb_ = limb;
  }
  const auto at = static_cast<size_t>(limb - first_limb_);
  if (at >= limbs_.size()) limbs_.resize(at + 1);
  if (limbs_[at].empty()) {
    limbs_[at].resize(group_count_, 0);
    find_columns();
  }
  return limbs_[at];
}

/// What of a limb belongs to the next.
int64_t ExactLimbs::carry_of(int64_t limb) { return (limb + (int64_t{1} << (kLimbBits - 1))) >> kLimbBits; }

void ExactLimbs::carry() {
  rows_ = 2;
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

void ExactLimbs::merge(const ExactLimbs& other, const uint32_t* from, const uint32_t* to, size_t groups) {
  if (other.empty()) return;
  const bool carries = other.rows_ > kUncarriedRows;
  const uint64_t rows = carries ? 3 : other.rows_;
  if (rows_ + rows >= kCarryRows) carry();
  rows_ += rows;
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

void ExactLimbs::append_terms(size_t group, ExactNumber::Terms& terms) const {
  for (size_t at = 0; at < limbs_.size(); ++at) {
    if (!limbs_[at].empty()) terms.add(limbs_[at][group], (first_limb_ + static_cast<int>(at)) * kLimbBits);
  }
}

size_t ExactLimbs::bytes() const {
  size_t bytes = limbs_.capacity() * sizeof(Limbs);
  for (const Limbs& column : limbs_) bytes += column.capacity() * sizeof(int64_t);
  return bytes;
}

}  // namespace cairn
