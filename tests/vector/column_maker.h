#pragma once

// Columns of given values in every encoding, for tests.

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "vector/column_buffer.h"
#include "vector/kernels/kernels.h"
#include "vector/vector.h"

namespace cairn {

/// A vector and the memory behind it.
struct MadeColumn {
  Vector vector;
  std::vector<std::byte> data;
  std::vector<std::byte> entries;
  std::vector<uint64_t> validity;
  StringHeap heap;

  void set_validity(const std::vector<bool>& valid) {
    validity.assign(mask_words(valid.size()) + 1, ~uint64_t{0});
    bool any = false;
    for (size_t i = 0; i < valid.size(); ++i) {
      if (valid[i]) continue;
      validity[i / 64] &= ~(uint64_t{1} << (i % 64));
      any = true;
    }
    vector.validity = any ? validity.data() : nullptr;
  }
};

enum class Shape { kFlat, kNarrowest, kWider, kDictionary, kConstant };

inline void put_flat(const Type& type, int128_t value, std::byte* out) { std::memcpy(out, &value, physical_bytes(type.physical())); }

/// Integral values; NULLs as nullopt, with rubbish beneath. `misalign` moves the data by so many values.
inline std::unique_ptr<MadeColumn> make_integral(Type type, const std::vector<std::optional<int128_t>>& values, Shape shape,
                                                 bool with_range, std::mt19937_64& random, size_t misalign = 0) {
  auto made = std::make_unique<MadeColumn>();
  Vector& vector = made->vector;
  vector.type = type;
  vector.size = values.size();
  const size_t width = physical_bytes(type.physical());
  std::vector<bool> valid;
  std::vector<int128_t> plain;
  int128_t fallback = 0;
  for (const auto& value : values) {
    if (value) fallback = *value;
  }
  for (const auto& value : values) {
    valid.push_back(value.has_value());
    plain.push_back(value.value_or(fallback));
  }
  ValueRange range{0, 0};
  for (size_t i = 0; i < plain.size(); ++i) {
    range.min = i == 0 ? plain[0] : std::min(range.min, plain[i]);
    range.max = i == 0 ? plain[0] : std::max(range.max, plain[i]);
  }
  if (with_range) vector.range = range;
  if (shape == Shape::kConstant) {
    vector.encoding = Encoding::kConstant;
    made->data.resize(16);
    put_flat(type, fallback, made->data.data());
    vector.data = made->data.data();
    made->set_validity({!values.empty() && values[0].has_value()});
    return made;
  }
  made->set_validity(valid);
  const uint128_t span = static_cast<uint128_t>(range.max) - static_cast<uint128_t>(range.min);
  if ((shape == Shape::kNarrowest || shape == Shape::kWider) && span <= UINT64_MAX) {
    size_t bytes = span <= 255 ? 1 : span <= 65535 ? 2 : span <= UINT32_MAX ? 4 : 8;
    if (shape == Shape::kWider && bytes < 8) bytes *= 2;
    vector.encoding = Encoding::kFrameOfReference;
    vector.code_bytes = static_cast<uint8_t>(bytes);
    vector.base = range.min;
    made->data.resize((values.size() + misalign) * bytes);
    for (size_t i = 0; i < plain.size(); ++i) {
      const uint64_t offset = static_cast<uint64_t>(valid[i] ? plain[i] - range.min : static_cast<int128_t>(random()));
      std::memcpy(made->data.data() + (i + misalign) * bytes, &offset, bytes);
    }
    vector.data = made->data.data() + misalign * bytes;
    return made;
  }
  if (shape == Shape::kDictionary) {
    vector.encoding = Encoding::kDictionary;
    vector.code_bytes = 2;
    vector.dictionary_id = random() % 2 ? next_dictionary_id() : 0;
    std::vector<int128_t> entries;
    made->data.resize(values.size() * 2);
    for (size_t i = 0; i < plain.size(); ++i) {
      const size_t code = static_cast<size_t>(std::find(entries.begin(), entries.end(), plain[i]) - entries.begin());
      if (code == entries.size()) entries.push_back(plain[i]);
      const uint16_t narrow = static_cast<uint16_t>(code);
      std::memcpy(made->data.data() + i * 2, &narrow, 2);
    }
    made->entries.resize(entries.size() * width);
    for (size_t i = 0; i < entries.size(); ++i) put_flat(type, entries[i], made->entries.data() + i * width);
    vector.data = made->data.data();
    vector.dictionary = made->entries.data();
    vector.dictionary_size = static_cast<uint32_t>(entries.size());
    return made;
  }
  made->data.resize((values.size() + misalign) * width);
  for (size_t i = 0; i < plain.size(); ++i) {
    const int128_t rubbish = type.id == TypeId::kBoolean ? 1 : static_cast<int128_t>(random());
    put_flat(type, valid[i] ? plain[i] : rubbish, made->data.data() + (i + misalign) * width);
  }
  vector.data = made->data.data() + misalign * width;
  return made;
}

inline std::unique_ptr<MadeColumn> make_strings(const std::vector<std::optional<std::string>>& values, bool dictionary) {
  auto made = std::make_unique<MadeColumn>();
  Vector& vector = made->vector;
  vector.type = Type::varchar();
  vector.size = values.size();
  std::vector<bool> valid;
  std::vector<StringRef> refs;
  std::vector<std::string> entries;
  std::vector<uint8_t> codes;
  for (const auto& value : values) {
    valid.push_back(value.has_value());
    const std::string text = value.value_or("");
    refs.push_back(made->heap.add(text));
    const size_t code = static_cast<size_t>(std::find(entries.begin(), entries.end(), text) - entries.begin());
    if (code == entries.size()) entries.push_back(text);
    codes.push_back(static_cast<uint8_t>(code));
  }
  made->set_validity(valid);
  if (dictionary && entries.size() <= 256) {
    vector.encoding = Encoding::kDictionary;
    vector.code_bytes = 1;
    vector.dictionary_id = next_dictionary_id();
    vector.dictionary_size = static_cast<uint32_t>(entries.size());
    refs.clear();
    for (const auto& entry : entries) refs.push_back(made->heap.add(entry));
    made->entries.resize(refs.size() * sizeof(StringRef));
    if (!refs.empty()) std::memcpy(made->entries.data(), refs.data(), made->entries.size());
    made->data.resize(codes.size());
    if (!codes.empty()) std::memcpy(made->data.data(), codes.data(), codes.size());
    vector.dictionary = made->entries.data();
  } else {
    made->data.resize(refs.size() * sizeof(StringRef));
    if (!refs.empty()) std::memcpy(made->data.data(), refs.data(), made->data.size());
  }
  vector.data = made->data.data();
  return made;
}

}  // namespace cairn
