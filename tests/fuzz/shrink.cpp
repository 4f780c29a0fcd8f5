#include "tests/fuzz/shrink.h"

#include <algorithm>
#include <chrono>

namespace cairn::fuzz {
namespace {

class Shrinker {
 public:
  Shrinker(Case& tested, Schema& schema, const Finding& finding, Judge& judge)
      : tested_(tested), schema_(schema), finding_(finding), judge_(judge) {}

  Finding run() {
    for (bool smaller = true; smaller && !is_late();) {
      smaller = drop_changes();
      smaller |= replace_views();
      smaller |= shrink_tree(tested_.query);
      for (Sql& change : tested_.changes) smaller |= shrink_tree(change);
      smaller |= shrink_bulks();
      smaller |= shrink_rows();
      smaller |= drop_tables();
    }
    return finding_;
  }

 private:
  bool is_late() const { return std::chrono::steady_clock::now() > deadline_; }

  bool still_fails() {
    std::optional<Finding> now = judge_.check_again(tested_, finding_.connection);
    if (!now || now->kind != finding_.kind) return false;
    finding_.text = now->text;
    return true;
  }

  bool drop_changes() {
    bool smaller = false;
    for (size_t i = tested_.changes.size(); i-- > 0;) {
      Sql change = std::move(tested_.changes[i]);
      tested_.changes.erase(tested_.changes.begin() + static_cast<ptrdiff_t>(i));
      if (still_fails()) smaller = true;
      else tested_.changes.insert(tested_.changes.begin() + static_cast<ptrdiff_t>(i), std::move(change));
    }
    return smaller;
  }

  /// Puts their queries in the place of views, so that they can shrink, too.
  bool replace_views() {
    bool any = false;
    for (const Table& table : schema_.tables) {
      if (!table.view) continue;
      for (SqlNode* node : nodes_of(*tested_.query)) {
        if (!node->pattern.starts_with(table.name + " AS ")) continue;
        const std::string alias = node->pattern.substr(table.name.size() + 4);
        any |= try_instead(*node, sql("relation", "(@) AS " + alias + "(" + table.column_names() + ")", clone(*table.view)));
      }
    }
    return any;
  }

  /// Exchanges a node's content; the tree keeps it if the case still fails.
  bool try_instead(SqlNode& node, Sql replacement) {
    std::swap(node, *replacement);
    if (still_fails()) return true;
    std::swap(node, *replacement);
    return false;
  }

  bool shrink_node(SqlNode& node) {
    for (const std::string& text : node.simpler)
      if (text != node.pattern && try_instead(node, sql(node.role, text))) return true;
    if (node.list) {
      for (size_t i = node.children.size(); node.children.size() > 1 && i-- > 0;) {
        Sql copy = clone(node);
        copy->children.erase(copy->children.begin() + static_cast<ptrdiff_t>(i));
        if (try_instead(node, std::move(copy))) return true;
      }
    }
    if (node.role.empty()) return false;
    // The smallest that may stand here first.
    std::vector<SqlNode*> inner = nodes_of(node);
    for (size_t i = inner.size(); i-- > 1;)
      if (inner[i]->role == node.role && try_instead(node, clone(*inner[i]))) return true;
    static const char* kConstants[][2] = {{"boolean", "TRUE"}, {"integer", "1"}, {"numeric", "1.5"}, {"text", "'a'"},
                                          {"double", "CAST(1 AS double precision)"}};
    for (const auto& [role, text] : kConstants)
      if (node.role == role && !node.children.empty() && try_instead(node, sql(node.role, text))) return true;
    return false;
  }

  bool shrink_tree(Sql& tree) {
    bool any = false;
    for (bool smaller = true; smaller && !is_late();) {
      smaller = false;
      for (SqlNode* node : nodes_of(*tree)) {
        if (is_late() || !shrink_node(*node)) continue;
        smaller = any = true;
        break;  // the nodes below are gone
      }
    }
    return any;
  }

  bool shrink_rows() {
    bool any = false;
    for (size_t t = 0; t < schema_.tables.size(); t++) {
      for (size_t step = std::max<size_t>(1, schema_.tables[t].rows.size() / 2); step > 0 && !is_late(); step /= 2) {
        for (size_t at = 0; at < schema_.tables[t].rows.size() && !is_late();) {
          Schema smaller = schema_;
          auto& rows = smaller.tables[t].rows;
          rows.erase(rows.begin() + static_cast<ptrdiff_t>(at), rows.begin() + static_cast<ptrdiff_t>(std::min(at + step, rows.size())));
          if (try_schema(std::move(smaller))) any = true;
          else at += step;
        }
      }
    }
    return any;
  }

  /// Halves what is made, and leaves out statements.
  bool shrink_bulks() {
    bool any = false;
    for (size_t t = 0; t < schema_.tables.size(); t++) {
      for (size_t b = schema_.tables[t].bulks.size(); b-- > 0;) {
        Schema smaller = schema_;
        smaller.tables[t].bulks.erase(smaller.tables[t].bulks.begin() + static_cast<ptrdiff_t>(b));
        bool made = try_schema(std::move(smaller));
        any |= made;
        for (size_t step = made ? 0 : schema_.tables[t].bulks[b].rows / 2; step > 0 && !is_late(); step /= 2) {
          smaller = schema_;
          smaller.tables[t].bulks[b].rows -= step;
          any |= try_schema(std::move(smaller));
        }
      }
      for (size_t c = schema_.tables[t].changes.size(); c-- > 0 && !is_late();) {
        Schema smaller = schema_;
        smaller.tables[t].changes.erase(smaller.tables[t].changes.begin() + static_cast<ptrdiff_t>(c));
        any |= try_schema(std::move(smaller));
      }
    }
    return any;
  }

  bool drop_tables() {
    bool any = false;
    for (size_t t = schema_.tables.size(); t-- > 0;) {
      Schema smaller = schema_;
      smaller.tables.erase(smaller.tables.begin() + static_cast<ptrdiff_t>(t));
      any |= try_schema(std::move(smaller));
    }
    return any;
  }

  bool try_schema(Schema smaller) {
    try {
      judge_.load(smaller);
      if (still_fails()) {
        schema_ = std::move(smaller);
        return true;
      }
    } catch (const std::runtime_error&) {  // a view without its table
    }
    judge_.load(schema_);
    return false;
  }

  Case& tested_;
  Schema& schema_;
  Finding finding_;
  Judge& judge_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + std::chrono::seconds(40);
};

}  // namespace

Finding shrink(Case& tested, Schema& schema, const Finding& finding, Judge& judge) {
  return Shrinker(tested, schema, finding, judge).run();
}

}  // namespace cairn::fuzz
