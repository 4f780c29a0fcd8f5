#include "sql/parser/source_text.h"

#include <algorithm>

#include "sql/parser/deparse.h"
#include "sql/parser/parser.h"
#include "sql/parser/same_tree.h"
#include "sql/parser/scanned_tokens.h"
#include "vector/error.h"

namespace cairn {
namespace {

/// Where the query stands in the text behind the view's name: from the first AS outside of brackets to WITH CHECK OPTION,
/// where that is `with_check`, or the end. Empty where there is none.
std::string_view query_part(const std::string& text, bool with_check) {
  const ScannedTokens scanned(text);
  size_t begin = std::string::npos, end = text.size();
  int depth = 0;
  for (const PgQuery__ScanToken* found : scanned.tokens()) {
    const PgQuery__ScanToken& token = *found;
    if (token.token == PG_QUERY__TOKEN__ASCII_40) depth++;
    if (token.token == PG_QUERY__TOKEN__ASCII_41) depth--;
    if (depth != 0) continue;
    if (token.token == PG_QUERY__TOKEN__AS && begin == std::string::npos) begin = static_cast<size_t>(token.end);
    const bool with = token.token == PG_QUERY__TOKEN__WITH || token.token == PG_QUERY__TOKEN__WITH_LA;
    if (with_check && with) end = static_cast<size_t>(token.start);
  }
  if (begin == std::string::npos || begin > end) return {};
  return std::string_view(text).substr(begin, end - begin);
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
  const std::string behind_name = statement.substr(name);
  const bool with_check = view.with_check_option != PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION;
  const std::string_view part = query_part(behind_name, with_check);
  if (part.empty()) return "";
  const size_t begin = name + static_cast<size_t>(part.data() - behind_name.data());
  std::string text(part);
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
