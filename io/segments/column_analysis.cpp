#include "io/segments/column_analysis.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "io/segments/segment_header.h"

namespace cairn {

namespace {

bool bit_at(const uint64_t* mask, size_t row) { return (mask[row / 64] >> (row % 64)) & 1; }

/// Copies the values, putting the value of the row before (or of the first row that has one) under each NULL.
template <typename T>
void fill_nulls(ColumnAnalysis& analysis) {
  analysis.value_storage.resize(analysis.row_count * sizeof(T));
  T* out = reinterpret_cast<T*>(analysis.value_storage.data());
  const T* in = analysis.as<T>();
  T last{};
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    if (bit_at(analysis.validity, row)) {
      last = in[row];
      break;
    }
  }
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    if (bit_at(analysis.validity, row)) last = in[row];
    if constexpr (std::is_same_v<T, StringRef>) {
      out[row] = bit_at(analysis.validity, row) ? in[row] : StringRef();
    } else {
      out[row] = last;
    }
  }
  analysis.values = out;
}

template <typename T>
void count_runs(ColumnAnalysis& analysis) {
  const T* values = analysis.as<T>();
  uint32_t breaks = 0;
  for (uint32_t row = 1; row < analysis.row_count; ++row) breaks += values[row] != values[row - 1] ? 1 : 0;
  analysis.run_count = breaks + 1;
  if (uint64_t{analysis.run_count} * 2 > analysis.row_count) return;
  uint32_t begin = 0;
  for (uint32_t row = 1; row <= analysis.row_count; ++row) {
    if (row < analysis.row_count && values[row] == values[begin]) continue;
    analysis.run_length_max = std::max(analysis.run_length_max, row - begin);
    begin = row;
  }
}

template <typename T>
void sketch_integers(ColumnAnalysis& analysis) {
  const T* values = analysis.as<T>();
  if (analysis.has_range && analysis.range < 65536 && analysis.range < analysis.row_count) {
    // Few possible values: hash each that occurs only once.
    std::vector<uint8_t> seen(analysis.range + 1);
    const T min = static_cast<T>(analysis.min);
    for (uint32_t row = 0; row < analysis.row_count; ++row) seen[static_cast<size_t>(values[row] - min)] = 1;
    for (uint64_t offset = 0; offset <= analysis.range; ++offset) {
      if (seen[offset]) analysis.sketch.add(sketch_hash(analysis.min + static_cast<int128_t>(offset)));
    }
    return;
  }
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    if (row == 0 || values[row] != values[row - 1])
      analysis.sketch.add(sketch_hash(static_cast<int128_t>(values[row])));
  }
}

template <typename T>
void analyze_integers(ColumnAnalysis& analysis) {
  const T* values = analysis.as<T>();
  T min = values[0], max = values[0];
  for (uint32_t row = 1; row < analysis.row_count; ++row) {
    min = values[row] < min ? values[row] : min;
    max = values[row] > max ? values[row] : max;
  }
  analysis.min = min;
  analysis.max = max;
  analysis.all_equal = min == max;
  const uint128_t range = static_cast<uint128_t>(analysis.max) - static_cast<uint128_t>(analysis.min);
  analysis.has_range = range <= UINT64_MAX;
  analysis.range = analysis.has_range ? static_cast<uint64_t>(range) : 0;
  analysis.zone_map.has_bounds = true;
  analysis.zone_map.min = Value::of_integer(analysis.type, min);
  analysis.zone_map.max = Value::of_integer(analysis.type, max);
  if (analysis.effort == EncodeEffort::kSmall) count_runs<T>(analysis);
  if (analysis.effort != EncodeEffort::kFast) sketch_integers<T>(analysis);
}

template <typename T>
void analyze_floats(ColumnAnalysis& analysis) {
  const T* values = analysis.as<T>();
  T min = values[0], max = values[0];
  bool has_nan = false;
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    has_nan |= std::isnan(values[row]);
    min = values[row] < min ? values[row] : min;
    max = values[row] > max ? values[row] : max;
  }
  // Equal bits, not equal values: -0.0 and 0.0, or two NaNs, must come back as they were.
  analysis.all_equal = std::all_of(values, values + analysis.row_count,
                                   [&](T value) { return std::memcmp(&value, values, sizeof value) == 0; });
  if (!has_nan) {  // where SQL puts NaN is not this layer's matter
    analysis.zone_map.has_bounds = true;
    analysis.zone_map.min = Value::of_double(min);
    analysis.zone_map.max = Value::of_double(max);
    analysis.zone_map.min.type = analysis.zone_map.max.type = analysis.type;
  }
  if (analysis.effort == EncodeEffort::kFast) return;
  for (uint32_t row = 0; row < analysis.row_count; ++row) analysis.sketch.add(sketch_hash(double{values[row]}));
}

void analyze_intervals(ColumnAnalysis& analysis) {
  const Interval* values = analysis.as<Interval>();
  analysis.all_equal =
      std::all_of(values, values + analysis.row_count, [&](const Interval& v) { return v == values[0]; });
  if (analysis.effort == EncodeEffort::kFast) return;
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    const Interval& v = values[row];
    const int128_t micros = (int128_t{v.months} * 30 + v.days) * 86'400'000'000 + v.micros;
    analysis.sketch.add(sketch_hash(micros));
  }
}

/// The first four bytes as a number that orders like the text (shorter texts are padded with zeros).
uint32_t order_key(const StringRef& text) {
  uint32_t prefix;
  std::memcpy(&prefix, reinterpret_cast<const char*>(&text) + 4, sizeof prefix);
  return __builtin_bswap32(prefix);
}

/// Least and greatest of the given rows; the first bytes decide nearly always.
template <typename Rows>
void bound_strings(ColumnAnalysis& analysis, size_t count, Rows row_at) {
  const StringRef* values = analysis.as<StringRef>();
  const StringRef *min = nullptr, *max = nullptr;
  uint32_t min_key = 0, max_key = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t row = row_at(i);
    if (analysis.null_count != 0 && !bit_at(analysis.validity, row)) continue;
    const StringRef& value = values[row];
    const uint32_t key = order_key(value);
    if (min == nullptr) {
      min = max = &value;
      min_key = max_key = key;
      continue;
    }
    if (key < min_key || (key == min_key && value < *min)) min = &value, min_key = key;
    if (key > max_key || (key == max_key && *max < value)) max = &value, max_key = key;
  }
  if (min == nullptr) return;
  ZoneMap& zone_map = analysis.zone_map;
  std::string upper;
  if (!upper_bound_prefix(max->view(), upper)) return;
  zone_map.has_bounds = true;
  zone_map.min = Value::of_string(lower_bound_prefix(min->view()));
  zone_map.max = Value::of_string(std::move(upper));
  zone_map.min.type = zone_map.max.type = analysis.type;
}

/// A row that is not NULL for each dictionary entry that has one (the empty string may stand under NULLs only).
std::vector<uint32_t> valid_entry_rows(const ColumnAnalysis& analysis) {
  if (analysis.null_count == 0) return analysis.entry_rows;
  std::vector<uint32_t> rows;
  std::vector<bool> seen(analysis.entry_rows.size());
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    if (seen[analysis.codes[row]] || !bit_at(analysis.validity, row)) continue;
    seen[analysis.codes[row]] = true;
    rows.push_back(row);
  }
  return rows;
}

void analyze_strings(ColumnAnalysis& analysis) {
  const StringRef* values = analysis.as<StringRef>();
  analysis.length_min = analysis.length_max = values[0].size();
  analysis.all_equal = true;
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    const uint32_t length = values[row].size();
    analysis.length_min = std::min(analysis.length_min, length);
    analysis.length_max = std::max(analysis.length_max, length);
    analysis.string_bytes += length;
    analysis.all_equal = analysis.all_equal && values[row] == values[0];
  }
  const bool sketch = analysis.effort != EncodeEffort::kFast;
  if (analysis.all_equal && analysis.null_count == 0) {
    bound_strings(analysis, 1, [](size_t i) { return i; });
    if (sketch) analysis.sketch.add(sketch_hash(values[0].view()));
    return;
  }
  build_dictionary(analysis);
  if (analysis.has_dictionary) {
    const std::vector<uint32_t> rows = valid_entry_rows(analysis);
    bound_strings(analysis, rows.size(), [&rows](size_t i) { return rows[i]; });
    for (size_t i = 0; sketch && i < rows.size(); ++i) analysis.sketch.add(sketch_hash(values[rows[i]].view()));
    return;
  }
  bound_strings(analysis, analysis.row_count, [](size_t i) { return i; });
  if (!sketch) return;
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    if (analysis.null_count == 0 || bit_at(analysis.validity, row))
      analysis.sketch.add(sketch_hash(values[row].view()));
  }
}

uint32_t count_nulls(const uint64_t* mask, uint32_t rows) {
  uint32_t valid = 0;
  for (uint32_t row = 0; row < rows; row += 64) {
    const uint64_t live = rows - row >= 64 ? ~uint64_t{0} : (uint64_t{1} << (rows - row)) - 1;
    valid += static_cast<uint32_t>(std::popcount(mask[row / 64] & live));
  }
  return rows - valid;
}

}  // namespace

uint64_t sketch_hash(int128_t value) {
  const uint64_t low = static_cast<uint64_t>(value);
  if (value == static_cast<int64_t>(low)) return mix_bits(low);
  return mix_bits(low ^ mix_bits(static_cast<uint64_t>(value >> 64)));
}

uint64_t sketch_hash(double value) { return mix_bits(std::bit_cast<uint64_t>(value == 0 ? 0.0 : value)); }

uint64_t sketch_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

ColumnAnalysis analyze_column(const ColumnBuffer& column, size_t begin, size_t rows, EncodeEffort effort) {
  ColumnAnalysis analysis;
  analysis.type = column.type();
  analysis.physical = column.type().physical();
  analysis.effort = effort;
  analysis.row_count = static_cast<uint32_t>(rows);
  if (rows == 0) {
    analysis.all_equal = true;
    return analysis;
  }
  const Vector view = column.view(begin, rows, &analysis.mask_storage);
  analysis.values = view.data;
  if (view.validity != nullptr) analysis.null_count = count_nulls(view.validity, analysis.row_count);
  analysis.zone_map.null_count = analysis.null_count;
  if (analysis.null_count != 0) analysis.validity = view.validity;
  if (analysis.all_null()) {
    analysis.all_equal = true;
    return analysis;
  }
  switch (analysis.physical) {
    case Physical::kFloat:
      if (analysis.null_count != 0) fill_nulls<float>(analysis);
      analyze_floats<float>(analysis);
      break;
    case Physical::kDouble:
      if (analysis.null_count != 0) fill_nulls<double>(analysis);
      analyze_floats<double>(analysis);
      break;
    case Physical::kInterval:
      if (analysis.null_count != 0) fill_nulls<Interval>(analysis);
      analyze_intervals(analysis);
      break;
    case Physical::kString:
      if (analysis.null_count != 0) fill_nulls<StringRef>(analysis);
      analyze_strings(analysis);
      break;
    default:
      with_integral_type(analysis.physical, [&](auto zero) {
        if (analysis.null_count != 0) fill_nulls<decltype(zero)>(analysis);
        analyze_integers<decltype(zero)>(analysis);
      });
      build_dictionary(analysis);
  }
  return analysis;
}

}  // namespace cairn
