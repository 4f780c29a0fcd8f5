#include "sql/view_text.h"

#include <deque>
#include <map>

#include "sql/parser/deparse.h"
#include "sql/relation_name.h"

namespace cairn {
namespace {

/// Changes to a syntax tree that are undone when it dies. Deparsing needs a tree, and the statement's own is as good as
/// a copy.
class TreeEdit {
 public:
  TreeEdit() = default;
  TreeEdit(const TreeEdit&) = delete;
  ~TreeEdit() {
    for (const auto& [range, schema] : schemas_) range->schemaname = schema;
    for (const auto& [select, list] : lists_) {
      select->target_list = list.first;
      select->n_target_list = list.second;
    }
  }

  void set_schema(const PgQuery__RangeVar& range, const std::string& schema) {
    auto& target = const_cast<PgQuery__RangeVar&>(range);
    if (schemas_.emplace(&target, target.schemaname).second) target.schemaname = keep(schema);
  }

  void expand(const PgQuery__SelectStmt& select, const std::map<size_t, const ResolvedNames::Star*>& stars) {
    auto& target = const_cast<PgQuery__SelectStmt&>(select);
    std::vector<PgQuery__Node*>& list = arrays_.emplace_back();
    for (size_t i = 0; i < select.n_target_list; i++) {
      auto star = stars.find(i);
      if (star == stars.end()) list.push_back(select.target_list[i]);
      else for (const auto& [relation, column] : star->second->columns) list.push_back(column_target(relation, column));
    }
    lists_.emplace(&target, std::make_pair(target.target_list, target.n_target_list));
    target.target_list = list.data();
    target.n_target_list = list.size();
  }

 private:
  char* keep(const std::string& text) { return texts_.emplace_back(text).data(); }

  PgQuery__Node* string_node(const std::string& text) {
    PgQuery__String& string = strings_.emplace_back();
    pg_query__string__init(&string);
    string.sval = keep(text);
    PgQuery__Node& node = make_node(PG_QUERY__NODE__NODE_STRING);
    node.string = &string;
    return &node;
  }

  PgQuery__Node* column_target(const std::string& relation, const std::string& column) {
    std::vector<PgQuery__Node*>& fields = arrays_.emplace_back();
    if (!relation.empty()) fields.push_back(string_node(relation));
    fields.push_back(string_node(column));
    PgQuery__ColumnRef& reference = references_.emplace_back();
    pg_query__column_ref__init(&reference);
    reference.n_fields = fields.size();
    reference.fields = fields.data();
    PgQuery__Node& value = make_node(PG_QUERY__NODE__NODE_COLUMN_REF);
    value.column_ref = &reference;
    PgQuery__ResTarget& target = targets_.emplace_back();
    pg_query__res_target__init(&target);
    target.val = &value;
    PgQuery__Node& node = make_node(PG_QUERY__NODE__NODE_RES_TARGET);
    node.res_target = &target;
    return &node;
  }

  PgQuery__Node& make_node(PgQuery__Node__NodeCase kind) {
    PgQuery__Node& node = nodes_.emplace_back();
    pg_query__node__init(&node);
    node.node_case = kind;
    return node;
  }

  std::map<PgQuery__RangeVar*, char*> schemas_;  ///< what was there before
  std::map<PgQuery__SelectStmt*, std::pair<PgQuery__Node**, size_t>> lists_;
  std::deque<std::string> texts_;
  std::deque<std::vector<PgQuery__Node*>> arrays_;
  std::deque<PgQuery__Node> nodes_;
  std::deque<PgQuery__String> strings_;
  std::deque<PgQuery__ColumnRef> references_;
  std::deque<PgQuery__ResTarget> targets_;
};

}  // namespace

std::string view_text(const PgQuery__Node& query, const ResolvedNames& names, bool expand) {
  TreeEdit edit;
  for (const auto& [range, key] : names.relations) {
    const std::string schema = RelationName::of_key(key).schema;
    if (schema != kPublicSchema) edit.set_schema(*range, schema);
  }
  std::map<const PgQuery__SelectStmt*, std::map<size_t, const ResolvedNames::Star*>> stars;
  for (const ResolvedNames::Star& star : names.stars) stars[star.select][star.target] = &star;
  if (expand)
    for (const auto& [select, of_select] : stars) edit.expand(*select, of_select);
  return deparse(query);
}

}  // namespace cairn
