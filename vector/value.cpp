#include "vector/value.h"

#include <atomic>

#include "vector/read_row.h"

namespace cairn {

uint64_t next_dictionary_id() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

Value read_value(const Vector& vector, size_t row) {
  Value value = Value::null_of(vector.type);
  if (vector.type.id == TypeId::kNull || !vector.valid(row)) return value;
  value.null = false;
  switch (vector.type.physical()) {
    case Physical::kFloat: value.floating = read_row<float>(vector, row); break;
    case Physical::kDouble: value.floating = read_row<double>(vector, row); break;
    case Physical::kInterval: value.interval = read_row<Interval>(vector, row); break;
    case Physical::kString: value.string = read_row<StringRef>(vector, row).view(); break;
    default: value.integer = read_integral(vector, row);
  }
  return value;
}

}  // namespace cairn
