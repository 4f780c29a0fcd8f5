#pragma once

// What the opaque handles of cairn.h hold. Every handle keeps alive what it came from.

#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "capi/include/cairn.h"
#include "sql/session.h"
#include "vector/error.h"

struct cairn_error {
  cairn_status status;
  cairn::Error error;
};

struct cairn_database {
  std::shared_ptr<cairn::Engine> engine;
  std::string path, io_engine, left_out;
};

struct cairn_connection {
  std::shared_ptr<cairn::Engine> engine;
  std::shared_ptr<cairn::Session> session;
  std::string receipt;  ///< what cairn_receipt returned last
};

struct cairn_statement {
  std::shared_ptr<cairn::Engine> engine;
  std::shared_ptr<cairn::Session> session;
  std::unique_ptr<cairn::PreparedStatement> prepared;
  std::vector<cairn::Value> parameters;
};

struct cairn_result {
  std::shared_ptr<cairn::Engine> engine;
  std::shared_ptr<cairn::Session> session;
  std::unique_ptr<cairn::StatementResult> result;
  std::vector<std::string> type_names;
  mutable std::string tag;
};

struct cairn_chunk {
  std::shared_ptr<cairn::RowSet::Chunk> rows;  ///< shared with the Arrow arrays made of it
  std::vector<cairn::Vector> views;            ///< one per column, flat
  std::vector<std::string> names;
  std::string text;                            ///< what cairn_chunk_text returned last
};

struct cairn_query_list {
  std::vector<cairn::Session::InterruptedQuery> queries;
};

namespace cairn::capi {

cairn_status status_of(const Error& error);

/// Stores the error for the caller, or drops it where they don't want it. Never throws.
cairn_status report(cairn_error** out, const Error& error) noexcept;

/// Runs the body of a C function: exceptions become a status and an error object.
template <typename Body>
cairn_status guarded(cairn_error** out, Body&& body) noexcept {
  if (out != nullptr) *out = nullptr;
  try {
    body();
    return CAIRN_OK;
  } catch (const Error& error) {
    return report(out, error);
  } catch (const std::bad_alloc&) {
    return report(out, Error(sqlstate::kOutOfMemory, "out of memory"));
  } catch (const std::exception& error) {
    return report(out, Error(sqlstate::kInternalError, error.what()));
  } catch (...) {
    return report(out, Error(sqlstate::kInternalError, "unknown failure"));
  }
}

/// A handle, or an argument that may not be NULL.
template <typename T>
T& required(T* handle, const char* what) {
  if (handle == nullptr) throw Error("XX0MU", std::string(what) + " is NULL");
  return *handle;
}

cairn_result* make_result(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Session>& session,
                          std::unique_ptr<StatementResult> result);

}  // namespace cairn::capi
