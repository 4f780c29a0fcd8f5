#include "sql/parser/source_text.h"

#include <pg_query.h>

#include <algorithm>

#include "sql/parser/deparse.h"
#include "sql/parser/parser.h"
#include "sql/parser/same_tree.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Behind the first AS outside of brackets; npos where there is none.
size_t behind_as(const char* text) {
  struct Scan {
    PgQueryScanResult result;
    ~Scan() { pg_query_free_scan_result(result); }
  } scan{pg_query_scan(text)};
  if (scan.result.error != nullptr) return std::string::npos;
  PgQuery__ScanResult* tokens =
      pg_query__scan_result__unpack(nullptr, scan.result.pbuf.len, reinterpret_cast<const uint8_t*>(scan.result.pbuf.data));
  if (tokens == nullptr) return std::string::npos;
  size_t found = std::string::npos;
  int depth = 0;
  for (size_t i = 0; i < tokens->n_tokens && found == std::string::npos; i++) {
    const PgQuery__ScanToken& token = *tokens->tokens[i];
    if (token.token == PG_QUERY__TOKEN__ASCII_40) depth++;
    if (token.token == PG_QUERY__TOKEN__ASCII_41) depth--;
    if (token.token == PG_QUERY__TOKEN__AS && depth == 0) found = static_cast<size_t>(token.end);
  }
  pg_query__scan_result__free_unpacked(tokens, nullptr);
  return found;
}

bool means(const std::string& text, const PgQuery__Node& query) {
  try {
    return same_tree(parse_statement(text)->statement(), query);
  } catch (const Error&) {
    return false;
  }
}

/// The query as it stands in the statement; empty where it does not.
std::string written_text(const std::string& statement, const PgQuery__ViewStmt& view,
                         std::vector<std::pair<size_t, std::string>> insertions) {
  const size_t name = static_cast<size_t>(view.view->location);
  if (name >= statement.size()) return "";
  const size_t offset = behind_as(statement.c_str() + name);
  if (offset == std::string::npos) return "";
  const size_t begin = name + offset;
  std::string text = statement.substr(begin);
  std::ranges::sort(insertions);
  for (auto insertion = insertions.rbegin(); insertion != insertions.rend(); ++insertion) {
    if (insertion->first < begin) return "";
    text.insert(insertion->first - begin, insertion->second);
  }
  text.erase(0, std::min(text.find_first_not_of(" \n\t"), text.size()));
  return text;
}

}  // namespace

std::string view_query_text(const std::string& statement, const PgQuery__ViewStmt& view,
                            std::vector<std::pair<size_t, std::string>> insertions) {
  if (std::string text = written_text(statement, view, std::move(insertions)); means(text, *view.query)) return text;
  std::string text = deparse(*view.query);
  if (!means(text, *view.query))
    throw Error(sqlstate::kFeatureNotSupported, "a view whose query does not read back as it was written is not supported")
        .at(view.view->location);
  return text;
}

}  // namespace cairn
