#include "exec/sorting/sort_words.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "vector/date.h"
#include "vector/kernels/kernels.h"

namespace cairn {

namespace {

unsigned bit_width(uint128_t value) {
  const uint64_t high = static_cast<uint64_t>(value >> 64);
  return high != 0 ? 64 + static_cast<unsigned>(std::bit_width(high))
                   : static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(value)));
}

/// Ordered as numbers are, -0 and 0 alike, NaN last.
uint64_t ordered_bits(double value) {
  if (std::isnan(value)) return ~uint64_t{0};
  if (value == 0) value = 0;
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
}

/// The first eight bytes, zero-padded, as a number.
uint64_t leading_bytes(const StringRef& text) {
  uint64_t word = 0;
  std::memcpy(&word, text.data(), std::min<size_t>(8, text.size()));
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

SortWords::SortWords(const std::vector<SortKey>& keys, const std::vector<Type>& types, const ChunkList& chunks) {
  unsigned left = 64;
  for (const SortKey& key : keys) {
    Field field{key.column, key.descending, key.nulls_first};
    const Type& type = types[key.column];
    field.integral = type.is_integral();
    ValueRange range{kInt128Max, kInt128Min};
    for (const RowSet::Chunk* chunk : chunks) {
      field.nullable |= chunk->columns[key.column].has_nulls();
      if (!field.integral) continue;
      const ValueRange part = key.column < chunk->ranges.size() ? chunk->ranges[key.column]
                                                                : compute_range(chunk->columns[key.column].view());
      if (!part.known()) continue;
      range.min = std::min(range.min, part.min);
      range.max = std::max(range.max, part.max);
    }
    if (field.integral) {
      if (range.min > range.max) range = {0, 0};
      field.min = range.min;
      field.span = static_cast<uint128_t>(range.max) - static_cast<uint128_t>(range.min);
    } else {
      field.span = type.physical() == Physical::kInterval ? ~uint128_t{0} >> 1 : uint128_t{~uint64_t{0}};
    }
    // A span of all 128 bits leaves no code for NULL; values lose their last bit then (the field is cut anyway).
    if (field.nullable && field.span == ~uint128_t{0}) field.span >>= 1;
    field.code_bits = bit_width(field.span + (field.nullable ? 1 : 0));
    field.bits = std::min(field.code_bits, left);
    left -= field.bits;
    fields_.push_back(field);
    const bool exact = field.integral && field.bits == field.code_bits;
    if (!exact) break;
    ++exact_keys_;
    if (left == 0) break;
  }
  used_bits_ = 64 - left;
}

/// Appends the field's leading bits to every word.
template <typename CodeOf>
void SortWords::encode_field(const Field& field, const Vector& values, uint64_t* words, CodeOf code_of) const {
  const unsigned cut = field.code_bits - field.bits;
  const bool first = field.nullable && field.nulls_first;
  const uint128_t null_code = first ? 0 : field.span + 1;
  for (size_t row = 0; row < values.size; ++row) {
    uint128_t code = null_code;
    if (values.valid(row)) {
      code = code_of(row);
      if (field.descending) code = field.span - code;
      if (first) ++code;
    }
    const uint64_t bits = static_cast<uint64_t>(code >> cut);
    words[row] = (field.bits == 64 ? 0 : words[row] << field.bits) | bits;
  }
}

void SortWords::encode(const RowSet::Chunk& chunk, uint64_t* words) const {
  std::fill_n(words, chunk.row_count, uint64_t{0});
  for (const Field& field : fields_) {
    if (field.bits == 0) continue;
    const Vector values = chunk.columns[field.column].view();
    const auto integers = [&](auto* data) {
      const uint128_t min = static_cast<uint128_t>(field.min);
      encode_field(field, values, words, [=](size_t row) {
        return static_cast<uint128_t>(static_cast<int128_t>(data[row])) - min;
      });
    };
    switch (values.type.physical()) {
      case Physical::kBool: integers(values.values<uint8_t>()); break;
      case Physical::kInt16: integers(values.values<int16_t>()); break;
      case Physical::kInt32: integers(values.values<int32_t>()); break;
      case Physical::kInt64: integers(values.values<int64_t>()); break;
      case Physical::kInt128: integers(values.values<int128_t>()); break;
      case Physical::kFloat: {
        const float* data = values.values<float>();
        encode_field(field, values, words, [=](size_t row) { return uint128_t{ordered_bits(data[row])}; });
        break;
      }
      case Physical::kDouble: {
        const double* data = values.values<double>();
        encode_field(field, values, words, [=](size_t row) { return uint128_t{ordered_bits(data[row])}; });
        break;
      }
      case Physical::kInterval: {
        const Interval* data = values.values<Interval>();
        encode_field(field, values, words, [=](size_t row) {
          return static_cast<uint128_t>(interval_order(data[row]) + (int128_t{1} << 126));
        });
        break;
      }
      case Physical::kString: {
        const StringRef* data = values.values<StringRef>();
        encode_field(field, values, words, [=](size_t row) { return uint128_t{leading_bytes(data[row])}; });
        break;
      }
    }
  }
}

}  // namespace cairn
