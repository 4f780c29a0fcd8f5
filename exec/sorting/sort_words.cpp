#include "exec/sorting/sort_words.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "vector/date.h"
#include "vector/kernels/kernels.h"

namespace cairn {

/// What strings have in common.
struct StringFacts {
  const StringRef* first = nullptr;  ///< nullptr: there are none
  uint32_t common_bytes = 0;         ///< that all begin with
  uint32_t bytes_max = 0;

  void add(const StringRef& text, uint32_t text_bytes) {
    if (first == nullptr) {
      first = &text;
      common_bytes = text_bytes;
    }
    const uint32_t bytes = std::min(common_bytes, text_bytes);
    if (bytes == common_bytes && std::memcmp(text.data(), first->data(), bytes) == 0) return;
    const char *a = first->data(), *b = text.data();
    common_bytes = static_cast<uint32_t>(std::mismatch(a, a + bytes, b).first - a);
  }
};

namespace {

/// The absolute value of interval_order() is below 2 to this.
constexpr unsigned kIntervalBits = 74;

unsigned bit_width(uint128_t value) {
  const uint64_t high = static_cast<uint64_t>(value >> 64);
  return high != 0 ? 64 + static_cast<unsigned>(std::bit_width(high))
                   : static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(value)));
}

/// The bits ordered as the numbers are, -0 and 0 alike; NaN next to infinity, which leaves codes for NULL.
template <typename Bits, typename Float>
constexpr Bits ordered_bits(Float value) {
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  if (value != value) return (std::bit_cast<Bits>(std::numeric_limits<Float>::infinity()) | kSign) + 1;
  if (value == 0) value = 0;
  const Bits bits = std::bit_cast<Bits>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

/// Bytes [first, first + 8), zero-padded, as a number.
uint64_t bytes_at(const StringRef& text, uint32_t first) {
  uint64_t word = 0;
  if (text.size() >= first + 8) {
    std::memcpy(&word, text.data() + first, 8);
  } else if (text.size() > first) {
    std::memcpy(&word, text.data() + first, text.size() - first);
  }
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  return word;
}

StringFacts facts_of(const Vector& strings) {
  StringFacts facts;
  for (size_t row = 0; row < strings.size; ++row) {
    if (!strings.valid(row)) continue;
    const StringRef& text = strings.values<StringRef>()[row];
    facts.add(text, text.size());
    facts.bytes_max = std::max(facts.bytes_max, text.size());
  }
  return facts;
}

}  // namespace

SortWords::SortWords(std::span<const SortKey> keys, const std::vector<Type>& types, const ChunkList& chunks,
                     const Sink::Parallel& parallel, size_t words_max)
    : words_max_(words_max) {
  add_keys(keys, types, chunks, [&](const SortKey& key) {
    std::vector<StringFacts> parts(chunks.size());
    parallel(chunks.size(), [&](size_t chunk) { parts[chunk] = facts_of(chunks[chunk]->columns[key.column].view()); });
    StringFacts facts;
    for (const StringFacts& part : parts) {
      if (part.first == nullptr) continue;
      facts.add(*part.first, part.common_bytes);
      facts.bytes_max = std::max(facts.bytes_max, part.bytes_max);
    }
    return facts;
  });
}

SortWords::SortWords(std::span<const SortKey> keys, const std::vector<Type>& types, const ChunkList& chunks,
                     std::span<const RowAddress> rows, size_t words_max)
    : words_max_(words_max) {
  add_keys(keys, types, chunks, [&](const SortKey&) {
    const Column& column = columns_.back();
    StringFacts facts;
    for (const RowAddress row : rows) {
      if (!column.valid(row)) continue;
      const StringRef& text = static_cast<const StringRef*>(column.values[chunk_of(row)])[offset_of(row)];
      facts.add(text, text.size());
      facts.bytes_max = std::max(facts.bytes_max, text.size());
    }
    return facts;
  });
}

void SortWords::add_keys(std::span<const SortKey> keys, const std::vector<Type>& types, const ChunkList& chunks,
                         const FactsOf& facts_of_key) {
  for (const SortKey& key : keys) {
    Column& column = columns_.emplace_back();
    column.type = types[key.column];
    for (const RowSet::Chunk* chunk : chunks) {
      const Vector values = chunk->columns[key.column].view();
      column.values.push_back(values.data);
      column.validity.push_back(values.validity);
      column.nullable |= values.validity != nullptr;
    }
    if (column.type.is_string()) {
      add_string(key, facts_of_key(key));
    } else {
      add_value(key, chunks);
    }
    if (!whole_) break;
    ++exact_keys_;
  }
}

/// Appends as many of the field's bits as there is room for. Whether these are all.
bool SortWords::add_field(Field field) {
  if (field.code_bits == 0) return true;
  field.column = columns_.size() - 1;
  field.offset = used_bits_;
  field.bits = std::min<unsigned>(field.code_bits, 64 * words_max_ - used_bits_);
  used_bits_ += field.bits;
  if (field.bits > 0) fields_.push_back(field);
  whole_ &= field.bits == field.code_bits;
  return whole_;
}

void SortWords::add_value(const SortKey& key, const ChunkList& chunks) {
  const Column& column = columns_.back();
  Field field;
  field.descending = key.descending;
  switch (column.type.physical()) {
    case Physical::kFloat: field.span = ordered_bits<uint32_t>(std::numeric_limits<float>::quiet_NaN()); break;
    case Physical::kDouble: field.span = ordered_bits<uint64_t>(std::numeric_limits<double>::quiet_NaN()); break;
    case Physical::kInterval:
      field.min = -(int128_t{1} << kIntervalBits);
      field.span = uint128_t{1} << (kIntervalBits + 1);
      break;
    default: {
      ValueRange range{kInt128Max, kInt128Min};
      for (const RowSet::Chunk* chunk : chunks) {
        const Vector values = chunk->columns[key.column].view();
        const ValueRange part = key.column < chunk->ranges.size() ? chunk->ranges[key.column] : compute_range(values);
        if (!part.known() && !has_value(values)) continue;
        range.min = std::min(range.min, part.min);
        range.max = std::max(range.max, part.max);
      }
      if (range.min > range.max) range = {0, 0};
      field.min = range.min;
      field.span = static_cast<uint128_t>(range.max) - static_cast<uint128_t>(range.min);
    }
  }
  if (column.nullable) {
    // A span of all 128 bits leaves no code for NULL: a bit of its own says it.
    if (field.span == ~uint128_t{0}) {
      Field validity;
      validity.part = Field::Part::kValidity;
      validity.first_code = key.nulls_first ? 1 : 0;
      validity.null_code = key.nulls_first ? 0 : 1;
      validity.code_bits = 1;
      add_field(validity);
    } else {
      field.first_code = key.nulls_first ? 1 : 0;
      field.null_code = key.nulls_first ? 0 : field.span + 1;
    }
  }
  field.code_bits = bit_width(field.span + (field.null_code != 0 || field.first_code != 0 ? 1 : 0));
  add_field(field);
}

void SortWords::add_string(const SortKey& key, const StringFacts& facts) {
  if (columns_.back().nullable) {
    Field validity;
    validity.part = Field::Part::kValidity;
    validity.first_code = key.nulls_first ? 1 : 0;
    validity.null_code = key.nulls_first ? 0 : 1;
    validity.code_bits = 1;
    if (!add_field(validity)) return;
  }
  for (uint32_t byte = facts.common_bytes; byte < facts.bytes_max; byte += 8) {
    Field bytes;
    bytes.part = Field::Part::kBytes;
    bytes.descending = key.descending;
    bytes.first_byte = byte;
    bytes.byte_count = std::min<uint32_t>(8, facts.bytes_max - byte);
    bytes.code_bits = bytes.byte_count * 8;
    bytes.span = ~uint64_t{0} >> (64 - bytes.code_bits);
    if (!add_field(bytes)) return;
  }
  Field length;
  length.part = Field::Part::kLength;
  length.descending = key.descending;
  length.first_byte = facts.common_bytes;
  length.span = facts.bytes_max - facts.common_bytes;
  length.code_bits = bit_width(length.span);
  add_field(length);
}

/// code_of(value): the code of a value that is not NULL, before it is complemented.
template <typename T, typename Code, typename CodeOf>
void SortWords::put(const Field& field, const RowAddress* rows, size_t count, uint64_t* words, size_t stride,
                    CodeOf code_of) const {
  const Column& column = columns_[field.column];
  const unsigned cut = field.code_bits - field.bits, first = field.offset / 64, last = (field.offset + field.bits - 1) / 64;
  const Code span = static_cast<Code>(field.span), null_code = static_cast<Code>(field.null_code);
  const bool descending = field.descending, nullable = column.nullable;
  const auto bits_of = [&](RowAddress row) {
    const size_t chunk = chunk_of(row), offset = offset_of(row);
    if (nullable && !column.valid(row)) return static_cast<Code>(null_code >> cut);
    Code code = code_of(static_cast<const T*>(column.values[chunk])[offset]);
    if (descending) code = span - code;
    return static_cast<Code>((code + field.first_code) >> cut);
  };
  const int shift = static_cast<int>((first + 1) * 64) - static_cast<int>(field.offset + field.bits);
  if (first == last) {
    for (size_t i = 0; i < count; ++i) words[i * stride + first] |= static_cast<uint64_t>(bits_of(rows[i])) << shift;
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const uint128_t bits = bits_of(rows[i]);
    int at = shift;  // below 0: what the word leaves to those behind it
    for (unsigned word = first; word <= last; ++word, at += 64) {
      words[i * stride + word] |= static_cast<uint64_t>(at < 0 ? bits >> -at : bits << at);
    }
  }
}

template <typename T>
void SortWords::put_integers(const Field& field, const RowAddress* rows, size_t count, uint64_t* words, size_t stride) const {
  if (field.code_bits <= 64) {
    const uint64_t min = static_cast<uint64_t>(field.min);
    put<T, uint64_t>(field, rows, count, words, stride, [=](const T& value) { return static_cast<uint64_t>(value) - min; });
  } else {
    const uint128_t min = static_cast<uint128_t>(field.min);
    put<T, uint128_t>(field, rows, count, words, stride,
                      [=](const T& value) { return static_cast<uint128_t>(static_cast<int128_t>(value)) - min; });
  }
}

void SortWords::put_strings(const Field& field, const RowAddress* rows, size_t count, uint64_t* words, size_t stride) const {
  if (field.part == Field::Part::kBytes) {
    const unsigned behind = 64 - field.byte_count * 8;
    const uint32_t first = field.first_byte;
    put<StringRef, uint64_t>(field, rows, count, words, stride,
                             [=](const StringRef& text) { return bytes_at(text, first) >> behind; });
  } else {
    put<StringRef, uint64_t>(field, rows, count, words, stride,
                             [&](const StringRef& text) { return uint64_t{text.size()} - field.first_byte; });
  }
}

void SortWords::encode(const RowAddress* rows, size_t count, uint64_t* words, size_t stride) const {
  for (size_t i = 0; i < count; ++i) std::fill_n(words + i * stride, word_count(), uint64_t{0});
  for (const Field& field : fields_) {
    if (field.part == Field::Part::kValidity) {
      put<uint8_t, uint64_t>(field, rows, count, words, stride, [](uint8_t) { return uint64_t{0}; });
      continue;
    }
    switch (columns_[field.column].type.physical()) {
      case Physical::kBool: put_integers<uint8_t>(field, rows, count, words, stride); break;
      case Physical::kInt16: put_integers<int16_t>(field, rows, count, words, stride); break;
      case Physical::kInt32: put_integers<int32_t>(field, rows, count, words, stride); break;
      case Physical::kInt64: put_integers<int64_t>(field, rows, count, words, stride); break;
      case Physical::kInt128: put_integers<int128_t>(field, rows, count, words, stride); break;
      case Physical::kFloat:
        put<float, uint64_t>(field, rows, count, words, stride,
                             [](float value) { return uint64_t{ordered_bits<uint32_t>(value)}; });
        break;
      case Physical::kDouble:
        put<double, uint64_t>(field, rows, count, words, stride,
                              [](double value) { return ordered_bits<uint64_t>(value); });
        break;
      case Physical::kInterval:
        put<Interval, uint128_t>(field, rows, count, words, stride, [&](const Interval& value) {
          return static_cast<uint128_t>(interval_order(value)) - static_cast<uint128_t>(field.min);
        });
        break;
      case Physical::kString: put_strings(field, rows, count, words, stride); break;
    }
  }
}

}  // namespace cairn
