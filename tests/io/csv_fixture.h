#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/csv/csv_reader.h"
#include "io/csv/csv_writer.h"
#include "io/tables/database.h"
#include "tests/io/file_fixture.h"
#include "vector/format.h"
#include "vector/read_row.h"

namespace cairn {

/// A transaction over one table that keeps rows as values, in the order of their writers.
class CollectingTransaction : public WriteTransaction {
 public:
  using Row = std::vector<Value>;

  explicit CollectingTransaction(TableSchema schema) {
    auto table = std::make_shared<TableVersion>();
    table->schema = std::move(schema);
    auto snapshot = std::make_shared<CommittedSnapshot>();
    snapshot->tables.insert_or_assign(table->schema.name, table);
    snapshot_ = snapshot;
  }

  std::shared_ptr<const Snapshot> snapshot() const override { return snapshot_; }
  void create_table(TableSchema) override {}
  void drop_table(std::string_view) override {}
  void create_view(ViewSchema) override {}
  void drop_view(std::string_view) override {}
  void alter_table(std::string_view, TableSchema) override {}
  void create_sequence(SequenceSchema) override {}
  void alter_sequence(std::string_view, SequenceSchema) override {}
  void drop_sequence(std::string_view) override {}
  void create_schema(std::string_view) override {}
  void drop_schema(std::string_view) override {}
  void leave_receipt(std::string_view, std::string_view) override {}
  void delete_rows(std::string_view, uint64_t, std::span<const uint64_t>) override {}
  std::shared_ptr<const CommittedSnapshot> commit() override { return snapshot_; }

  std::unique_ptr<TableWriter> writer(std::string_view, uint64_t order) override {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(parts_.count(order), 0u) << "two writers of order " << order;
    return std::make_unique<Writer>(parts_[order]);
  }

  std::vector<Row> rows() const {
    std::vector<Row> all;
    for (const auto& [order, part] : parts_) all.insert(all.end(), part.rows.begin(), part.rows.end());
    return all;
  }
  /// Values between bars, a line per row; NULL as NULL.
  std::string text() const {
    std::string out;
    for (const Row& row : rows()) {
      for (const Value& value : row) {
        if (&value != &row.front()) out += '|';
        out += value.to_string();
      }
      out += '\n';
    }
    return out;
  }
  /// Rows of each writer, in order.
  std::vector<size_t> part_sizes() const {
    std::vector<size_t> sizes;
    for (const auto& [order, part] : parts_) sizes.push_back(part.rows.size());
    return sizes;
  }
  bool all_finished() const {
    for (const auto& [order, part] : parts_) {
      if (!part.finished) return false;
    }
    return true;
  }

 private:
  struct Part {
    std::vector<Row> rows;
    bool finished = false;
  };
  class Writer : public TableWriter {
   public:
    explicit Writer(Part& part) : part_(part) {}
    void append(const Batch& batch) override {
      for (size_t row = 0; row < batch.size; ++row) {
        Row& values = part_.rows.emplace_back();
        for (const Vector& vector : batch.columns) {
          EXPECT_EQ(vector.size, batch.size);
          values.push_back(vector.valid(row) ? read_value(vector, row) : Value::null_of(vector.type));
        }
      }
    }
    void finish() override { part_.finished = true; }

   private:
    Part& part_;
  };

  std::shared_ptr<const CommittedSnapshot> snapshot_;
  std::mutex mutex_;
  std::map<uint64_t, Part> parts_;
};

/// As TPC-H's files are.
inline CsvFormat tbl_format() {
  CsvFormat format = CsvFormat::text();
  format.delimiter = '|';
  return format;
}

/// Columns a, b, c, … of the given types.
inline TableSchema table_of_types(const std::vector<Type>& types) {
  TableSchema schema{"t", {}};
  for (size_t i = 0; i < types.size(); ++i) {
    schema.columns.push_back({std::string(1, static_cast<char>('a' + i)), types[i]});
  }
  return schema;
}

}  // namespace cairn
