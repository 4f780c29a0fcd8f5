#include "tests/sqllogictest/test_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace cairn::test {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), input_(path) {
    if (!input_) throw std::runtime_error(path + ": cannot be read");
  }

  std::vector<Record> read() {
    std::vector<Record> records;
    std::string connection = "default";
    while (next()) {
      if (line_.empty() || line_.starts_with('#')) continue;
      std::istringstream words(line_);
      std::string word;
      words >> word;
      if (word == "hash-threshold") continue;
      if (word == "connection") {
        words >> connection;
        continue;
      }
      Record record;
      record.connection = std::exchange(connection, "default");
      record.line = line_number_;
      if (word == "statement") read_statement(words, record);
      else if (word == "query") read_query(words, record);
      else fail("expected 'statement', 'query', 'connection' or 'hash-threshold'");
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  bool next() {
    if (!std::getline(input_, line_)) return false;
    if (line_.ends_with('\r')) line_.pop_back();
    ++line_number_;
    return true;
  }

  /// Lines up to a blank one, the end of the file, or "----"; true where "----" ended them.
  bool read_sql(Record& record) {
    while (next() && !line_.empty()) {
      if (line_ == "----") return true;
      if (!record.sql.empty()) record.sql += '\n';
      record.sql += line_;
    }
    return false;
  }

  void read_statement(std::istringstream& words, Record& record) {
    std::string outcome;
    std::string sqlstate;
    words >> outcome >> sqlstate;
    const auto may_be_in_one = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    if (sqlstate.size() == 5 && std::ranges::all_of(sqlstate, may_be_in_one)) record.sqlstate = sqlstate;
    if (outcome != "ok" && outcome != "error") fail("expected 'statement ok' or 'statement error'");
    record.kind = outcome == "ok" ? Record::Kind::kStatementOk : Record::Kind::kStatementError;
    if (read_sql(record)) {  // an expected message: nobody compares it
      while (next() && !line_.empty()) {
      }
    }
  }

  void read_query(std::istringstream& words, Record& record) {
    std::string sort;
    record.kind = Record::Kind::kQuery;
    words >> record.types >> sort;
    if (record.types.find_first_not_of("IRT") != std::string::npos) fail("column types are letters of 'IRT'");
    if (sort == "rowsort") record.sort = Record::Sort::kRows;
    else if (sort == "valuesort") record.sort = Record::Sort::kValues;
    else if (!sort.empty() && sort != "nosort") fail("expected nosort, rowsort or valuesort");
    if (!read_sql(record)) return;
    while (next() && !line_.empty()) record.expected.push_back(line_);
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw std::runtime_error(fmt::format("{}:{}: {}", path_, line_number_, message));
  }

  std::string path_;
  std::ifstream input_;
  std::string line_;
  size_t line_number_ = 0;
};

}  // namespace

std::vector<Record> read_test_file(const std::string& path) { return Reader(path).read(); }

}  // namespace cairn::test
