#include "tests/capi/fixture.h"

#include <unistd.h>

#include <chrono>

namespace cairn::testing {

namespace fs = std::filesystem;

namespace {

std::string take_error(cairn_error* error) {
  std::string text = std::string(cairn_error_sqlstate(error)) + " " + cairn_error_message(error);
  cairn_error_destroy(error);
  return text;
}

}  // namespace

Client::Client(const std::string& path) {
  cairn_error* error = nullptr;
  if (cairn_open(path.c_str(), CAIRN_OPEN_DEFAULT, &database_, &error) != CAIRN_OK ||
      cairn_connect(database_, &connection_, &error) != CAIRN_OK) {
    ADD_FAILURE() << take_error(error);
    return;
  }
  cairn_set_notice_handler(connection_, heard, this);
}

Client::~Client() {
  cairn_disconnect(connection_);
  cairn_close(database_);
}

void Client::heard(void* self, const char* message) {
  Client& client = *static_cast<Client*>(self);
  const std::lock_guard lock(client.mutex_);
  client.notices_.emplace_back(message);
  client.changed_.notify_all();
}

std::vector<std::string> Client::notices() {
  const std::lock_guard lock(mutex_);
  return notices_;
}

bool Client::wait_for_notice(const std::function<bool(const std::vector<std::string>&)>& enough) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return enough(notices_); });
}

std::string Client::rows(cairn_result* result) {
  std::string out;
  const size_t columns = cairn_result_column_count(result);
  cairn_error* error = nullptr;
  for (;;) {
    cairn_chunk* chunk = nullptr;
    if (cairn_result_next(result, &chunk, &error) != CAIRN_OK) {
      out = take_error(error);
      break;
    }
    if (chunk == nullptr) break;
    for (size_t row = 0; row < cairn_chunk_row_count(chunk); ++row) {
      for (size_t column = 0; column < columns; ++column) {
        const char* text = cairn_chunk_text(chunk, column, row, nullptr);
        out += std::string(column > 0 ? "|" : "") + (text == nullptr ? "NULL" : text);
      }
      out += '\n';
    }
    cairn_chunk_destroy(chunk);
  }
  cairn_result_destroy(result);
  return out;
}

std::string Client::run(const std::string& sql) {
  std::string out;
  size_t at = 0;
  for (;;) {
    cairn_result* result = nullptr;
    cairn_error* error = nullptr;
    size_t consumed = 0;
    if (cairn_query(connection_, sql.c_str() + at, &consumed, &result, &error) != CAIRN_OK) return take_error(error);
    if (result == nullptr) return out;
    at += consumed;
    out = rows(result);
  }
}

cairn_result* Client::start(const std::string& sql) {
  size_t at = 0;
  cairn_result* result = nullptr;
  while (at < sql.size()) {
    cairn_result_destroy(result);
    cairn_error* error = nullptr;
    size_t consumed = 0;
    if (cairn_query(connection_, sql.c_str() + at, &consumed, &result, &error) != CAIRN_OK) {
      ADD_FAILURE() << take_error(error);
      return nullptr;
    }
    at += consumed;
  }
  return result;
}

std::vector<Client::Query> Client::interrupted() {
  cairn_query_list* list = nullptr;
  cairn_error* error = nullptr;
  if (cairn_interrupted_queries(connection_, &list, &error) != CAIRN_OK) ADD_FAILURE() << take_error(error);
  std::vector<Query> out;
  for (size_t i = 0; i < cairn_query_list_count(list); ++i) {
    out.push_back({cairn_query_list_id(list, i), cairn_query_list_text(list, i),
                   cairn_query_list_breakers_durable(list, i), cairn_query_list_breakers_total(list, i)});
  }
  cairn_query_list_destroy(list);
  return out;
}

std::string Client::resume(const std::string& id) {
  cairn_result* result = nullptr;
  cairn_error* error = nullptr;
  if (cairn_resume(connection_, id.c_str(), &result, &error) != CAIRN_OK) return take_error(error);
  return rows(result);
}

bool all_breakers_told(const std::vector<std::string>& notices) {
  // "checkpoint: breaker 2 of 3 durable (…)", or skipped.
  if (notices.empty() || !notices.back().starts_with("checkpoint: breaker ")) return false;
  const std::string& last = notices.back();
  const size_t total = std::stoul(last.substr(last.find(" of ") + 4));
  size_t told = 0;
  for (const std::string& notice : notices) told += notice.starts_with("checkpoint: breaker ");
  return told >= total;
}

ResumeTest::ResumeTest() : root_(fs::temp_directory_path() / ("cairn_capi_test_" + std::to_string(::getpid()))) {
  fs::remove_all(root_);
  fs::create_directories(root_);
}

ResumeTest::~ResumeTest() {
  again_.reset();
  client_.reset();
  fs::remove_all(root_);
}

void ResumeTest::open(const std::string& setup) {
  client_ = std::make_unique<Client>(path("db"));
  EXPECT_EQ(client_->run(setup), "");
  EXPECT_EQ(client_->run("SET checkpoint = 'all'; SET checkpoint_verbose = on; SET threads = 2"), "");
}

void ResumeTest::leave_behind(const std::string& sql, bool is_checkpointed) {
  leave_behind([&] { return client_->start(sql); }, is_checkpointed);
}

void ResumeTest::leave_behind(const std::function<cairn_result*()>& begin, bool is_checkpointed) {
  cairn_result* result = begin();
  ASSERT_NE(result, nullptr);
  if (is_checkpointed) {
    ASSERT_TRUE(client_->wait_for_notice(all_breakers_told)) << "not all breakers were told of";
  }
  fs::copy(path("db"), path("left"), fs::copy_options::recursive);
  expected_ = Client::rows(result);
}

}  // namespace cairn::testing
