#include "io/tables/manifest_record.h"

#include <set>
#include <unordered_map>

#include "io/tables/manifest_items.h"
#include "vector/error.h"

namespace cairn {

// --- Commits ---------------------------------------------------------------------------------------------------------

void CommitRecord::create_table(uint64_t table_id, const TableSchema& schema) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kCreateTable);
  operations_.varint(table_id);
  write_schema(operations_, schema);
}

void CommitRecord::drop_table(std::string_view name) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kDropTable);
  operations_.string(name);
}

void CommitRecord::create_view(const ViewSchema& view) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kCreateView);
  write_view(operations_, view);
}

void CommitRecord::drop_view(std::string_view name) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kDropView);
  operations_.string(name);
}

void CommitRecord::change_row_groups(std::string_view table, const std::vector<uint64_t>& removed,
                                     const std::vector<std::shared_ptr<const RowGroup>>& added) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kRowGroups);
  operations_.string(table);
  operations_.varint(removed.size());
  for (const uint64_t id : removed) operations_.varint(id);
  operations_.varint(added.size());
  for (const auto& row_group : added) write_row_group(operations_, as_table_row_group(*row_group));
}

void CommitRecord::delete_rows(std::string_view table, uint64_t row_group_id, std::span<const uint64_t> mask) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kDeleteRows);
  operations_.string(table);
  operations_.varint(row_group_id);
  write_mask(operations_, mask);
}

void CommitRecord::alter_table(std::string_view name, const TableSchema& schema) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kAlterTable);
  operations_.string(name);
  write_schema(operations_, schema);
}

void CommitRecord::create_sequence(const Sequence& sequence) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kCreateSequence);
  write_sequence(operations_, sequence);
}

void CommitRecord::drop_sequence(std::string_view name) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kDropSequence);
  operations_.string(name);
}

void CommitRecord::set_position(uint64_t sequence_id, SequencePosition position) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kSequencePosition);
  operations_.varint(sequence_id);
  write_position(operations_, position);
}

void CommitRecord::create_schema(std::string_view name) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kCreateSchema);
  operations_.string(name);
}

void CommitRecord::drop_schema(std::string_view name) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kDropSchema);
  operations_.string(name);
}

void CommitRecord::pin(std::string_view name, uint64_t snapshot) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kPin);
  operations_.string(name);
  operations_.varint(snapshot);
}

void CommitRecord::unpin(std::string_view name) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kUnpin);
  operations_.string(name);
}

void CommitRecord::leave_receipt(std::string_view name, std::string_view text) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kLeaveReceipt);
  operations_.string(name);
  operations_.string(text);
}

void CommitRecord::keep_file(std::string_view pin, uint64_t file_id) {
  ++operation_count_;
  operations_.fixed(ManifestOperation::kKeepFile);
  operations_.string(pin);
  operations_.varint(file_id);
}

std::vector<std::byte> CommitRecord::encode(const ManifestCounters& counters) const {
  ByteWriter out;
  out.fixed(RecordKind::kCommit);
  write_counters(out, counters);
  out.varint(operation_count_);
  out.raw(operations_.bytes());
  return {out.bytes().begin(), out.bytes().end()};
}

// --- States ----------------------------------------------------------------------------------------------------------

namespace {

void write_snapshot(ByteWriter& out, const Snapshot& snapshot) {
  out.varint(snapshot.number);
  out.varint(snapshot.tables.size());
  for (const auto& [name, table] : snapshot.tables) {
    out.varint(table->table_id);
    out.varint(table->version);
    write_schema(out, table->schema);
    out.varint(table->row_groups.size());
    for (const auto& row_group : table->row_groups) {
      out.varint(row_group->id());
      const uint64_t* deleted = row_group->deleted();
      write_mask(out, {deleted, deleted == nullptr ? 0 : mask_words(row_group->row_count())});
    }
  }
  out.varint(snapshot.views.size());
  for (const auto& [name, view] : snapshot.views) write_view(out, *view);
}

}  // namespace

std::vector<std::byte> encode_state(const ManifestCounters& counters, const CommittedSnapshot& newest,
                                    const PinnedSnapshots& pins, const Receipts& receipts, const KeptFiles& kept) {
  std::map<uint64_t, const Snapshot*> snapshots;
  for (const auto& [name, snapshot] : pins) snapshots.emplace(snapshot->number, snapshot.get());
  snapshots[newest.number] = &newest;
  std::map<uint64_t, std::shared_ptr<const TableRowGroup>> row_groups;
  for (const auto& [number, snapshot] : snapshots) {
    for (const auto& [name, table] : snapshot->tables) {
      for (const auto& row_group : table->row_groups) {
        const auto base = unmasked(row_group);
        if (row_groups.emplace(base->id(), base).first->second == base) continue;
        throw Error(sqlstate::kInternalError, "two row groups have the number " + std::to_string(base->id()));
      }
    }
  }
  ByteWriter out;
  out.fixed(RecordKind::kState);
  write_counters(out, counters);
  out.varint(row_groups.size());
  for (const auto& [id, row_group] : row_groups) write_row_group(out, *row_group);
  out.varint(snapshots.size());
  for (const auto& [number, snapshot] : snapshots) write_snapshot(out, *snapshot);
  out.varint(pins.size());
  for (const auto& [name, snapshot] : pins) {
    out.string(name);
    out.varint(snapshot->number);
  }
  out.varint(newest.sequences.size());
  for (const auto& [name, sequence] : newest.sequences) {
    write_sequence(out, *sequence);
    write_position(out, sequence->state->reserved());
  }
  out.varint(newest.schemas.size());
  for (const std::string& name : newest.schemas) out.string(name);
  if (receipts.all().empty() && kept.empty()) return {out.bytes().begin(), out.bytes().end()};
  out.varint(receipts.all().size());
  for (const auto& [name, text] : receipts.all()) {
    out.string(name);
    out.string(text);
  }
  if (kept.empty()) return {out.bytes().begin(), out.bytes().end()};
  out.varint(kept.size());
  for (const auto& [file, handle] : kept) {
    out.string(file.first);
    out.varint(file.second);
  }
  return {out.bytes().begin(), out.bytes().end()};
}

}  // namespace cairn
