#include <cassert>

#include "io/tables/write_transaction.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// A row group is cut early when its values take this much memory: long strings.
constexpr size_t kRowGroupBytesMax = size_t{128} << 20;

class BufferingWriter final : public TableWriter {
 public:
  BufferingWriter(TableTransaction& transaction, uint64_t table_id, TableSchema schema, TableChanges::Position position)
      : transaction_(transaction), table_id_(table_id), schema_(std::move(schema)), position_(position) {
    start_row_group();
  }

  void append(const Batch& batch) override {
    assert(!finished_ && batch.columns.size() == schema_.columns.size());
    const Selection* selection = batch.selected ? &batch.selection : nullptr;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (schema_.columns[i].not_null) check_not_null(batch.columns[i], selection, schema_.columns[i].name);
    }
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].append(batch.columns[i], selection);
    rows_ += batch.row_count();
    while (rows_ >= kRowGroupRows) seal(kRowGroupRows);
    if (rows_ != 0 && held_bytes() > kRowGroupBytesMax) seal(rows_);
  }

  void finish() override {
    assert(!finished_);
    finished_ = true;
    if (rows_ != 0) seal(rows_);
    if (!row_groups_.empty()) transaction_.deliver(table_id_, position_, std::move(row_groups_));
  }

 private:
  void start_row_group() {
    columns_.clear();
    for (const ColumnSchema& column : schema_.columns) columns_.emplace_back(column.type);
  }

  size_t held_bytes() const {
    size_t bytes = 0;
    for (const ColumnBuffer& column : columns_) bytes += column.bytes();
    return bytes;
  }

  /// Makes the first `rows` rows a row group; what is left begins the next.
  void seal(size_t rows) {
    std::vector<ColumnBuffer> full = std::move(columns_);
    const size_t left = rows_ - rows;
    start_row_group();
    for (size_t i = 0; left != 0 && i < full.size(); ++i) columns_[i].append(full[i].view(rows, left));
    rows_ = left;
    row_groups_.push_back(transaction_.make_row_group(table_id_, schema_, std::move(full), rows));
  }

  void check_not_null(const Vector& vector, const Selection* selection, const std::string& column) const {
    if (!vector.may_have_nulls()) return;
    const size_t rows = selection != nullptr ? selection->count : vector.size;
    for (size_t i = 0; i < rows; ++i) {
      if (vector.valid(selection != nullptr ? selection->indices[i] : i)) continue;
      throw Error(sqlstate::kNotNullViolation, "null value in column \"" + column + "\" of relation \"" + schema_.name +
                                                   "\" violates not-null constraint");
    }
  }

  TableTransaction& transaction_;
  const uint64_t table_id_;
  const TableSchema schema_;
  const TableChanges::Position position_;
  std::vector<ColumnBuffer> columns_;
  size_t rows_ = 0;
  RowGroups row_groups_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<TableWriter> make_table_writer(TableTransaction& transaction, uint64_t table_id, TableSchema schema,
                                               TableChanges::Position position) {
  return std::make_unique<BufferingWriter>(transaction, table_id, std::move(schema), position);
}

}  // namespace cairn
