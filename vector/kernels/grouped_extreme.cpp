// Least and greatest values per group.

#include <cmath>
#include <type_traits>

#include "vector/kernels/aggregate.h"
#include "vector/kernels/grouped_rows.h"

namespace cairn {

namespace {

template <typename Extreme, typename Better>
void scatter_extremes(const GroupIds& groups, const Vector& values, Extreme* extremes, Better better) {
  if (values.constant_null()) return;
  const Vector plain = plain_values(values);
  const IntegerView view = view_integers(plain);
  const Extreme base = static_cast<Extreme>(view.base);
  const uint64_t* validity = values.is_constant() ? nullptr : plain.validity;
  with_ids(groups, [&](auto ids) {
    with_values(view, [&](auto data) {
      for_valid_rows(groups.rows, validity, [&](size_t row) {
        // Wrapping: base + offset fits, though the offset alone may not.
        using Wrapped = std::conditional_t<sizeof(Extreme) == 16, uint128_t, uint64_t>;
        const Extreme value = static_cast<Extreme>(static_cast<Wrapped>(base) + static_cast<Wrapped>(data[row]));
        Extreme& extreme = extremes[ids[row]];
        extreme = better(value, extreme) ? value : extreme;
      });
    });
  });
}

bool fits_int64(const Vector& values) {
  const ValueRange range = proven_range(values);
  return range.min >= INT64_MIN && range.max <= INT64_MAX;
}

template <typename Better>
void scatter_floating(const GroupIds& groups, const Vector& values, double* extremes, Better better) {
  if (values.constant_null()) return;
  const Vector plain = plain_values(values);
  const bool single = values.type.physical() == Physical::kFloat;
  const uint64_t* validity = values.is_constant() ? nullptr : plain.validity;
  for_valid_rows(groups.rows, validity, [&](size_t row) {
    const double value = single ? static_cast<double>(plain.values<float>()[row]) : plain.values<double>()[row];
    double& extreme = extremes[groups.at(row)];
    if (better(value, extreme)) extreme = value;
  });
}

/// NaN is greater than everything.
bool less_floating(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

}  // namespace

bool grouped_min(const GroupIds& groups, const Vector& values, int64_t* extremes) {
  if (!fits_int64(values)) return false;
  scatter_extremes(groups, values, extremes, [](int64_t a, int64_t b) { return a < b; });
  return true;
}
bool grouped_max(const GroupIds& groups, const Vector& values, int64_t* extremes) {
  if (!fits_int64(values)) return false;
  scatter_extremes(groups, values, extremes, [](int64_t a, int64_t b) { return a > b; });
  return true;
}
void grouped_min_wide(const GroupIds& groups, const Vector& values, int128_t* extremes) {
  scatter_extremes(groups, values, extremes, [](int128_t a, int128_t b) { return a < b; });
}
void grouped_max_wide(const GroupIds& groups, const Vector& values, int128_t* extremes) {
  scatter_extremes(groups, values, extremes, [](int128_t a, int128_t b) { return a > b; });
}
void grouped_min_floating(const GroupIds& groups, const Vector& values, double* extremes) {
  scatter_floating(groups, values, extremes, less_floating);
}
void grouped_max_floating(const GroupIds& groups, const Vector& values, double* extremes) {
  scatter_floating(groups, values, extremes, [](double a, double b) { return less_floating(b, a); });
}

}  // namespace cairn
