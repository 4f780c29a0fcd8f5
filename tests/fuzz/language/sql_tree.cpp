#include "tests/fuzz/language/sql_tree.h"

namespace cairn::fuzz {

Sql sql_list(std::string separator, std::vector<Sql> items) {
  auto node = std::make_unique<SqlNode>(SqlNode{"", std::move(separator), std::move(items), {}});
  node->list = true;
  return node;
}

Sql optional_sql(Sql clause) {
  clause->simpler.emplace_back("");
  return clause;
}

Sql clone(const SqlNode& node) {
  auto copy = std::make_unique<SqlNode>(SqlNode{node.role, node.pattern, {}, node.simpler, node.list});
  for (const Sql& child : node.children) copy->children.push_back(clone(*child));
  return copy;
}

std::string text_of(const SqlNode& node) {
  std::string text;
  size_t child = 0;
  if (node.list) {
    for (const Sql& item : node.children) text += (child++ == 0 ? "" : node.pattern) + text_of(*item);
    return text;
  }
  for (char c : node.pattern) {
    if (c == '@') text += text_of(*node.children[child++]);
    else text += c;
  }
  return text;
}

std::vector<SqlNode*> nodes_of(SqlNode& root) {
  std::vector<SqlNode*> nodes{&root};
  for (size_t i = 0; i < nodes.size(); i++)
    for (const Sql& child : nodes[i]->children) nodes.push_back(child.get());
  return nodes;
}

}  // namespace cairn::fuzz
