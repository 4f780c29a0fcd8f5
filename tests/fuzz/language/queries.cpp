#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {
namespace {

std::string query_role(const Signature& signature) {
  std::string role = "query";
  for (Sort sort : signature) role += " " + role_of(sort);
  return role;
}

bool all_exact(const Signature& signature) {
  for (Sort sort : signature)
    if (sort == Sort::kApproximate) return false;
  return true;
}

}  // namespace

Signature Generator::random_signature(size_t columns) {
  Signature signature;
  for (size_t i = 0; i < columns; i++) signature.push_back(comparable_sort());
  return signature;
}

Sql Generator::statement() {
  common_tables_.clear();
  names_ = 0;
  Signature signature = random_signature(static_cast<size_t>(random_.between(1, 4)));
  if (random_.chance(25)) signature.back() = Sort::kApproximate;
  Sql body = random_.chance(25) ? with_query(signature, nullptr, 3) : query(signature, nullptr, 3);
  if (all_exact(signature) && random_.chance(50)) body = order_and_limit(std::move(body), signature.size());
  return body;
}

Sql Generator::view_query(Signature& signature) {
  common_tables_.clear();
  signature = random_signature(static_cast<size_t>(random_.between(1, 3)));
  return query(signature, nullptr, 2);
}

Sql Generator::query(const Signature& signature, const Scope* outer, int depth) {
  if (depth > 1 && random_.chance(5)) return with_query(signature, outer, depth - 1);
  if (depth > 0 && all_exact(signature) && random_.chance(10)) return set_operation(signature, outer, depth - 1);
  return select(signature, outer, depth);
}

Sql Generator::recursive_table(const Named& table, const Scope* outer) {
  const Sort sort = table.signature[1];
  auto item = [&](const Scope& scope) { return sql("", "CAST(@ AS " + type_of(sort) + ")", expression(sort, scope, 1)); };
  From start = from_clause(outer, 0);
  Scope first{start.columns, outer, nullptr};
  // UNION alone keeps joins from growing.
  const bool joins = random_.chance(50);
  const std::string alias = name("a");
  From step{sql("relation", table.name + " AS " + alias),
            {{"y0", Sort::kInteger, alias + ".y0"}, {"y1", sort, alias + ".y1"}}};
  if (joins) step = join(std::move(step), outer, 0);
  Scope again{step.columns, outer, nullptr};
  Sql base = sql("", "SELECT 0, @ FROM @", item(first), std::move(start.text));
  Sql next = sql("", fmt::format("SELECT {0}.y0 + 1, @ FROM @ WHERE {0}.y0 < {1} AND @", alias, random_.between(1, 4)), item(again),
                 std::move(step.text), predicate(again, 1));
  return sql("", joins || random_.chance(50) ? "@ UNION @" : "@ UNION ALL @", std::move(base), std::move(next));
}

Sql Generator::with_query(const Signature& signature, const Scope* outer, int depth) {
  const size_t before = common_tables_.size();
  std::vector<Sql> tables;
  bool recursive = false;
  for (int i = random_.between(1, 2); i > 0; i--) {
    Named table{name("w"), {}, random_signature(random_.below(3) + 1)};
    const bool iterates = random_.chance(15);
    if (iterates) table.signature = {Sort::kInteger, comparable_sort()};
    std::string columns;
    for (size_t c = 0; c < table.signature.size(); c++) {
      table.columns.push_back(fmt::format("y{}", c));
      columns += (c == 0 ? "" : ", ") + table.columns.back();
    }
    recursive |= iterates;
    tables.push_back(sql("", fmt::format("{}({}) AS {}(@)", table.name, columns, random_.word({"", "", "MATERIALIZED ", "NOT MATERIALIZED "})),
                         iterates ? recursive_table(table, outer) : query(table.signature, outer, depth - 1)));
    common_tables_.push_back(std::move(table));
  }
  Sql body = query(signature, outer, depth);
  common_tables_.resize(before);
  if (body->pattern.starts_with("WITH")) body = sql(query_role(signature), "SELECT * FROM (@) AS " + name("s"), std::move(body));
  return sql(query_role(signature), recursive ? "WITH RECURSIVE @ @" : "WITH @ @", sql_list(", ", std::move(tables)), std::move(body));
}

Sql Generator::set_operation(const Signature& signature, const Scope* outer, int depth) {
  const std::string kind = random_.word({"UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"});
  Sql left = query(signature, outer, depth), right = query(signature, outer, depth);
  return sql(query_role(signature), "(@) " + kind + " (@)", std::move(left), std::move(right));
}

Sql Generator::values(const Signature& signature, const Scope* outer, size_t rows) {
  std::vector<Sql> items;
  Scope scope{{}, outer, nullptr};
  for (size_t r = 0; r < rows; r++) {
    std::vector<Sql> cells;
    for (Sort sort : signature) cells.push_back(random_.chance(70) ? literal(sort) : leaf(sort, scope));
    items.push_back(sql("", "(@)", sql_list(", ", std::move(cells))));
  }
  return sql(query_role(signature), "VALUES @", sql_list(", ", std::move(items)));
}

Sql Generator::select(const Signature& signature, const Scope* outer, int depth) {
  if (random_.chance(3)) {
    Scope scope{{}, outer, nullptr};
    std::vector<Sql> items;
    for (Sort sort : signature) items.push_back(expression(sort, scope, depth - 1));
    return sql(query_role(signature), "SELECT @", sql_list(", ", std::move(items)));
  }
  From from = from_clause(outer, depth);
  Scope scope{from.columns, outer, nullptr};
  Sql where = random_.chance(65) ? optional_sql(sql("", " WHERE @", predicate(scope, depth))) : sql("", "");
  Sql source = sql("", " FROM @@", std::move(from.text), std::move(where));
  if (random_.chance(25)) return grouped_select(signature, std::move(source), scope, depth);
  if (all_exact(signature) && random_.chance(4)) return distinct_on(signature, std::move(source), scope, depth);
  const bool distinct = all_exact(signature) && random_.chance(12);
  std::vector<Sql> items;
  const bool windows = random_.chance(10);
  for (size_t i = 0; i < signature.size(); i++) {
    const bool over = windows && signature[i] != Sort::kApproximate && random_.chance(60);
    items.push_back(sql("", fmt::format("@ AS o{}", i), over ? window(signature[i], scope) : expression(signature[i], scope, depth - 1)));
  }
  return sql(query_role(signature), fmt::format("SELECT {}@@", distinct ? "DISTINCT " : ""), sql_list(", ", std::move(items)),
             std::move(source));
}

Sql Generator::grouped_select(const Signature& signature, Sql from, const Scope& scope, int depth) {
  std::vector<Sql> keys;
  Scope grouped{{}, scope.outer, &scope};
  for (size_t count = random_.weighted({25, 45, 25, 5}); count > 0; count--) {
    const Sort sort = random_.chance(60) ? signature[random_.below(signature.size())] : comparable_sort();
    if (sort == Sort::kApproximate) continue;
    // Local columns alone, so that the key is no constant of an outer row.
    Scope local{scope.columns, nullptr, nullptr};
    Sql key = random_.chance(75) ? leaf(sort, local) : expression(sort, local, 1);
    const std::string text = text_of(*key);
    const bool constant = std::string("-'0123456789TF").find(text[0]) != std::string::npos;  // an ordinal or an error
    if (constant || text.find("SELECT") != std::string::npos) continue;
    grouped.columns.push_back({text, sort, text, text.find_first_of("( '") == std::string::npos});
    keys.push_back(std::move(key));
  }
  std::vector<Sql> items;
  for (size_t i = 0; i < signature.size(); i++)
    items.push_back(sql("", fmt::format("@ AS o{}", i), expression(signature[i], grouped, std::min(depth - 1, 2))));
  // PostgreSQL 15 keeps a constant key where a set leaves it out.
  bool sets = keys.size() > 1 && random_.chance(25);
  for (const Column& column : grouped.columns) sets = sets && column.reference;
  const std::string form = sets ? random_.word({" GROUP BY ROLLUP (@)", " GROUP BY CUBE (@)", " GROUP BY GROUPING SETS (@, ())"}) : " GROUP BY @";
  Sql group_by = keys.empty() ? sql("", "") : sql("", form, sql_list(", ", std::move(keys)));
  Sql having = random_.chance(25) ? optional_sql(sql("", " HAVING @", predicate(grouped, std::min(depth, 2)))) : sql("", "");
  // Without keys and aggregates it would be no grouped query.
  if (group_by->children.empty() && having->children.empty()) having = sql("", " HAVING count(*) >= 0");
  return sql(query_role(signature), "SELECT @@@@", sql_list(", ", std::move(items)), std::move(from), std::move(group_by), std::move(having));
}

Sql Generator::distinct_on(const Signature& signature, Sql from, const Scope& scope, int depth) {
  std::vector<Sql> items;
  std::string order;
  for (size_t i = 0; i < signature.size(); i++) {
    items.push_back(sql("", fmt::format("@ AS o{}", i), expression(signature[i], scope, depth - 1)));
    order += fmt::format("{}o{}{}", i == 0 ? "" : ", ", i, random_.word({"", " DESC", " NULLS FIRST", " DESC NULLS LAST"}));
  }
  return sql(query_role(signature), "SELECT * FROM (SELECT DISTINCT ON (o0) @@ ORDER BY " + order + ") AS " + name("s"), sql_list(", ", std::move(items)), std::move(from));
}

Sql Generator::order_and_limit(Sql query, size_t columns, bool single_row) {
  std::vector<Sql> keys;
  std::vector<size_t> ordinals;
  for (size_t i = 0; i < columns; i++) ordinals.insert(ordinals.begin() + static_cast<ptrdiff_t>(random_.below(i + 1)), i);
  for (size_t ordinal : ordinals)
    keys.push_back(sql("", fmt::format("{}{}", ordinal + 1, random_.word({"", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"}))));
  std::string limit = single_row ? " LIMIT 1" : random_.chance(50) ? fmt::format(" LIMIT {}", random_.between(0, 12)) : "";
  if (random_.chance(15)) limit += fmt::format(" OFFSET {}", random_.between(0, 4));
  Sql order = sql(kTotalOrder, " ORDER BY @", sql_list(", ", std::move(keys)));
  const std::string role = query->role;
  return sql(role, "(@)@@", std::move(query), std::move(order), sql("", limit));
}

}  // namespace cairn::fuzz
