#include "tests/faults/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "io/storage/chosen_storage.h"
#include "tests/faults/failing_allocator.h"

namespace cairn::test {
namespace {

namespace fs = std::filesystem;
using Exempt = FailingAllocator::Exempt;

void take_error(cairn_status status, cairn_error* error, Outcome& outcome) {
  const Exempt exempt;
  outcome.status = status;
  if (error == nullptr) return;
  outcome.sqlstate = cairn_error_sqlstate(error);
  outcome.message = cairn_error_message(error);
  cairn_error_destroy(error);
}

/// Reads a result to its end; false where it fails.
bool read(cairn_result* result, Outcome& outcome) {
  const size_t columns = cairn_result_column_count(result);
  while (true) {
    cairn_chunk* chunk = nullptr;
    cairn_error* error = nullptr;
    if (const cairn_status status = cairn_result_next(result, &chunk, &error); status != CAIRN_OK) {
      take_error(status, error, outcome);
      return false;
    }
    if (chunk == nullptr) return true;
    for (size_t r = 0; r < cairn_chunk_row_count(chunk); ++r) {
      const Exempt exempt;
      std::string row;
      for (size_t c = 0; c < columns; ++c) {
        const char* text = cairn_chunk_text(chunk, c, r, nullptr);
        row += fmt::format("{}{}", c == 0 ? "" : "|", text == nullptr ? "NULL" : text);
      }
      outcome.rows.push_back(std::move(row));
    }
    cairn_chunk_destroy(chunk);
  }
}

std::string new_directory() {
  std::string path = (fs::temp_directory_path() / "cairn-faults-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return path;
}

}  // namespace

std::unique_ptr<Place> Place::directory() {
  auto place = std::make_unique<Place>();
  place->path_ = new_directory();
  return place;
}

std::unique_ptr<Place> Place::simulated() {
  auto place = std::make_unique<Place>();
  place->storage_ = std::make_shared<SimulatedStorage>();
  return place;
}

Place::~Place() {
  if (!path_.empty()) fs::remove_all(path_);
}

std::unique_ptr<Place> Place::copy() const {
  auto place = std::make_unique<Place>();
  if (storage_ != nullptr) {
    place->storage_ = std::make_shared<SimulatedStorage>(*storage_, 1);
  } else {
    place->path_ = new_directory();
    fs::copy(path_, place->path_, fs::copy_options::recursive);
  }
  return place;
}

std::string Place::file(const std::string& name) const { return path_ + "/" + name; }

Subject::Subject(const Place& place) : place_(place) {
  choose_storage(place.storage());
  cairn_error* error = nullptr;
  if (cairn_open(place.file("db").c_str(), CAIRN_OPEN_DEFAULT, &database_, &error) != CAIRN_OK || cairn_connect(database_, &connection_, &error) != CAIRN_OK) {
    const std::string message = cairn_error_message(error);
    cairn_error_destroy(error);
    throw std::runtime_error(message);
  }
  cairn_set_notice_handler(connection_, [](void*, const char*) {}, nullptr);
}

Subject::~Subject() {
  cairn_result_destroy(unread_);
  cairn_disconnect(connection_);
  cairn_close(database_);
  choose_storage(nullptr);
}

Outcome Subject::run(const std::string& sql) {
  std::string text;
  Outcome outcome;
  {
    const Exempt exempt;
    text = sql;
    for (size_t at; (at = text.find("{file}")) != std::string::npos;) text.replace(at, 6, place_.file("file.csv"));
  }
  for (const char* rest = text.c_str(); *rest != '\0';) {
    size_t consumed = 0;
    cairn_result* result = nullptr;
    cairn_error* error = nullptr;
    if (const cairn_status status = cairn_query(connection_, rest, &consumed, &result, &error); status != CAIRN_OK) {
      take_error(status, error, outcome);
      break;
    }
    if (result == nullptr) break;
    rest += consumed;
    const bool read_all = read(result, outcome);
    cairn_result_destroy(result);
    if (!read_all) break;
  }
  const Exempt exempt;
  std::sort(outcome.rows.begin(), outcome.rows.end());
  return outcome;
}

bool Subject::begin_durably(const std::string& sql) {
  cairn_error* error = nullptr;
  if (cairn_query(connection_, sql.c_str(), nullptr, &unread_, &error) != CAIRN_OK) throw std::runtime_error(cairn_error_message(error));
  constexpr auto kPause = std::chrono::milliseconds(100);
  for (int i = 0; i < 100; ++i) {
    std::this_thread::sleep_for(kPause);
    if (cairn_progress_get(connection_).checkpointed_bytes == 0) continue;
    std::this_thread::sleep_for(kPause);  // a breaker that was written is durable once the log says so
    return true;
  }
  return false;
}

std::string Subject::state() {
  const auto text_of = [](const Outcome& outcome) {
    return outcome.failed() ? fmt::format("error {} {}\n", outcome.sqlstate, outcome.message) : fmt::format("{}\n", fmt::join(outcome.rows, "\n"));
  };
  const Outcome tables = run("SELECT name FROM cairn_tables()"), views = run("SELECT name FROM cairn_views()");
  std::string text = text_of(run("SELECT * FROM cairn_columns()"));
  for (const Outcome* names : {&tables, &views}) {
    if (names->failed()) text += text_of(*names);
    for (const std::string& name : names->rows) text += fmt::format("{}:\n{}", name, text_of(run("SELECT * FROM " + name)));
  }
  return text;
}

}  // namespace cairn::test
