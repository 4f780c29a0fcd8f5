#include "vector/kernels/compare.h"

#include <bit>
#include <cstring>

#include "vector/kernels/decode.h"
#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector/kernels/compare.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The lanes' truth as the low bits of a word.
template <class D, class M>
HWY_INLINE uint64_t bits_of(D d, M mask) {
  uint64_t bits = 0;
  hn::StoreMaskBits(d, mask, reinterpret_cast<uint8_t*>(&bits));
  constexpr size_t kLanes = hn::MaxLanes(D());
  if constexpr (kLanes < 64) bits &= (uint64_t{1} << kLanes) - 1;
  return bits;
}

/// 64 rows, read whole.
template <typename T, class Test>
HWY_INLINE uint64_t test_block(Test test, const T* a) {
  const hn::ScalableTag<T> d;
  constexpr size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  uint64_t word = 0;
  for (size_t i = 0; i < 64; i += kLanes) word |= bits_of(d, test(hn::LoadU(d, a + i))) << i;
  return word;
}

template <typename T, class Test>
HWY_INLINE uint64_t test_block2(Test test, const T* a, const T* b) {
  const hn::ScalableTag<T> d;
  constexpr size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>());
  uint64_t word = 0;
  for (size_t i = 0; i < 64; i += kLanes) word |= bits_of(d, test(hn::LoadU(d, a + i), hn::LoadU(d, b + i))) << i;
  return word;
}

/// Whole blocks from where they are, the rest from a copy on the stack.
template <typename T, class Test>
HWY_INLINE void test_all(Test test, const T* a, size_t rows, uint64_t* out) {
  size_t row = 0;
  for (; row + 64 <= rows; row += 64) out[row / 64] = test_block<T>(test, a + row);
  if (row == rows) return;
  T tail[64] = {};
  std::memcpy(tail, a + row, (rows - row) * sizeof(T));
  out[row / 64] = test_block<T>(test, tail) & ((uint64_t{1} << (rows - row)) - 1);
}

template <typename T, class Test>
HWY_INLINE void test_all2(Test test, const T* a, const T* b, size_t rows, uint64_t* out) {
  size_t row = 0;
  for (; row + 64 <= rows; row += 64) out[row / 64] = test_block2<T>(test, a + row, b + row);
  if (row == rows) return;
  T tail_a[64] = {}, tail_b[64] = {};
  std::memcpy(tail_a, a + row, (rows - row) * sizeof(T));
  std::memcpy(tail_b, b + row, (rows - row) * sizeof(T));
  out[row / 64] = test_block2<T>(test, tail_a, tail_b) & ((uint64_t{1} << (rows - row)) - 1);
}

template <typename T>
struct IsEqualTo {
  T wanted;
  template <class V>
  HWY_INLINE auto operator()(V values) const {
    return hn::Eq(values, hn::Set(hn::ScalableTag<T>(), wanted));
  }
};
template <typename T>
struct IsBelow {
  T bound;
  template <class V>
  HWY_INLINE auto operator()(V values) const {
    return hn::Lt(values, hn::Set(hn::ScalableTag<T>(), bound));
  }
};
template <typename T>
struct IsInRange {
  T low;
  T bound;
  template <class V>
  HWY_INLINE auto operator()(V values) const {
    const hn::ScalableTag<T> d;
    return hn::Lt(hn::Sub(values, hn::Set(d, low)), hn::Set(d, bound));
  }
};
struct IsLess {
  template <class V>
  HWY_INLINE auto operator()(V a, V b) const { return hn::Lt(a, b); }
};
struct IsSame {
  template <class V>
  HWY_INLINE auto operator()(V a, V b) const { return hn::Eq(a, b); }
};

template <typename T>
void range_as(const void* data, uint64_t low, uint64_t span, size_t rows, uint64_t* out) {
  const T* values = static_cast<const T*>(data);
  const T from = static_cast<T>(low);
  const T width = static_cast<T>(span);
  if (width == 0) return test_all<T>(IsEqualTo<T>{from}, values, rows, out);
  const T bound = static_cast<T>(width + 1);  // not 0: all values in range are the caller's case
  if (from == 0) return test_all<T>(IsBelow<T>{bound}, values, rows, out);
  test_all<T>(IsInRange<T>{from, bound}, values, rows, out);
}

void range_any(size_t bytes, const void* data, uint64_t low, uint64_t span, size_t rows, uint64_t* out) {
  switch (bytes) {
    case 1: return range_as<uint8_t>(data, low, span, rows, out);
    case 2: return range_as<uint16_t>(data, low, span, rows, out);
    case 4: return range_as<uint32_t>(data, low, span, rows, out);
    default: return range_as<uint64_t>(data, low, span, rows, out);
  }
}

template <typename T, class Test>
void test_as(const void* a, const void* b, size_t rows, uint64_t* out) {
  test_all2<T>(Test(), static_cast<const T*>(a), static_cast<const T*>(b), rows, out);
}

void less_any(size_t bytes, bool is_signed, const void* a, const void* b, size_t rows, uint64_t* out) {
  switch (bytes) {
    case 1: return test_as<uint8_t, IsLess>(a, b, rows, out);
    case 2: return is_signed ? test_as<int16_t, IsLess>(a, b, rows, out) : test_as<uint16_t, IsLess>(a, b, rows, out);
    case 4: return is_signed ? test_as<int32_t, IsLess>(a, b, rows, out) : test_as<uint32_t, IsLess>(a, b, rows, out);
    default: return is_signed ? test_as<int64_t, IsLess>(a, b, rows, out) : test_as<uint64_t, IsLess>(a, b, rows, out);
  }
}

void equal_any(size_t bytes, const void* a, const void* b, size_t rows, uint64_t* out) {
  switch (bytes) {
    case 1: return test_as<uint8_t, IsSame>(a, b, rows, out);
    case 2: return test_as<uint16_t, IsSame>(a, b, rows, out);
    case 4: return test_as<uint32_t, IsSame>(a, b, rows, out);
    default: return test_as<uint64_t, IsSame>(a, b, rows, out);
  }
}

template <typename Code>
void look_up_truth(const uint8_t* table, const void* codes, size_t rows, uint64_t* out) {
  const Code* from = static_cast<const Code*>(codes);
  for (size_t begin = 0; begin < rows; begin += 64) {
    const size_t count = rows - begin < 64 ? rows - begin : 64;
    uint8_t truth[64] = {};
    for (size_t i = 0; i < count; ++i) truth[i] = table[from[begin + i]];
    const hn::CappedTag<uint8_t, 64> d;
    constexpr size_t kLanes = hn::MaxLanes(hn::CappedTag<uint8_t, 64>());
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += kLanes) {
      word |= bits_of(d, hn::Ne(hn::LoadU(d, truth + i), hn::Zero(d))) << i;
    }
    out[begin / 64] = word;
  }
}

void truth_any(const uint8_t* table, const void* codes, size_t code_bytes, size_t rows, uint64_t* out) {
  switch (code_bytes) {
    case 1: return look_up_truth<uint8_t>(table, codes, rows, out);
    case 2: return look_up_truth<uint16_t>(table, codes, rows, out);
    default: return look_up_truth<uint32_t>(table, codes, rows, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(range_any);
HWY_EXPORT(less_any);
HWY_EXPORT(equal_any);
HWY_EXPORT(truth_any);

void compare_range(size_t bytes, const void* data, uint64_t low, uint64_t span, size_t rows, uint64_t* out) {
  if (span >= (bytes == 8 ? ~uint64_t{0} : (uint64_t{1} << (bytes * 8)) - 1)) {  // every value
    for (size_t word = 0; word < mask_words(rows); ++word) out[word] = low_bits(rows - word * 64);
    return;
  }
  HWY_DYNAMIC_DISPATCH(range_any)(bytes, data, low, span, rows, out);
}
void compare_less(size_t bytes, bool is_signed, const void* a, const void* b, size_t rows, uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(less_any)(bytes, is_signed, a, b, rows, out);
}
void compare_equal(size_t bytes, const void* a, const void* b, size_t rows, uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(equal_any)(bytes, a, b, rows, out);
}

void mask_by_table(const uint8_t* table, size_t table_size, const void* codes, size_t code_bytes, size_t rows,
                   uint64_t* out) {
  // Few runs of true entries (an equality, a prefix in a sorted dictionary) are as many comparisons of the codes.
  constexpr size_t kMaxRuns = 3;
  struct Run {
    size_t begin, end;
  } runs[kMaxRuns];
  size_t run_count = 0;
  bool few = true;
  for (size_t i = 0; i < table_size && few;) {
    if (table[i] == 0) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < table_size && table[end] != 0) ++end;
    few = run_count < kMaxRuns;
    if (few) runs[run_count++] = {i, end};
    i = end;
  }
  if (!few) {
    HWY_DYNAMIC_DISPATCH(truth_any)(table, codes, code_bytes, rows, out);
    return;
  }
  if (run_count == 0) {
    std::memset(out, 0, mask_words(rows) * 8);
    return;
  }
  compare_range(code_bytes, codes, runs[0].begin, runs[0].end - runs[0].begin - 1, rows, out);
  constexpr size_t kRows = 4096;
  uint64_t more[kRows / 64];
  for (size_t run = 1; run < run_count; ++run) {
    for (size_t begin = 0; begin < rows; begin += kRows) {
      const size_t count = rows - begin < kRows ? rows - begin : kRows;
      compare_range(code_bytes, static_cast<const std::byte*>(codes) + begin * code_bytes, runs[run].begin,
                    runs[run].end - runs[run].begin - 1, count, more);
      for (size_t word = 0; word < mask_words(count); ++word) out[begin / 64 + word] |= more[word];
    }
  }
}

int64_t order_double(double value) {
  if (value != value) return INT64_MAX;
  const int64_t bits = std::bit_cast<int64_t>(value + 0.0);  // -0.0 + 0.0 is 0.0
  return bits ^ static_cast<int64_t>(static_cast<uint64_t>(bits >> 63) >> 1);
}

void order_doubles(const double* values, size_t rows, int64_t* out) {
  for (size_t i = 0; i < rows; ++i) out[i] = order_double(values[i]);
}
void order_floats(const float* values, size_t rows, int64_t* out) {
  for (size_t i = 0; i < rows; ++i) out[i] = order_double(static_cast<double>(values[i]));
}

}  // namespace cairn
#endif  // HWY_ONCE
