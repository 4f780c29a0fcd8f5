#include "tests/peers/cairn_connection.h"

#include <stdexcept>

namespace cairn::test {
namespace {

void take_error(cairn_error* error, Answer& answer) {
  answer.sqlstate = cairn_error_sqlstate(error);
  answer.message = cairn_error_message(error);
  cairn_error_destroy(error);
}

void read_rows(cairn_result* result, Answer& answer) {
  const size_t columns = cairn_result_column_count(result);
  for (size_t c = 0; c < columns; c++) answer.types.emplace_back(cairn_result_column_type(result, c));
  while (true) {
    cairn_chunk* chunk = nullptr;
    cairn_error* error = nullptr;
    if (cairn_result_next(result, &chunk, &error) != CAIRN_OK) {
      answer.rows.clear();
      return take_error(error, answer);
    }
    if (chunk == nullptr) return;
    if (answer.too_long()) return cairn_chunk_destroy(chunk);
    for (size_t r = 0; r < cairn_chunk_row_count(chunk); r++) {
      TextRow row;
      for (size_t c = 0; c < columns; c++) {
        const char* text = cairn_chunk_text(chunk, c, r, nullptr);
        row.push_back(text == nullptr ? std::nullopt : std::optional<std::string>(text));
      }
      answer.rows.push_back(std::move(row));
    }
    cairn_chunk_destroy(chunk);
  }
}

}  // namespace

CairnConnection::CairnConnection(cairn_database* database, std::string name, const std::string& settings,
                                 bool may_be_slow)
    : name_(std::move(name)), may_be_slow_(may_be_slow) {
  cairn_error* error = nullptr;
  if (cairn_connect(database, &connection_, &error) != CAIRN_OK || cairn_execute(connection_, settings.c_str(), &error) != CAIRN_OK) {
    const std::string message = cairn_error_message(error);
    cairn_error_destroy(error);
    throw std::runtime_error(name_ + ": " + message);
  }
  cairn_set_notice_handler(connection_, [](void*, const char*) {}, nullptr);
}

CairnConnection::~CairnConnection() { cairn_disconnect(connection_); }

bool CairnConnection::run_one(const char*& sql, Answer& answer) {
  size_t consumed = 0;
  cairn_result* result = nullptr;
  cairn_error* error = nullptr;
  Answer next;
  if (cairn_query(connection_, sql, &consumed, &result, &error) != CAIRN_OK) {
    take_error(error, answer);
    return false;
  }
  if (result == nullptr) return false;
  sql += consumed;
  read_rows(result, next);
  next.changed_rows = cairn_result_changed_rows(result);
  cairn_result_destroy(result);
  answer = std::move(next);
  return !answer.failed() && *sql != '\0';
}

Answer CairnConnection::run(const std::string& sql, std::chrono::seconds limit) {
  Answer answer;
  const char* rest = sql.c_str();
  watchdog_.begin(connection_, limit);
  while (run_one(rest, answer)) continue;
  watchdog_.end();
  return answer;
}

}  // namespace cairn::test
