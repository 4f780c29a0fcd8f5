#pragma once

#include "sql/session_state.h"

namespace cairn {

/// Holds a statement's changes against the table's constraints. NOT NULL is the writer's business (io/tables/database.h).
///
/// Made before the changes and asked behind them: the row groups that are there then and were not before hold the new
/// rows. They are joined with each other and with those row groups whose zone maps do not exclude their keys.
class ConstraintCheck {
 public:
  ConstraintCheck(SessionState& session, const WriteTransaction& transaction, std::string table);
  /// Errors: kCheckViolation, kUniqueViolation.
  void run() const;
  /// All rows as if they were new, over one constraint.
  static void check_index(SessionState& session, const TableVersion& table, const IndexSchema& index);
  static bool has_null(SessionState& session, const TableVersion& table, uint32_t column);
  static void check_condition(SessionState& session, const TableVersion& table, const CheckSchema& check);

 private:
  SessionState& session_;
  const WriteTransaction& transaction_;
  const std::string name_;
  std::shared_ptr<const TableVersion> before_;  ///< nullptr: nothing to check
};

}  // namespace cairn
