#include "sql_fixture.h"

#include "sql/logical_plan.h"
#include "vector/error.h"
#include "vector/format.h"

namespace cairn::testing {

std::string SqlFixture::run(std::string_view text) {
  std::string shown;
  try {
    while (true) {
      size_t consumed = 0;
      std::unique_ptr<StatementResult> result = session_->execute(text, consumed);
      if (result == nullptr) return shown;
      text.remove_prefix(consumed);
      shown.clear();
      while (std::unique_ptr<RowSet::Chunk> chunk = result->next()) {
        for (size_t row = 0; row < chunk->row_count; ++row) {
          for (size_t column = 0; column < chunk->columns.size(); ++column) {
            if (column > 0) shown += '|';
            format_row(chunk->columns[column].view(), row, "NULL", shown);
          }
          shown += '\n';
        }
      }
    }
  } catch (const Error& error) {
    return error.sqlstate + " " + error.message;
  }
}

std::string SqlFixture::same_without_passes(const std::string& query) {
  const std::string rows = run(query);
  std::string all;
  for (const std::string& pass : optimizer_pass_names()) {
    all += (all.empty() ? "" : ",") + pass;
    run("SET disabled_passes = '" + pass + "'");
    EXPECT_EQ(run(query), rows) << query << "\nwithout " << pass;
  }
  run("SET disabled_passes = '" + all + "'");
  EXPECT_EQ(run(query), rows) << query << "\nwithout any pass";
  run("SET disabled_passes = ''");
  return rows;
}

}  // namespace cairn::testing
