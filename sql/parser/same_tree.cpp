#include "sql/parser/same_tree.h"

#include <cstring>
#include <string_view>

namespace cairn {
namespace {

bool same_message(const ProtobufCMessage* a, const ProtobufCMessage* b);

size_t value_bytes(ProtobufCType type) {
  switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE: return 8;
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_STRING: return sizeof(void*);
    default: return 4;
  }
}

/// Two values of the type, where the message or the array holds them.
bool same_value(ProtobufCType type, const std::byte* a, const std::byte* b) {
  if (type != PROTOBUF_C_TYPE_MESSAGE && type != PROTOBUF_C_TYPE_STRING) return std::memcmp(a, b, value_bytes(type)) == 0;
  const void *left, *right;
  std::memcpy(&left, a, sizeof left);
  std::memcpy(&right, b, sizeof right);
  if (left == nullptr || right == nullptr) return left == right;
  if (type == PROTOBUF_C_TYPE_MESSAGE)
    return same_message(static_cast<const ProtobufCMessage*>(left), static_cast<const ProtobufCMessage*>(right));
  return std::strcmp(static_cast<const char*>(left), static_cast<const char*>(right)) == 0;
}

template <typename T>
T value_at(const ProtobufCMessage* message, unsigned offset) {
  T value;
  std::memcpy(&value, reinterpret_cast<const std::byte*>(message) + offset, sizeof value);
  return value;
}

bool same_field(const ProtobufCFieldDescriptor& field, const ProtobufCMessage* a, const ProtobufCMessage* b) {
  const auto place = [&](const ProtobufCMessage* message) {
    return reinterpret_cast<const std::byte*>(message) + field.offset;
  };
  if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
    const auto mine = value_at<uint32_t>(a, field.quantifier_offset), theirs = value_at<uint32_t>(b, field.quantifier_offset);
    if (mine != theirs) return false;
    return mine != field.id || same_value(field.type, place(a), place(b));
  }
  if (field.label != PROTOBUF_C_LABEL_REPEATED) return same_value(field.type, place(a), place(b));
  const auto count = value_at<size_t>(a, field.quantifier_offset);
  if (count != value_at<size_t>(b, field.quantifier_offset)) return false;
  const auto *left = value_at<const std::byte*>(a, field.offset), *right = value_at<const std::byte*>(b, field.offset);
  for (size_t i = 0; i < count; ++i) {
    const size_t offset = i * value_bytes(field.type);
    if (!same_value(field.type, left + offset, right + offset)) return false;
  }
  return true;
}

bool same_message(const ProtobufCMessage* a, const ProtobufCMessage* b) {
  if (a->descriptor != b->descriptor) return false;
  for (unsigned i = 0; i < a->descriptor->n_fields; ++i) {
    const ProtobufCFieldDescriptor& field = a->descriptor->fields[i];
    if (std::string_view(field.name) != "location" && !same_field(field, a, b)) return false;
  }
  return true;
}

}  // namespace

bool same_tree(const PgQuery__Node& a, const PgQuery__Node& b) { return same_message(&a.base, &b.base); }

}  // namespace cairn
