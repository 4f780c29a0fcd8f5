#include "io/write_transaction.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <random>

#include "io/column_analysis.h"
#include "io/row_group_merge.h"
#include "io/segment.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// A row group whose segments take no more than this stands in the manifest itself: a small insert then is one write
/// and one sync, and leaves no file of whole blocks.
constexpr size_t kInlineBytesMax = 16384;

/// Set in versions of tables that are not committed.
constexpr uint64_t kProvisionalVersion = uint64_t{1} << 63;

void add_mask(std::vector<uint64_t>& mask, const uint64_t* more, size_t words) {
  mask.resize(words);
  for (size_t word = 0; word < words && more != nullptr; ++word) mask[word] |= more[word];
}

/// The row group with these rows deleted, beside those that are already.
std::shared_ptr<const RowGroup> with_deleted(const std::shared_ptr<const RowGroup>& row_group,
                                             std::vector<uint64_t> mask) {
  add_mask(mask, row_group->deleted(), mask.size());
  return std::make_shared<MaskedRowGroup>(unmasked(row_group), std::move(mask));
}

}  // namespace

TableTransaction::TableTransaction(std::shared_ptr<TableDatabase> database)
    : database_(std::move(database)),
      base_(database_->snapshot()),
      definitions_(*base_),
      segment_writer_(std::in_place, database_->storage()) {}

TableTransaction::~TableTransaction() { end(); }

void TableTransaction::end() {
  if (database_ == nullptr) return;
  segment_writer_.reset();  // before the files that it writes to
  changes_.clear();
  definitions_ = SnapshotBuilder();
  base_ = nullptr;
  std::exchange(database_, nullptr)->end_write();
}

void TableTransaction::require_open() const {
  if (database_ == nullptr) throw Error(sqlstate::kNoActiveTransaction, "the write transaction has ended");
}

void TableTransaction::require_free(const std::string& name) const {
  if (definitions_.has_relation(name)) {
    throw Error(sqlstate::kDuplicateTable, "relation \"" + name + "\" already exists");
  }
}

// --- Definitions -----------------------------------------------------------------------------------------------------

void TableTransaction::create_table(TableSchema schema) {
  require_open();
  require_free(schema.name);
  const uint64_t table_id = database_->take_table_id();
  record_.create_table(table_id, schema);
  definitions_.create_table(table_id, std::move(schema));
}

void TableTransaction::drop_table(std::string_view name) {
  require_open();
  const TableVersion* table = definitions_.find_table(name);
  if (table == nullptr) {
    if (definitions_.has_view(name)) {
      throw Error(sqlstate::kWrongObjectType, "\"" + std::string(name) + "\" is not a table", "use DROP VIEW");
    }
    throw Error(sqlstate::kUndefinedTable, "table \"" + std::string(name) + "\" does not exist");
  }
  const std::lock_guard lock(mutex_);
  changes_.erase(table->table_id);
  record_.drop_table(name);
  definitions_.drop_table(name);
}

void TableTransaction::create_view(ViewSchema schema) {
  require_open();
  require_free(schema.name);
  record_.create_view(schema);
  definitions_.create_view(std::move(schema));
}

void TableTransaction::drop_view(std::string_view name) {
  require_open();
  if (!definitions_.has_view(name)) {
    if (definitions_.find_table(name) != nullptr) {
      throw Error(sqlstate::kWrongObjectType, "\"" + std::string(name) + "\" is not a view", "use DROP TABLE");
    }
    throw Error(sqlstate::kUndefinedTable, "view \"" + std::string(name) + "\" does not exist");
  }
  record_.drop_view(name);
  definitions_.drop_view(name);
}

void TableTransaction::alter_table(std::string_view name, TableSchema schema) {
  require_open();
  if (schema.name != name) require_free(schema.name);
  record_.alter_table(name, schema);
  definitions_.alter_table(name, std::move(schema));
}

void TableTransaction::create_sequence(SequenceSchema schema) {
  require_open();
  require_free(schema.name);
  const SequencePosition start{schema.start, false};
  Sequence sequence{database_->take_table_id(), std::move(schema), std::make_shared<SequenceState>(start)};
  record_.create_sequence(sequence);
  new_sequences_.push_back(sequence);
  definitions_.create_sequence(std::move(sequence));
}

void TableTransaction::alter_sequence(std::string_view name, SequenceSchema schema) {
  require_open();
  if (schema.name != name) require_free(schema.name);
  Sequence sequence = *definitions_.find_sequence(name);
  sequence.schema = std::move(schema);
  record_.drop_sequence(name);
  definitions_.drop_sequence(name);
  record_.create_sequence(sequence);
  definitions_.create_sequence(std::move(sequence));
}

void TableTransaction::drop_sequence(std::string_view name) {
  require_open();
  record_.drop_sequence(name);
  definitions_.drop_sequence(name);
}

void TableTransaction::create_schema(std::string_view name) {
  require_open();
  record_.create_schema(name);
  definitions_.create_schema(name);
}

void TableTransaction::drop_schema(std::string_view name) {
  require_open();
  record_.drop_schema(name);
  definitions_.drop_schema(name);
}

// --- Rows ------------------------------------------------------------------------------------------------------------

void TableTransaction::begin_statement() {
  const std::lock_guard lock(mutex_);
  ++statement_count_;
}

std::unique_ptr<TableWriter> TableTransaction::writer(std::string_view name, uint64_t order) {
  require_open();
  const TableVersion* table = definitions_.find_table(name);
  if (table == nullptr) throw Error(sqlstate::kUndefinedTable, "table \"" + std::string(name) + "\" does not exist");
  uint64_t number;
  {
    const std::lock_guard lock(mutex_);
    number = writer_count_++;
  }
  return make_table_writer(*this, table->table_id, table->schema, order, number);
}

void TableTransaction::delete_rows(std::string_view name, uint64_t row_group_id, std::span<const uint64_t> rows) {
  require_open();
  const TableVersion* table = definitions_.find_table(name);
  if (table == nullptr) throw Error(sqlstate::kUndefinedTable, "table \"" + std::string(name) + "\" does not exist");
  const std::lock_guard lock(mutex_);
  add_mask(changes_[table->table_id].deleted[row_group_id], rows.data(), rows.size());
}

void TableTransaction::deliver(uint64_t table_id, uint64_t order, uint64_t writer_number,
                               std::vector<std::shared_ptr<const RowGroup>> row_groups) {
  const std::lock_guard lock(mutex_);
  changes_[table_id].added[{statement_count_, order, writer_number}] = std::move(row_groups);
}

std::shared_ptr<const RowGroup> TableTransaction::make_row_group(uint64_t table_id, const TableSchema& schema,
                                                                 std::vector<ColumnBuffer> columns, size_t rows) {
  if (database_->in_memory()) return make_memory_row_group(schema, std::move(columns), rows);
  return make_stored_row_group(table_id, schema, std::move(columns), rows);
}

std::shared_ptr<const RowGroup> TableTransaction::make_memory_row_group(const TableSchema& schema,
                                                                        std::vector<ColumnBuffer> columns,
                                                                        size_t rows) {
  constexpr size_t kLeastEncodedRows = 2048;
  std::vector<std::shared_ptr<const ColumnChunk>> chunks;
  std::vector<ColumnSummary> summaries;
  for (ColumnBuffer& column : columns) {
    if (rows < kLeastEncodedRows) {
      ColumnAnalysis analysis = analyze_column(column, 0, rows, EncodeEffort::kResident);
      summaries.push_back({analysis.zone_map, analysis.sketch, analysis.string_bytes});
      chunks.push_back(make_buffer_chunk(std::move(column), analysis.zone_map));
      continue;
    }
    EncodedSegment segment = encode_segment(column, 0, rows, EncodeEffort::kResident);
    summaries.push_back({segment.zone_map, segment.sketch, segment.text_bytes});
    const size_t byte_count = segment.bytes.size();
    const Type& type = schema.columns[chunks.size()].type;
    chunks.push_back(open_segment(share_bytes(std::move(segment.bytes)), byte_count, type, static_cast<uint32_t>(rows),
                                  std::string(TableDatabase::kMemoryPath)));
    column = ColumnBuffer(type);  // frees its memory
  }
  return std::make_shared<MemoryRowGroup>(database_->take_row_group_id(), static_cast<uint32_t>(rows),
                                          std::move(chunks), std::move(summaries));
}

std::shared_ptr<const RowGroup> TableTransaction::make_stored_row_group(uint64_t table_id, const TableSchema& schema,
                                                                        std::vector<ColumnBuffer> columns,
                                                                        size_t rows) {
  StoredRows stored;
  stored.id = database_->take_row_group_id();
  stored.row_count = static_cast<uint32_t>(rows);
  std::vector<AlignedBuffer> segments;
  std::vector<size_t> used_bytes;
  for (ColumnBuffer& column : columns) {
    EncodedSegment segment = encode_segment(column, 0, rows, EncodeEffort::kSmall);
    stored.types.push_back(schema.columns[segments.size()].type);
    stored.columns.push_back(
        {0, segment.bytes.size(), segment.checksum, {std::move(segment.zone_map), segment.sketch, segment.text_bytes}});
    used_bytes.push_back(segment.used_bytes);
    segments.push_back(std::move(segment.bytes));
    column = ColumnBuffer(column.type());  // frees its memory
  }
  if (std::accumulate(used_bytes.begin(), used_bytes.end(), size_t{0}) <= kInlineBytesMax) {
    for (size_t i = 0; i < segments.size(); ++i) {
      stored.columns[i].bytes = used_bytes[i];
      stored.inline_segments.emplace_back(segments[i].data(), segments[i].data() + used_bytes[i]);
    }
  } else {
    write_segments(table_id, stored, std::move(segments));
  }
  return std::make_shared<StoredRowGroup>(std::move(stored), database_->cache());
}

void TableTransaction::write_segments(uint64_t table_id, StoredRows& stored, std::vector<AlignedBuffer> segments) {
  uint64_t bytes = 0;
  for (StoredColumn& column : stored.columns) {
    column.offset = bytes;
    bytes += column.bytes;
  }
  uint64_t offset;
  {
    const std::lock_guard lock(mutex_);
    TableChanges& changes = changes_[table_id];
    if (changes.file == nullptr) changes.file = database_->create_data_file();
    stored.file = changes.file;
    offset = changes.file_bytes;
    changes.file_bytes += bytes;
  }
  for (StoredColumn& column : stored.columns) column.offset += offset;
  segment_writer_->write(stored.file, offset, std::move(segments));
}

// --- Commit ----------------------------------------------------------------------------------------------------------

void TableTransaction::apply(SnapshotBuilder& builder, const TableVersion& table, const TableChanges& changes) const {
  const std::string name = table.schema.name;
  std::vector<std::shared_ptr<const RowGroup>> added;
  for (const auto& [position, row_groups] : changes.added)
    added.insert(added.end(), row_groups.begin(), row_groups.end());
  if (!added.empty()) builder.change_row_groups(name, {}, std::move(added));
  for (const auto& [row_group_id, mask] : changes.deleted) {
    const auto& row_groups = builder.find_table(name)->row_groups;
    const auto at = std::find_if(row_groups.begin(), row_groups.end(),
                                 [id = row_group_id](const auto& row_group) { return row_group->id() == id; });
    assert(at != row_groups.end() && "the row group belongs to the table");
    std::vector<uint64_t> whole = mask;
    add_mask(whole, (*at)->deleted(), whole.size());
    builder.set_deleted(name, row_group_id, std::move(whole));
  }
}

std::shared_ptr<const Snapshot> TableTransaction::snapshot() const {
  require_open();
  segment_writer_->drain();  // what the snapshot shows can be read
  const std::lock_guard lock(mutex_);
  SnapshotBuilder builder = definitions_;
  for (const auto& [table_id, changes] : changes_) {
    if (const TableVersion* table = builder.find_table(table_id)) apply(builder, *table, changes);
  }
  // Another transaction may commit other content under the next number: what is remembered about tables by their versions
  // (checkpoints are) must not take the one for the other.
  std::random_device random;
  builder.mark(kProvisionalVersion | uint64_t{random()} << 31 | random());
  return builder.finish_uncommitted(base_->number + 1, database_->statistics());
}

std::vector<std::shared_ptr<const RowGroup>> TableTransaction::merge_small(
    const TableVersion& table, std::vector<std::shared_ptr<const RowGroup>> row_groups, size_t first_new) {
  std::vector<uint64_t> live_rows;
  for (const auto& row_group : row_groups) live_rows.push_back(as_table_row_group(*row_group).live_row_count());
  const std::vector<MergedRun> merges = plan_merges(live_rows, first_new);
  if (merges.empty()) return row_groups;
  segment_writer_->drain();
  std::vector<std::shared_ptr<const RowGroup>> result;
  size_t next = 0;
  for (const MergedRun& run : merges) {
    result.insert(result.end(), row_groups.begin() + static_cast<ptrdiff_t>(next),
                  row_groups.begin() + static_cast<ptrdiff_t>(run.begin));
    std::vector<ColumnBuffer> rows = collect_rows(table.schema, {row_groups.begin() + static_cast<ptrdiff_t>(run.begin),
                                                                 row_groups.begin() + static_cast<ptrdiff_t>(run.end)});
    const size_t row_count = rows.front().size();
    result.push_back(make_row_group(table.table_id, table.schema, std::move(rows), row_count));
    next = run.end;
  }
  result.insert(result.end(), row_groups.begin() + static_cast<ptrdiff_t>(next), row_groups.end());
  return result;
}

void TableTransaction::apply_and_record(SnapshotBuilder& builder, uint64_t table_id, CommitRecord& record) {
  const TableVersion* table = builder.find_table(table_id);
  if (table == nullptr) return;
  TableChanges& changes = changes_[table_id];
  const std::string name = table->schema.name;
  const std::vector<std::shared_ptr<const RowGroup>> before = table->row_groups;
  std::vector<std::shared_ptr<const RowGroup>> after;
  size_t first_new = 0;
  const auto take = [&](const std::shared_ptr<const RowGroup>& row_group) {
    const auto mask = changes.deleted.find(row_group->id());
    auto masked = mask == changes.deleted.end() ? row_group : with_deleted(row_group, mask->second);
    if (as_table_row_group(*masked).live_row_count() != 0) after.push_back(std::move(masked));
  };
  for (const auto& row_group : before) take(row_group);
  first_new = after.size();
  for (const auto& [position, row_groups] : changes.added) {
    for (const auto& row_group : row_groups) take(row_group);
  }
  if (after.size() != first_new) after = merge_small(*table, std::move(after), first_new);

  std::map<uint64_t, std::shared_ptr<const RowGroup>> old;
  for (const auto& row_group : before) old.emplace(row_group->id(), row_group);
  std::vector<std::shared_ptr<const RowGroup>> added;
  std::map<uint64_t, std::vector<uint64_t>> masks;
  for (const auto& row_group : after) {
    const auto known = old.find(row_group->id());
    if (known == old.end()) added.push_back(unmasked(row_group));
    const uint64_t* deleted = row_group->deleted();
    const bool changed = known == old.end() ? deleted != nullptr : known->second != row_group;
    if (changed) masks[row_group->id()].assign(deleted, deleted + mask_words(row_group->row_count()));
    if (known != old.end()) old.erase(known);
  }
  std::vector<uint64_t> removed;
  for (const auto& [id, row_group] : old) removed.push_back(id);
  if (!removed.empty() || !added.empty()) {
    if (!database_->in_memory()) record.change_row_groups(name, removed, added);
    builder.change_row_groups(name, removed, std::move(added));
  }
  for (auto& [id, mask] : masks) {
    record.delete_rows(name, id, mask);
    builder.set_deleted(name, id, std::move(mask));
  }
}

std::vector<uint64_t> TableTransaction::sync_files() {
  segment_writer_->drain();
  std::vector<uint64_t> file_ids;
  for (auto& [table_id, changes] : changes_) {
    if (changes.file == nullptr) continue;
    changes.file->file().sync();
    file_ids.push_back(changes.file->id());
  }
  if (!file_ids.empty()) database_->data()->sync();
  return file_ids;
}

std::shared_ptr<const CommittedSnapshot> TableTransaction::commit_changes() {
  SnapshotBuilder builder = definitions_;
  CommitRecord record = record_;
  std::vector<uint64_t> table_ids;
  for (const auto& [table_id, changes] : changes_) table_ids.push_back(table_id);
  for (const uint64_t table_id : table_ids) apply_and_record(builder, table_id, record);
  // Nobody else could draw from these so far: their values are those of this moment.
  for (const Sequence& sequence : new_sequences_) record.set_position(sequence.id, sequence.state->position());
  if (record.empty() && !database_->in_memory()) return base_;
  const std::vector<uint64_t> new_files = sync_files();
  std::shared_ptr<const CommittedSnapshot> snapshot =
      builder.finish(base_->number + 1, base_->origin, &database_->statistics());
  for (const Sequence& sequence : new_sequences_) sequence.state->set_reserved(sequence.state->position());
  database_->commit(record, snapshot, new_files);
  for (const Sequence& sequence : new_sequences_) sequence.state->make_durable();
  return snapshot;
}

std::shared_ptr<const CommittedSnapshot> TableTransaction::commit() {
  require_open();
  struct End {
    TableTransaction& transaction;
    ~End() { transaction.end(); }
  } end_in_any_case{*this};
  return commit_changes();
}

}  // namespace cairn
