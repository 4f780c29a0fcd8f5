#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/fuzz/language/generator.h"
#include "tests/fuzz/random.h"

namespace cairn::fuzz {

/// One way to ask.
struct Side {
  std::string sql;
  bool in_transaction = false;  ///< several statements, rolled back after the last, whose rows count
};

/// Sides whose answers must be the same.
struct Sides {
  std::vector<Side> sides;
  bool ordered = false;
};

/// Statements that must agree, made of one random subject: a tree whose root's children are the parts that the sides are
/// put together from, so that the subject can be made smaller and asked again.
struct Relation {
  std::string name;
  int weight;
  bool for_large_tables;  ///< no side takes more than linear time in a table's rows
  std::function<Sql(Generator&, Random&)> subject;
  std::function<Sides(const SqlNode& subject, uint64_t choices)> sides;
};

/// All of them.
const std::vector<Relation>& relations();

// What relations.cpp puts together.
std::vector<Relation> partition_relations();
std::vector<Relation> join_relations();
std::vector<Relation> subquery_relations();
std::vector<Relation> window_relations();
std::vector<Relation> rewriting_relations();

/// The text of a subject's part.
inline std::string part(const SqlNode& subject, size_t index) { return text_of(*subject.children[index]); }

/// A literal that is compared with a CHAR is one; as a subquery's column it is a TEXT. So it says what it is.
Sql typed_key(Sql key);
/// "x0, x1, x2", of as many columns.
std::string column_list(const std::string& prefix, size_t count);
/// Of a query's node, whose role names the sorts.
size_t column_count(const SqlNode& query);
/// Of a list's items, "@ AS x0, @ AS x1".
std::string named_items(const SqlNode& list, const std::string& prefix);

}  // namespace cairn::fuzz
