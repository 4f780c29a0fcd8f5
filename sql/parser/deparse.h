#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <string>

namespace cairn {

/// SELECT with the expression alone. Refers to itself and to the expression.
struct ExpressionQuery {
  explicit ExpressionQuery(const PgQuery__Node& expression);
  ExpressionQuery(const ExpressionQuery&) = delete;
  ExpressionQuery& operator=(const ExpressionQuery&) = delete;

  PgQuery__SelectStmt select = PG_QUERY__SELECT_STMT__INIT;

 private:
  PgQuery__ResTarget target_ = PG_QUERY__RES_TARGET__INIT;
  PgQuery__Node item_ = PG_QUERY__NODE__INIT;
  PgQuery__Node* list_[1] = {&item_};
};

/// The statement as text again (libpg_query's deparser), for what is stored: views and defaults. Errors:
/// kInternalError where the deparser cannot.
std::string deparse(const PgQuery__Node& statement);
/// An expression's text. Errors: kFeatureNotSupported where the text would mean something else (the deparser loses
/// brackets at times): better no default or constraint than another one.
std::string deparse_expression(const PgQuery__Node& expression);

}  // namespace cairn
