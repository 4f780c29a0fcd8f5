#include "io/tables/manifest_check.h"

#include <algorithm>
#include <unordered_map>

#include "io/tables/manifest_items.h"
#include "vector/error.h"

namespace cairn {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(sqlstate::kInternalError,
              "a record of the manifest would not read as it is meant, and is not written: " + what,
              "the database is as it was; this is a fault of Cairn's: please report it");
}

/// Row groups as records describe them, without their files.
class DescribedRows {
 public:
  RowGroupFactory factory() {
    return [this](StoredRows rows, uint64_t file_id) {
      auto row_group = std::make_shared<StoredRowGroup>(std::move(rows), nullptr);
      file_ids_[row_group.get()] = file_id;
      return row_group;
    };
  }

  /// `read`: from the record, or (where the record does not speak of it) from before; then it is the very same.
  bool same(const std::shared_ptr<const RowGroup>& read, const std::shared_ptr<const RowGroup>& meant) const {
    if (read == meant) return true;
    const std::shared_ptr<const TableRowGroup> base = unmasked(read), meant_base = unmasked(meant);
    if (base != meant_base) {
      const auto file_id = file_ids_.find(base.get());
      if (file_id == file_ids_.end() || meant_base->stored() == nullptr ||
          !same_stored_rows(*base->stored(), file_id->second, *meant_base->stored())) {
        return false;
      }
    }
    const uint64_t *mask = read->deleted(), *meant_mask = meant->deleted();
    if (mask == nullptr || meant_mask == nullptr) return mask == meant_mask;
    return std::equal(mask, mask + mask_words(base->row_count()), meant_mask);
  }

 private:
  std::unordered_map<const TableRowGroup*, uint64_t> file_ids_;
};

template <typename Write>
std::vector<std::byte> written(const Write& write) {
  ByteWriter out;
  write(out);
  return {out.bytes().begin(), out.bytes().end()};
}

void check_table(const DescribedRows& described, const TableVersion& read, const TableVersion& meant) {
  const std::string& name = meant.schema.name;
  const auto bytes_of = [](const TableSchema& schema) {
    return written([&schema](ByteWriter& out) { write_schema(out, schema); });
  };
  const bool same_version = read.table_id == meant.table_id && read.version == meant.version;
  if (!same_version) fail("table \"" + name + "\" has another version");
  if (bytes_of(read.schema) != bytes_of(meant.schema)) fail("table \"" + name + "\" has another schema");
  const auto same = [&described](const auto& a, const auto& b) { return described.same(a, b); };
  if (!std::ranges::equal(read.row_groups, meant.row_groups, same)) fail("table \"" + name + "\" has other row groups");
}

void check_relations(const DescribedRows& described, const Snapshot& read, const Snapshot& meant) {
  if (read.number != meant.number) fail("snapshot " + std::to_string(meant.number) + " has another number");
  const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (!std::ranges::equal(read.tables, meant.tables, same_key)) fail("there are other tables");
  for (auto a = read.tables.begin(), b = meant.tables.begin(); a != read.tables.end(); ++a, ++b) {
    if (a->second != b->second) check_table(described, *a->second, *b->second);
  }
  const auto bytes_of = [](const ViewSchema& view) {
    return written([&view](ByteWriter& out) { write_view(out, view); });
  };
  const auto same_view = [&](const auto& a, const auto& b) {
    return a.first == b.first && (a.second == b.second || bytes_of(*a.second) == bytes_of(*b.second));
  };
  if (!std::ranges::equal(read.views, meant.views, same_view)) fail("there are other views");
}

/// What a state holds of the newest snapshot alone.
void check_newest(const Snapshot& read, const Snapshot& meant) {
  const auto same_sequence = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second->id == b.second->id;
  };
  if (!std::ranges::equal(read.sequences, meant.sequences, same_sequence)) fail("there are other sequences");
  if (read.schemas != meant.schemas) fail("there are other schemas");
}

template <typename Replay>
auto readable(const Replay& replay) {
  try {
    return replay();
  } catch (const Error& error) {
    if (error.sqlstate != sqlstate::kDataCorrupted) throw;
    fail(error.message);
  }
}

}  // namespace

void check_state(std::span<const std::byte> payload, const CommittedSnapshot& newest, const PinnedSnapshots& pins,
                 const Receipts& receipts, const KeptFiles& kept) {
  DescribedRows described;
  const ReplayedManifest read =
      readable([&] { return replay_manifest({payload}, "the new manifest", described.factory(), newest.origin); });
  check_relations(described, *read.newest, newest);
  check_newest(*read.newest, newest);
  const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (!std::ranges::equal(read.pins, pins, same_name)) fail("there are other pins");
  if (read.receipts != receipts) fail("there are other receipts");
  if (!std::ranges::equal(read.kept_files, kept, same_name)) fail("other files are kept");
  for (auto a = read.pins.begin(), b = pins.begin(); b != pins.end(); ++a, ++b) {
    check_relations(described, *a->second, *b->second);
  }
}

void check_commit(std::span<const std::byte> payload, const CommittedSnapshot& before, const CommittedSnapshot& after) {
  DescribedRows described;
  const Snapshot read =
      readable([&] { return replay_commit(before, payload, "the new record", described.factory()); });
  check_relations(described, read, after);
  check_newest(read, after);
}

}  // namespace cairn
