#include <cassert>

#include "vector/date.h"
#include "vector/kernels/kernels.h"
#include "vector/read_row.h"

namespace cairn {

namespace {

template <typename T>
bool same(const T& a, const T& b) { return a == b; }
bool same(double a, double b) { return a == b || (a != a && b != b); }
bool same(float a, float b) { return a == b || (a != a && b != b); }
bool same(const Interval& a, const Interval& b) { return interval_order(a) == interval_order(b); }

/// ReadLeft gives the value of a left row.
template <typename T, typename ReadLeft>
void match_with(const Vector& left, const Vector& right, const uint32_t* right_rows, size_t count, uint8_t* equal,
                ReadLeft read_left) {
  const T* values = right.values<T>();
  if (!left.may_have_nulls() && !right.may_have_nulls()) {
    for (size_t i = 0; i < count; ++i) equal[i] &= static_cast<uint8_t>(same(read_left(i), values[right_rows[i]]));
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const bool left_valid = left.valid(i);
    const bool right_valid = right.valid(right_rows[i]);
    equal[i] &= static_cast<uint8_t>(left_valid == right_valid &&
                                     (!left_valid || same(read_left(i), values[right_rows[i]])));
  }
}

template <typename T>
void match_as(const Vector& left, const Vector& right, const uint32_t* right_rows, size_t count, uint8_t* equal) {
  const T* values = left.values<T>();
  switch (left.encoding) {
    case Encoding::kFlat:
      return match_with<T>(left, right, right_rows, count, equal, [=](size_t i) { return values[i]; });
    case Encoding::kConstant:
      return match_with<T>(left, right, right_rows, count, equal, [=](size_t) { return values[0]; });
    case Encoding::kDictionary: {
      const T* entries = left.entries<T>();
      const void* codes = left.data;
      const size_t code_bytes = left.code_bytes;
      return match_with<T>(left, right, right_rows, count, equal,
                           [=](size_t i) { return entries[read_code(codes, code_bytes, i)]; });
    }
    case Encoding::kFrameOfReference:
      if constexpr (std::is_integral_v<T> || std::is_same_v<T, int128_t>) {
        const void* offsets = left.data;
        const size_t code_bytes = left.code_bytes;
        using Wrapped = std::conditional_t<sizeof(T) == 16, uint128_t, uint64_t>;  // an offset may pass T's sign
        const Wrapped base = static_cast<Wrapped>(left.base);
        return match_with<T>(left, right, right_rows, count, equal, [=](size_t i) {
          return static_cast<T>(base + static_cast<Wrapped>(read_code(offsets, code_bytes, i)));
        });
      }
      return;
  }
}

}  // namespace

void match_rows(const Vector& left, const Vector& right, const uint32_t* right_rows, size_t count, uint8_t* equal) {
  assert(right.is_flat() && left.type.physical() == right.type.physical());
  switch (right.type.physical()) {
    case Physical::kBool: return match_as<uint8_t>(left, right, right_rows, count, equal);
    case Physical::kInt16: return match_as<int16_t>(left, right, right_rows, count, equal);
    case Physical::kInt32: return match_as<int32_t>(left, right, right_rows, count, equal);
    case Physical::kInt64: return match_as<int64_t>(left, right, right_rows, count, equal);
    case Physical::kInt128: return match_as<int128_t>(left, right, right_rows, count, equal);
    case Physical::kFloat: return match_as<float>(left, right, right_rows, count, equal);
    case Physical::kDouble: return match_as<double>(left, right, right_rows, count, equal);
    case Physical::kInterval: return match_as<Interval>(left, right, right_rows, count, equal);
    case Physical::kString: return match_as<StringRef>(left, right, right_rows, count, equal);
  }
}

}  // namespace cairn
