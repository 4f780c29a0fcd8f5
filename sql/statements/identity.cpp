// ALTER TABLE … ADD GENERATED, SET GENERATED and DROP IDENTITY.

#include <algorithm>

#include "sql/statements/alteration.h"
#include "sql/statements/table_definition.h"
#include "vector/error.h"

namespace cairn {
namespace {

Error not_in_state(const Alteration& change, std::string_view column, const char* what) {
  return Error(sqlstate::kNotInPrerequisiteState, change.column_text(column) + what);
}

ColumnSchema& identity_column(const PgQuery__AlterTableCmd& command, Alteration& change) {
  ColumnSchema& column = change.schema.columns[change.find_column(command.name)];
  if (column.identity == Identity::kNone) throw not_in_state(change, command.name, " is not an identity column");
  return column;
}

}  // namespace

void add_identity(const PgQuery__AlterTableCmd& command, Alteration& change) {
  ColumnSchema& column = change.schema.columns[change.find_column(command.name)];
  if (!column.not_null) throw not_in_state(change, command.name, " must be declared NOT NULL before identity can be added");
  if (column.identity != Identity::kNone) throw not_in_state(change, command.name, " is already an identity column");
  if (!column.default_sql.empty()) throw not_in_state(change, command.name, " already has a default value");
  change.sequences.push_back(make_identity(*command.def->constraint, *change.snapshot, change.key, column));
}

void set_identity(const PgQuery__AlterTableCmd& command, Alteration& change) {
  ColumnSchema& column = identity_column(command, change);
  std::vector<pg::Node*> options;
  for (pg::Node* node : pg::list(command.def->list->items, command.def->list->n_items)) {
    const PgQuery__DefElem& option = *node->def_elem;
    if (std::string_view(option.defname) != "generated") {
      options.push_back(node);
    } else {
      const bool always = option.arg->node_case == PG_QUERY__NODE__NODE_INTEGER && option.arg->integer->ival == 'a';
      column.identity = always ? Identity::kAlways : Identity::kByDefault;
    }
  }
  if (options.empty()) return;
  std::shared_ptr<const Sequence> sequence = sequence_of_column(*change.snapshot, change.key, command.name);
  if (sequence == nullptr) throw not_in_state(change, command.name, " has no sequence yet");
  SequenceChange altered = parse_sequence_options(options.data(), options.size(), &sequence->schema);
  change.sequence_changes.push_back(make_sequence_alteration(std::move(sequence), std::move(altered)));
}

void drop_identity(const PgQuery__AlterTableCmd& command, Alteration& change) {
  const ColumnSchema& known = change.schema.columns[change.find_column(command.name)];
  if (known.identity == Identity::kNone && command.missing_ok) {
    change.session.notice("notice: " + change.column_text(command.name) + " is not an identity column, skipping");
    return;
  }
  ColumnSchema& column = identity_column(command, change);
  column.identity = Identity::kNone;
  column.default_sql.clear();
  if (const auto sequence = sequence_of_column(*change.snapshot, change.key, command.name))
    change.lost_sequences.push_back(sequence->schema.name);
}

}  // namespace cairn
