// What LIMIT and OFFSET take for a number of rows.

#include "exec/functions/executor.h"

namespace cairn::functions {

namespace {

int64_t limit_row_count(int64_t count) {
  if (count < 0) throw Error("2201W", "LIMIT must not be negative");
  return count;
}
int64_t offset_row_count(int64_t count) {
  if (count < 0) throw Error("2201X", "OFFSET must not be negative");
  return count;
}

}  // namespace

const std::vector<Function>& row_count_functions() {
  static const std::vector<Function> table = {
      row<limit_row_count>("limit_row_count", {TypeId::kBigInt}, first_type, kRaises),
      row<offset_row_count>("offset_row_count", {TypeId::kBigInt}, first_type, kRaises)};
  return table;
}

}  // namespace cairn::functions
