#include "io/csv/chunk_loader.h"

#include <algorithm>
#include <cassert>

#include "io/csv/field_text.h"

namespace cairn {

ChunkLoader::ChunkLoader(const CsvTarget& target, const CsvFormat& format, std::string error_prefix)
    : target_(target),
      format_(format),
      error_prefix_(std::move(error_prefix)),
      index_(format, target.columns.size(), kDefaultVectorCapacity),
      step_(target.make_step ? target.make_step() : nullptr) {
  for (const size_t column : target.columns) {
    const ColumnSchema& schema = target.schema.columns[column];
    parsers_.emplace_back(schema.type, schema.not_null && !step_, format, parsers_.size());
    values_.emplace_back(schema.type);
  }
  for (size_t i = 0; i < target.schema.columns.size(); ++i) {
    ColumnBuffer& buffer = defaults_.emplace_back(target.schema.columns[i].type);
    if (target.defaults.empty()) {
      buffer.append_null();
    } else {
      buffer.append_value(target.defaults[i]);
    }
  }
}

uint64_t ChunkLoader::load(const RecordChunk& chunk, const std::function<std::unique_ptr<TableWriter>()>& make_writer,
                           const std::function<void()>& between) {
  const bool check_encoding = !is_plain_ascii(chunk.text(), chunk.size);
  index_.open(chunk);
  if (chunk.has_header) skip_header(chunk);
  std::unique_ptr<TableWriter> writer;
  uint64_t row_count = 0;
  while (const size_t rows = index_.next()) {
    between();
    parse(chunk, rows, check_encoding);
    const Batch batch = stepped(chunk, rows);
    if (batch.row_count() == 0) continue;
    if (!writer) {
      if (!step_) check_defaults(chunk);
      writer = make_writer();
    }
    writer->append(batch);
    row_count += batch.row_count();
  }
  if (index_.bad_record()) throw bad_record_error(chunk);
  if (writer) writer->finish();
  return row_count;
}

/// A column that must not be NULL needs a field or a default, once there is a row.
void ChunkLoader::check_defaults(const RecordChunk& chunk) const {
  for (size_t i = 0; i < defaults_.size(); ++i) {
    const ColumnSchema& schema = target_.schema.columns[i];
    const bool has_field = std::find(target_.columns.begin(), target_.columns.end(), i) != target_.columns.end();
    if (has_field || !schema.not_null || !defaults_[i].has_nulls()) continue;
    throw located(Error(sqlstate::kNotNullViolation, "null value violates the not-null constraint",
                        "the column is not in COPY's list of columns and has no default"),
                  chunk, index_.record_begin(0), schema.name);
  }
}

/// The rows that were parsed, and what a step leaves of them.
Batch ChunkLoader::stepped(const RecordChunk& chunk, size_t rows) {
  Batch batch = batch_of(rows);
  if (!step_) return batch;
  step_(batch);
  check_not_null(chunk, batch);
  return batch;
}

/// Of rows as a step left them.
void ChunkLoader::check_not_null(const RecordChunk& chunk, const Batch& batch) const {
  size_t first_row = batch.size, wrong = 0;
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    if (!target_.schema.columns[i].not_null || !batch.columns[i].may_have_nulls()) continue;
    for (size_t at = 0; at < batch.row_count(); ++at) {
      const size_t row = batch.selected ? batch.selection.indices[at] : at;
      if (row >= first_row) break;
      if (batch.columns[i].valid(row)) continue;
      first_row = row;
      wrong = i;
    }
  }
  if (first_row == batch.size) return;
  const auto field = std::find(target_.columns.begin(), target_.columns.end(), wrong);
  const size_t at = field == target_.columns.end()
                        ? index_.record_begin(first_row)
                        : index_.column(static_cast<size_t>(field - target_.columns.begin()))[first_row].begin;
  throw located(Error(sqlstate::kNotNullViolation, "null value violates the not-null constraint"), chunk, at,
                target_.schema.columns[wrong].name);
}

void ChunkLoader::skip_header(const RecordChunk& chunk) {
  const bool match = format_.header == CsvFormat::Header::kMatch;
  const size_t records = index_.next(1);
  if (records == 0 || !match) {
    // A header that is only passed over may have any number of fields.
    const auto& bad = index_.bad_record();
    if (bad && (match || bad->fault != FieldIndex::Fault::kFieldCount)) throw bad_record_error(chunk);
    if (bad) index_.skip_bad_record();
    return;
  }
  for (size_t i = 0; i < parsers_.size(); ++i) {
    const Field field = index_.column(i)[0];
    std::string name(chunk.text() + field.begin, field.size);
    if (field.marked) resolve_field(std::string(name), format_, name);
    const std::string& expected = target_.schema.columns[target_.columns[i]].name;
    if (name == expected) continue;
    throw located(Error(sqlstate::kBadCopyFormat, "field " + std::to_string(i + 1) + " of the header is \"" + name +
                                                      "\", expected \"" + expected + "\""),
                  chunk, field.begin, "");
  }
}

void ChunkLoader::parse(const RecordChunk& chunk, size_t rows, bool check_encoding) {
  size_t good_rows = rows;  // before the first wrong row
  size_t wrong_field = 0;
  for (size_t i = 0; i < parsers_.size() && good_rows > 0; ++i) {
    values_[i].clear();
    const size_t good = parsers_[i].parse(chunk.text(), index_.column(i), good_rows, check_encoding, values_[i]);
    if (good < good_rows) {
      good_rows = good;
      wrong_field = i;
    }
  }
  if (good_rows == rows) return;
  if (step_ && good_rows > 0) stepped(chunk, good_rows);  // which may find something wrong in those before
  const Field field = index_.column(wrong_field)[good_rows];
  throw located(parsers_[wrong_field].error_of(chunk.text(), field), chunk, field.begin,
                target_.schema.columns[target_.columns[wrong_field]].name);
}

Batch ChunkLoader::batch_of(size_t rows) const {
  Batch batch;
  batch.size = rows;
  for (const ColumnBuffer& constant : defaults_) {
    Vector vector = constant.view();
    vector.encoding = Encoding::kConstant;
    vector.size = rows;
    batch.columns.push_back(vector);
  }
  for (size_t i = 0; i < values_.size(); ++i) batch.columns[target_.columns[i]] = values_[i].view(0, rows);
  return batch;
}

Error ChunkLoader::located(const Error& error, const RecordChunk& chunk, size_t at, std::string_view column) const {
  const auto line = chunk.first_line + static_cast<uint64_t>(std::count(chunk.text(), chunk.text() + at, chunk.line_end_byte()));
  std::string place = error_prefix_ + ", line " + std::to_string(line);
  if (!column.empty()) (place += ", column ") += column;
  return Error(error.sqlstate, place + ": " + error.message, error.hint);
}

Error ChunkLoader::line_end_error(const RecordChunk& chunk, const FieldIndex::BadRecord& bad) const {
  const bool text = format_.kind == CsvFormat::Kind::kText;
  const bool is_return = chunk.text()[bad.end] == '\r';
  const std::string byte = is_return ? "carriage return" : "newline";
  const char* const expected = chunk.line_end == LineEnd::kNewline          ? "newlines"
                               : chunk.line_end == LineEnd::kCarriageReturn ? "carriage returns"
                                                                            : "carriage returns with newlines";
  const std::string way = text ? std::string("A ") + byte + " in a value is written " + (is_return ? "\\r" : "\\n")
                               : "A " + byte + " in a value stands in quotes";
  return located(Error(sqlstate::kBadCopyFormat, (text ? "literal " : "unquoted ") + byte + " found in data",
                       way + "; the lines of this file end in " + expected + "."),
                 chunk, bad.end, "");
}

Error ChunkLoader::bad_record_error(const RecordChunk& chunk) const {
  const FieldIndex::BadRecord& bad = *index_.bad_record();
  if (bad.fault == FieldIndex::Fault::kOtherLineEnd) return line_end_error(chunk, bad);
  if (bad.fault == FieldIndex::Fault::kEndOfDataMark) {
    return located(Error(sqlstate::kBadCopyFormat, "end-of-copy marker corrupt",
                         "\\. ends the data where it is a line of its own; as a value it is written \\\\."),
                   chunk, bad.end, "");
  }
  if (bad.field_count > parsers_.size()) {
    return located(Error(sqlstate::kBadCopyFormat, "extra data after last expected column: expected " +
                                                       std::to_string(parsers_.size()) + " fields, got " +
                                                       std::to_string(bad.field_count)),
                   chunk, bad.begin, "");
  }
  const std::string& missing = target_.schema.columns[target_.columns[bad.field_count]].name;
  const bool one_field = bad.field_count == 1;
  return located(Error(sqlstate::kBadCopyFormat,
                       "missing data for column \"" + missing + "\"",
                       one_field ? "check FORMAT and DELIMITER: text separates fields by tabs, csv by commas" : ""),
                 chunk, bad.begin, "");
}

}  // namespace cairn
