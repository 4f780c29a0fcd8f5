#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "io/segments/distinct_sketch.h"
#include "io/segments/segment.h"
#include "vector/column_buffer.h"

namespace cairn {

/// What the schemes have to know of the rows that are to be encoded. It refers to the column.
struct ColumnAnalysis {
  Type type;
  Physical physical = Physical::kBool;
  EncodeEffort effort = EncodeEffort::kSmall;
  uint32_t row_count = 0;
  uint32_t null_count = 0;
  const uint64_t* validity = nullptr;  ///< where null_count != 0
  /// Flat values of all rows. Under a NULL stands the value of a neighbour (an empty string in string columns), so that
  /// schemes need not look at the mask.
  const void* values = nullptr;
  bool all_equal = false;  ///< of the values as above; also where every row is NULL

  /// Integral types, some row not NULL. The range is max - min, if that is below 2^64.
  int128_t min = 0, max = 0;
  bool has_range = false;
  uint64_t range = 0;
  uint32_t run_count = 0;       ///< 0: not counted
  uint32_t run_length_max = 0;  ///< where counted, and runs are long enough to matter (else 0)

  /// Strings.
  uint64_t string_bytes = 0;
  uint32_t length_min = 0, length_max = 0;

  /// A dictionary was built: the code of each row, and the row where each entry comes first.
  bool has_dictionary = false;
  std::vector<uint32_t> codes;
  std::vector<uint32_t> entry_rows;
  uint64_t entry_string_bytes = 0;
  uint32_t entry_length_min = 0, entry_length_max = 0;

  ZoneMap zone_map;
  DistinctSketch sketch;

  bool all_null() const { return null_count == row_count; }
  bool integral() const { return physical <= Physical::kInt128; }
  bool pack() const { return effort == EncodeEffort::kSmall; }
  template <typename T>
  const T* as() const {
    return static_cast<const T*>(values);
  }

  std::vector<uint64_t> mask_storage;
  std::vector<std::byte> value_storage;
};

ColumnAnalysis analyze_column(const ColumnBuffer& column, size_t begin, size_t rows, EncodeEffort effort);

/// Calls `function` with a zero of the integral type's C++ type. REQUIRES: physical <= Physical::kInt128.
template <typename Function>
auto with_integral_type(Physical physical, Function function) {
  switch (physical) {
    case Physical::kBool:
      return function(uint8_t{});
    case Physical::kInt16:
      return function(int16_t{});
    case Physical::kInt32:
      return function(int32_t{});
    case Physical::kInt64:
      return function(int64_t{});
    default:
      return function(int128_t{});
  }
}

/// Builds `codes` and `entry_rows` if the values repeat enough to be worth a dictionary. Defined in
/// dictionary_builder.cpp.
void build_dictionary(ColumnAnalysis& analysis);

/// The hash under which sketches count a value: the same for equal values in any row group and integral width.
uint64_t sketch_hash(int128_t value);
uint64_t sketch_hash(double value);
uint64_t sketch_hash(std::string_view text);

}  // namespace cairn
