#include <bit>
#include <cmath>
#include <cstring>

#include "vector/date.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/targets.h"
#include "vector/read_row.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/hash.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// These hashes are part of what partitions mean: checkpoints rely on them, so they may not change.

#ifndef CAIRN_VECTOR_KERNELS_HASH_ONCE_
#define CAIRN_VECTOR_KERNELS_HASH_ONCE_
namespace cairn {
inline constexpr uint64_t kNullHash = 0x9ae16a3b2f90404fu;

/// Stafford's variant 13 of MurmurHash3's finalizer: two multiplications, every bit of the input reaches every bit.
inline uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

inline uint64_t combine_hashes(uint64_t seed, uint64_t hash) {
  return (std::rotl(seed, 25) ^ hash) * 0x9fb21c651e98df25u + 0x2545f4914f6cdd1du;
}

inline uint64_t hash_int128(int128_t value) {
  const uint64_t low = static_cast<uint64_t>(value);
  const uint64_t high = static_cast<uint64_t>(static_cast<uint128_t>(value) >> 64);
  // A value that fits 64 bits hashes as if it had only those.
  if (value == static_cast<int64_t>(low)) return mix(low + 0x9e3779b97f4a7c15u);
  return combine_hashes(mix(low + 0x9e3779b97f4a7c15u), mix(high));
}

inline uint64_t hash_double(double value) {
  if (value == 0) value = 0;  // -0.0 equals 0.0
  if (std::isnan(value)) return mix(0x7ff8000000000000u);
  return mix(std::bit_cast<uint64_t>(value) + 0x165667b19e3779f9u);
}

inline uint64_t hash_string(const StringRef& text) {
  if (!text.is_inline()) return XXH3_64bits(text.data(), text.size());
  uint64_t head, tail;
  std::memcpy(&head, &text, 8);
  std::memcpy(&tail, reinterpret_cast<const char*>(&text) + 8, 8);
  return mix(mix(head + 0x9e3779b97f4a7c15u) ^ tail);
}
}  // namespace cairn
#endif

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

/// Integers of up to 64 bits: base + value, signed or unsigned, dense or through indices.
template <typename T>
void hash_words(const T* HWY_RESTRICT values, const uint32_t* indices, size_t count, uint64_t base,
                uint64_t* HWY_RESTRICT out) {
  const uint64_t seed = base + 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < count; ++i) {
    const T value = indices == nullptr ? values[i] : values[indices[i]];
    uint64_t x = static_cast<uint64_t>(static_cast<int64_t>(value)) + seed;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    out[i] = x ^ (x >> 31);
  }
}

void hash_integers(const void* values, size_t bytes, bool is_signed, const uint32_t* indices, size_t count,
                   uint64_t base, uint64_t* out) {
  switch (bytes) {
    case 1: return hash_words(static_cast<const uint8_t*>(values), indices, count, base, out);
    case 2:
      return is_signed ? hash_words(static_cast<const int16_t*>(values), indices, count, base, out)
                       : hash_words(static_cast<const uint16_t*>(values), indices, count, base, out);
    case 4:
      return is_signed ? hash_words(static_cast<const int32_t*>(values), indices, count, base, out)
                       : hash_words(static_cast<const uint32_t*>(values), indices, count, base, out);
    default: return hash_words(static_cast<const uint64_t*>(values), indices, count, base, out);
  }
}

void combine_all(const uint64_t* HWY_RESTRICT hashes, size_t count, uint64_t* HWY_RESTRICT out) {
  for (size_t i = 0; i < count; ++i) {
    const uint64_t seed = out[i];
    out[i] = (((seed << 25) | (seed >> 39)) ^ hashes[i]) * 0x9fb21c651e98df25u + 0x2545f4914f6cdd1du;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(hash_integers);
HWY_EXPORT(combine_all);

namespace {

template <typename T, typename HashOne>
void hash_each(const void* values, const uint32_t* indices, size_t count, uint64_t* out, HashOne hash_one) {
  const T* from = static_cast<const T*>(values);
  for (size_t i = 0; i < count; ++i) out[i] = hash_one(from[indices == nullptr ? i : indices[i]]);
}

void hash_flat(const void* values, Physical physical, const uint32_t* indices, size_t count, uint64_t* out) {
  switch (physical) {
    case Physical::kBool: return HWY_DYNAMIC_DISPATCH(hash_integers)(values, 1, false, indices, count, 0, out);
    case Physical::kInt16: return HWY_DYNAMIC_DISPATCH(hash_integers)(values, 2, true, indices, count, 0, out);
    case Physical::kInt32: return HWY_DYNAMIC_DISPATCH(hash_integers)(values, 4, true, indices, count, 0, out);
    case Physical::kInt64: return HWY_DYNAMIC_DISPATCH(hash_integers)(values, 8, true, indices, count, 0, out);
    case Physical::kInt128: return hash_each<int128_t>(values, indices, count, out, hash_int128);
    case Physical::kFloat: return hash_each<float>(values, indices, count, out, hash_double);
    case Physical::kDouble: return hash_each<double>(values, indices, count, out, hash_double);
    case Physical::kInterval:
      return hash_each<Interval>(values, indices, count, out,
                                 [](const Interval& interval) { return hash_int128(interval_order(interval)); });
    case Physical::kString: return hash_each<StringRef>(values, indices, count, out, hash_string);
  }
}

void hash_dictionary(const Vector& vector, const uint32_t* indices, size_t count, uint64_t* out) {
  const Physical physical = vector.type.physical();
  // Where there are fewer entries than rows, each is hashed once.
  if (vector.dictionary_size <= count) {
    thread_local std::vector<uint64_t> hashes;
    hashes.resize(vector.dictionary_size);
    hash_flat(vector.dictionary, physical, nullptr, vector.dictionary_size, hashes.data());
    for (size_t i = 0; i < count; ++i) {
      out[i] = hashes[read_code(vector.data, vector.code_bytes, indices == nullptr ? i : indices[i])];
    }
    return;
  }
  thread_local std::vector<uint32_t> codes;
  codes.resize(count);
  for (size_t i = 0; i < count; ++i) {
    codes[i] = static_cast<uint32_t>(read_code(vector.data, vector.code_bytes, indices == nullptr ? i : indices[i]));
  }
  hash_flat(vector.dictionary, physical, codes.data(), count, out);
}

void hash_frame_of_reference(const Vector& vector, const uint32_t* indices, size_t count, uint64_t* out) {
  const int128_t base = vector.base;
  const uint64_t offset_max = vector.code_bytes == 8 ? ~uint64_t{0} : (uint64_t{1} << (vector.code_bytes * 8)) - 1;
  if (base >= INT64_MIN && base <= INT64_MAX - static_cast<int128_t>(offset_max)) {
    HWY_DYNAMIC_DISPATCH(hash_integers)
    (vector.data, vector.code_bytes, false, indices, count, static_cast<uint64_t>(base), out);
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const uint64_t offset = read_code(vector.data, vector.code_bytes, indices == nullptr ? i : indices[i]);
    out[i] = hash_int128(static_cast<int128_t>(static_cast<uint128_t>(base) + offset));
  }
}

void hash_values(const Vector& vector, const uint32_t* indices, size_t count, uint64_t* out) {
  switch (vector.encoding) {
    case Encoding::kFlat: return hash_flat(vector.data, vector.type.physical(), indices, count, out);
    case Encoding::kDictionary: return hash_dictionary(vector, indices, count, out);
    case Encoding::kFrameOfReference: return hash_frame_of_reference(vector, indices, count, out);
    case Encoding::kConstant: {
      uint64_t hash = kNullHash;
      if (vector.valid(0)) hash_flat(vector.data, vector.type.physical(), nullptr, 1, &hash);
      for (size_t i = 0; i < count; ++i) out[i] = hash;
      return;
    }
  }
}

}  // namespace

void hash_vector(const Vector& vector, const Selection* selection, bool combine, uint64_t* out) {
  const uint32_t* indices = selection != nullptr ? selection->indices : nullptr;
  const size_t count = selection != nullptr ? selection->count : vector.size;
  if (count == 0) return;
  thread_local std::vector<uint64_t> scratch;
  uint64_t* to = out;
  if (combine) {
    scratch.resize(count);
    to = scratch.data();
  }
  if (vector.type.id == TypeId::kNull) {
    for (size_t i = 0; i < count; ++i) to[i] = kNullHash;
  } else {
    hash_values(vector, indices, count, to);
    if (vector.may_have_nulls() && !vector.is_constant()) {
      for (size_t i = 0; i < count; ++i) {
        if (!vector.valid(indices == nullptr ? i : indices[i])) to[i] = kNullHash;
      }
    }
  }
  if (combine) HWY_DYNAMIC_DISPATCH(combine_all)(to, count, out);
}

}  // namespace cairn
#endif  // HWY_ONCE
