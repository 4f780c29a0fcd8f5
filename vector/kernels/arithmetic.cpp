#include "vector/kernels/arithmetic.h"

#include <cstring>

#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/arithmetic.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

// Plain loops: the compiler vectorizes them for each target. Narrow types are promoted to int by C++, so every result
// is cast back; products are computed in an unsigned type of at least 32 bits, which wraps without being undefined.

template <typename T>
using Wide = std::conditional_t<sizeof(T) < 4, uint32_t, T>;

template <typename Out, typename In>
void convert_loop(const void* in, size_t rows, uint64_t add, void* out) {
  const In* HWY_RESTRICT from = static_cast<const In*>(in);
  Out* HWY_RESTRICT to = static_cast<Out*>(out);
  const Out plus = static_cast<Out>(add);
  for (size_t i = 0; i < rows; ++i) to[i] = static_cast<Out>(static_cast<Out>(from[i]) + plus);
}

template <typename Out>
void convert_to(const void* in, size_t bytes, bool is_signed, size_t rows, uint64_t add, void* out) {
  switch (bytes) {
    case 1: return convert_loop<Out, uint8_t>(in, rows, add, out);
    case 2: return is_signed ? convert_loop<Out, int16_t>(in, rows, add, out) : convert_loop<Out, uint16_t>(in, rows, add, out);
    case 4: return is_signed ? convert_loop<Out, int32_t>(in, rows, add, out) : convert_loop<Out, uint32_t>(in, rows, add, out);
    case 8: return convert_loop<Out, uint64_t>(in, rows, add, out);
    default: return convert_loop<Out, uint128_t>(in, rows, add, out);
  }
}

void convert_any(const void* in, size_t bytes, bool is_signed, size_t rows, size_t out_bytes, uint64_t add, void* out) {
  switch (out_bytes) {
    case 1: return convert_to<uint8_t>(in, bytes, is_signed, rows, add, out);
    case 2: return convert_to<uint16_t>(in, bytes, is_signed, rows, add, out);
    case 4: return convert_to<uint32_t>(in, bytes, is_signed, rows, add, out);
    default: return convert_to<uint64_t>(in, bytes, is_signed, rows, add, out);
  }
}

template <typename T>
void add_loop(const void* a, const void* b, uint64_t k, size_t rows, void* out) {
  const T* HWY_RESTRICT x = static_cast<const T*>(a);
  const T* HWY_RESTRICT y = static_cast<const T*>(b);
  T* HWY_RESTRICT to = static_cast<T*>(out);
  const T plus = static_cast<T>(k);
  for (size_t i = 0; i < rows; ++i) to[i] = static_cast<T>(x[i] + y[i] + plus);
}

template <typename T>
void subtract_loop(const void* a, const void* b, uint64_t k, size_t rows, void* out) {
  const T* HWY_RESTRICT x = static_cast<const T*>(a);
  const T* HWY_RESTRICT y = static_cast<const T*>(b);
  T* HWY_RESTRICT to = static_cast<T*>(out);
  const T plus = static_cast<T>(k);
  for (size_t i = 0; i < rows; ++i) to[i] = static_cast<T>(x[i] - y[i] + plus);
}

template <typename T>
void multiply_loop(const void* a, uint64_t add_a, const void* b, uint64_t add_b, uint64_t k, size_t rows, void* out) {
  const T* HWY_RESTRICT x = static_cast<const T*>(a);
  const T* HWY_RESTRICT y = static_cast<const T*>(b);
  T* HWY_RESTRICT to = static_cast<T*>(out);
  using W = Wide<T>;
  const W plus_x = static_cast<W>(add_a), plus_y = static_cast<W>(add_b), plus = static_cast<W>(k);
  for (size_t i = 0; i < rows; ++i) {
    to[i] = static_cast<T>((static_cast<W>(x[i]) + plus_x) * (static_cast<W>(y[i]) + plus_y) + plus);
  }
}

void widening_loop(const uint32_t* HWY_RESTRICT a, uint32_t add_a, const uint32_t* HWY_RESTRICT b, uint32_t add_b,
                   uint64_t k, size_t rows, uint64_t* HWY_RESTRICT out) {
  for (size_t i = 0; i < rows; ++i) {
    const uint32_t x = a[i] + add_a;
    const uint32_t y = b[i] + add_b;
    out[i] = static_cast<uint64_t>(x) * y + k;
  }
}

template <typename T>
void scale_loop(const void* a, uint64_t factor, uint64_t k, size_t rows, void* out) {
  const T* HWY_RESTRICT x = static_cast<const T*>(a);
  T* HWY_RESTRICT to = static_cast<T*>(out);
  using W = Wide<T>;
  const W times = static_cast<W>(factor), plus = static_cast<W>(k);
  for (size_t i = 0; i < rows; ++i) to[i] = static_cast<T>(static_cast<W>(x[i]) * times + plus);
}

#define CAIRN_BY_WIDTH(loop, bytes, ...)            \
  switch (bytes) {                                  \
    case 1: return loop<uint8_t>(__VA_ARGS__);      \
    case 2: return loop<uint16_t>(__VA_ARGS__);     \
    case 4: return loop<uint32_t>(__VA_ARGS__);     \
    default: return loop<uint64_t>(__VA_ARGS__);    \
  }

void add_any(size_t bytes, const void* a, const void* b, uint64_t k, size_t rows, void* out) {
  CAIRN_BY_WIDTH(add_loop, bytes, a, b, k, rows, out)
}
void subtract_any(size_t bytes, const void* a, const void* b, uint64_t k, size_t rows, void* out) {
  CAIRN_BY_WIDTH(subtract_loop, bytes, a, b, k, rows, out)
}
void multiply_any(size_t bytes, const void* a, uint64_t add_a, const void* b, uint64_t add_b, uint64_t k, size_t rows,
                  void* out) {
  CAIRN_BY_WIDTH(multiply_loop, bytes, a, add_a, b, add_b, k, rows, out)
}
void scale_any(size_t bytes, const void* a, uint64_t factor, uint64_t k, size_t rows, void* out) {
  CAIRN_BY_WIDTH(scale_loop, bytes, a, factor, k, rows, out)
}

template <typename T>
void blend_loop(const uint64_t* mask, const void* a, const void* b, size_t rows, void* out) {
  const T* HWY_RESTRICT x = static_cast<const T*>(a);
  const T* HWY_RESTRICT y = static_cast<const T*>(b);
  T* HWY_RESTRICT to = static_cast<T*>(out);
  for (size_t begin = 0; begin < rows; begin += 64) {
    const uint64_t word = mask[begin / 64];
    const size_t count = rows - begin < 64 ? rows - begin : 64;
    if (word == 0 || word == ~uint64_t{0}) {
      std::memcpy(to + begin, (word == 0 ? y : x) + begin, count * sizeof(T));
      continue;
    }
    for (size_t i = 0; i < count; ++i) to[begin + i] = (word >> i) & 1 ? x[begin + i] : y[begin + i];
  }
}

void blend_any(size_t bytes, const uint64_t* mask, const void* a, const void* b, size_t rows, void* out) {
  if (bytes == 16) return blend_loop<uint128_t>(mask, a, b, rows, out);
  CAIRN_BY_WIDTH(blend_loop, bytes, mask, a, b, rows, out)
}

template <typename Compute>
bool checked_loop(Compute compute, const int64_t* HWY_RESTRICT a, const int64_t* HWY_RESTRICT b, int64_t min, int64_t max,
                  size_t rows, int64_t* HWY_RESTRICT out) {
  bool left = false;
  for (size_t i = 0; i < rows; ++i) {
    left |= compute(a[i], b[i], &out[i]);
    left |= out[i] < min;
    left |= out[i] > max;
  }
  return left;
}

struct CheckedAdd {
  HWY_INLINE bool operator()(int64_t a, int64_t b, int64_t* out) const { return __builtin_add_overflow(a, b, out); }
};
struct CheckedSubtract {
  HWY_INLINE bool operator()(int64_t a, int64_t b, int64_t* out) const { return __builtin_sub_overflow(a, b, out); }
};
struct CheckedMultiply {
  HWY_INLINE bool operator()(int64_t a, int64_t b, int64_t* out) const { return __builtin_mul_overflow(a, b, out); }
};

bool checked_any(CheckedOperation operation, const int64_t* a, const int64_t* b, int64_t min, int64_t max, size_t rows,
                 int64_t* out) {
  switch (operation) {
    case CheckedOperation::kAdd: return checked_loop(CheckedAdd(), a, b, min, max, rows, out);
    case CheckedOperation::kSubtract: return checked_loop(CheckedSubtract(), a, b, min, max, rows, out);
    default: return checked_loop(CheckedMultiply(), a, b, min, max, rows, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(convert_any);
HWY_EXPORT(add_any);
HWY_EXPORT(subtract_any);
HWY_EXPORT(multiply_any);
HWY_EXPORT(widening_loop);
HWY_EXPORT(scale_any);
HWY_EXPORT(blend_any);
HWY_EXPORT(checked_any);

void convert_integers(const IntegerView& view, size_t rows, size_t out_bytes, uint64_t add, void* out) {
  HWY_DYNAMIC_DISPATCH(convert_any)(view.data, view.bytes, view.is_signed, rows, out_bytes, add, out);
}
void add_integers(size_t bytes, const void* a, const void* b, uint64_t k, size_t rows, void* out) {
  HWY_DYNAMIC_DISPATCH(add_any)(bytes, a, b, k, rows, out);
}
void subtract_integers(size_t bytes, const void* a, const void* b, uint64_t k, size_t rows, void* out) {
  HWY_DYNAMIC_DISPATCH(subtract_any)(bytes, a, b, k, rows, out);
}
void multiply_integers(size_t bytes, const void* a, uint64_t add_a, const void* b, uint64_t add_b, uint64_t k,
                       size_t rows, void* out) {
  HWY_DYNAMIC_DISPATCH(multiply_any)(bytes, a, add_a, b, add_b, k, rows, out);
}
void multiply_widening(const uint32_t* a, uint32_t add_a, const uint32_t* b, uint32_t add_b, uint64_t k, size_t rows,
                       uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(widening_loop)(a, add_a, b, add_b, k, rows, out);
}
void scale_integers(size_t bytes, const void* a, uint64_t factor, uint64_t k, size_t rows, void* out) {
  HWY_DYNAMIC_DISPATCH(scale_any)(bytes, a, factor, k, rows, out);
}
void blend_values(size_t bytes, const uint64_t* mask, const void* a, const void* b, size_t rows, void* out) {
  HWY_DYNAMIC_DISPATCH(blend_any)(bytes, mask, a, b, rows, out);
}
bool compute_checked(CheckedOperation operation, const int64_t* a, const int64_t* b, int64_t min, int64_t max, size_t rows,
                     int64_t* out) {
  return HWY_DYNAMIC_DISPATCH(checked_any)(operation, a, b, min, max, rows, out);
}

void fill_values(size_t bytes, const void* value, size_t rows, void* out) {
  if (rows == 0) return;
  std::byte* to = static_cast<std::byte*>(out);
  std::memcpy(to, value, bytes);
  const size_t total = rows * bytes;
  for (size_t done = bytes; done < total; done *= 2) std::memcpy(to + done, to, done < total - done ? done : total - done);
}

}  // namespace cairn
#endif  // HWY_ONCE
