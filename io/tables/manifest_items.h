#pragma once

// The parts that manifest records are made of (their layout: manifest_record.h), written and read.

#include "io/tables/manifest_record.h"

namespace cairn {

enum class RecordKind : uint8_t { kState = 1, kCommit = 2 };

enum class ManifestOperation : uint8_t {
  kCreateTable = 1,
  kDropTable = 2,
  kCreateView = 3,
  kDropView = 4,
  kRowGroups = 5,
  kDeleteRows = 6,
  kPin = 7,
  kUnpin = 8,
  kAlterTable = 16,
  kCreateSequence = 17,
  kDropSequence = 18,
  kSequencePosition = 19,
  kCreateSchema = 20,
  kDropSchema = 21,
  kLeaveReceipt = 22,
  kKeepFile = 23,
};

/// More columns than this is no table of ours; it bounds what a damaged count makes us allocate.
inline constexpr uint64_t kColumnsMax = 100'000;

void write_counters(ByteWriter& out, const ManifestCounters& counters);
ManifestCounters read_counters(ByteReader& in);
void write_schema(ByteWriter& out, const TableSchema& schema);
TableSchema read_schema(ByteReader& in);
void write_view(ByteWriter& out, const ViewSchema& view);
ViewSchema read_view(ByteReader& in);
void write_sequence(ByteWriter& out, const Sequence& sequence);
/// Without a state.
Sequence read_sequence(ByteReader& in);
void write_position(ByteWriter& out, SequencePosition position);
SequencePosition read_position(ByteReader& in);
/// Errors: kInternalError for a row group that is not stored.
void write_row_group(ByteWriter& out, const TableRowGroup& row_group);
std::shared_ptr<const TableRowGroup> read_row_group(ByteReader& in, const RowGroupFactory& make_row_group);
void write_mask(ByteWriter& out, std::span<const uint64_t> mask);
/// Passes over a mask of a row group that is not known.
void skip_mask(ByteReader& in);
/// Empty, or mask_words(row_count) words with no bit behind the last row.
std::vector<uint64_t> read_mask(ByteReader& in, uint32_t row_count);

}  // namespace cairn
