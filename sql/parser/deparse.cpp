#include "sql/parser/deparse.h"

#include <pg_query.h>

#include <vector>

#include "sql/parser/nodes.h"
#include "sql/parser/parser.h"
#include "sql/parser/same_tree.h"
#include "vector/error.h"

namespace cairn {

std::string deparse(const PgQuery__Node& statement) {
  PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT;
  raw.stmt = const_cast<PgQuery__Node*>(&statement);  // packing only reads
  PgQuery__RawStmt* statements[] = {&raw};
  PgQuery__ParseResult result = PG_QUERY__PARSE_RESULT__INIT;
  result.version = PG_VERSION_NUM;
  result.n_stmts = 1;
  result.stmts = statements;
  std::vector<uint8_t> packed(pg_query__parse_result__get_packed_size(&result));
  pg_query__parse_result__pack(&result, packed.data());
  struct Deparsed {
    PgQueryDeparseResult result;
    ~Deparsed() { pg_query_free_deparse_result(result); }
  } deparsed{pg_query_deparse_protobuf({packed.size(), reinterpret_cast<char*>(packed.data())})};
  if (deparsed.result.error != nullptr || deparsed.result.query == nullptr)
    throw Error(sqlstate::kInternalError, "the statement could not be written back as text");
  return deparsed.result.query;
}

ExpressionQuery::ExpressionQuery(const PgQuery__Node& expression) {
  target_.val = const_cast<PgQuery__Node*>(&expression);  // nobody changes it
  item_.node_case = PG_QUERY__NODE__NODE_RES_TARGET;
  item_.res_target = &target_;
  select.n_target_list = 1;
  select.target_list = list_;
  select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
  select.op = PG_QUERY__SET_OPERATION__SETOP_NONE;
}

std::string deparse_expression(const PgQuery__Node& expression) {
  ExpressionQuery query(expression);
  PgQuery__Node statement = PG_QUERY__NODE__INIT;
  statement.node_case = PG_QUERY__NODE__NODE_SELECT_STMT;
  statement.select_stmt = &query.select;
  const std::string text = deparse(statement);
  const auto tree = parse_statement(text);
  if (!same_tree(expression, *tree->statement().select_stmt->target_list[0]->res_target->val))
    throw Error(sqlstate::kFeatureNotSupported, "storing an expression that does not read back as it was written is not supported")
        .at(pg::location(&expression));
  return text.substr(sizeof("SELECT ") - 1);
}

}  // namespace cairn
