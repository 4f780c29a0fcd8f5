#include "exec/functions/integral_type.h"

#include <string>

#include "vector/date.h"
#include "vector/parse.h"

namespace cairn {

ValueRange type_range(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean: return {0, 1};
    case TypeId::kSmallInt: return {INT16_MIN, INT16_MAX};
    case TypeId::kInteger: return {INT32_MIN, INT32_MAX};
    case TypeId::kBigInt: return {INT64_MIN, INT64_MAX};
    case TypeId::kDecimal: {
      const int128_t limit = power_of_ten(type.precision);
      return {1 - limit, limit - 1};
    }
    case TypeId::kDate: return {kDateMinusInfinity, kDateInfinity};
    case TypeId::kTime: return {0, kMicrosPerDay};
    case TypeId::kTimestamp: return {kTimestampMinusInfinity, kTimestampInfinity};
    default: return {};
  }
}

Error out_of_range(const Type& type) {
  const std::string name(message_type_name(type));
  if (type.id == TypeId::kDate || type.id == TypeId::kTime || type.id == TypeId::kTimestamp) {
    return Error(sqlstate::kDatetimeOverflow, name + " out of range");
  }
  if (type.id == TypeId::kDecimal) {
    return Error(sqlstate::kNumericOutOfRange,
                 "numeric field overflow: a value does not fit " + type.to_string(),
                 "cast the operands to a type with more digits, or to double precision");
  }
  return Error(sqlstate::kNumericOutOfRange, name + " out of range");
}

}  // namespace cairn
