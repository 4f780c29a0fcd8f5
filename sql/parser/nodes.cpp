#include "sql/parser/nodes.h"

#include <algorithm>
#include <cctype>

namespace cairn::pg {

std::string_view string_value(const Node* node) {
  if (node == nullptr) return "";
  if (node->node_case == PG_QUERY__NODE__NODE_STRING) return node->string->sval;
  if (node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL)
    return node->a_const->sval->sval;
  return "";
}

std::string_view last_name(Node* const* items, size_t count) {
  return count == 0 ? std::string_view() : string_value(items[count - 1]);
}

std::string qualified_name(Node* const* items, size_t count) {
  std::string name;
  for (size_t i = 0; i < count; i++) {
    if (i > 0) name += '.';
    name += string_value(items[i]);
  }
  return name;
}

bool is_star(const Node& node) {
  return node.node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
         node.column_ref->fields[node.column_ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

int location(const Node* node) {
  if (node == nullptr) return -1;
  auto earlier = [](int a, int b) { return a < 0 ? b : (b < 0 || a < b) ? a : b; };
  switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_EXPR:
      // The operator's own place: PostgreSQL points there too.
      return node->a_expr->location;
    case PG_QUERY__NODE__NODE_COLUMN_REF: return node->column_ref->location;
    case PG_QUERY__NODE__NODE_PARAM_REF: return node->param_ref->location;
    case PG_QUERY__NODE__NODE_FUNC_CALL: return node->func_call->location;
    case PG_QUERY__NODE__NODE_A_CONST: return node->a_const->location;
    case PG_QUERY__NODE__NODE_TYPE_CAST: return earlier(node->type_cast->location, location(node->type_cast->arg));
    case PG_QUERY__NODE__NODE_TYPE_NAME: return node->type_name->location;
    case PG_QUERY__NODE__NODE_SUB_LINK: return node->sub_link->location;
    case PG_QUERY__NODE__NODE_BOOL_EXPR: return node->bool_expr->location;
    case PG_QUERY__NODE__NODE_CASE_EXPR: return node->case_expr->location;
    case PG_QUERY__NODE__NODE_COALESCE_EXPR: return node->coalesce_expr->location;
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR: return node->min_max_expr->location;
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION: return node->sqlvalue_function->location;
    case PG_QUERY__NODE__NODE_NULL_TEST: return node->null_test->location;
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST: return node->boolean_test->location;
    case PG_QUERY__NODE__NODE_ROW_EXPR: return node->row_expr->location;
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: return node->a_array_expr->location;
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: return node->collate_clause->location;
    case PG_QUERY__NODE__NODE_RES_TARGET: return node->res_target->location;
    case PG_QUERY__NODE__NODE_SORT_BY: return location(node->sort_by->node);
    case PG_QUERY__NODE__NODE_RANGE_VAR: return node->range_var->location;
    case PG_QUERY__NODE__NODE_SET_TO_DEFAULT: return node->set_to_default->location;
    case PG_QUERY__NODE__NODE_GROUPING_SET: return node->grouping_set->location;
    case PG_QUERY__NODE__NODE_GROUPING_FUNC: return node->grouping_func->location;
    case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR: return node->named_arg_expr->location;
    case PG_QUERY__NODE__NODE_COLUMN_DEF: return node->column_def->location;
    case PG_QUERY__NODE__NODE_CONSTRAINT: return node->constraint->location;
    case PG_QUERY__NODE__NODE_DEF_ELEM: return node->def_elem->location;
    case PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR: return node->common_table_expr->location;
    case PG_QUERY__NODE__NODE_A_INDIRECTION: return location(node->a_indirection->arg);
    case PG_QUERY__NODE__NODE_WINDOW_DEF: return node->window_def->location;
    default: return -1;
  }
}

std::string describe(const ProtobufCEnumDescriptor& type, int value) {
  const ProtobufCEnumValue* found = protobuf_c_enum_descriptor_get_value(&type, value);
  if (found == nullptr) return "unknown";
  std::string_view name = found->name;
  name.remove_prefix(std::min(name.find('_') + 1, name.size()));
  std::string words;
  for (size_t i = 0; i < name.size(); i++) {
    const auto letter = static_cast<unsigned char>(name[i]);
    if (i > 0 && std::isupper(letter) && std::islower(static_cast<unsigned char>(name[i - 1]))) words += ' ';
    words += letter == '_' ? ' ' : static_cast<char>(std::toupper(letter));
  }
  return words;
}

std::string describe(const Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR: return "array constructor";
    case PG_QUERY__NODE__NODE_A_INDIRECTION: return "subscript or field selection";
    case PG_QUERY__NODE__NODE_GROUPING_SET: return "GROUPING SETS, ROLLUP and CUBE";
    case PG_QUERY__NODE__NODE_GROUPING_FUNC: return "GROUPING()";
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE: return "TABLESAMPLE";
    case PG_QUERY__NODE__NODE_RANGE_TABLE_FUNC: return "XMLTABLE";
    case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR: return "named argument";
    default: break;
  }
  // "CreateIndexStmt" reads "CREATE INDEX".
  std::string name = "unknown statement";
  const ProtobufCFieldDescriptor* field = protobuf_c_message_descriptor_get_field(
      node.base.descriptor, static_cast<unsigned>(node.node_case));
  if (field == nullptr) return name;
  name = field->name;
  if (name.size() > 5 && name.ends_with("_stmt")) {
    name.resize(name.size() - 5);
    for (char& c : name) c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (name == "INDEX") return "CREATE INDEX";
    if (name == "DEFINE") return "CREATE AGGREGATE, OPERATOR or TYPE";
    return name;
  }
  for (char& c : name)
    if (c == '_') c = ' ';
  return name;
}

}  // namespace cairn::pg
