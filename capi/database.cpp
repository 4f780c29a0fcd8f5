#include "capi/handles.h"
#include "io/storage/storage.h"

using cairn::Error;
using cairn::capi::guarded;
using cairn::capi::required;

extern "C" {

const char* cairn_version(void) { return CAIRN_VERSION; }

cairn_status cairn_open(const char* path, int flags, cairn_database** database, cairn_error** error) {
  if (database != nullptr) *database = nullptr;
  return guarded(error, [&] {
    required(database, "database");
    constexpr int kKnown = CAIRN_OPEN_READ_ONLY | CAIRN_OPEN_SALVAGE;
    if ((flags & ~kKnown) != 0) throw Error("XX0MU", "cairn_open knows no flags " + std::to_string(flags & ~kKnown));
    auto handle = std::make_unique<cairn_database>();
    cairn::DatabaseOptions options;
    options.read_only = (flags & CAIRN_OPEN_READ_ONLY) != 0;
    options.salvage = (flags & CAIRN_OPEN_SALVAGE) != 0;
    handle->engine = cairn::Engine::open(path == nullptr ? ":memory:" : path, options);
    for (const std::string& what : handle->engine->database().left_out()) handle->left_out += what + "\n";
    handle->path = handle->engine->database().path();
    handle->io_engine = handle->engine->database().storage().name();
    *database = handle.release();
  });
}

void cairn_close(cairn_database* database) { delete database; }

const char* cairn_left_out(const cairn_database* database) {
  return database == nullptr ? "" : database->left_out.c_str();
}

const char* cairn_database_path(const cairn_database* database) {
  return database == nullptr ? "" : database->path.c_str();
}

const char* cairn_io_engine(const cairn_database* database) {
  return database == nullptr ? "" : database->io_engine.c_str();
}

cairn_status cairn_connect(cairn_database* database, cairn_connection** connection, cairn_error** error) {
  if (connection != nullptr) *connection = nullptr;
  return guarded(error, [&] {
    required(connection, "connection");
    auto handle = std::make_unique<cairn_connection>();
    handle->engine = required(database, "database").engine;
    handle->session = handle->engine->connect();
    *connection = handle.release();
  });
}

void cairn_disconnect(cairn_connection* connection) { delete connection; }

void cairn_set_notice_handler(cairn_connection* connection, cairn_notice_handler handler, void* context) {
  if (connection == nullptr) return;
  std::function<void(std::string_view)> forward;
  if (handler != nullptr) {
    forward = [handler, context](std::string_view message) { handler(context, std::string(message).c_str()); };
  }
  guarded(nullptr, [&] { connection->session->set_notice_handler(std::move(forward)); });
}

cairn_progress cairn_progress_get(const cairn_connection* connection) {
  cairn_progress out{-1, 0, 0, 0};
  if (connection == nullptr) return out;
  guarded(nullptr, [&] {
    const cairn::Progress progress = connection->session->progress();
    out = {progress.fraction, progress.pipelines_done, progress.pipelines_total, progress.checkpointed_bytes};
  });
  return out;
}

void cairn_interrupt(cairn_connection* connection) {
  if (connection != nullptr) guarded(nullptr, [&] { connection->session->interrupt(); });
}

}  // extern "C"
