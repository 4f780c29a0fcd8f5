#include "exec/aggregates/exact_moments.h"

#include <algorithm>
#include <cmath>

#include "exec/aggregates/decoded_double.h"
#include "exec/aggregates/functions.h"
#include "exec/aggregates/saved_values.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/mask.h"

namespace cairn {
namespace {

/// What units are chosen by.
constexpr size_t kMomentSampleRows = 64;
/// So many groups' sums stay in the nearest cache while column after column is merged.
constexpr size_t kMergedGroups = 64;

}  // namespace

template <size_t kArguments>
void ExactMoments<kArguments>::resize(size_t groups) {
  sums_.resize(groups * Layout::kSums);
  if (!Layout::kCounts) counts_.resize(groups, 0);
  for (ExactColumn& column : columns_) column.resize(groups);
}

template <size_t kArguments>
const uint64_t* ExactMoments<kArguments>::common_validity(const std::array<Vector, kArguments>& arguments, size_t rows) {
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
  return validity;
}

template <size_t kArguments>
void ExactMoments<kArguments>::add(const GroupIds& groups, const std::array<Vector, kArguments>& arguments) {
  const size_t words = mask_words(groups.rows);
  const uint64_t* const validity = common_validity(arguments, groups.rows);
  Numbers values;
  for (size_t a = 0; a < kArguments; ++a) values[a] = arguments[a].template values<double>();
  if (!Layout::kCounts) grouped_count(groups, validity, counts_.data());
  place(groups, values, validity);
  misfit_rows_.resize(Layout::kNumbers * words);  // all are written
  std::array<ExactMomentNumber, Layout::kNumbers> numbers;
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i].window = columns_[i].window(parts(i), groups.rows);
    numbers[i].misfits = misfit_rows_.data() + i * words;
  }
  exact_moments_grouped<kArguments>(groups, values.data(), validity, numbers.data(), sums_.data());
  for (size_t i = 0; i < numbers.size(); ++i) {
    columns_[i].note_added(groups.rows, numbers[i].magnitude);
    if (!numbers[i].all) add_misfits(i, groups, values);
  }
}

template <size_t kArguments>
double ExactMoments<kArguments>::number_of(size_t number, const Numbers& arguments, size_t row) {
  if (number < kArguments) return arguments[number][row];
  const size_t product = (number - kArguments) / 2;  // of a and b: a + b
  const double x = arguments[product / 2 + product % 2][row], y = arguments[product / 2][row];
  if (!exact_product_exists(x, y)) return 0;
  return (number - kArguments) % 2 == 0 ? x * y : std::fma(x, y, -(x * y));
}

/// The units of the columns that have none.
template <size_t kArguments>
void ExactMoments<kArguments>::place(const GroupIds& groups, const Numbers& arguments, const uint64_t* validity) {
  const size_t rows = std::min(groups.rows, kMomentSampleRows);
  for (size_t number = 0; number < Layout::kNumbers; ++number) {
    if (columns_[number].placed()) continue;
    std::array<double, kMomentSampleRows> sample;
    size_t count = 0;
    for (size_t row = 0; row < rows; ++row) {
      if (validity != nullptr && (validity[row / 64] >> (row % 64) & 1) == 0) continue;
      if (groups.at(row) != groups.trash_group) sample[count++] = number_of(number, arguments, row);
    }
    columns_[number].place({sample.data(), count});
  }
}

/// The numbers that are not in their column's window, and products that are not two DOUBLEs.
template <size_t kArguments>
void ExactMoments<kArguments>::add_misfits(size_t number, const GroupIds& groups, const Numbers& arguments) {
  const size_t words = mask_words(groups.rows);
  misfits_.clear();
  for_set_bits({misfit_rows_.data() + number * words, words}, [&](size_t row) {
    const uint32_t group = groups.at(row);
    if (group == groups.trash_group) return;
    const double value = number_of(number, arguments, row);
    if (value != 0) return misfits_.push_back({group, value});
    const size_t product = (number - kArguments) / 2;
    const double x = arguments[product / 2 + product % 2][row], y = arguments[product / 2][row];
    if (!std::isfinite(x) || !std::isfinite(y)) return;
    const DecodedDouble first(x), second(y);
    columns_[number + 1].limbs().add_product(group, first.negative != second.negative, first.magnitude, second.magnitude,
                                             first.exponent + second.exponent);
  });
  columns_[number].add_misfits(parts(number), misfits_);
}

template <size_t kArguments>
void ExactMoments<kArguments>::add_integer(uint32_t group, int128_t value)
  requires(kArguments == 1)
{
  ++count_of(group);
  columns_[0].limbs().add_wide(group, value, 0);
  const uint128_t magnitude = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  const auto low = static_cast<uint64_t>(magnitude), high = static_cast<uint64_t>(magnitude >> 64);
  ExactLimbs& products = columns_[Layout::high_of(0, 0) + 1].limbs();
  products.add_product(group, false, low, low, 0);
  products.add_product(group, false, low, high, 65);
  products.add_product(group, false, high, high, 128);
}

template <size_t kArguments>
void ExactMoments<kArguments>::merge(ExactMoments& other, const uint32_t* from, const uint32_t* to, size_t groups) {
  for (size_t i = 0; i < groups; ++i) count_of(to[i]) += other.count(source_group(from, i));
  std::array<ExactColumn::PartsMerge, Layout::kNumbers> merges;
  for (size_t i = 0; i < columns_.size(); ++i) {
    merges[i] = columns_[i].merge(parts(i), other.columns_[i], other.parts(i), from, to, groups);
  }
  for (size_t begin = 0, end = 0; begin < groups; begin = end) {
    end = std::min(groups, begin + kMergedGroups);
    for (size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].merge_parts(merges[i], parts(i), other.columns_[i], other.parts(i), from, to, begin, end);
    }
  }
}

/// Products of 2^900 and more are not added as DOUBLEs.
template <size_t kArguments>
bool ExactMoments<kArguments>::may_overflow() const {
  for (size_t low = Layout::high_of(0, 0) + 1; low < columns_.size(); low += 2) {
    if (!columns_[low].limbs().empty()) return true;
  }
  return false;
}

template <size_t kArguments>
ScaledDouble ExactMoments<kArguments>::deviations(size_t group, size_t a, size_t b) const {
  ExactNumber::Terms sum_a, sum_b, products;
  const size_t high = Layout::high_of(a, b);
  columns_[a].append_terms(parts(a), group, sum_a);
  columns_[b].append_terms(parts(b), group, sum_b);
  columns_[high].append_terms(parts(high), group, products);
  columns_[high + 1].append_terms(parts(high + 1), group, products);
  const ExactNumber all = ExactNumber(products.all()).times(static_cast<uint64_t>(count(group)));
  return all.minus(ExactNumber(sum_a.all()).times(ExactNumber(sum_b.all()))).to_scaled();
}

/// The numbers' parts, how many rows, and the limbs of all numbers.
template <size_t kArguments>
std::vector<Type> ExactMoments<kArguments>::saved_types() const {
  std::vector<Type> types(Layout::kNumbers, Type::huge_int());
  types.push_back(Type::big_int());
  types.push_back(Type::varchar());
  return types;
}

template <size_t kArguments>
void ExactMoments<kArguments>::save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) {
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i].save_parts(parts(i), groups, columns[i]);
  save_each<int64_t>(groups, columns[Layout::kNumbers], [&](uint32_t group) { return count(group); });
  save_limbs(columns_, groups, columns[Layout::kNumbers + 1]);
}

template <size_t kArguments>
void ExactMoments<kArguments>::load(std::span<const Vector> columns, size_t groups) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].load_parts(parts(i), columns[i].values<int128_t>(), groups);
  }
  for (size_t g = 0; g < groups; ++g) count_of(g) = columns[Layout::kNumbers].template values<int64_t>()[g];
  load_limbs(columns_, columns[Layout::kNumbers + 1], groups);
}

template <size_t kArguments>
size_t ExactMoments<kArguments>::bytes() const {
  size_t bytes = sums_.capacity() * sizeof(ExactSum) + counts_.capacity() * sizeof(int64_t);
  for (const ExactColumn& column : columns_) bytes += column.bytes();
  return bytes;
}

template class ExactMoments<1>;
template class ExactMoments<2>;

}  // namespace cairn
