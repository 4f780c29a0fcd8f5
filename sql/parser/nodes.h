#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <span>
#include <string>
#include <string_view>

namespace cairn::pg {

using Node = PgQuery__Node;

inline std::span<Node* const> list(Node* const* items, size_t count) { return {items, count}; }

/// The text of a String node (or of a string constant); "" for other nodes.
std::string_view string_value(const Node* node);
/// The last part of a qualified name ("pg_catalog", "int4" gives "int4").
std::string_view last_name(Node* const* items, size_t count);
/// "a.b.c".
std::string qualified_name(Node* const* items, size_t count);

/// Whether it is * or t.*.
bool is_star(const Node& node);

/// Byte offset of an expression's text in the statement, -1 where it has none.
int location(const Node* node);
/// The words of an enum's value: AT_SetStorage is "SET STORAGE", OBJECT_FUNCTION is "FUNCTION".
std::string describe(const ProtobufCEnumDescriptor& type, int value);
/// What an error calls the node: "array constructor", "GROUPING SETS", "CREATE INDEX".
std::string describe(const Node& node);

}  // namespace cairn::pg
