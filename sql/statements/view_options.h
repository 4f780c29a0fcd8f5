#pragma once

#include <span>

#include "sql/parser/nodes.h"
#include "sql/session_state.h"
#include "sql/statements/statements.h"

namespace cairn {

/// What WITH (…), SET (…) or RESET (…) makes of a view's CHECK OPTION. Errors: kInvalidParameterValue.
CheckOption with_options(CheckOption option, std::span<pg::Node* const> options, bool reset);

/// Errors: kFeatureNotSupported where the view has a CHECK OPTION, and rows cannot be written through it anyway.
void check_updatable(SessionState& session, const ViewSchema& view, int position);

/// ALTER VIEW, and ALTER TABLE of a view: SET and RESET of its options. Errors: kFeatureNotSupported of a column's
/// default, kWrongObjectType of what views do not have.
ResultPtr alter_view(SessionState& session, const PgQuery__AlterTableStmt& syntax, const std::string& key);

}  // namespace cairn
