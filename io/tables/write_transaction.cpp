#include "io/tables/write_transaction.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <unordered_map>

#include "io/tables/manifest_items.h"
#include "vector/counted_work.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// Set in versions of tables that are not committed.
constexpr uint64_t kProvisionalVersion = uint64_t{1} << 63;

}  // namespace

TableTransaction::TableTransaction(std::shared_ptr<TableDatabase> database)
    : database_(std::move(database)),
      base_(database_->snapshot()),
      definitions_(*base_),
      row_group_writer_(std::in_place, *database_) {}

TableTransaction::~TableTransaction() { end(); }

void TableTransaction::end() {
  const std::lock_guard lock(keep_mutex_);
  if (database_ == nullptr) return;
  changes_.clear();
  definitions_ = SnapshotBuilder();
  visible_.reset();
  seen_ = nullptr;
  row_group_writer_.reset();
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

template <typename Change>
void TableTransaction::define(const Change& change) {
  const std::lock_guard lock(mutex_);
  change(definitions_);
  if (visible_) change(*visible_);
  seen_ = nullptr;
}

// --- Definitions -----------------------------------------------------------------------------------------------------

void TableTransaction::create_table(TableSchema schema) {
  require_open();
  require_free(schema.name);
  const uint64_t table_id = database_->take_table_id();
  record_.create_table(table_id, schema);
  define([&](SnapshotBuilder& builder) { builder.create_table(table_id, schema); });
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
  {
    const std::lock_guard lock(mutex_);
    changes_.erase(table->table_id);
    added_to_.erase(table->table_id);
    unseen_.erase(table->table_id);
    row_group_writer_->drop(table->table_id);
  }
  record_.drop_table(name);
  define([&](SnapshotBuilder& builder) { builder.drop_table(name); });
}

void TableTransaction::create_view(ViewSchema schema) {
  require_open();
  require_free(schema.name);
  record_.create_view(schema);
  define([&](SnapshotBuilder& builder) { builder.create_view(schema); });
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
  define([&](SnapshotBuilder& builder) { builder.drop_view(name); });
}

void TableTransaction::alter_table(std::string_view name, TableSchema schema) {
  require_open();
  if (schema.name != name) require_free(schema.name);
  record_.alter_table(name, schema);
  define([&](SnapshotBuilder& builder) { builder.alter_table(name, schema); });
}

void TableTransaction::create_sequence(SequenceSchema schema) {
  require_open();
  require_free(schema.name);
  const SequencePosition start{schema.start, false};
  Sequence sequence{database_->take_table_id(), std::move(schema), std::make_shared<SequenceState>(start)};
  record_.create_sequence(sequence);
  new_sequences_.push_back(sequence);
  define([&](SnapshotBuilder& builder) { builder.create_sequence(sequence); });
}

void TableTransaction::alter_sequence(std::string_view name, SequenceSchema schema) {
  require_open();
  if (schema.name != name) require_free(schema.name);
  Sequence sequence = *definitions_.find_sequence(name);
  sequence.schema = std::move(schema);
  record_.drop_sequence(name);
  record_.create_sequence(sequence);
  define([&](SnapshotBuilder& builder) {
    builder.drop_sequence(name);
    builder.create_sequence(sequence);
  });
}

void TableTransaction::drop_sequence(std::string_view name) {
  require_open();
  record_.drop_sequence(name);
  define([&](SnapshotBuilder& builder) { builder.drop_sequence(name); });
}

void TableTransaction::create_schema(std::string_view name) {
  require_open();
  record_.create_schema(name);
  define([&](SnapshotBuilder& builder) { builder.create_schema(name); });
}

void TableTransaction::drop_schema(std::string_view name) {
  require_open();
  record_.drop_schema(name);
  define([&](SnapshotBuilder& builder) { builder.drop_schema(name); });
}

// --- Rows ------------------------------------------------------------------------------------------------------------

TableChanges& TableTransaction::changes_of(std::string_view name) {
  const TableVersion* table = definitions_.find_table(name);
  if (table == nullptr) throw Error(sqlstate::kUndefinedTable, "table \"" + std::string(name) + "\" does not exist");
  return changes_.try_emplace(table->table_id, table->row_groups).first->second;
}

void TableTransaction::begin_statement() {
  require_open();
  row_group_writer_->drain();  // what is merged can be read
  row_group_writer_->begin_statement();
  const std::lock_guard lock(mutex_);
  for (const uint64_t table_id : added_to_) {
    const TableSchema& schema = definitions_.find_table(table_id)->schema;
    changes_.at(table_id).begin_statement(schema, [&](std::vector<ColumnBuffer> columns, size_t rows) {
      return make_row_group(table_id, schema, std::move(columns), rows);
    });
    unseen_.insert(table_id);
  }
  added_to_.clear();
}

std::unique_ptr<TableWriter> TableTransaction::writer(std::string_view name, uint64_t order) {
  require_open();
  const std::lock_guard lock(mutex_);
  changes_of(name);
  const TableVersion* table = definitions_.find_table(name);
  return make_table_writer(*this, table->table_id, table->schema, {order, writer_count_++});
}

void TableTransaction::delete_rows(std::string_view name, uint64_t row_group_id, std::span<const uint64_t> rows) {
  require_open();
  const std::lock_guard lock(mutex_);
  changes_of(name).delete_rows(row_group_id, rows);
  unseen_.insert(definitions_.find_table(name)->table_id);
}

void TableTransaction::deliver(uint64_t table_id, TableChanges::Position position, RowGroups row_groups) {
  const std::lock_guard lock(mutex_);
  changes_.at(table_id).add(position, std::move(row_groups));
  added_to_.insert(table_id);
  unseen_.insert(table_id);
}

std::shared_ptr<const RowGroup> TableTransaction::make_row_group(uint64_t table_id, const TableSchema& schema,
                                                                 std::vector<ColumnBuffer> columns, size_t rows) {
  return row_group_writer_->make(table_id, schema, std::move(columns), rows);
}

std::shared_ptr<const Snapshot> TableTransaction::snapshot() const {
  require_open();
  const std::lock_guard lock(mutex_);
  if (seen_ != nullptr && unseen_.empty()) return seen_;
  seen_ = nullptr;
  row_group_writer_->drain();  // what the snapshot shows can be read
  if (!visible_) visible_.emplace(definitions_);
  for (const uint64_t table_id : unseen_) {
    RowGroups row_groups = changes_.at(table_id).row_groups();
    count_work(row_groups.size());
    visible_->set_row_groups(visible_->find_table(table_id)->schema.name, std::move(row_groups));
  }
  unseen_.clear();
  // Another transaction may commit other content under the next number: what is remembered about tables by their versions
  // (checkpoints are) must not take the one for the other.
  std::random_device random;
  visible_->mark(kProvisionalVersion | uint64_t{random()} << 31 | random());
  seen_ = visible_->finish_uncommitted(base_->number + 1, database_->statistics());
  return seen_;
}

void TableTransaction::leave_receipt(std::string_view name, std::string_view text) {
  require_open();
  record_.leave_receipt(name, text);
  receipts_.emplace_back(name, text);
}

// --- Commit ----------------------------------------------------------------------------------------------------------

std::string TableTransaction::describe(std::string_view name, uint64_t order) {
  require_open();
  if (database_->in_memory()) return {};
  ByteWriter out;
  const std::lock_guard lock(mutex_);
  RowGroups& row_groups = changes_of(name).added(order);
  const TableVersion* table = definitions_.find_table(name);
  out.varint(row_groups.size());
  for (auto& row_group : row_groups) {
    if (as_table_row_group(*row_group).stored() == nullptr) {
      row_group = row_group_writer_->make_committed(table->table_id, table->schema, collect_rows(table->schema, {row_group}),
                                                    row_group->row_count());
    }
    write_row_group(out, as_table_row_group(*row_group));
  }
  const auto* const bytes = reinterpret_cast<const char*>(out.bytes().data());
  return {bytes, out.bytes().size()};
}

bool TableTransaction::keep(std::string_view pin) {
  const std::lock_guard lock(keep_mutex_);
  if (database_ == nullptr || database_->in_memory()) return false;
  database_->keep_files(pin, row_group_writer_->sync());
  return true;
}

RowGroups TableTransaction::described(std::string_view name, std::string_view description) {
  require_open();
  const TableVersion* table = definitions_.find_table(name);
  RowGroups row_groups = database_->described(description);
  for (const auto& row_group : row_groups) {
    if (table == nullptr || !fits_schema(*as_table_row_group(*row_group).stored(), table->schema)) {
      throw Error(sqlstate::kDataCorrupted, "the row groups that are described are those of another table");
    }
    std::vector<uint32_t> all(table->schema.columns.size());
    std::iota(all.begin(), all.end(), 0);
    row_group->load(all);
  }
  return row_groups;
}

void TableTransaction::add(std::string_view name, uint64_t order, RowGroups row_groups) {
  require_open();
  uint64_t table_id;
  TableChanges::Position position{order, 0};
  {
    const std::lock_guard lock(mutex_);
    changes_of(name);
    table_id = definitions_.find_table(name)->table_id;
    position.writer_number = writer_count_++;
  }
  deliver(table_id, position, std::move(row_groups));
}

RowGroups TableTransaction::committed(const TableVersion& table, const TableChanges& changes) {
  const auto make = [&](std::vector<ColumnBuffer> columns, size_t rows) {
    return row_group_writer_->make_committed(table.table_id, table.schema, std::move(columns), rows);
  };
  RowGroups row_groups = changes.committed(table.schema, make);
  for (auto& row_group : row_groups) {
    const TableRowGroup& rows = as_table_row_group(*row_group);
    if (database_->in_memory() || rows.stored() != nullptr) continue;
    row_group = make(collect_rows(table.schema, {row_group}), rows.live_row_count());
  }
  return row_groups;
}

void TableTransaction::apply_and_record(SnapshotBuilder& builder, const std::string& name, const TableChanges& changes,
                                        CommitRecord& record) {
  const RowGroups before = builder.find_table(name)->row_groups, after = committed(*builder.find_table(name), changes);
  // Most often the table only grows.
  const auto [old_begin, new_begin] = std::ranges::mismatch(before, after);
  count_work(before.size() + after.size());
  std::unordered_map<uint64_t, std::shared_ptr<const RowGroup>> old;
  for (auto at = old_begin; at != before.end(); ++at) old.emplace((*at)->id(), *at);
  RowGroups added;
  std::map<uint64_t, std::vector<uint64_t>> masks;
  for (auto at = new_begin; at != after.end(); ++at) {
    const std::shared_ptr<const RowGroup>& row_group = *at;
    const auto known = old.find(row_group->id());
    if (known == old.end()) added.push_back(unmasked(row_group));
    const uint64_t* deleted = row_group->deleted();
    const bool changed = known == old.end() ? deleted != nullptr : known->second != row_group;
    if (changed) masks[row_group->id()].assign(deleted, deleted + mask_words(row_group->row_count()));
    if (known != old.end()) old.erase(known);
  }
  std::vector<uint64_t> removed;
  for (auto at = old_begin; at != before.end(); ++at) {
    if (old.contains((*at)->id())) removed.push_back((*at)->id());
  }
  if (removed.empty() && added.empty() && masks.empty()) return;
  if (!database_->in_memory()) {
    if (!removed.empty() || !added.empty()) record.change_row_groups(name, removed, added);
    for (const auto& [id, mask] : masks) record.delete_rows(name, id, mask);
  }
  builder.set_row_groups(name, after);
}

std::shared_ptr<const CommittedSnapshot> TableTransaction::commit_changes() {
  row_group_writer_->drain();  // what is merged can be read
  SnapshotBuilder builder = std::move(definitions_);
  CommitRecord record = std::move(record_);
  std::vector<std::pair<uint64_t, std::string>> changed;
  for (const auto& [name, table] : builder.tables()) {
    if (changes_.contains(table->table_id)) changed.emplace_back(table->table_id, name);
  }
  std::ranges::sort(changed);
  for (const auto& [table_id, name] : changed) apply_and_record(builder, name, changes_.at(table_id), record);
  // Nobody else could draw from these so far: their values are those of this moment.
  for (const Sequence& sequence : new_sequences_) record.set_position(sequence.id, sequence.state->position());
  if (record.empty() && !database_->in_memory()) return base_;
  const std::vector<uint64_t> new_files = row_group_writer_->sync();
  std::shared_ptr<const CommittedSnapshot> snapshot =
      builder.finish(base_->number + 1, base_->origin, &database_->statistics());
  for (const Sequence& sequence : new_sequences_) sequence.state->set_reserved(sequence.state->position());
  database_->commit(record, snapshot, new_files, receipts_);
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
