#include "io/tables/manifest_items.h"

#include <algorithm>
#include <limits>

#include "io/segments/segment_header.h"
#include "io/tables/data_directory.h"

namespace cairn {

namespace {

void write_type(ByteWriter& out, const Type& type) {
  out.fixed(static_cast<uint8_t>(type.id));
  out.fixed(type.precision);
  out.fixed(type.scale);
  out.varint(type.length);
}

Type read_type(ByteReader& in) {
  Type type;
  const uint8_t id = in.fixed<uint8_t>();
  if (id > static_cast<uint8_t>(TypeId::kChar)) in.fail("names the unknown type " + std::to_string(id));
  type.id = static_cast<TypeId>(id);
  type.precision = in.fixed<uint8_t>();
  type.scale = in.fixed<uint8_t>();
  type.length = static_cast<uint32_t>(in.varint_up_to(std::numeric_limits<uint32_t>::max(), "the length of a type"));
  if (type.precision > 38 || type.scale > 38) in.fail("holds an impossible type");
  return type;
}

void write_value(ByteWriter& out, const Value& value) {
  if (value.type.is_string()) {
    out.string(value.string);
  } else if (value.type.is_floating()) {
    out.fixed(value.floating);
  } else {
    out.int128(value.integer);
  }
}

Value read_value_of(ByteReader& in, const Type& type) {
  Value value;
  value.type = type;
  value.null = false;
  if (type.is_string()) {
    value.string = in.string();
  } else if (type.is_floating()) {
    value.floating = in.fixed<double>();
  } else {
    value.integer = in.int128();
  }
  return value;
}

void write_column(ByteWriter& out, const StoredColumn& column, const Type& type) {
  write_type(out, type);
  out.varint(column.offset);
  out.varint(column.bytes);
  out.fixed(column.checksum);
  const ZoneMap& zone_map = column.summary.zone_map;
  out.varint(zone_map.null_count);
  out.fixed(static_cast<uint8_t>(zone_map.has_bounds));
  if (zone_map.has_bounds) {
    write_value(out, zone_map.min);
    write_value(out, zone_map.max);
  }
  column.summary.sketch.write(out);
  out.varint(column.summary.text_bytes);
}

StoredColumn read_column(ByteReader& in, uint32_t rows, bool is_inline, Type& type) {
  StoredColumn column;
  type = read_type(in);
  column.offset = in.varint_up_to(uint64_t{1} << 60, "an offset");
  column.bytes = in.varint_up_to(uint64_t{1} << 40, "the length of a segment");
  const size_t unit_bytes = is_inline ? 1 : kIoAlignmentBytes;
  if (column.bytes < kSegmentHeaderBytes || column.bytes % unit_bytes != 0) in.fail("holds an impossible length");
  column.checksum = in.fixed<uint64_t>();
  ZoneMap& zone_map = column.summary.zone_map;
  zone_map.null_count = static_cast<uint32_t>(in.varint_up_to(rows, "the number of NULLs"));
  zone_map.has_bounds = in.fixed<uint8_t>() != 0;
  if (zone_map.has_bounds) {
    zone_map.min = read_value_of(in, type);
    zone_map.max = read_value_of(in, type);
  }
  column.summary.sketch = DistinctSketch::read(in);
  column.summary.text_bytes = in.varint();
  return column;
}

/// These stand where older schemas have their number of columns, which is never one of them.
constexpr uint64_t kConstraintsFollow = 0;                      ///< of a table
constexpr uint64_t kUnvalidatedFollow = kColumnsMax + 1;        ///< of a table: constraints, and which are NOT VALID
constexpr uint64_t kRelationsFollow = kColumnsMax + 1;          ///< of a view: what its names mean

/// A column's properties in one byte: the lowest bit is NOT NULL, the next two are its identity.
uint8_t properties_of(const ColumnSchema& column) {
  return static_cast<uint8_t>((column.not_null ? 1 : 0) | static_cast<uint8_t>(column.identity) << 1);
}

void set_properties(ByteReader& in, ColumnSchema& column) {
  const uint8_t properties = in.fixed<uint8_t>();
  if (properties >> 1 > static_cast<uint8_t>(Identity::kByDefault)) in.fail("holds a column of an unknown kind");
  column.not_null = (properties & 1) != 0;
  column.identity = static_cast<Identity>(properties >> 1);
}

void write_constraints(ByteWriter& out, const TableSchema& schema, bool with_validity) {
  out.varint(schema.indexes.size());
  for (const IndexSchema& index : schema.indexes) {
    out.string(index.name);
    out.fixed(index.kind);
    out.varint(index.columns.size());
    for (const uint32_t column : index.columns) out.varint(column);
  }
  out.varint(schema.checks.size());
  for (const CheckSchema& check : schema.checks) {
    out.string(check.name);
    out.string(check.sql);
    if (with_validity) out.fixed(static_cast<uint8_t>(check.validated));
  }
}

void read_constraints(ByteReader& in, TableSchema& schema, bool with_validity) {
  for (uint64_t n = in.varint(); n > 0; --n) {
    IndexSchema& index = schema.indexes.emplace_back();
    index.name = in.string();
    index.kind = in.fixed<IndexSchema::Kind>();
    if (index.kind > IndexSchema::Kind::kPrimaryKey) in.fail("holds an index of an unknown kind");
    for (uint64_t columns = in.varint(); columns > 0; --columns)
      index.columns.push_back(static_cast<uint32_t>(in.varint_up_to(schema.columns.size() - 1, "a column of an index")));
    if (schema.columns.empty() && !index.columns.empty()) in.fail("holds an index over no table's columns");
  }
  for (uint64_t n = in.varint(); n > 0; --n) {
    CheckSchema& check = schema.checks.emplace_back();
    check.name = in.string();
    check.sql = in.string();
    if (with_validity) check.validated = in.fixed<uint8_t>() != 0;
  }
}

void write_view_relations(ByteWriter& out, const ViewSchema& view) {
  out.fixed(view.check_option);
  out.varint(view.relations.size());
  for (const ViewRelation& relation : view.relations) {
    out.string(relation.written);
    out.string(relation.relation);
    out.varint(relation.columns.size());
    for (const ViewRelation::Column& column : relation.columns) {
      out.string(column.written);
      out.string(column.name);
      out.fixed(static_cast<uint8_t>(column.used));
    }
  }
}

void read_view_relations(ByteReader& in, ViewSchema& view) {
  view.check_option = in.fixed<CheckOption>();
  if (view.check_option > CheckOption::kCascaded) in.fail("holds an unknown check option");
  for (uint64_t n = in.varint(); n > 0; --n) {
    ViewRelation& relation = view.relations.emplace_back();
    relation.written = in.string();
    relation.relation = in.string();
    for (uint64_t columns = in.varint_up_to(kColumnsMax, "the number of columns"); columns > 0; --columns) {
      ViewRelation::Column& column = relation.columns.emplace_back();
      column.written = in.string();
      column.name = in.string();
      column.used = in.fixed<uint8_t>() != 0;
    }
  }
}

}  // namespace

void write_counters(ByteWriter& out, const ManifestCounters& counters) {
  out.varint(counters.snapshot);
  out.varint(counters.next_table_id);
  out.varint(counters.next_file_id);
  out.varint(counters.next_row_group_id);
}

ManifestCounters read_counters(ByteReader& in) {
  ManifestCounters counters;
  counters.snapshot = in.varint();
  counters.next_table_id = in.varint();
  counters.next_file_id = in.varint();
  counters.next_row_group_id = in.varint();
  return counters;
}

void write_schema(ByteWriter& out, const TableSchema& schema) {
  out.string(schema.name);
  const bool unvalidated = !std::ranges::all_of(schema.checks, &CheckSchema::validated);
  const bool constrained = !schema.indexes.empty() || !schema.checks.empty() || schema.columns.empty();
  if (constrained) out.varint(unvalidated ? kUnvalidatedFollow : kConstraintsFollow);
  out.varint(schema.columns.size());
  for (const ColumnSchema& column : schema.columns) {
    out.string(column.name);
    write_type(out, column.type);
    out.fixed(properties_of(column));
    out.string(column.default_sql);
  }
  if (constrained) write_constraints(out, schema, unvalidated);
}

TableSchema read_schema(ByteReader& in) {
  TableSchema schema;
  schema.name = in.string();
  uint64_t column_count = in.varint_up_to(kUnvalidatedFollow, "the number of columns");
  const bool unvalidated = column_count == kUnvalidatedFollow;
  const bool constrained = unvalidated || column_count == kConstraintsFollow;
  if (constrained) column_count = in.varint_up_to(kColumnsMax, "the number of columns");
  schema.columns.resize(column_count);
  for (ColumnSchema& column : schema.columns) {
    column.name = in.string();
    column.type = read_type(in);
    set_properties(in, column);
    column.default_sql = in.string();
  }
  if (constrained) read_constraints(in, schema, unvalidated);
  return schema;
}

void write_view(ByteWriter& out, const ViewSchema& view) {
  out.string(view.name);
  out.varint(kRelationsFollow);
  out.varint(view.column_names.size());
  for (const std::string& name : view.column_names) out.string(name);
  out.string(view.sql);
  write_view_relations(out, view);
}

ViewSchema read_view(ByteReader& in) {
  ViewSchema view;
  view.name = in.string();
  uint64_t column_count = in.varint_up_to(kRelationsFollow, "the number of columns");
  const bool relations = column_count == kRelationsFollow;
  if (relations) column_count = in.varint_up_to(kColumnsMax, "the number of columns");
  view.column_names.resize(column_count);
  for (std::string& name : view.column_names) name = in.string();
  view.sql = in.string();
  if (relations) read_view_relations(in, view);
  return view;
}

void write_sequence(ByteWriter& out, const Sequence& sequence) {
  const SequenceSchema& schema = sequence.schema;
  out.varint(sequence.id);
  out.string(schema.name);
  out.fixed(schema.increment);
  out.fixed(schema.min_value);
  out.fixed(schema.max_value);
  out.fixed(schema.start);
  out.fixed(static_cast<uint8_t>(schema.cycle));
  out.string(schema.owner_table);
  out.string(schema.owner_column);
}

Sequence read_sequence(ByteReader& in) {
  Sequence sequence;
  SequenceSchema& schema = sequence.schema;
  sequence.id = in.varint();
  schema.name = in.string();
  schema.increment = in.fixed<int64_t>();
  schema.min_value = in.fixed<int64_t>();
  schema.max_value = in.fixed<int64_t>();
  schema.start = in.fixed<int64_t>();
  schema.cycle = in.fixed<uint8_t>() != 0;
  schema.owner_table = in.string();
  schema.owner_column = in.string();
  if (schema.increment == 0 || schema.min_value > schema.max_value) in.fail("holds an impossible sequence");
  return sequence;
}

void write_position(ByteWriter& out, SequencePosition position) {
  out.fixed(position.value);
  out.fixed(static_cast<uint8_t>(position.called));
}

SequencePosition read_position(ByteReader& in) {
  SequencePosition position;
  position.value = in.fixed<int64_t>();
  position.called = in.fixed<uint8_t>() != 0;
  return position;
}

void write_row_group(ByteWriter& out, const TableRowGroup& row_group) {
  if (row_group.stored() == nullptr) {
    throw Error(sqlstate::kInternalError,
                "row group " + std::to_string(row_group.id()) + " is not stored: no manifest can name it");
  }
  const StoredRows& rows = *row_group.stored();
  out.varint(rows.id);
  out.varint(rows.row_count);
  out.varint(rows.file == nullptr ? 0 : rows.file->id());
  out.varint(rows.columns.size());
  for (size_t i = 0; i < rows.columns.size(); ++i) {
    write_column(out, rows.columns[i], rows.types[i]);
    if (rows.file == nullptr) out.raw(rows.inline_segments[i]);
  }
}

std::shared_ptr<const TableRowGroup> read_row_group(ByteReader& in, const RowGroupFactory& make_row_group) {
  StoredRows rows;
  rows.id = in.varint();
  rows.row_count = static_cast<uint32_t>(in.varint_up_to(std::numeric_limits<uint32_t>::max(), "the number of rows"));
  const uint64_t file_id = in.varint();
  const uint64_t column_count = in.varint_up_to(kColumnsMax, "the number of columns");
  rows.types.resize(column_count);
  for (uint64_t i = 0; i < column_count; ++i) {
    rows.columns.push_back(read_column(in, rows.row_count, file_id == 0, rows.types[i]));
    if (file_id != 0) continue;
    const std::span<const std::byte> segment = in.raw(rows.columns.back().bytes);
    rows.inline_segments.emplace_back(segment.begin(), segment.end());
  }
  return make_row_group(std::move(rows), file_id);
}

void write_mask(ByteWriter& out, std::span<const uint64_t> mask) {
  out.varint(mask.size());
  out.raw(std::as_bytes(mask));
}

void skip_mask(ByteReader& in) {
  const uint64_t words = in.varint_up_to(mask_words(std::numeric_limits<uint32_t>::max()), "the length of a mask");
  in.raw(words * sizeof(uint64_t));
}

std::vector<uint64_t> read_mask(ByteReader& in, uint32_t row_count) {
  const uint64_t words = in.varint_up_to(mask_words(row_count), "the length of a mask");
  std::vector<uint64_t> mask(words);
  if (words == 0) return mask;
  if (words != mask_words(row_count)) in.fail("holds a mask of the wrong length");
  const std::span<const std::byte> bytes = in.raw(words * sizeof(uint64_t));
  std::memcpy(mask.data(), bytes.data(), bytes.size());
  if (row_count % 64 != 0 && mask.back() >> (row_count % 64) != 0) in.fail("deletes rows that do not exist");
  return mask;
}

}  // namespace cairn
