#pragma once

#include <cstdint>

#include "vector/vector.h"

namespace cairn {

/// `size` NULLs, as a constant.
inline Vector null_vector(const Type& type, size_t size) {
  static constexpr uint64_t kNothing[2] = {0, 0};
  Vector null;
  null.type = type;
  null.encoding = Encoding::kConstant;
  null.size = size;
  null.data = kNothing;
  null.validity = kNothing;
  return null;
}

}  // namespace cairn
