#pragma once

// What states are written as, and read back from: flat columns, a value per group.

#include <algorithm>
#include <cstdint>
#include <span>

#include "vector/column_buffer.h"
#include "vector/vector.h"

namespace cairn {

/// Appends value_of(g), which is a T, for each of the groups. REQUIRES: the column's values are Ts.
template <typename T, typename ValueOf>
void save_each(std::span<const uint32_t> groups, ColumnBuffer& out, ValueOf value_of) {
  T* to = static_cast<T*>(out.append_uninitialized(groups.size()));
  for (const uint32_t group : groups) *to++ = value_of(group);
}

/// The same of values[g]; strings are copied.
template <typename T>
void save_values(std::span<const uint32_t> groups, const T* values, ColumnBuffer& out) {
  save_each<T>(groups, out, [&](uint32_t group) {
    if constexpr (std::is_same_v<T, StringRef>) {
      return values[group].is_inline() ? values[group] : out.heap().add(values[group].view());
    } else {
      return values[group];
    }
  });
}

template <typename T>
void load_values(const Vector& saved, size_t groups, T* values) {
  std::copy_n(saved.values<T>(), groups, values);
}

}  // namespace cairn
