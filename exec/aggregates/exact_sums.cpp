#include "exec/aggregates/exact_sums.h"

#include <cmath>

#include "exec/aggregates/functions.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/mask.h"

namespace cairn {
namespace {

/// What a unit is chosen by.
constexpr size_t kSumSampleRows = 256;

Vector flat_numbers(const Vector& values, FlatScratch& scratch) {
  Vector flat = flatten(values, nullptr, scratch);
  if (values.is_constant()) flat.validity = nullptr;
  return flat;
}

}  // namespace

void ExactSums::resize(size_t groups) {
  parts_.resize(groups);
  column_.resize(groups);
}

void ExactSums::add(const GroupIds& groups, const Vector& values) {
  if (values.constant_null()) return;
  if (groups.group_count == 1) return add_single(values, nullptr);
  const Vector flat = flat_numbers(values, flat_);
  add_rows(
      flat, [&](size_t row) { return groups.at(row) == groups.trash_group ? kNoGroup : groups.at(row); },
      [&](const ExactWindow& window) {
        return exact_sum_grouped(groups, flat, window, parts_.data(), misfit_rows_.data());
      });
}

void ExactSums::add_single(const Vector& values, const uint64_t* mask) {
  if (values.constant_null()) return;
  const Vector flat = flat_numbers(values, flat_);
  add_rows(
      flat, [&](size_t row) { return mask == nullptr || (mask[row / 64] >> (row % 64) & 1) != 0 ? uint32_t{0} : kNoGroup; },
      [&](const ExactWindow& window) { return exact_sum_single(flat, mask, window, parts_[0], misfit_rows_.data()); });
}

/// What is in the column's window at once, the rest number by number.
template <typename GroupOf, typename AddFitting>
void ExactSums::add_rows(const Vector& values, GroupOf group_of, AddFitting add_fitting) {
  const bool single = values.type.physical() == Physical::kFloat;
  const auto number_at = [&](size_t row) {
    return single ? static_cast<double>(values.values<float>()[row]) : values.values<double>()[row];
  };
  if (!column_.placed()) {
    std::vector<double> sample;
    for (size_t row = 0; row < values.size && sample.size() < kSumSampleRows; ++row) {
      if (values.valid(row) && group_of(row) != kNoGroup) sample.push_back(number_at(row));
    }
    column_.place(sample);
  }
  misfit_rows_.assign(mask_words(values.size), 0);
  const ExactRowsAdded added = add_fitting(column_.window(parts(), values.size));
  column_.note_added(values.size, added.magnitude);
  if (added.all) return;
  misfits_.clear();
  for_set_bits(misfit_rows_, [&](size_t row) {
    if (group_of(row) != kNoGroup) misfits_.push_back({group_of(row), number_at(row)});
  });
  column_.add_misfits(parts(), misfits_);
}

void ExactSums::merge(const ExactSums& other, const uint32_t* from, const uint32_t* to, size_t groups) {
  const auto merge = column_.merge(parts(), other.column_, other.parts(), from, to, groups);
  column_.merge_parts(merge, parts(), other.column_, other.parts(), from, to, 0, groups);
}

void ExactSums::save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) {
  column_.save_parts(parts(), groups, columns[0]);
  save_limbs({&column_, 1}, groups, columns[1]);
}

void ExactSums::load(std::span<const Vector> columns, size_t groups) {
  column_.load_parts(parts(), columns[0].values<int128_t>(), groups);
  load_limbs({&column_, 1}, columns[1], groups);
}

size_t ExactSums::bytes() const { return parts_.capacity() * sizeof(ExactSum) + column_.bytes(); }

}  // namespace cairn
