#include "vector/kernels/decode.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "vector/kernels/kernels.h"
#include "vector/kernels/simd_target.h"
#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/decode.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

// Values of 1 to 16 bytes as unsigned integers of that width; additions wrap, so signedness does not matter.

template <typename Out, typename Code>
void add_base_loop(const Code* HWY_RESTRICT offsets, const uint32_t* indices, size_t count, Out base,
                   Out* HWY_RESTRICT out) {
  if (indices == nullptr) {
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<Out>(static_cast<Out>(offsets[i]) + base);
  } else {
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<Out>(static_cast<Out>(offsets[indices[i]]) + base);
  }
}

template <typename Out>
void add_base_to(const void* offsets, size_t code_bytes, const uint32_t* indices, size_t count, int128_t base,
                 void* out) {
  const Out wrapped = static_cast<Out>(base);
  Out* to = static_cast<Out*>(out);
  switch (code_bytes) {
    case 1: return add_base_loop(static_cast<const uint8_t*>(offsets), indices, count, wrapped, to);
    case 2: return add_base_loop(static_cast<const uint16_t*>(offsets), indices, count, wrapped, to);
    case 4: return add_base_loop(static_cast<const uint32_t*>(offsets), indices, count, wrapped, to);
    default: return add_base_loop(static_cast<const uint64_t*>(offsets), indices, count, wrapped, to);
  }
}

void add_base(const void* offsets, size_t code_bytes, const uint32_t* indices, size_t count, int128_t base,
              size_t value_bytes, void* out) {
  switch (value_bytes) {
    case 1: return add_base_to<uint8_t>(offsets, code_bytes, indices, count, base, out);
    case 2: return add_base_to<uint16_t>(offsets, code_bytes, indices, count, base, out);
    case 4: return add_base_to<uint32_t>(offsets, code_bytes, indices, count, base, out);
    case 8: return add_base_to<uint64_t>(offsets, code_bytes, indices, count, base, out);
    default: return add_base_to<uint128_t>(offsets, code_bytes, indices, count, base, out);
  }
}

template <typename T, typename Code>
void look_up_loop(const T* HWY_RESTRICT entries, const Code* HWY_RESTRICT codes, const uint32_t* indices, size_t count,
                  T* HWY_RESTRICT out) {
  if (indices == nullptr) {
    for (size_t i = 0; i < count; ++i) out[i] = entries[codes[i]];
  } else {
    for (size_t i = 0; i < count; ++i) out[i] = entries[codes[indices[i]]];
  }
}

template <typename T>
void look_up_values(const void* entries, const void* codes, size_t code_bytes, const uint32_t* indices, size_t count,
                    void* out) {
  const T* from = static_cast<const T*>(entries);
  T* to = static_cast<T*>(out);
  switch (code_bytes) {
    case 1: return look_up_loop(from, static_cast<const uint8_t*>(codes), indices, count, to);
    case 2: return look_up_loop(from, static_cast<const uint16_t*>(codes), indices, count, to);
    default: return look_up_loop(from, static_cast<const uint32_t*>(codes), indices, count, to);
  }
}

void look_up(const void* entries, size_t value_bytes, const void* codes, size_t code_bytes, const uint32_t* indices,
             size_t count, void* out) {
  switch (value_bytes) {
    case 1: return look_up_values<uint8_t>(entries, codes, code_bytes, indices, count, out);
    case 2: return look_up_values<uint16_t>(entries, codes, code_bytes, indices, count, out);
    case 4: return look_up_values<uint32_t>(entries, codes, code_bytes, indices, count, out);
    case 8: return look_up_values<uint64_t>(entries, codes, code_bytes, indices, count, out);
    default: return look_up_values<uint128_t>(entries, codes, code_bytes, indices, count, out);
  }
}

template <typename T>
void gather_loop(const void* values, const uint32_t* HWY_RESTRICT indices, size_t count, void* out) {
  const T* HWY_RESTRICT from = static_cast<const T*>(values);
  T* HWY_RESTRICT to = static_cast<T*>(out);
  for (size_t i = 0; i < count; ++i) to[i] = from[indices[i]];
}

void gather_any(const void* values, size_t value_bytes, const uint32_t* indices, size_t count, void* out) {
  switch (value_bytes) {
    case 1: return gather_loop<uint8_t>(values, indices, count, out);
    case 2: return gather_loop<uint16_t>(values, indices, count, out);
    case 4: return gather_loop<uint32_t>(values, indices, count, out);
    case 8: return gather_loop<uint64_t>(values, indices, count, out);
    default: return gather_loop<uint128_t>(values, indices, count, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

namespace {
[[maybe_unused]] const bool kTargetFromEnvironment = apply_simd_environment();
}

HWY_EXPORT(add_base);
HWY_EXPORT(look_up);
HWY_EXPORT(gather_any);

void gather_values(const void* values, size_t value_bytes, const uint32_t* indices, size_t count, void* out) {
  HWY_DYNAMIC_DISPATCH(gather_any)(values, value_bytes, indices, count, out);
}

void gather_bits(const uint64_t* bits, const uint32_t* indices, size_t count, uint64_t* out) {
  for (size_t begin = 0; begin < count; begin += 64) {
    const size_t end = std::min(count, begin + 64);
    uint64_t word = 0;
    for (size_t i = begin; i < end; ++i) {
      word |= ((bits[indices[i] / 64] >> (indices[i] % 64)) & 1) << (i - begin);
    }
    out[begin / 64] = word;
  }
}

void copy_bits(const uint64_t* bits, size_t begin, size_t rows, uint64_t* out) {
  if (rows == 0) return;
  const size_t words = mask_words(rows);
  const size_t first = begin / 64;
  const size_t shift = begin % 64;
  const size_t last = (begin + rows - 1) / 64;
  for (size_t i = 0; i < words; ++i) {
    uint64_t word = bits[first + i] >> shift;
    if (shift != 0 && first + i < last) word |= bits[first + i + 1] << (64 - shift);
    out[i] = word;
  }
  if (rows % 64 != 0) out[words - 1] &= low_bits(rows % 64);
}

void decode_values(const Vector& vector, const Selection* selection, void* out) {
  const size_t value_bytes = physical_bytes(vector.type.physical());
  const uint32_t* indices = selection != nullptr ? selection->indices : nullptr;
  const size_t count = selection != nullptr ? selection->count : vector.size;
  if (count == 0) return;
  switch (vector.encoding) {
    case Encoding::kFlat:
      if (indices == nullptr) {
        std::memcpy(out, vector.data, count * value_bytes);
      } else {
        gather_values(vector.data, value_bytes, indices, count, out);
      }
      return;
    case Encoding::kConstant: {
      // The first value, then ever larger copies of what is written already.
      std::byte* to = static_cast<std::byte*>(out);
      std::memcpy(to, vector.data, value_bytes);
      const size_t bytes = count * value_bytes;
      for (size_t done = value_bytes; done < bytes; done *= 2) std::memcpy(to + done, to, std::min(done, bytes - done));
      return;
    }
    case Encoding::kDictionary:
      HWY_DYNAMIC_DISPATCH(look_up)(vector.dictionary, value_bytes, vector.data, vector.code_bytes, indices, count, out);
      return;
    case Encoding::kFrameOfReference:
      HWY_DYNAMIC_DISPATCH(add_base)(vector.data, vector.code_bytes, indices, count, vector.base, value_bytes, out);
      return;
  }
}

void decode_validity(const Vector& vector, const Selection* selection, uint64_t* out) {
  assert(vector.may_have_nulls());
  const size_t count = selection != nullptr ? selection->count : vector.size;
  if (vector.is_constant()) {
    const uint64_t word = vector.valid(0) ? ~uint64_t{0} : 0;
    for (size_t i = 0; i < mask_words(count); ++i) out[i] = word;
    if (count % 64 != 0) out[count / 64] &= low_bits(count % 64);
  } else if (selection == nullptr) {
    copy_bits(vector.validity, 0, count, out);
  } else {
    gather_bits(vector.validity, selection->indices, count, out);
  }
}

Vector flatten(const Vector& vector, const Selection* selection, FlatScratch& scratch) {
  if (vector.is_flat() && selection == nullptr) return vector;
  const size_t count = selection != nullptr ? selection->count : vector.size;
  Vector flat;
  flat.type = vector.type;
  flat.size = count;
  flat.range = vector.range;
  scratch.values.resize(count * physical_bytes(vector.type.physical()) + 64);
  decode_values(vector, selection, scratch.values.data());
  flat.data = scratch.values.data();
  if (vector.may_have_nulls()) {
    scratch.validity.resize(mask_words(count) + 1);
    decode_validity(vector, selection, scratch.validity.data());
    flat.validity = scratch.validity.data();
  }
  return flat;
}

Vector gather(const Vector& vector, const uint32_t* indices, size_t count, FlatScratch& scratch) {
  Vector result = vector;
  result.size = count;
  if (vector.is_constant()) return result;
  const bool coded = vector.encoding == Encoding::kDictionary || vector.encoding == Encoding::kFrameOfReference;
  const size_t width = coded ? vector.code_bytes : physical_bytes(vector.type.physical());
  scratch.values.resize(count * width + 64);
  gather_values(vector.data, width, indices, count, scratch.values.data());
  result.data = scratch.values.data();
  if (vector.may_have_nulls()) {
    scratch.validity.resize(mask_words(count) + 1);
    gather_bits(vector.validity, indices, count, scratch.validity.data());
    result.validity = scratch.validity.data();
  }
  return result;
}

}  // namespace cairn
#endif  // HWY_ONCE
