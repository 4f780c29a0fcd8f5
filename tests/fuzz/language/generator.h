#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/language/schema.h"
#include "tests/fuzz/language/scope.h"
#include "tests/fuzz/language/sql_tree.h"
#include "tests/fuzz/random.h"

namespace cairn::fuzz {

/// Random statements over a schema that PostgreSQL accepts, and whose answer is determined: what depends on an order
/// orders by everything, what is not exact stands where nothing depends on it, and (in schemas that are not `extreme`)
/// nothing overflows or divides by zero.
class Generator {
 public:
  Generator(Random& random, const Schema& schema) : random_(random), schema_(schema) {}

  /// A query; one with a node of role kTotalOrder gives its rows in one order only.
  Sql statement();
  /// INSERT, UPDATE or DELETE on one of the tables.
  Sql change();
  /// The definition of a view: a query without outer columns, and its signature.
  Sql view_query(Signature& signature);

  static constexpr const char* kTotalOrder = "total order";

  const Schema& schema() const { return schema_; }

  // The parts, for whoever puts statements together. `depth` bounds how far they nest.

  struct From {
    Sql text;
    std::vector<Column> columns;
  };
  /// Tables, views, derived tables and their joins.
  From from_clause(const Scope* outer, int depth);
  From relation(const Scope* outer, int depth);
  Sql predicate(const Scope& scope, int depth);
  Sql expression(Sort sort, const Scope& scope, int depth);
  /// A column, an aggregate or a literal.
  Sql leaf(Sort sort, const Scope& scope);
  Sql query(const Signature& signature, const Scope* outer, int depth);
  /// With an order by all of its columns, and perhaps a limit.
  Sql order_and_limit(Sql query, size_t columns, bool single_row = false);
  Signature random_signature(size_t columns);
  /// One whose values are exact.
  Sort comparable_sort();
  std::string name(const char* prefix) { return prefix + std::to_string(++names_); }

 private:
  /// A relation that a FROM clause may name.
  struct Named {
    std::string name;
    std::vector<std::string> columns;
    Signature signature;
  };

  // queries.cpp
  Sql with_query(const Signature& signature, const Scope* outer, int depth);
  /// A counter below a bound and a value.
  Sql recursive_table(const Named& table, const Scope* outer);
  Sql set_operation(const Signature& signature, const Scope* outer, int depth);
  Sql values(const Signature& signature, const Scope* outer, size_t rows);
  Sql select(const Signature& signature, const Scope* outer, int depth);
  Sql grouped_select(const Signature& signature, Sql from, const Scope& scope, int depth);
  Sql distinct_on(const Signature& signature, Sql from, const Scope& scope, int depth);

  // from.cpp
  From join(From left, const Scope* outer, int depth);
  From named_relation();
  From derived_table(const Scope* outer, int depth, const std::string& lateral);

  // predicates.cpp
  Sql comparison(const Scope& scope, int depth);
  Sql subquery_predicate(const Scope& scope, int depth);
  Sql row_predicate(const Scope& scope, int depth);
  Sql text_predicate(const Scope& scope, int depth);

  // expressions.cpp
  Sql literal(Sort sort);
  Sql conditional(Sort sort, const Scope& scope, int depth);
  Sql scalar_subquery(Sort sort, const Scope& scope, int depth);
  Sql integer(const Scope& scope, int depth);
  Sql numeric(const Scope& scope, int depth);
  Sql double_number(const Scope& scope, int depth);
  Sql approximate(const Scope& scope, int depth);
  Sql text(const Scope& scope, int depth);
  Sql date(const Scope& scope, int depth);
  Sql timestamp(const Scope& scope, int depth);

  // aggregates.cpp
  Sql aggregate(Sort sort, const Scope& scope, int depth);
  Sql aggregate_call(const std::string& role, const std::string& name, Sort argument, const Scope& input, int depth);

  // windows.cpp
  /// A call whose answer no order of equal rows changes.
  Sql window(Sort sort, const Scope& scope);

  Random& random_;
  const Schema& schema_;
  std::vector<Named> common_tables_;
  int names_ = 0;
};

/// The role of expressions of a sort.
std::string role_of(Sort sort);
/// As CAST writes it.
std::string type_of(Sort sort);

}  // namespace cairn::fuzz
