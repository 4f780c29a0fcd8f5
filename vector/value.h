#pragma once

#include <string>

#include "vector/type.h"
#include "vector/int128.h"

namespace cairn {

/// One typed SQL value, or a typed NULL: constants in plans, zone maps, settings. Not for bulk data.
struct Value {
  Type type;
  bool null = true;
  int128_t integer = 0;  ///< integral types (BOOLEAN 0/1, scaled DECIMAL, days, microseconds)
  double floating = 0;   ///< REAL, DOUBLE
  Interval interval;
  std::string string;    ///< VARCHAR, CHAR

  static Value null_of(Type type) { return Value{type}; }
  static Value of_integer(Type type, int128_t value) { return Value{type, false, value}; }
  static Value of_double(double value) { return Value{Type::double_(), false, 0, value}; }
  static Value of_string(std::string value) { return Value{Type::varchar(), false, 0, 0, {}, std::move(value)}; }
  static Value of_boolean(bool value) { return Value{Type::boolean(), false, value}; }

  friend bool operator==(const Value&, const Value&) = default;

  /// As SQL prints it (PostgreSQL's text output): 1.10, 1998-09-02, t/f as true/false, NULL as NULL.
  std::string to_string() const;
};

}  // namespace cairn
