#include "sql/statements/results.h"

namespace cairn {
namespace {

class ReadyResult final : public StatementResult {
 public:
  ReadyResult(std::vector<std::string> names, std::vector<Type> types,
              std::vector<std::unique_ptr<RowSet::Chunk>> chunks, std::string tag, int64_t changed_rows)
      : names_(std::move(names)), types_(std::move(types)), chunks_(std::move(chunks)), tag_(std::move(tag)),
        changed_rows_(changed_rows) {}

  const std::vector<std::string>& names() const override { return names_; }
  const std::vector<Type>& types() const override { return types_; }
  std::unique_ptr<RowSet::Chunk> next() override {
    while (next_ < chunks_.size()) {
      std::unique_ptr<RowSet::Chunk> chunk = std::move(chunks_[next_++]);
      if (chunk->row_count > 0) return chunk;
    }
    return nullptr;
  }
  int64_t changed_rows() const override { return changed_rows_; }
  std::string command_tag() const override { return tag_; }

 private:
  std::vector<std::string> names_;
  std::vector<Type> types_;
  std::vector<std::unique_ptr<RowSet::Chunk>> chunks_;
  size_t next_ = 0;
  std::string tag_;
  int64_t changed_rows_;
};

}  // namespace

std::unique_ptr<StatementResult> make_done(std::string command_tag, int64_t changed_rows) {
  return make_rows({}, {}, {}, std::move(command_tag), changed_rows);
}

std::unique_ptr<StatementResult> make_rows(std::vector<std::string> names, std::vector<Type> types,
                                           std::vector<std::unique_ptr<RowSet::Chunk>> chunks, std::string command_tag,
                                           int64_t changed_rows) {
  return std::make_unique<ReadyResult>(std::move(names), std::move(types), std::move(chunks), std::move(command_tag),
                                       changed_rows);
}

RowBuilder::RowBuilder(std::vector<std::string> names, std::vector<Type> types)
    : names_(std::move(names)), types_(std::move(types)), chunk_(std::make_unique<RowSet::Chunk>()) {
  for (const Type& type : types_) chunk_->columns.emplace_back(type);
}

void RowBuilder::add(const std::vector<Value>& row) {
  for (size_t i = 0; i < row.size(); i++) {
    if (row[i].null) chunk_->columns[i].append_null();
    else chunk_->columns[i].append_value(row[i]);
  }
  chunk_->row_count++;
}

std::unique_ptr<StatementResult> RowBuilder::finish(std::string command_tag) {
  std::vector<std::unique_ptr<RowSet::Chunk>> chunks;
  chunks.push_back(std::move(chunk_));
  return make_rows(std::move(names_), std::move(types_), std::move(chunks), std::move(command_tag), -1);
}

}  // namespace cairn
