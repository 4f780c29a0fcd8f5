#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cairn::fuzz {

/// Generated SQL as a tree, so that it can be made smaller piece by piece: a node may be replaced by a descendant of its
/// role, by one of its simpler texts, and a list may lose items.
struct SqlNode;
using Sql = std::unique_ptr<SqlNode>;

struct SqlNode {
  /// What may stand in its place: "integer", "predicate", "query", …; empty: nothing.
  std::string role;
  /// The text; '@' stands for the next child. In a list: what stands between the children.
  std::string pattern;
  std::vector<Sql> children;
  std::vector<std::string> simpler;
  bool list = false;
};

template <typename... Children>
Sql sql(std::string role, std::string pattern, Children... children) {
  auto node = std::make_unique<SqlNode>(SqlNode{std::move(role), std::move(pattern), {}, {}});
  (node->children.push_back(std::move(children)), ...);
  return node;
}

/// Children with `separator` between them.
Sql sql_list(std::string separator, std::vector<Sql> items);
/// A clause that may be left out.
Sql optional_sql(Sql clause);
Sql clone(const SqlNode& node);
std::string text_of(const SqlNode& node);
/// All nodes, parents before children.
std::vector<SqlNode*> nodes_of(SqlNode& root);

}  // namespace cairn::fuzz
