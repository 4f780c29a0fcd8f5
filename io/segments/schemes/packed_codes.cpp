#include "io/segments/schemes/packed_codes.h"

#include <array>
#include <utility>

namespace cairn {

namespace {

// Eight numbers of a fixed width occupy a whole number of bytes; with the width known when compiling, every address and
// shift is a constant.
template <typename T, unsigned kBits>
void unpack_fixed(const std::byte* in, size_t count, T* out) {
  constexpr uint64_t kMask = (uint64_t{1} << kBits) - 1;
  size_t i = 0;
  for (; i + 8 <= count; i += 8, in += kBits) {
    for (unsigned k = 0; k < 8; ++k) {
      uint64_t word;
      std::memcpy(&word, in + k * kBits / 8, 8);
      out[i + k] = static_cast<T>((word >> (k * kBits % 8)) & kMask);
    }
  }
  for (unsigned k = 0; i + k < count; ++k) {
    uint64_t word;
    std::memcpy(&word, in + k * kBits / 8, 8);
    out[i + k] = static_cast<T>((word >> (k * kBits % 8)) & kMask);
  }
}

template <typename T, size_t... kIndex>
constexpr auto unpack_table(std::index_sequence<kIndex...>) {
  return std::array{&unpack_fixed<T, kIndex + 1>...};
}

}  // namespace

template <typename T>
void unpack_codes(const std::byte* in, size_t count, uint8_t bits, T* out) {
  assert(is_stored_width(bits) && bits <= 8 * sizeof(T));
  if (bits == 0) {
    std::memset(out, 0, count * sizeof(T));
  } else if (bits == 8 * sizeof(T)) {
    std::memcpy(out, in, count * sizeof(T));
  } else if (bits < 8 * sizeof(T)) {
    static constexpr auto kTable =
        unpack_table<T>(std::make_index_sequence<(sizeof(T) == 8 ? 57 : 8 * sizeof(T) - 1)>{});
    kTable[bits - 1](in, count, out);
  }
}

template void unpack_codes<uint8_t>(const std::byte*, size_t, uint8_t, uint8_t*);
template void unpack_codes<uint16_t>(const std::byte*, size_t, uint8_t, uint16_t*);
template void unpack_codes<uint32_t>(const std::byte*, size_t, uint8_t, uint32_t*);
template void unpack_codes<uint64_t>(const std::byte*, size_t, uint8_t, uint64_t*);

}  // namespace cairn
