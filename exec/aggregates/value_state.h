#pragma once

#include "exec/aggregates/saved_values.h"
#include "exec/aggregates/state.h"
#include "vector/memory_pool.h"

namespace cairn {

/// A state of one plain value per group, which is saved as it is.
template <typename T>
class ValueState : public AggregateState {
 public:
  void resize(size_t groups) final { values_.resize(groups, initial_); }
  size_t bytes() const final { return values_.capacity() * sizeof(T); }
  std::vector<Type> saved_types() const final {
    if constexpr (std::is_same_v<T, double>) return {Type::double_()};
    return {sizeof(T) == sizeof(int64_t) ? Type::big_int() : Type::huge_int()};
  }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) final {
    save_values(groups, values_.data(), columns[0]);
  }
  void load(std::span<const Vector> columns, size_t groups) final { load_values(columns[0], groups, values_.data()); }

 protected:
  explicit ValueState(T initial) : initial_(initial) {}
  LargeVector<T> values_;

 private:
  T initial_;  ///< of a group that has seen no value
};

}  // namespace cairn
