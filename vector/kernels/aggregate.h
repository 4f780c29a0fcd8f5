#pragma once

// Kernels that aggregate operators call once per batch and column: totals, and totals per group. Sums of integral
// vectors add the offsets of a frame of reference in its own width and the base once, never inflating values.

#include <cstddef>
#include <cstdint>

#include "vector/string_ref.h"
#include "vector/vector.h"

namespace cairn {

/// A sum over the rows that count: those that are not NULL, and whose bit is set where a mask is given.
struct SumResult {
  int128_t sum = 0;
  uint64_t count = 0;  ///< rows that counted
};

/// Sum of an integral vector (any encoding), exact. `mask` has a bit per row, or is null: all rows.
SumResult sum_integral(const Vector& values, const uint64_t* mask = nullptr);
/// Rows that are not NULL and in the mask.
uint64_t count_valid(const Vector& values, const uint64_t* mask = nullptr);
/// Least and greatest value of an integral vector; false where no row counts.
bool min_max_integral(const Vector& values, const uint64_t* mask, int128_t& min, int128_t& max);
/// The same of REAL or DOUBLE; NaN is greater than everything, as in PostgreSQL.
bool min_max_floating(const Vector& values, const uint64_t* mask, double& min, double& max);
/// The same of strings; the references point to where the vector's strings are.
bool min_max_string(const Vector& values, const uint64_t* mask, StringRef& min, StringRef& max);

/// The group of every row of a batch. Rows that are not selected have a group of their own (a trash group), so that
/// every row has a valid id: ids[i] < group_count. With up to 16 groups and one byte per id, sums run on all groups at
/// once by masks (BIPie: Nowakiewicz et al., SIGMOD 2018) instead of scattering.
struct GroupIds {
  const void* ids = nullptr;
  uint8_t id_bytes = 4;  ///< 1, 2 or 4
  size_t rows = 0;
  uint32_t group_count = 0;
  /// A group whose sums nobody wants (that of rows not selected), where the caller says so: they are left undefined.
  uint32_t trash_group = UINT32_MAX;

  uint32_t at(size_t row) const {
    return id_bytes == 1   ? static_cast<const uint8_t*>(ids)[row]
           : id_bytes == 2 ? static_cast<const uint16_t*>(ids)[row]
                           : static_cast<const uint32_t*>(ids)[row];
  }
};

// All grouped kernels add to (or narrow) the caller's arrays of group_count entries, and leave NULL rows out.
// values.size == groups.rows everywhere.

/// counts[g] += rows of group g whose bit in `validity` is set (nullptr: all rows; one bit per row).
void grouped_count(const GroupIds& groups, const uint64_t* validity, int64_t* counts);

/// counts[g] += rows of group g that are not NULL in `values` (any encoding).
void grouped_count_valid(const GroupIds& groups, const Vector& values, int64_t* counts);

/// sums[g] += sum of the group's values, where the vector's range proves that |value| * rows stays below 2^62: then
/// int64 accumulators of one call cannot overflow, and the caller folds them into 128 bits. Otherwise returns false
/// and touches nothing: use grouped_sum_wide. `batch_counts`: grouped_count(groups, nullptr) of this very batch where
/// the caller has it (it saves counting again what the base is multiplied with), else nullptr.
bool grouped_sum(const GroupIds& groups, const Vector& values, const int64_t* batch_counts, int64_t* sums);

/// Any integral vector, exact modulo 2^128.
void grouped_sum_wide(const GroupIds& groups, const Vector& values, int128_t* sums);

/// extremes[g] = min or max of what it holds and the group's values; start from the type's greatest or least value.
/// The first is for integral vectors whose known range or physical type fits 64 bits (else it returns false).
bool grouped_min(const GroupIds& groups, const Vector& values, int64_t* extremes);
bool grouped_max(const GroupIds& groups, const Vector& values, int64_t* extremes);
void grouped_min_wide(const GroupIds& groups, const Vector& values, int128_t* extremes);
void grouped_max_wide(const GroupIds& groups, const Vector& values, int128_t* extremes);
/// NaN is greater than everything. Start min from NaN, max from -infinity.
void grouped_min_floating(const GroupIds& groups, const Vector& values, double* extremes);
void grouped_max_floating(const GroupIds& groups, const Vector& values, double* extremes);

}  // namespace cairn
