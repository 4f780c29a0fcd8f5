#pragma once

#include <cstdint>
#include <string>

namespace cairn {

/// SQL types. The numbers are permanent: they are written to disk.
enum class TypeId : uint8_t {
  kNull = 0,  ///< the type of a bare NULL, until a context gives it one
  kBoolean = 1,
  kSmallInt = 2,
  kInteger = 3,
  kBigInt = 4,
  kHugeInt = 5,
  kDecimal = 6,
  kReal = 7,
  kDouble = 8,
  kDate = 9,        ///< days since 1970-01-01
  kTime = 10,       ///< microseconds since midnight
  kTimestamp = 11,  ///< microseconds since 1970-01-01 00:00:00
  kInterval = 12,
  kVarchar = 13,
  /// CHAR(n): stored without trailing blanks, padded to n where it is printed. Without a length (PostgreSQL's bpchar)
  /// values keep their blanks, which decide nothing where two are compared: the binder compares them without.
  kChar = 14,
};

/// How a flat vector holds the values of a type. Numbers are permanent.
enum class Physical : uint8_t {
  kBool = 0,  ///< one byte, 0 or 1
  kInt16 = 1,
  kInt32 = 2,
  kInt64 = 3,
  kInt128 = 4,
  kFloat = 5,
  kDouble = 6,
  kInterval = 7,
  kString = 8,
};

/// A SQL type with its modifiers. A small value, copied freely.
struct Type {
  /// The length of a VARCHAR that has none: PostgreSQL tells it from TEXT where operators are chosen and types are named.
  static constexpr uint32_t kNoLimit = UINT32_MAX;

  TypeId id = TypeId::kNull;
  uint8_t precision = 0;  ///< DECIMAL: digits in all, 1..38
  uint8_t scale = 0;      ///< DECIMAL: digits behind the point, 0..precision
  uint32_t length = 0;    ///< VARCHAR(n), CHAR(n): characters, 0 for no limit; a VARCHAR of length 0 is PostgreSQL's TEXT

  friend bool operator==(const Type&, const Type&) = default;

  /// DECIMAL up to 18 digits is kInt64, above kInt128; DATE kInt32; TIME, TIMESTAMP kInt64; kNull is kBool.
  Physical physical() const;
  bool is_integer() const { return id >= TypeId::kSmallInt && id <= TypeId::kHugeInt; }
  bool is_exact() const { return is_integer() || id == TypeId::kDecimal; }
  bool is_floating() const { return id == TypeId::kReal || id == TypeId::kDouble; }
  bool is_numeric() const { return is_exact() || is_floating(); }
  bool is_string() const { return id == TypeId::kVarchar || id == TypeId::kChar; }
  bool is_text() const { return id == TypeId::kVarchar && length == 0; }
  /// Characters that a string may have.
  uint32_t limit() const { return length == 0 ? kNoLimit : length; }
  /// Values are integers underneath: they have ranges and may be narrow (dates and booleans too).
  bool is_integral() const;
  /// As SQL writes it: "DECIMAL(15,2)".
  std::string to_string() const;

  static Type boolean() { return {TypeId::kBoolean}; }
  static Type small_int() { return {TypeId::kSmallInt}; }
  static Type integer() { return {TypeId::kInteger}; }
  static Type big_int() { return {TypeId::kBigInt}; }
  static Type huge_int() { return {TypeId::kHugeInt}; }
  static Type decimal(int digits, int behind_point) {
    return {TypeId::kDecimal, static_cast<uint8_t>(digits), static_cast<uint8_t>(behind_point)};
  }
  static Type real() { return {TypeId::kReal}; }
  static Type double_() { return {TypeId::kDouble}; }
  static Type date() { return {TypeId::kDate}; }
  static Type time() { return {TypeId::kTime}; }
  static Type timestamp() { return {TypeId::kTimestamp}; }
  static Type interval() { return {TypeId::kInterval}; }
  static Type varchar(uint32_t limit = 0) { return {TypeId::kVarchar, 0, 0, limit}; }
  static Type unlimited_varchar() { return varchar(kNoLimit); }
  static Type character(uint32_t limit = 0) { return {TypeId::kChar, 0, 0, limit}; }
};

/// Bytes of one flat value: 1, 2, 4, 8, 16, 4, 8, 16, 16 in the order of Physical.
size_t physical_bytes(Physical physical);

/// INTERVAL, compared and hashed as PostgreSQL does: a month is 30 days, a day 24 hours.
struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

}  // namespace cairn
