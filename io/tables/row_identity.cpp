#include "io/tables/row_identity.h"

#include <algorithm>
#include <numeric>

#include "io/tables/row_group.h"

namespace cairn {

namespace {

class IdentifiedRowGroup final : public RowGroup {
 public:
  IdentifiedRowGroup(std::shared_ptr<const RowGroup> base, uint32_t position, uint32_t column)
      : base_(std::move(base)), column_(column) {
    const auto bound = [&](uint32_t row) { return Value::of_integer(Type::big_int(), RowIdentity{position, row}.value()); };
    zone_map_.has_bounds = base_->row_count() > 0;
    zone_map_.min = bound(0);
    zone_map_.max = bound(std::max<uint32_t>(base_->row_count(), 1) - 1);
  }

  uint64_t id() const override { return base_->id(); }
  uint32_t row_count() const override { return base_->row_count(); }
  const ZoneMap& zone_map(size_t column) const override {
    return column == column_ ? zone_map_ : base_->zone_map(column);
  }
  uint64_t stored_bytes(size_t column) const override { return column == column_ ? 0 : base_->stored_bytes(column); }
  const uint64_t* deleted() const override { return base_->deleted(); }

  std::vector<std::shared_ptr<const ColumnChunk>> load(std::span<const uint32_t> columns) const override {
    std::vector<uint32_t> stored(columns.begin(), columns.end());
    std::erase(stored, column_);
    std::vector<std::shared_ptr<const ColumnChunk>> chunks = base_->load(stored);
    for (size_t i = 0; i < columns.size(); ++i)
      if (columns[i] == column_) chunks.insert(chunks.begin() + static_cast<ptrdiff_t>(i), identities());
    return chunks;
  }

 private:
  std::shared_ptr<const ColumnChunk> identities() const {
    ColumnBuffer values(Type::big_int());
    auto* first = static_cast<int64_t*>(values.append_uninitialized(row_count()));
    std::iota(first, first + row_count(), static_cast<int64_t>(zone_map_.min.integer));
    return make_buffer_chunk(std::move(values), zone_map_);
  }

  const std::shared_ptr<const RowGroup> base_;
  const uint32_t column_;
  ZoneMap zone_map_;
};

}  // namespace

std::shared_ptr<const TableVersion> with_row_identity(const TableVersion& table) {
  auto identified = std::make_shared<TableVersion>(table);
  identified->sample = nullptr;  // it is of the table's own row groups
  const auto column = static_cast<uint32_t>(table.schema.columns.size());
  identified->schema.columns.push_back({"row identity", Type::big_int(), true, ""});
  ColumnStatistics statistics;
  statistics.distinct_count = static_cast<double>(table.row_count);
  identified->statistics.push_back(statistics);
  for (uint32_t i = 0; i < table.row_groups.size(); ++i)
    identified->row_groups[i] = std::make_shared<IdentifiedRowGroup>(table.row_groups[i], i, column);
  return identified;
}

}  // namespace cairn
