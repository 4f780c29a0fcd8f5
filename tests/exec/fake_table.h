#pragma once

// Tables that live in memory and row groups that may be told to be slow or to fail: what scans are tested on.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "io/tables/database.h"
#include "io/tables/table.h"
#include "vector/kernels/kernels.h"

namespace cairn::testing {

/// Flat, or with 4-byte offsets over the minimum where asked to (integral types without NULLs).
class FakeChunk : public ColumnChunk {
 public:
  FakeChunk(ColumnBuffer values, bool frame_of_reference) : values_(std::move(values)) {
    if (!frame_of_reference || values_.has_nulls() || values_.type().physical() != Physical::kInt64) return;
    range_ = compute_range(values_.view());
    if (!range_.known() || range_.max - range_.min > UINT32_MAX) return;
    for (size_t i = 0; i < values_.size(); ++i) {
      offsets_.push_back(static_cast<uint32_t>(values_.values<int64_t>()[i] - range_.min));
    }
    offsets_.resize(offsets_.size() + 16);
  }

  Vector slice(size_t begin, size_t rows, std::vector<uint64_t>& scratch) const override {
    if (offsets_.empty()) return values_.view(begin, rows, &scratch);
    Vector vector;
    vector.type = values_.type();
    vector.encoding = Encoding::kFrameOfReference;
    vector.code_bytes = 4;
    vector.size = rows;
    vector.data = offsets_.data() + begin;
    vector.base = range_.min;
    vector.range = range_;
    return vector;
  }
  size_t bytes() const override { return values_.bytes(); }

 private:
  ColumnBuffer values_;
  ValueRange range_;
  std::vector<uint32_t> offsets_;
};

struct FakeRowGroup : RowGroup {
  uint64_t id() const override { return 0; }
  uint32_t row_count() const override { return rows; }
  const ZoneMap& zone_map(size_t column) const override { return zone_maps[column]; }
  uint64_t stored_bytes(size_t) const override { return 0; }
  std::vector<std::shared_ptr<const ColumnChunk>> load(std::span<const uint32_t> columns) const override {
    ++loads;
    if (on_load) on_load();
    std::vector<std::shared_ptr<const ColumnChunk>> loaded;
    for (uint32_t column : columns) loaded.push_back(chunks[column]);
    return loaded;
  }
  const uint64_t* deleted() const override { return deleted_rows.empty() ? nullptr : deleted_rows.data(); }

  uint32_t rows = 0;
  std::vector<std::shared_ptr<const ColumnChunk>> chunks;
  std::vector<ZoneMap> zone_maps;
  std::vector<uint64_t> deleted_rows;
  std::function<void()> on_load;
  mutable std::atomic<int> loads{0};
};

/// A cell that is NULL.
inline constexpr int64_t kNull = INT64_MIN;

/// A table of BIGINT columns a, b, … whose cells `cell(row, column)` gives; row counts per row group as listed.
struct FakeTable {
  using Cell = std::function<int64_t(uint64_t row, size_t column)>;
  FakeTable(std::string name, size_t columns, const std::vector<uint32_t>& row_groups, const Cell& cell,
            bool frame_of_reference = true) {
    version = std::make_shared<TableVersion>();
    version->table_id = 7;
    version->version = 1;
    version->schema.name = std::move(name);
    for (size_t i = 0; i < columns; ++i) {
      version->schema.columns.push_back({std::string(1, static_cast<char>('a' + i)), Type::big_int()});
    }
    uint64_t first = 0;
    for (uint32_t rows : row_groups) {
      auto group = std::make_shared<FakeRowGroup>();
      group->rows = rows;
      for (size_t i = 0; i < columns; ++i) {
        ColumnBuffer buffer(Type::big_int());
        auto* values = static_cast<int64_t*>(buffer.append_uninitialized(rows));
        uint32_t null_count = 0;
        for (uint32_t row = 0; row < rows; ++row) values[row] = cell(first + row, i);
        for (uint32_t row = 0; row < rows; ++row) {
          if (values[row] == kNull) buffer.set_null(row), ++null_count;
        }
        const ValueRange range = compute_range(buffer.view());
        group->zone_maps.push_back({null_count, null_count < rows, Value::of_integer(Type::big_int(), range.min),
                                    Value::of_integer(Type::big_int(), range.max)});
        group->chunks.push_back(std::make_shared<FakeChunk>(std::move(buffer), frame_of_reference));
      }
      first += rows;
      groups.push_back(group);
      version->row_groups.push_back(group);
    }
    version->row_count = first;
  }

  std::shared_ptr<TableVersion> version;
  std::vector<std::shared_ptr<FakeRowGroup>> groups;
};

/// Remembers what was written, per writer; row groups in the order of writers.
struct FakeTransaction : WriteTransaction {
  struct Writer : TableWriter {
    explicit Writer(std::vector<std::vector<int64_t>>& target) : rows(target) {}
    void append(const Batch& batch) override {
      for (size_t i = 0; i < batch.size; ++i) {
        std::vector<int64_t> row;
        for (const Vector& column : batch.columns) row.push_back(column.values<int64_t>()[i]);
        rows.push_back(std::move(row));
      }
    }
    void finish() override {}
    std::vector<std::vector<int64_t>>& rows;
  };
  std::shared_ptr<const Snapshot> snapshot() const override { return nullptr; }
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
  std::unique_ptr<TableWriter> writer(std::string_view, uint64_t order) override {
    std::lock_guard lock(mutex);
    return std::make_unique<Writer>(written[order]);
  }
  void delete_rows(std::string_view, uint64_t, std::span<const uint64_t>) override {}
  std::shared_ptr<const CommittedSnapshot> commit() override { return nullptr; }

  std::mutex mutex;
  std::map<uint64_t, std::vector<std::vector<int64_t>>> written;
};

}  // namespace cairn::testing
