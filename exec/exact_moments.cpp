#include "exec/exact_moments.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "exec/aggregate_functions.h"
#include "exec/decoded_double.h"
#include "vector/kernels/exact_product.h"
#include "vector/kernels/kernels.h"

namespace cairn {
namespace {

Vector doubles(const double* data, size_t rows, const uint64_t* validity) {
  Vector vector;
  vector.type = Type::double_();
  vector.size = rows;
  vector.data = data;
  vector.validity = validity;
  return vector;
}

}  // namespace

template <size_t kArguments>
void ExactMoments<kArguments>::resize(size_t groups) {
  counts_.resize(groups, 0);
  for (ExactSums& sums : sums_) sums.resize(groups);
  for (Products& products : products_) {
    products.high.resize(groups);
    products.low.resize(groups);
  }
}

template <size_t kArguments>
void ExactMoments<kArguments>::add(const GroupIds& groups, const std::array<Vector, kArguments>& arguments) {
  const size_t rows = groups.rows;
  const uint64_t* validity = nullptr;
  for (const Vector& argument : arguments) {
    if (argument.validity == nullptr) continue;
    if (validity == nullptr) {
      validity = argument.validity;
      continue;
    }
    validity_.assign(validity, validity + mask_words(rows));
    for (size_t word = 0; word < validity_.size(); ++word) validity_[word] &= argument.validity[word];
    validity = validity_.data();
  }
  grouped_count(groups, validity, counts_.data());
  high_.resize(rows);
  low_.resize(rows);
  odd_.resize(mask_words(rows));
  for (size_t a = 0; a < kArguments; ++a) {
    const Vector first = doubles(arguments[a].template values<double>(), rows, validity);
    sums_[a].add(groups, first);
    for (size_t b = 0; b <= a; ++b) {
      const Vector second = doubles(arguments[b].template values<double>(), rows, validity);
      const bool any_low =
          exact_products(first.values<double>(), second.values<double>(), rows, high_.data(), low_.data(), odd_.data());
      Products& products = products_[product_of(a, b)];
      products.high.add(groups, doubles(high_.data(), rows, validity));
      if (any_low) products.low.add(groups, doubles(low_.data(), rows, validity));
      add_odd(products, groups, first, second);
    }
  }
}

/// The products that are not two DOUBLEs.
template <size_t kArguments>
void ExactMoments<kArguments>::add_odd(Products& products, const GroupIds& groups, const Vector& a, const Vector& b) {
  for (size_t word = 0; word < odd_.size(); ++word) {
    for (uint64_t bits = odd_[word]; bits != 0; bits &= bits - 1) {
      const size_t row = word * 64 + static_cast<size_t>(std::countr_zero(bits));
      const double x = a.values<double>()[row], y = b.values<double>()[row];
      if (!a.valid(row) || groups.at(row) == groups.trash_group || !std::isfinite(x) || !std::isfinite(y)) continue;
      const DecodedDouble first(x), second(y);
      products.low.add_product(groups.at(row), first.negative != second.negative, first.magnitude, second.magnitude,
                               first.exponent + second.exponent);
    }
  }
}

template <size_t kArguments>
void ExactMoments<kArguments>::add_integer(uint32_t group, int128_t value)
  requires(kArguments == 1)
{
  ++counts_[group];
  sums_[0].add_wide(group, value, 0);
  const uint128_t magnitude = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  const auto low = static_cast<uint64_t>(magnitude), high = static_cast<uint64_t>(magnitude >> 64);
  products_[0].low.add_product(group, false, low, low, 0);
  products_[0].low.add_product(group, false, low, high, 65);
  products_[0].low.add_product(group, false, high, high, 128);
}

template <size_t kArguments>
void ExactMoments<kArguments>::merge(ExactMoments& other, const uint32_t* from, const uint32_t* to, size_t groups) {
  for (size_t i = 0; i < groups; ++i) counts_[to[i]] += other.counts_[source_group(from, i)];
  for (size_t a = 0; a < kArguments; ++a) sums_[a].merge(other.sums_[a], from, to, groups);
  for (size_t p = 0; p < kProducts; ++p) {
    products_[p].high.merge(other.products_[p].high, from, to, groups);
    products_[p].low.merge(other.products_[p].low, from, to, groups);
  }
}

/// Products of 2^900 and more are not added as DOUBLEs.
template <size_t kArguments>
bool ExactMoments<kArguments>::may_overflow() const {
  return std::any_of(products_.begin(), products_.end(), [](const Products& products) { return products.low.has_limbs(); });
}

template <size_t kArguments>
ScaledDouble ExactMoments<kArguments>::deviations(size_t group, size_t a, size_t b) const {
  ExactNumber::Terms sum_a, sum_b, products;
  sums_[a].append_terms(group, sum_a);
  sums_[b].append_terms(group, sum_b);
  products_[product_of(a, b)].high.append_terms(group, products);
  products_[product_of(a, b)].low.append_terms(group, products);
  const ExactNumber all = ExactNumber(products.all()).times(static_cast<uint64_t>(counts_[group]));
  return all.minus(ExactNumber(sum_a.all()).times(ExactNumber(sum_b.all()))).to_scaled();
}

template <size_t kArguments>
size_t ExactMoments<kArguments>::bytes() const {
  size_t bytes = counts_.capacity() * sizeof(int64_t);
  for (const ExactSums& sums : sums_) bytes += sums.bytes();
  for (const Products& products : products_) bytes += products.high.bytes() + products.low.bytes();
  return bytes;
}

template class ExactMoments<1>;
template class ExactMoments<2>;

}  // namespace cairn
