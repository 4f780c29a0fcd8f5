#include <cstring>

#include "capi/handles.h"
#include "vector/utf8.h"

using cairn::Error;
using cairn::Value;
using cairn::capi::guarded;
using cairn::capi::make_result;
using cairn::capi::required;

namespace cairn::capi {

cairn_result* make_result(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Session>& session,
                          std::unique_ptr<StatementResult> result) {
  auto handle = std::make_unique<cairn_result>();
  handle->engine = engine;
  handle->session = session;
  for (const Type& type : result->types()) handle->type_names.push_back(type.to_string());
  handle->result = std::move(result);
  return handle.release();
}

}  // namespace cairn::capi

namespace {

cairn_status bind(cairn_statement* statement, size_t index, Value value) {
  return guarded(nullptr, [&] {
    auto& parameters = required(statement, "statement").parameters;
    if (index == 0 || index > parameters.size()) throw Error("XX0MU", "no such parameter");
    parameters[index - 1] = std::move(value);
  });
}

/// A statement's text, and its literals, are checked by the parser; a bound text is checked here.
void check_encoding(const std::vector<Value>& parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].null || !parameters[i].type.is_string()) continue;
    const std::string& text = parameters[i].string;
    const size_t invalid = cairn::find_invalid_utf8(text);
    if (invalid == std::string::npos) continue;
    throw Error(cairn::sqlstate::kInvalidEncoding, "parameter $" + std::to_string(i + 1) +
                                                       ": invalid byte sequence for encoding \"UTF8\": " +
                                                       cairn::show_invalid_utf8(text, invalid));
  }
}

}  // namespace

extern "C" {

cairn_status cairn_query(cairn_connection* connection, const char* sql, size_t* consumed, cairn_result** result,
                         cairn_error** error) {
  if (result != nullptr) *result = nullptr;
  if (consumed != nullptr) *consumed = 0;
  return guarded(error, [&] {
    auto& handle = required(connection, "connection");
    required(sql, "sql");
    required(result, "result");
    size_t bytes = 0;
    auto rows = handle.session->execute(sql, bytes);
    if (consumed != nullptr) *consumed = bytes;
    if (rows) *result = make_result(handle.engine, handle.session, std::move(rows));
  });
}

cairn_status cairn_execute(cairn_connection* connection, const char* sql, cairn_error** error) {
  return guarded(error, [&] {
    auto& session = *required(connection, "connection").session;
    std::string_view rest(&required(sql, "sql"));
    const char* const begin = rest.data();
    while (!rest.empty()) {
      size_t consumed = 0;
      try {
        auto rows = session.execute(rest, consumed);
        if (!rows) return;
        while (rows->next()) continue;
      } catch (Error& failure) {  // positions count from the start of the whole text
        if (failure.position >= 0) failure.position += static_cast<int>(rest.data() - begin);
        throw;
      }
      rest.remove_prefix(consumed);
    }
  });
}

cairn_status cairn_prepare(cairn_connection* connection, const char* sql, cairn_statement** statement,
                           cairn_error** error) {
  if (statement != nullptr) *statement = nullptr;
  return guarded(error, [&] {
    auto& handle = required(connection, "connection");
    required(sql, "sql");
    required(statement, "statement");
    auto prepared = std::make_unique<cairn_statement>();
    prepared->engine = handle.engine;
    prepared->session = handle.session;
    prepared->prepared = handle.session->prepare(sql);
    for (size_t i = 0; i < prepared->prepared->parameter_count(); ++i) {
      prepared->parameters.push_back(Value::null_of(prepared->prepared->parameter_type(i)));
    }
    *statement = prepared.release();
  });
}

void cairn_statement_destroy(cairn_statement* statement) { delete statement; }

size_t cairn_statement_parameter_count(const cairn_statement* statement) {
  return statement == nullptr ? 0 : statement->parameters.size();
}

cairn_status cairn_bind_null(cairn_statement* statement, size_t index) {
  return bind(statement, index, Value::null_of(cairn::Type{}));
}

cairn_status cairn_bind_bool(cairn_statement* statement, size_t index, bool value) {
  return bind(statement, index, Value::of_boolean(value));
}

cairn_status cairn_bind_int64(cairn_statement* statement, size_t index, int64_t value) {
  return bind(statement, index, Value::of_integer(cairn::Type::big_int(), value));
}

cairn_status cairn_bind_double(cairn_statement* statement, size_t index, double value) {
  return bind(statement, index, Value::of_double(value));
}

cairn_status cairn_bind_text(cairn_statement* statement, size_t index, const char* text, int64_t length) {
  if (text == nullptr) return cairn_bind_null(statement, index);
  const size_t bytes = length < 0 ? std::strlen(text) : static_cast<size_t>(length);
  std::string copy;
  const cairn_status status = guarded(nullptr, [&] { copy.assign(text, bytes); });
  return status == CAIRN_OK ? bind(statement, index, Value::of_string(std::move(copy))) : status;
}

cairn_status cairn_execute_prepared(cairn_statement* statement, cairn_result** result, cairn_error** error) {
  if (result != nullptr) *result = nullptr;
  return guarded(error, [&] {
    auto& handle = required(statement, "statement");
    required(result, "result");
    check_encoding(handle.parameters);
    *result = make_result(handle.engine, handle.session, handle.prepared->execute(handle.parameters));
  });
}

/* ---- Interrupted queries ---- */

cairn_status cairn_interrupted_queries(cairn_connection* connection, cairn_query_list** list, cairn_error** error) {
  if (list != nullptr) *list = nullptr;
  return guarded(error, [&] {
    required(list, "list");
    auto queries = required(connection, "connection").session->interrupted_queries();
    *list = new cairn_query_list{std::move(queries)};
  });
}

void cairn_query_list_destroy(cairn_query_list* list) { delete list; }

size_t cairn_query_list_count(const cairn_query_list* list) { return list == nullptr ? 0 : list->queries.size(); }

#define CAIRN_QUERY_FIELD(name, type, expression, missing)                      \
  type cairn_query_list_##name(const cairn_query_list* list, size_t index) {    \
    if (list == nullptr || index >= list->queries.size()) return missing;       \
    const auto& query = list->queries[index];                                   \
    return expression;                                                          \
  }
CAIRN_QUERY_FIELD(id, const char*, query.id.c_str(), "")
CAIRN_QUERY_FIELD(text, const char*, query.text.c_str(), "")
CAIRN_QUERY_FIELD(started, const char*, query.started.c_str(), "")
CAIRN_QUERY_FIELD(breakers_durable, uint64_t, query.breakers_durable, 0)
CAIRN_QUERY_FIELD(breakers_total, uint64_t, query.breakers_total, 0)
CAIRN_QUERY_FIELD(bytes, uint64_t, query.bytes, 0)
CAIRN_QUERY_FIELD(receipt, const char*, query.receipt.c_str(), "")
CAIRN_QUERY_FIELD(committed, bool, query.committed, false)
CAIRN_QUERY_FIELD(writes, bool, query.writes, false)
#undef CAIRN_QUERY_FIELD

cairn_status cairn_resume(cairn_connection* connection, const char* id, cairn_result** result, cairn_error** error) {
  if (result != nullptr) *result = nullptr;
  return guarded(error, [&] {
    auto& handle = required(connection, "connection");
    required(id, "id");
    required(result, "result");
    *result = make_result(handle.engine, handle.session, handle.session->resume(id));
  });
}

cairn_status cairn_discard(cairn_connection* connection, const char* id, cairn_error** error) {
  return guarded(error, [&] { required(connection, "connection").session->discard(&required(id, "id")); });
}

/* ---- Receipts ---- */

cairn_status cairn_leave_receipts(cairn_connection* connection, const char* name, const char* text, cairn_error** error) {
  return guarded(error, [&] {
    auto& session = *required(connection, "connection").session;
    if (name == nullptr) return session.leave_receipts("", "");
    session.leave_receipts(name, &required(text, "text"));
  });
}

const char* cairn_receipt(cairn_connection* connection, const char* name) {
  bool found = false;
  guarded(nullptr, [&] {
    auto& handle = required(connection, "connection");
    const auto receipt = handle.session->receipt(&required(name, "name"));
    if (receipt) handle.receipt = *receipt;
    found = receipt.has_value();
  });
  return found ? connection->receipt.c_str() : nullptr;
}

cairn_block cairn_transaction_block(const cairn_connection* connection) {
  if (connection == nullptr) return CAIRN_BLOCK_NONE;
  switch (connection->session->block_state()) {
    case cairn::Session::BlockState::kNone: return CAIRN_BLOCK_NONE;
    case cairn::Session::BlockState::kOpen: return CAIRN_BLOCK_OPEN;
    case cairn::Session::BlockState::kFailed: return CAIRN_BLOCK_FAILED;
  }
  return CAIRN_BLOCK_NONE;
}

}  // extern "C"
