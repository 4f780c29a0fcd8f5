#include "tests/fuzz/metamorphic/rewriting.h"

#include <fmt/format.h>

#include <string_view>

#include "tests/fuzz/metamorphic/relation.h"

namespace cairn::fuzz {
namespace {

/// A form of node and what may stand in its place: {0}, {1} … are its children; {c} and {d} stand for as many columns
/// as the node's query has, {e} for their pairwise equality. The first of several operands decides between CHAR and TEXT
/// (of CASE, its ELSE): where another one comes first, the rule is none of texts.
struct Rule {
  const char *role, *pattern, *replacement;
  bool another_first = false;
};

constexpr Rule kRules[] = {
    {"boolean", "(@ AND @)", "(NOT ((NOT {0}) OR (NOT {1})))"},
    {"boolean", "(@ AND @)", "(CASE WHEN {0} THEN {1} WHEN {1} THEN {0} ELSE ({0}) IS NOT FALSE AND ({1}) IS NOT FALSE AND NULL END)"},
    {"boolean", "(@ OR @)", "(NOT ((NOT {0}) AND (NOT {1})))"},
    {"boolean", "(@ OR @)", "({1} OR {0})"},
    {"boolean", "(NOT @)", "(({0}) = FALSE)"},
    {"boolean", "(NOT @)", "(CASE WHEN {0} THEN FALSE WHEN ({0}) IS FALSE THEN TRUE END)"},
    {"boolean", "(@ IS NULL)", "(NOT ({0} IS NOT NULL))"},
    {"boolean", "(@ IS NULL)", "({0} IS NOT DISTINCT FROM NULL)"},
    {"boolean", "(@ IS NOT NULL)", "(CASE WHEN {0} IS NULL THEN FALSE ELSE TRUE END)"},
    {"boolean", "(@ IS TRUE)", "coalesce({0}, FALSE)"},
    {"boolean", "(@ IS NOT TRUE)", "(({0}) IS NOT DISTINCT FROM FALSE OR ({0}) IS NULL)"},
    {"boolean", "(@ IS FALSE)", "(NOT coalesce({0}, TRUE))"},
    {"boolean", "(@ = @)", "({1} = {0})"},
    {"boolean", "(@ = @)", "(({0} <= {1}) AND ({0} >= {1}))"},
    {"boolean", "(@ <> @)", "(({0} < {1}) OR ({0} > {1}))"},
    {"boolean", "(@ <> @)", "(NOT ({0} = {1}))"},
    {"boolean", "(@ < @)", "(NOT ({0} >= {1}))"},
    {"boolean", "(@ <= @)", "(({0} < {1}) OR ({0} = {1}))"},
    {"boolean", "(@ > @)", "({1} < {0})"},
    {"boolean", "(@ >= @)", "(NOT ({1} > {0}))"},
    {"boolean", "(@ IS DISTINCT FROM @)", "(CASE WHEN {0} IS NULL THEN {1} IS NOT NULL WHEN {1} IS NULL THEN TRUE ELSE {0} <> {1} END)"},
    {"boolean", "(@ IS NOT DISTINCT FROM @)", "(coalesce({0} = {1}, FALSE) OR ({0} IS NULL AND {1} IS NULL))"},
    {"boolean", "(@ BETWEEN @ AND @)", "(({0} >= {1}) AND ({0} <= {2}))"},
    {"boolean", "(@ NOT BETWEEN @ AND @)", "(({0} < {1}) OR ({0} > {2}))"},
    {"boolean", "(@ BETWEEN SYMMETRIC @ AND @)", "(({0} BETWEEN {1} AND {2}) OR ({0} BETWEEN {2} AND {1}))"},
    {"boolean", "((@, @) = (@, @))", "(({0} = {2}) AND ({1} = {3}))"},
    {"boolean", "((@, @) <> (@, @))", "(({0} <> {2}) OR ({1} <> {3}))"},
    {"boolean", "((@, @) < (@, @))", "(({0} < {2}) OR (({0} = {2}) AND ({1} < {3})))"},
    {"boolean", "((@, @) >= (@, @))", "(({0} > {2}) OR (({0} = {2}) AND ({1} >= {3})))"},
    {"boolean", "EXISTS (@)", "((SELECT count(*) FROM ({0}) AS re) > 0)"},
    {"boolean", "(NOT EXISTS (@))", "((SELECT count(*) FROM ({0}) AS re) = 0)"},
    {"boolean", "(NOT EXISTS (@))", "(SELECT count(*) = 0 FROM (SELECT FROM ({0}) AS rd LIMIT 1) AS re)"},
    {"boolean", "(@ NOT LIKE @)", "(NOT ({0} LIKE {1}))"},
    {"", "coalesce(@, @)", "CASE WHEN {0} IS NOT NULL THEN {0} ELSE {1} END", true},
    {"", "nullif(@, @)", "CASE WHEN {0} = {1} THEN NULL ELSE {0} END"},
    {"", "greatest(@, @)", "CASE WHEN {0} IS NULL THEN {1} WHEN {1} IS NULL OR {0} >= {1} THEN {0} ELSE {1} END", true},
    {"", "least(@, @)", "CASE WHEN {0} IS NULL THEN {1} WHEN {1} IS NULL OR {0} <= {1} THEN {0} ELSE {1} END", true},
    {"", "CASE WHEN @ THEN @ ELSE @ END", "CASE WHEN ({0}) IS NOT TRUE THEN {2} ELSE {1} END", true},
    {"", "CASE WHEN @ THEN @ WHEN @ THEN @ END", "CASE WHEN {0} THEN {1} ELSE CASE WHEN {2} THEN {3} ELSE NULL END END", true},
    {"", "CASE @ WHEN @ THEN @ WHEN @ THEN @ ELSE @ END", "CASE WHEN {0} = {1} THEN {2} WHEN {0} = {3} THEN {4} ELSE {5} END"},
    {"integer", "(@ + @)", "({1} + {0})"},
    {"numeric", "(@ - @)", "({0} + (- {1}))"},
    {"integer", "abs(@)", "CASE WHEN {0} < 0 THEN - {0} ELSE {0} END"},
    {"query", "(@) UNION (@)", "SELECT DISTINCT * FROM (({0}) UNION ALL ({1})) AS rs"},
    {"query", "(@) UNION (@)", "SELECT {c} FROM (({1}) UNION ALL ({0})) AS rs({c}) GROUP BY {c}", true},
    {"query", "(@) UNION ALL (@)", "({1}) UNION ALL ({0})", true},
    {"query", "(@) INTERSECT (@)", "SELECT DISTINCT {c} FROM ({0}) AS rs({c}) WHERE EXISTS (SELECT FROM ({1}) AS rt({d}) WHERE {e})"},
    {"query", "(@) INTERSECT (@)", "SELECT {c} FROM (SELECT {c}, 1 AS rn FROM ({0}) AS rs({c}) UNION ALL SELECT {c}, 2 FROM ({1}) AS rt({c})) AS ru "
                                   "GROUP BY {c} HAVING count(DISTINCT rn) = 2"},
    {"query", "(@) EXCEPT (@)", "SELECT DISTINCT {c} FROM ({0}) AS rs({c}) WHERE NOT EXISTS (SELECT FROM ({1}) AS rt({d}) WHERE {e})"},
    {"query", "(@) EXCEPT (@)", "SELECT {c} FROM ({0}) AS rs({c}) GROUP BY {c} EXCEPT ALL (({1}) INTERSECT ({0}))", true},
    {"query", "(@) INTERSECT ALL (@)", "SELECT {c} FROM (SELECT {c}, row_number() OVER (PARTITION BY {c}) FROM ({0}) AS rs({c}) INTERSECT "
                                       "SELECT {c}, row_number() OVER (PARTITION BY {c}) FROM ({1}) AS rt({c})) AS ru({c}, rn)"},
    {"query", "(@) EXCEPT ALL (@)", "SELECT {c} FROM (SELECT {c}, row_number() OVER (PARTITION BY {c}) FROM ({0}) AS rs({c}) EXCEPT "
                                    "SELECT {c}, row_number() OVER (PARTITION BY {c}) FROM ({1}) AS rt({c})) AS ru({c}, rn)"},
    {"query", "SELECT DISTINCT @@", "SELECT {c} FROM (SELECT {0}{1}) AS rs({c}) GROUP BY {c}"},
    {"query", "SELECT @@", "SELECT * FROM (SELECT {0}{1}) AS rs"},
    {"query", "SELECT @@", "SELECT * FROM (SELECT {0}{1} LIMIT 1000000) AS rs"},
    {"query", "SELECT @@@@", "SELECT * FROM (WITH rs AS MATERIALIZED (SELECT {0}{1}{2}{3}) SELECT * FROM rs) AS rv"},
    {"from", "@ JOIN @ ON @", "{0} CROSS JOIN LATERAL (SELECT 1 WHERE TRUE) AS {alias} JOIN {1} ON {2}"},
    {"from", "@ JOIN @ ON @", "{1} JOIN {0} ON {2}"},
    {"from", "@ RIGHT JOIN @ ON @", "{1} LEFT JOIN {0} ON {2}"},
    {"from", "@ LEFT JOIN @ ON @", "{1} RIGHT JOIN {0} ON {2}"},
    {"from", "@ FULL JOIN @ ON @", "{1} FULL JOIN {0} ON {2}"},
};

bool begins_with(std::string_view text, std::string_view head) { return head.empty() || text.substr(0, text.find(' ')) == head; }

uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 31)) * 0x9e3779b97f4a7c15u;
  return value ^ (value >> 29);
}

std::string pairwise_equal(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) text += fmt::format("{}rc{} IS NOT DISTINCT FROM rd{}", i == 0 ? "" : " AND ", i, i);
  return text;
}

class Rewriter {
 public:
  explicit Rewriter(uint64_t choices) : choices_(choices) {}

  std::string text(const SqlNode& node) {
    if (node.pattern.starts_with(" GROUP BY")) return text_of(node);  // the select list repeats its texts
    std::vector<std::string> children;
    for (const Sql& child : node.children) children.push_back(text(*child));
    if (node.list) return fmt::format("{}", fmt::join(children, node.pattern));
    if (std::string membership = membership_of(node, children); !membership.empty()) return membership;
    for (size_t i = 0; i < std::size(kRules); i++) {
      const Rule& rule = kRules[i];
      if (rule.another_first && node.role.find("text") != std::string::npos) continue;
      if (node.pattern == rule.pattern && begins_with(node.role, rule.role) && is_on(i)) return replaced(rule.replacement, node, children);
    }
    std::string result;
    size_t child = 0;
    for (char c : node.pattern) result += c == '@' ? children[child++] : std::string(1, c);
    return result;
  }

 private:
  bool is_on(size_t rule) const { return mixed(choices_ + rule * 0x1234567) % 3 == 0; }

  std::string replaced(std::string_view replacement, const SqlNode& node, const std::vector<std::string>& children) {
    const size_t columns = column_count(node);
    std::vector<bool> used(children.size());
    std::string result;
    for (size_t i = 0; i < replacement.size(); i++) {
      if (replacement[i] != '{') {
        result += replacement[i];
        continue;
      }
      const size_t end = replacement.find('}', i);
      const std::string_view name = replacement.substr(i + 1, end - i - 1);
      if (name == "c") result += column_list("rc", columns);
      else if (name == "d") result += column_list("rd", columns);
      else if (name == "e") result += pairwise_equal(columns);
      else if (name == "alias") result += fmt::format("rl{}", ++aliases_);
      else {
        // Rewritten once: what stands there twice would grow beyond measure.
        const size_t child = static_cast<size_t>(name[0] - '0');
        result += used[child] ? text_of(*node.children[child]) : children[child];
        used[child] = true;
      }
      i = end;
    }
    return result;
  }

  /// IN and NOT IN, of lists and of queries.
  std::string membership_of(const SqlNode& node, const std::vector<std::string>& children) const {
    const bool in = node.pattern == "(@ IN (@))", not_in = node.pattern == "(@ NOT IN (@))";
    if ((!in && !not_in) || mixed(choices_ + 77) % 2 == 0) return "";
    const SqlNode& members = *node.children[1];
    if (!members.list) return fmt::format("({} {} ({}))", children[0], in ? "= ANY" : "<> ALL", children[1]);
    if (members.children.size() == 1) return "";  // perhaps a subquery in parentheses: IN would read it as a query
    std::string text;
    for (const Sql& member : members.children)
      text += fmt::format("{}({} {} {})", text.empty() ? "" : in ? " OR " : " AND ", text.empty() ? children[0] : text_of(*node.children[0]), in ? "=" : "<>", text_of(*member));
    return "(" + text + ")";
  }

  uint64_t choices_;
  int aliases_ = 0;
};

/// [statement]
Sql statement_subject(Generator& generator, Random&) { return sql("", "@", generator.statement()); }

Sides rewritings(const SqlNode& subject, uint64_t choices) {
  const SqlNode& query = *subject.children[0];
  Sides sides{{{text_of(query)}, {rewritten(query, choices)}, {rewritten(query, mixed(choices))}}};
  for (const Sql& child : query.children) sides.ordered |= child->role == Generator::kTotalOrder;
  return sides;
}

/// The same under other settings: nothing but the prover's choice.
Sides same(const SqlNode& subject, uint64_t) {
  Sides sides{{{part(subject, 0)}, {part(subject, 0)}, {part(subject, 0)}, {part(subject, 0)}, {part(subject, 0)}}};
  for (const Sql& child : subject.children[0]->children) sides.ordered |= child->role == Generator::kTotalOrder;
  return sides;
}

Sql constants_subject(Generator& generator, Random& random) {
  const Table& table = random.one_of(generator.schema().tables);
  std::vector<Sql> values, items;
  Scope scope;
  for (const TableColumn& column : table.columns) {
    scope.columns.push_back({column.name, column.sort, "one." + column.name});
    values.push_back(sql("", fmt::format("CAST({} AS {}) AS {}", random_value(random, column, generator.schema().extreme), column.type, column.name)));
  }
  for (int i = random.between(1, 4); i > 0; i--) items.push_back(generator.expression(generator.comparable_sort(), scope, 3));
  return sql("", "@@", sql_list(", ", std::move(items)), sql_list(", ", std::move(values)));
}

/// [expressions over one.c0, one.c1, …; the row's values, each "CAST(… AS type) AS c0"]
Sides constants(const SqlNode& subject, uint64_t) {
  const std::string items = part(subject, 0), row = part(subject, 1);
  std::string folded = items;
  for (const Sql& value : subject.children[1]->children) {
    const size_t as = value->pattern.rfind(" AS ");
    const std::string column = "one." + value->pattern.substr(as + 4), constant = value->pattern.substr(0, as);
    for (size_t at = 0; (at = folded.find(column, at)) != std::string::npos; at += constant.size()) folded.replace(at, column.size(), constant);
  }
  return {{{fmt::format("SELECT {}", folded)},
           {fmt::format("SELECT {} FROM (SELECT {}) AS one", items, row)},
           {fmt::format("CREATE TEMP TABLE one AS SELECT {};\nSELECT {} FROM one", row, items), true},
           {fmt::format("CREATE TEMP TABLE one AS SELECT {} FROM generate_series(1, 3000);\nSELECT DISTINCT {} FROM one", row, items), true},
           {fmt::format("SELECT {} FROM (VALUES (1)) AS v(n) LEFT JOIN LATERAL (SELECT {} WHERE v.n = 1) AS one ON TRUE", items, row)}}};
}

}  // namespace

std::string rewritten(const SqlNode& node, uint64_t choices) { return Rewriter(choices).text(node); }

std::vector<Relation> rewriting_relations() {
  return {
      {"rewriting", 20, false, statement_subject, rewritings},
      {"settings", 16, false, statement_subject, same},
      {"constants", 12, false, constants_subject, constants},
  };
}

}  // namespace cairn::fuzz
