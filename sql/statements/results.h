#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/session.h"

namespace cairn {

/// A statement that has done its work and has no rows.
std::unique_ptr<StatementResult> make_done(std::string command_tag, int64_t changed_rows = -1);

/// Rows that stand ready.
std::unique_ptr<StatementResult> make_rows(std::vector<std::string> names, std::vector<Type> types,
                                           std::vector<std::unique_ptr<RowSet::Chunk>> chunks, std::string command_tag,
                                           int64_t changed_rows);

/// A few rows, collected one by one and then handed out as one chunk: SHOW, EXPLAIN.
class RowBuilder {
 public:
  RowBuilder(std::vector<std::string> names, std::vector<Type> types);
  void add(const std::vector<Value>& row);
  std::unique_ptr<StatementResult> finish(std::string command_tag);

 private:
  std::vector<std::string> names_;
  std::vector<Type> types_;
  std::unique_ptr<RowSet::Chunk> chunk_;
};

}  // namespace cairn
