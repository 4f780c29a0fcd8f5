#pragma once

#include "sql/dependencies.h"
#include "sql/session_state.h"
#include "sql/statements/drop.h"
#include "sql/statements/sequence.h"

namespace cairn {

/// A table on its way to another definition: what the actions of one ALTER TABLE make of it.
struct Alteration {
  SessionState& session;
  std::shared_ptr<const Snapshot> snapshot = {};
  std::string key = {};
  TableSchema schema = {};
  std::vector<std::string> sources = {};           ///< SQL over the old table, one per column of `schema`
  std::vector<SequenceSchema> sequences = {};      ///< of added SERIAL and IDENTITY columns
  std::vector<std::string> lost_sequences = {};    ///< of dropped columns
  std::vector<SequenceAlteration> sequence_changes = {};  ///< of identities
  std::vector<uint32_t> checked = {};              ///< columns of `schema` that must be without NULLs
  std::vector<ViewEdit> view_edits = {};           ///< what becomes of names in views
  DropPlan dropped = {};                           ///< views that DROP … CASCADE takes along
  bool rewrites = false;
  std::vector<std::string> validated = {};         ///< constraints that the rows may break

  /// Errors: kUndefinedColumn.
  size_t find_column(std::string_view name) const;
  /// "column "a" of relation "t"", as errors say it.
  std::string column_text(std::string_view name) const;
};

// GENERATED … AS IDENTITY (identity.cpp).
void add_identity(const PgQuery__AlterTableCmd& command, Alteration& change);
void set_identity(const PgQuery__AlterTableCmd& command, Alteration& change);
void drop_identity(const PgQuery__AlterTableCmd& command, Alteration& change);

}  // namespace cairn
