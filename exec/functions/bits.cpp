// Bitwise operators over integers.

#include "exec/functions/executor.h"

namespace cairn::functions {

namespace {

template <typename T>
T bits_and(T a, T b) { return a & b; }
template <typename T>
T bits_or(T a, T b) { return a | b; }
template <typename T>
T bits_xor(T a, T b) { return a ^ b; }
template <typename T>
T bits_not(T a) { return static_cast<T>(~a); }

/// Distances count modulo the width of the register, as on the machines that PostgreSQL's own shifts run on: 64 for
/// BIGINT, 32 for the narrower types.
template <typename T>
constexpr int32_t kDistanceMask = sizeof(T) == 8 ? 63 : 31;
template <typename T>
T shift_left(T a, int32_t distance) {
  return static_cast<T>(static_cast<uint64_t>(a) << (distance & kDistanceMask<T>));
}
template <typename T>
T shift_right(T a, int32_t distance) { return static_cast<T>(a >> (distance & kDistanceMask<T>)); }

template <typename T>
void add_rows(std::vector<Function>& rows, TypeId id) {
  rows.push_back(row<bits_and<T>>("&", {id, id}, first_type, kNeverRaises));
  rows.push_back(row<bits_or<T>>("|", {id, id}, first_type, kNeverRaises));
  rows.push_back(row<bits_xor<T>>("#", {id, id}, first_type, kNeverRaises));
  rows.push_back(row<bits_not<T>>("~", {id}, first_type, kNeverRaises));
  rows.push_back(row<shift_left<T>>("<<", {id, TypeId::kInteger}, first_type, kNeverRaises));
  rows.push_back(row<shift_right<T>>(">>", {id, TypeId::kInteger}, first_type, kNeverRaises));
}

}  // namespace

const std::vector<Function>& bit_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    add_rows<int16_t>(rows, TypeId::kSmallInt);
    add_rows<int32_t>(rows, TypeId::kInteger);
    add_rows<int64_t>(rows, TypeId::kBigInt);
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
