// From the records of a manifest to snapshots.

#include <algorithm>
#include <unordered_map>

#include "io/tables/manifest_items.h"

namespace cairn {

namespace {

class Replay {
 public:
  Replay(const std::string& where, const RowGroupFactory& make_row_group, uint64_t origin,
         std::vector<std::string>* left_out)
      : where_(where), make_row_group_(make_row_group), origin_(origin), left_out_(left_out) {}
  /// As if the log had been read up to this snapshot.
  Replay(const std::string& where, const RowGroupFactory& make_row_group, const CommittedSnapshot& base)
      : where_(where), make_row_group_(make_row_group), origin_(base.origin), builder_(base) {}

  /// The first record. Where it ends early, and that is to be borne: what was read of it.
  void first(std::span<const std::byte> payload) {
    try {
      state(payload);
    } catch (const Error& error) {
      if (left_out_ == nullptr || snapshots_.empty()) throw;
      left_out_->push_back("what stands behind this in the first record: " + error.message);
      if (!snapshots_.contains(counters_.snapshot)) {
        counters_.snapshot = snapshots_.rbegin()->first;
        builder_ = SnapshotBuilder(*snapshots_.rbegin()->second);
      }
    }
  }

  /// A later record. False where it is not sound, and that is to be borne: nothing of it is there then.
  bool next(std::span<const std::byte> payload) {
    if (left_out_ == nullptr) {
      commit(payload);
      return true;
    }
    SnapshotBuilder before = builder_;
    const ManifestCounters counters = counters_;
    try {
      commit(payload);
    } catch (const Error& error) {
      builder_ = std::move(before);
      counters_ = counters;
      left_out_->push_back("all commits behind snapshot " + std::to_string(counters_.snapshot) + ": " + error.message);
      return false;
    }
    return true;
  }

  void state(std::span<const std::byte> payload) {
    ByteReader in(payload, where_);
    expect_kind(in, RecordKind::kState);
    counters_ = read_counters(in);
    std::unordered_map<uint64_t, std::shared_ptr<const TableRowGroup>> row_groups;
    for (uint64_t n = in.varint(); n > 0; --n) {
      auto row_group = read_row_group(in, make_row_group_);
      row_groups.emplace(row_group->id(), std::move(row_group));
    }
    for (uint64_t n = in.varint(); n > 0; --n) read_snapshot(in, row_groups);
    if (!snapshots_.contains(counters_.snapshot)) in.fail("does not hold its newest snapshot");
    builder_ = SnapshotBuilder(*snapshots_.at(counters_.snapshot));
    for (uint64_t n = in.varint(); n > 0; --n) {
      const std::string name = in.string();
      pin(in, name, in.varint());
    }
    if (in.left() == 0) return;  // written before there were sequences and schemas (format 1)
    for (uint64_t n = in.varint(); n > 0; --n) {
      Sequence sequence = read_sequence(in);
      const uint64_t id = sequence.id;
      create_sequence(std::move(sequence));
      set_position(in, id);
    }
    for (uint64_t n = in.varint(); n > 0; --n) builder_.create_schema(in.string());
    if (in.left() == 0) return;
    for (uint64_t n = in.varint(); n > 0; --n) leave_receipt(in);
    if (in.left() == 0) return;
    for (uint64_t n = in.varint(); n > 0; --n) keep_file(in);
    in.expect_end();
  }

  void commit(std::span<const std::byte> payload) {
    ByteReader in(payload, where_);
    expect_kind(in, RecordKind::kCommit);
    counters_ = read_counters(in);
    for (uint64_t n = in.varint(); n > 0; --n) operation(in);
    in.expect_end();
    builder_.mark(counters_.snapshot);
  }

  Snapshot relations() const { return builder_.relations(counters_.snapshot); }

  ReplayedManifest finish() {
    ReplayedManifest result;
    result.counters = counters_;
    result.newest = builder_.finish(counters_.snapshot, origin_, &statistics_);
    result.pins = std::move(pins_);
    result.receipts = std::move(receipts_);
    result.kept_files = std::move(kept_files_);
    return result;
  }

 private:
  void expect_kind(ByteReader& in, RecordKind kind) {
    if (in.fixed<RecordKind>() != kind) in.fail("holds a record of an unexpected kind");
  }

  void pin(ByteReader& in, const std::string& name, uint64_t number) {
    if (number == counters_.snapshot && !snapshots_.contains(number)) snapshots_[number] = builder_.finish(number, origin_, &statistics_);
    const auto at = snapshots_.find(number);
    if (at == snapshots_.end()) in.fail("pins snapshot " + std::to_string(number) + ", which it does not hold");
    pins_[name] = at->second;
  }

  void read_snapshot(ByteReader& in,
                     const std::unordered_map<uint64_t, std::shared_ptr<const TableRowGroup>>& row_groups) {
    SnapshotBuilder builder;
    const uint64_t number = in.varint();
    for (uint64_t n = in.varint(); n > 0; --n) {
      const uint64_t table_id = in.varint();
      const uint64_t version = in.varint();
      TableSchema schema = read_schema(in);
      const std::string name = schema.name;
      builder.create_table(table_id, std::move(schema));
      for (uint64_t groups = in.varint(); groups > 0; --groups) {
        const uint64_t id = in.varint();
        const auto at = row_groups.find(id);
        const std::string fault = at == row_groups.end() ? "names a row group that it does not hold"
                                                         : fault_of(in, builder, name, *at->second);
        if (!fault.empty()) {
          if (left_out_ == nullptr) in.fail(fault);
          left_out_->push_back("row group " + std::to_string(id) + " of table \"" + name + "\" in snapshot " +
                               std::to_string(number) + ": the manifest " + fault);
          skip_mask(in);
          continue;
        }
        builder.change_row_groups(name, {}, {at->second});
        auto mask = read_mask(in, at->second->row_count());
        if (!mask.empty()) builder.set_deleted(name, at->first, std::move(mask));
      }
      builder.mark(version);
    }
    for (uint64_t n = in.varint(); n > 0; --n) builder.create_view(read_view(in));
    snapshots_[number] = builder.finish(number, origin_, &statistics_);
  }

  /// What is wrong with a row group as one of this table's; "" where nothing is.
  std::string fault_of(ByteReader& in, const SnapshotBuilder& builder, const std::string& name,
                       const TableRowGroup& row_group) {
    const TableVersion* table = builder.find_table(name);
    if (table == nullptr) in.fail("changes the table \"" + name + "\", which does not exist");
    const StoredRows* const rows = row_group.stored();
    const bool fits = rows != nullptr && fits_schema(*rows, table->schema);
    return fits ? "" : "holds a row group of another table";
  }

  void operation(ByteReader& in) {
    switch (in.fixed<ManifestOperation>()) {
      case ManifestOperation::kCreateTable: {
        const uint64_t table_id = in.varint();
        builder_.create_table(table_id, read_schema(in));
        return;
      }
      case ManifestOperation::kDropTable:
        builder_.drop_table(in.string());
        return;
      case ManifestOperation::kCreateView:
        builder_.create_view(read_view(in));
        return;
      case ManifestOperation::kDropView:
        builder_.drop_view(in.string());
        return;
      case ManifestOperation::kRowGroups:
        row_groups(in);
        return;
      case ManifestOperation::kDeleteRows:
        delete_rows(in);
        return;
      case ManifestOperation::kPin: {
        const std::string name = in.string();
        pin(in, name, in.varint());
        return;
      }
      case ManifestOperation::kUnpin: {
        const std::string name = in.string();
        pins_.erase(name);
        std::erase_if(kept_files_, [&](const auto& kept) { return kept.first.first == name; });
        return;
      }
      case ManifestOperation::kAlterTable: {
        const std::string name = in.string();
        if (builder_.find_table(name) == nullptr) in.fail("changes the table \"" + name + "\", which does not exist");
        builder_.alter_table(name, read_schema(in));
        return;
      }
      case ManifestOperation::kCreateSequence:
        create_sequence(read_sequence(in));
        return;
      case ManifestOperation::kDropSequence:
        builder_.drop_sequence(in.string());
        return;
      case ManifestOperation::kSequencePosition:
        set_position(in, in.varint());
        return;
      case ManifestOperation::kCreateSchema:
        builder_.create_schema(in.string());
        return;
      case ManifestOperation::kDropSchema:
        builder_.drop_schema(in.string());
        return;
      case ManifestOperation::kLeaveReceipt:
        leave_receipt(in);
        return;
      case ManifestOperation::kKeepFile:
        keep_file(in);
        return;
    }
    in.fail("holds an operation that this program does not know");
  }

  void leave_receipt(ByteReader& in) {
    const std::string name = in.string();
    receipts_.leave(name, in.string());
  }

  void keep_file(ByteReader& in) {
    std::string pin = in.string();
    const uint64_t file_id = in.varint();
    kept_files_.try_emplace({std::move(pin), file_id});
  }

  void create_sequence(Sequence sequence) {
    std::shared_ptr<SequenceState>& state = sequence_states_[sequence.id];
    if (state == nullptr) state = std::make_shared<SequenceState>(SequencePosition{sequence.schema.start, false});
    sequence.state = state;
    builder_.create_sequence(std::move(sequence));
  }

  void set_position(ByteReader& in, uint64_t sequence_id) {
    const SequencePosition position = read_position(in);
    const auto at = sequence_states_.find(sequence_id);
    if (at == sequence_states_.end()) return;  // dropped, and still drawn from by who had an older snapshot
    at->second->set(position, nullptr);
    at->second->set_reserved(position);
  }

  void row_groups(ByteReader& in) {
    const std::string name = in.string();
    if (builder_.find_table(name) == nullptr) in.fail("changes the table \"" + name + "\", which does not exist");
    std::vector<uint64_t> removed;
    for (uint64_t n = in.varint(); n > 0; --n) removed.push_back(in.varint());
    std::vector<std::shared_ptr<const RowGroup>> added;
    for (uint64_t n = in.varint(); n > 0; --n) {
      auto row_group = read_row_group(in, make_row_group_);
      if (const std::string fault = fault_of(in, builder_, name, *row_group); !fault.empty()) in.fail(fault);
      added.push_back(std::move(row_group));
    }
    builder_.change_row_groups(name, removed, std::move(added));
  }

  void delete_rows(ByteReader& in) {
    const std::string name = in.string();
    const uint64_t row_group_id = in.varint();
    const TableVersion* table = builder_.find_table(name);
    if (table == nullptr) in.fail("changes the table \"" + name + "\", which does not exist");
    for (const auto& row_group : table->row_groups) {
      if (row_group->id() != row_group_id) continue;
      auto mask = read_mask(in, row_group->row_count());
      if (mask.empty()) in.fail("holds an empty mask");
      builder_.set_deleted(name, row_group_id, std::move(mask));
      return;
    }
    in.fail("deletes rows of a row group that does not exist");
  }

  const std::string& where_;
  const RowGroupFactory& make_row_group_;
  const uint64_t origin_;
  std::vector<std::string>* const left_out_ = nullptr;
  ManifestCounters counters_;
  SnapshotBuilder builder_;
  TableStatistics statistics_;  ///< of one snapshot after the other: most row groups are those of the one before
  std::map<uint64_t, std::shared_ptr<const CommittedSnapshot>> snapshots_;
  PinnedSnapshots pins_;
  Receipts receipts_;
  KeptFiles kept_files_;
  std::map<uint64_t, std::shared_ptr<SequenceState>> sequence_states_;
};

}  // namespace

ReplayedManifest replay_manifest(const std::vector<std::span<const std::byte>>& payloads, const std::string& where,
                                 const RowGroupFactory& make_row_group, uint64_t origin,
                                 std::vector<std::string>* left_out) {
  Replay replay(where, make_row_group, origin, left_out);
  for (size_t i = 0; i < payloads.size(); ++i) {
    if (i == 0) {
      replay.first(payloads[i]);
    } else if (!replay.next(payloads[i])) {
      break;
    }
  }
  return replay.finish();
}

Snapshot replay_commit(const CommittedSnapshot& before, std::span<const std::byte> payload, const std::string& where,
                       const RowGroupFactory& make_row_group) {
  Replay replay(where, make_row_group, before);
  replay.commit(payload);
  return replay.relations();
}

}  // namespace cairn
