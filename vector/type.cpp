#include "vector/type.h"

#include <cstddef>

namespace cairn {

Physical Type::physical() const {
  switch (id) {
    case TypeId::kNull:
    case TypeId::kBoolean: return Physical::kBool;
    case TypeId::kSmallInt: return Physical::kInt16;
    case TypeId::kInteger:
    case TypeId::kDate: return Physical::kInt32;
    case TypeId::kBigInt:
    case TypeId::kTime:
    case TypeId::kTimestamp: return Physical::kInt64;
    case TypeId::kHugeInt: return Physical::kInt128;
    case TypeId::kDecimal: return precision <= 18 ? Physical::kInt64 : Physical::kInt128;
    case TypeId::kReal: return Physical::kFloat;
    case TypeId::kDouble: return Physical::kDouble;
    case TypeId::kInterval: return Physical::kInterval;
    case TypeId::kVarchar:
    case TypeId::kChar: return Physical::kString;
  }
  return Physical::kBool;
}

bool Type::is_integral() const {
  return is_exact() || id == TypeId::kBoolean || id == TypeId::kDate || id == TypeId::kTime ||
         id == TypeId::kTimestamp;
}

std::string Type::to_string() const {
  switch (id) {
    case TypeId::kNull: return "NULL";
    case TypeId::kBoolean: return "BOOLEAN";
    case TypeId::kSmallInt: return "SMALLINT";
    case TypeId::kInteger: return "INTEGER";
    case TypeId::kBigInt: return "BIGINT";
    case TypeId::kHugeInt: return "HUGEINT";
    case TypeId::kDecimal: return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
    case TypeId::kReal: return "REAL";
    case TypeId::kDouble: return "DOUBLE";
    case TypeId::kDate: return "DATE";
    case TypeId::kTime: return "TIME";
    case TypeId::kTimestamp: return "TIMESTAMP";
    case TypeId::kInterval: return "INTERVAL";
    case TypeId::kVarchar: return limit() == kNoLimit ? "VARCHAR" : "VARCHAR(" + std::to_string(length) + ")";
    case TypeId::kChar: return length == 0 ? "BPCHAR" : "CHAR(" + std::to_string(length) + ")";
  }
  return "?";
}

size_t physical_bytes(Physical physical) {
  static constexpr size_t kBytes[] = {1, 2, 4, 8, 16, 4, 8, 16, 16};
  return kBytes[static_cast<size_t>(physical)];
}

}  // namespace cairn
