#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {

Generator::From Generator::named_relation() {
  std::vector<Named> choices = common_tables_;
  for (const Named& common : common_tables_) choices.push_back(common);  // they are there to be used
  for (const Table& table : schema_.tables) {
    Named named{table.name, {}, {}};
    for (const TableColumn& column : table.columns) {
      named.columns.push_back(column.name);
      named.signature.push_back(column.sort);
    }
    choices.push_back(std::move(named));
  }
  const Named& chosen = random_.one_of(choices);
  const std::string alias = name("a");
  From from{sql("relation", chosen.name + " AS " + alias), {}};
  for (size_t i = 0; i < chosen.columns.size(); i++)
    from.columns.push_back({chosen.columns[i], chosen.signature[i], alias + "." + chosen.columns[i]});
  return from;
}

Generator::From Generator::derived_table(const Scope* outer, int depth, const std::string& lateral) {
  const Signature signature = random_signature(random_.below(3) + 1);
  const std::string alias = name("d");
  From from;
  std::string names;
  for (size_t i = 0; i < signature.size(); i++) {
    const std::string column = fmt::format("x{}", i);
    names += (i == 0 ? "" : ", ") + column;
    from.columns.push_back({column, signature[i], alias + "." + column});
  }
  Sql inner = random_.chance(12) ? values(signature, outer, random_.below(3) + 1) : query(signature, outer, depth);
  if (random_.chance(15)) inner = order_and_limit(std::move(inner), signature.size());
  from.text = sql("relation", fmt::format("{}(@) AS {}({})", lateral, alias, names), std::move(inner));
  return from;
}

Generator::From Generator::relation(const Scope* outer, int depth) {
  if (depth > 0 && random_.chance(25)) return derived_table(outer, depth - 1, "");
  return named_relation();
}

Generator::From Generator::join(From left, const Scope* outer, int depth) {
  if (depth > 0 && random_.chance(10)) {
    Scope visible{left.columns, outer, nullptr};
    const size_t kind = random_.below(3);
    From right = derived_table(&visible, depth - 1, "LATERAL ");
    for (Column& column : right.columns) left.columns.push_back(column);
    left.text = sql("from", kind == 0 ? "@ CROSS JOIN @" : kind == 1 ? "@ JOIN @ ON TRUE" : "@ LEFT JOIN @ ON TRUE",
                    std::move(left.text), std::move(right.text));
    return left;
  }
  From right = relation(outer, depth);
  const size_t kind = random_.weighted({40, 25, 8, 10, 6, 6});
  if (kind == 5) {  // USING: the joined column has no table's name; the others keep theirs
    for (const Column& a : left.columns)
      for (const Column& b : right.columns) {
        if (a.name != b.name || a.sort != b.sort) continue;
        size_t same = 0;
        for (const Column& c : left.columns) same += c.name == a.name;
        if (same != 1) continue;
        const std::string how = random_.word({"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"});
        left.text = sql("from", "@ " + how + " @ USING (" + a.name + ")", std::move(left.text), std::move(right.text));
        std::vector<Column> columns;
        for (const Column& c : left.columns) columns.push_back(c.name == a.name ? Column{a.name, a.sort, a.name, false} : c);
        for (const Column& c : right.columns) columns.push_back(c);
        left.columns = std::move(columns);
        return left;
      }
  }
  Scope both{left.columns, outer, nullptr};
  both.columns.insert(both.columns.end(), right.columns.begin(), right.columns.end());
  if (kind == 4) {
    left.text = sql("from", random_.word({"@ CROSS JOIN @", "@, @"}), std::move(left.text), std::move(right.text));
  } else {
    Sql condition;
    // Mostly equal keys: joins of nothing but other conditions grow.
    if (random_.chance(80)) {
      Scope left_only{left.columns, nullptr, nullptr}, right_only{right.columns, nullptr, nullptr};
      const Sort sort = random_.chance(70) ? Sort::kInteger : comparable_sort();
      condition = sql("boolean", random_.word({"@ = @", "@ = @", "@ = @", "@ IS NOT DISTINCT FROM @"}), leaf(sort, left_only),
                      leaf(sort, right_only));
      if (random_.chance(30)) condition = sql("boolean", "@ AND @", std::move(condition), predicate(both, 1));
    } else {
      condition = predicate(both, std::min(depth, 2));
    }
    static const char* kKinds[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "JOIN", "JOIN"};
    left.text = sql("from", fmt::format("@ {} @ ON @", kKinds[kind]), std::move(left.text), std::move(right.text), std::move(condition));
  }
  left.columns = std::move(both.columns);
  return left;
}

Generator::From Generator::from_clause(const Scope* outer, int depth) {
  From from = relation(outer, depth);
  for (size_t joins = random_.weighted({45, 35, 15, 5}); joins > 0; joins--) {
    from = join(std::move(from), outer, depth);
    // A comma binds weaker than JOIN: a join after it does not see what stands before. And a column of USING has no
    // table's name that would keep it apart from another of its name.
    if (from.text->pattern == "@, @" || from.text->pattern.find("USING") != std::string::npos) break;
  }
  return from;
}

}  // namespace cairn::fuzz
