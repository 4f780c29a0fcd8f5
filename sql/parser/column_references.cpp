#include "sql/parser/column_references.h"

#include <cstring>

namespace cairn {
namespace {

/// A kind of node, and what is to be done with those that are met.
struct Visitor {
  const ProtobufCMessageDescriptor* kind;
  std::function<void(ProtobufCMessage*)> visit;
};

template <typename T>
T member_at(const ProtobufCMessage* message, unsigned offset) {
  T value;
  std::memcpy(&value, reinterpret_cast<const std::byte*>(message) + offset, sizeof value);
  return value;
}

void walk(ProtobufCMessage* message, const Visitor& visitor) {
  if (message == nullptr) return;
  if (message->descriptor == visitor.kind) visitor.visit(message);
  for (unsigned i = 0; i < message->descriptor->n_fields; ++i) {
    const ProtobufCFieldDescriptor& field = message->descriptor->fields[i];
    if (field.type != PROTOBUF_C_TYPE_MESSAGE) continue;
    if (field.label == PROTOBUF_C_LABEL_REPEATED) {
      auto** items = member_at<ProtobufCMessage**>(message, field.offset);
      for (size_t item = 0; item < member_at<size_t>(message, field.quantifier_offset); ++item) walk(items[item], visitor);
    } else if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 ||
               member_at<uint32_t>(message, field.quantifier_offset) == field.id) {
      walk(member_at<ProtobufCMessage*>(message, field.offset), visitor);
    }
  }
}

template <typename Node, typename Visit>
void visit_all(const PgQuery__Node& tree, const ProtobufCMessageDescriptor& kind, const Visit& visit) {
  walk(const_cast<ProtobufCMessage*>(&tree.base),
       {&kind, [&](ProtobufCMessage* node) { visit(*reinterpret_cast<Node*>(node)); }});
}

}  // namespace

void for_each_column_reference(const PgQuery__Node& tree, const std::function<void(PgQuery__ColumnRef&)>& visit) {
  visit_all<PgQuery__ColumnRef>(tree, pg_query__column_ref__descriptor, visit);
}

void for_each_subquery(const PgQuery__Node& tree, const std::function<void(const PgQuery__SubLink&)>& visit) {
  visit_all<const PgQuery__SubLink>(tree, pg_query__sub_link__descriptor, visit);
}

bool has_subquery(const PgQuery__Node& tree) {
  bool found = false;
  for_each_subquery(tree, [&](const PgQuery__SubLink&) { found = true; });
  return found;
}

bool has_parameter(const PgQuery__Node& tree) {
  bool found = false;
  visit_all<const PgQuery__ParamRef>(tree, pg_query__param_ref__descriptor, [&](const PgQuery__ParamRef&) { found = true; });
  return found;
}

void for_each_range_var(const PgQuery__Node& tree, const std::function<void(const PgQuery__RangeVar&)>& visit) {
  visit_all<const PgQuery__RangeVar>(tree, pg_query__range_var__descriptor, visit);
}

void for_each_common_table(const PgQuery__Node& tree, const std::function<void(const PgQuery__CommonTableExpr&)>& visit) {
  visit_all<const PgQuery__CommonTableExpr>(tree, pg_query__common_table_expr__descriptor, visit);
}

}  // namespace cairn
