#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <string>

namespace cairn {

/// The statement as text again (libpg_query's deparser), for what is stored: views and defaults. Errors:
/// kInternalError where the deparser cannot.
std::string deparse(const PgQuery__Node& statement);
/// An expression's text. Errors: kFeatureNotSupported where the text would mean something else (the deparser loses
/// brackets at times): better no default or constraint than another one.
std::string deparse_expression(const PgQuery__Node& expression);

}  // namespace cairn
