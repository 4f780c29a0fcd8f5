#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "capi/include/cairn.h"

namespace cairn::bench {

/// What went wrong, in the engine's words.
struct Failure { std::string text; };

/// A database and a connection to it, by cairn.h, for programs that run statements and look at the results as text.
/// Every function throws Failure.
class Session {
 public:
  using Rows = std::vector<std::vector<std::string>>;

  explicit Session(const std::string& path, int flags = CAIRN_OPEN_DEFAULT) {
    cairn_error* error = nullptr;
    check(cairn_open(path.c_str(), flags, &database_, &error), error);
    if (cairn_connect(database_, &connection_, &error) == CAIRN_OK) return;
    cairn_close(database_);
    check(CAIRN_ERROR, error);
  }
  ~Session() {
    cairn_disconnect(connection_);
    cairn_close(database_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// All statements of the text; rows are counted by nobody.
  void execute(const std::string& sql) {
    cairn_error* error = nullptr;
    check(cairn_execute(connection_, sql.c_str(), &error), error);
  }

  /// Milliseconds until the last row has arrived.
  double time_ms(const std::string& sql) {
    const auto start = std::chrono::steady_clock::now();
    execute(sql);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }

  /// All statements of the text; the rows of the last that has columns. NULL is "NULL".
  Rows query(const std::string& sql) {
    Rows rows;
    for (const char* rest = sql.c_str(); *rest != '\0';) {
      cairn_error* error = nullptr;
      cairn_result* result = nullptr;
      size_t consumed = 0;
      check(cairn_query(connection_, rest, &consumed, &result, &error), error);
      if (result == nullptr) break;
      rest += consumed;
      if (cairn_result_column_count(result) > 0) rows.clear();
      const cairn_status status = fetch(result, rows, error);
      cairn_result_destroy(result);
      check(status, error);
    }
    return rows;
  }

 private:
  /// By reference: the call that makes the status, an argument too, may come last.
  static void check(cairn_status status, cairn_error* const& error) {
    if (status == CAIRN_OK) return;
    Failure failure{cairn_error_message(error)};
    cairn_error_destroy(error);
    throw failure;
  }

  static cairn_status fetch(cairn_result* result, Rows& rows, cairn_error*& error) {
    const size_t columns = cairn_result_column_count(result);
    while (true) {
      cairn_chunk* chunk = nullptr;
      const cairn_status status = cairn_result_next(result, &chunk, &error);
      if (status != CAIRN_OK || chunk == nullptr) return status;
      for (size_t row = 0; row < cairn_chunk_row_count(chunk); ++row) {
        auto& fields = rows.emplace_back();
        for (size_t column = 0; column < columns; ++column) {
          const char* text = cairn_chunk_text(chunk, column, row, nullptr);
          fields.emplace_back(text == nullptr ? "NULL" : text);
        }
      }
      cairn_chunk_destroy(chunk);
    }
  }

  cairn_database* database_ = nullptr;
  cairn_connection* connection_ = nullptr;
};

}  // namespace cairn::bench
