#pragma once

#include <atomic>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// SQLSTATE codes, as PostgreSQL uses them (Appendix A of its manual).
namespace sqlstate {
inline constexpr std::string_view kSyntaxError = "42601";
inline constexpr std::string_view kUndefinedTable = "42P01";
inline constexpr std::string_view kUndefinedColumn = "42703";
inline constexpr std::string_view kUndefinedFunction = "42883";
inline constexpr std::string_view kUndefinedObject = "42704";
inline constexpr std::string_view kAmbiguousColumn = "42702";
inline constexpr std::string_view kDuplicateTable = "42P07";
inline constexpr std::string_view kDuplicateColumn = "42701";
inline constexpr std::string_view kDuplicateAlias = "42712";
inline constexpr std::string_view kDatatypeMismatch = "42804";
inline constexpr std::string_view kDependentObjects = "2BP01";
inline constexpr std::string_view kUndefinedSchema = "3F000";
inline constexpr std::string_view kDuplicateSchema = "42P06";
inline constexpr std::string_view kInvalidTableDefinition = "42P16";
inline constexpr std::string_view kSequenceLimit = "2200H";
inline constexpr std::string_view kNotInPrerequisiteState = "55000";
inline constexpr std::string_view kCannotCoerce = "42846";
inline constexpr std::string_view kGroupingError = "42803";
inline constexpr std::string_view kInvalidColumnReference = "42P10";
inline constexpr std::string_view kWrongObjectType = "42809";
inline constexpr std::string_view kFeatureNotSupported = "0A000";
inline constexpr std::string_view kDivisionByZero = "22012";
inline constexpr std::string_view kNumericOutOfRange = "22003";
inline constexpr std::string_view kInvalidTextRepresentation = "22P02";
inline constexpr std::string_view kInvalidDatetimeFormat = "22007";
inline constexpr std::string_view kDatetimeOverflow = "22008";
inline constexpr std::string_view kInvalidParameterValue = "22023";
inline constexpr std::string_view kInvalidEscape = "22025";
inline constexpr std::string_view kStringTooLong = "22001";
inline constexpr std::string_view kInvalidEncoding = "22021";
inline constexpr std::string_view kBadCopyFormat = "22P04";
inline constexpr std::string_view kSubstringError = "22011";
inline constexpr std::string_view kCardinalityViolation = "21000";
inline constexpr std::string_view kNotNullViolation = "23502";
inline constexpr std::string_view kActiveTransaction = "25001";
inline constexpr std::string_view kNoActiveTransaction = "25P01";
inline constexpr std::string_view kInFailedTransaction = "25P02";
inline constexpr std::string_view kReadOnly = "25006";
inline constexpr std::string_view kWriteConflict = "40001";
inline constexpr std::string_view kStatementTooComplex = "54001";
inline constexpr std::string_view kProgramLimit = "54000";
inline constexpr std::string_view kOutOfMemory = "53200";
inline constexpr std::string_view kDiskFull = "53100";
inline constexpr std::string_view kObjectInUse = "55006";
inline constexpr std::string_view kQueryCanceled = "57014";
inline constexpr std::string_view kIoError = "58030";
inline constexpr std::string_view kUndefinedFile = "58P01";
inline constexpr std::string_view kDataCorrupted = "XX001";
inline constexpr std::string_view kInternalError = "XX000";
}  // namespace sqlstate

/// The one error type. Users, disks and limits give errors; bugs give assertions.
class Error : public std::exception {
 public:
  Error(std::string_view state, std::string text) : sqlstate(state), message(std::move(text)) {}
  Error(std::string_view state, std::string text, std::string way_out)
      : sqlstate(state), message(std::move(text)), hint(std::move(way_out)) {}

  const char* what() const noexcept override { return message.c_str(); }

  /// Returns this error with the place in the statement's text, a 0-based byte offset, unless it has one already.
  Error&& at(int byte_offset) && {
    if (position < 0) position = byte_offset;
    return std::move(*this);
  }

  std::string sqlstate;  ///< five characters
  std::string message;   ///< what was expected and what came
  std::string hint;      ///< a way out, or empty
  int position = -1;     ///< 0-based byte offset in the statement's text, or -1
};

/// Throws kQueryCanceled where the flag, which another thread sets, is set; nullptr: nobody can.
inline void check_interrupted(const std::atomic<bool>* interrupted) {
  if (interrupted != nullptr && interrupted->load(std::memory_order_relaxed))
    throw Error(sqlstate::kQueryCanceled, "canceling statement due to user request");
}

}  // namespace cairn
