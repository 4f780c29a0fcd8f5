#pragma once

// What a record of the manifest says. The first record of a manifest is a state, all others are commits.
//
//   record    := kind u8 (1 state, 2 commit), counters, then
//   counters  := varints: snapshot number, next table id, next file id, next row group id
//   state     := varint n, n row groups; varint n, n snapshots; varint n, n pins (the last snapshot is the newest);
//                of the newest snapshot: varint n, n sequences, each with its position; varint n, n strings (schemas);
//                [varint n, n receipts, where there are any, or kept files]; [varint n, n kept files]
//   snapshot  := varint number; varint n, n tables; varint n, n views
//   table     := varint id, varint version, schema, varint n, n times: varint row group id, mask
//   commit    := varint n, n operations, each a kind u8 (ManifestOperation) and:
//     create table    varint table id, schema          drop table   string name
//     create view     view                             drop view    string name
//     row groups      string table; varint n, n varints: ids taken out; varint n, n row groups put at the end
//     delete rows     string table, varint row group id, mask
//     pin             string name, varint snapshot     unpin        string name
//                     (the newest snapshot, or one of the state; another needs a new state)
//     alter table     string old name, schema
//     create sequence sequence (of a known id: the same values go on)   drop sequence   string name
//     sequence position  varint sequence id, position
//     create schema   string name                      drop schema  string name
//     leave receipt   receipt                          keep file    kept file
//   row group := varint id, varint rows, varint file id (0: the segments stand here), varint columns, each:
//                type (u8 id, u8 precision, u8 scale, varint length), varint offset, varint bytes, u64 checksum,
//                varint NULLs, u8 has bounds, [value min, value max], sketch (distinct_sketch.h), varint text bytes,
//                [the segment without its padding: `bytes` bytes]
//   value     := integral: int128 (zigzag); REAL, DOUBLE: u64 bits; strings: string
//   schema    := string name, [0, where constraints follow], varint columns, each: string name, type, u8 not null,
//                string default; [varint n, n indexes: string name, u8 kind, varint n, n varints (columns);
//                varint n, n checks: string name, string sql]
//   view      := string name, varint columns, strings, string sql
//   sequence  := varint id, string name, i64 increment, i64 least, i64 greatest, i64 first, u8 cycle, string owner table,
//                string owner column
//   position  := i64 value, u8 whether it was given out
//   receipt   := string name, string text
//   kept file := string pin, varint file id (a data file that goes with the pin, unless row groups are in it then)
//   mask      := varint words (0: nothing is deleted), u64 each
//
// The numbers of kinds are permanent.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/segments/byte_codec.h"
#include "io/tables/database.h"
#include "io/tables/receipts.h"
#include "io/tables/row_group.h"
#include "io/tables/snapshot_builder.h"

namespace cairn {

/// What is never used again.
struct ManifestCounters {
  uint64_t snapshot = 0;  ///< number of the newest snapshot
  uint64_t next_table_id = 1;
  uint64_t next_file_id = 1;
  uint64_t next_row_group_id = 1;
};

/// The operations of one commit.
class CommitRecord {
 public:
  void create_table(uint64_t table_id, const TableSchema& schema);
  void drop_table(std::string_view name);
  void create_view(const ViewSchema& view);
  void drop_view(std::string_view name);
  /// Errors: kInternalError for a row group that is not stored.
  void change_row_groups(std::string_view table, const std::vector<uint64_t>& removed,
                         const std::vector<std::shared_ptr<const RowGroup>>& added);
  void delete_rows(std::string_view table, uint64_t row_group_id, std::span<const uint64_t> mask);
  void alter_table(std::string_view name, const TableSchema& schema);
  void create_sequence(const Sequence& sequence);
  void drop_sequence(std::string_view name);
  void set_position(uint64_t sequence_id, SequencePosition position);
  void create_schema(std::string_view name);
  void drop_schema(std::string_view name);
  void pin(std::string_view name, uint64_t snapshot);
  void unpin(std::string_view name);
  void leave_receipt(std::string_view name, std::string_view text);
  void keep_file(std::string_view pin, uint64_t file_id);

  bool empty() const { return operation_count_ == 0; }
  std::vector<std::byte> encode(const ManifestCounters& counters) const;

 private:
  ByteWriter operations_;
  uint64_t operation_count_ = 0;
};

using PinnedSnapshots = std::map<std::string, std::shared_ptr<const CommittedSnapshot>, std::less<>>;

/// Data files that no snapshot names, each for as long as a pin lasts: pin and file id; the file may be unknown (nullptr).
using KeptFiles = std::map<std::pair<std::string, uint64_t>, std::shared_ptr<DataFile>>;

/// A record that holds everything: the newest snapshot, those in `pins`, the receipts, and the kept files.
std::vector<std::byte> encode_state(const ManifestCounters& counters, const CommittedSnapshot& newest,
                                    const PinnedSnapshots& pins, const Receipts& receipts = {}, const KeptFiles& kept = {});

/// What the records of a manifest add up to.
struct ReplayedManifest {
  ManifestCounters counters;
  std::shared_ptr<const CommittedSnapshot> newest;
  PinnedSnapshots pins;
  Receipts receipts;
  KeptFiles kept_files;
};

/// Makes the row group that a record describes.
using RowGroupFactory = std::function<std::shared_ptr<const TableRowGroup>(StoredRows rows, uint64_t file_id)>;

/// Errors: kDataCorrupted, beginning with `where`. With `left_out` what is not sound is left out instead, with a sentence
/// that says so; an error is then only what leaves nothing at all.
ReplayedManifest replay_manifest(const std::vector<std::span<const std::byte>>& payloads, const std::string& where,
                                 const RowGroupFactory& make_row_group, uint64_t origin,
                                 std::vector<std::string>* left_out = nullptr);

/// What a commit's record makes of a snapshot, to whoever reads it; without statistics.
Snapshot replay_commit(const CommittedSnapshot& before, std::span<const std::byte> payload, const std::string& where,
                       const RowGroupFactory& make_row_group);

}  // namespace cairn
