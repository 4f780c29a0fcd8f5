#include "io/csv/csv_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "io/csv/field_text.h"
#include "io/csv/output_target.h"
#include "io/storage/file_error.h"
#include "io/storage/file_place.h"
#include "io/storage/own_files.h"
#include "io/storage/storage.h"
#include "vector/format.h"
#include "vector/read_row.h"

namespace cairn {

namespace {

/// Whether the text of a type's values can hold a byte that means something in the format.
bool is_plain(const Type& type, const CsvFormat& format) {
  if (type.is_string()) return false;
  // What numbers, dates and intervals are written with; a delimiter or quote may be one of these.
  const std::string_view alphabet = " +-.:0123456789BCINadefilmnorstuy";
  const auto occurs = [&](char c) { return alphabet.find(c) != std::string_view::npos; };
  if (occurs(format.delimiter)) return false;
  if (format.kind == CsvFormat::Kind::kCsv && occurs(format.quote)) return false;
  // A value may read as NULL where null_text is made of these bytes alone.
  for (const char c : format.null_text) {
    if (!occurs(c)) return true;
  }
  return format.null_text.empty();
}

/// Writes a draft beside the target, which changes when all rows are there.
class FileWriter : public CsvWriter {
 public:
  FileWriter(Storage& storage, OutputTarget target, const CsvFormat& format, std::vector<Type> types)
      : CsvWriter(format, std::move(types)),
        storage_(storage),
        target_(std::move(target)),
        directory_(std::filesystem::path(target_.path).parent_path()),
        draft_(make_draft_name()) {
    if (directory_.empty()) directory_ = ".";
    file_ = storage.open(draft_path(), OpenMode::kCreateExclusive);
  }

  ~FileWriter() override {
    if (!file_) return;
    file_.reset();
    forget_draft(storage_, directory_, draft_);
  }

 private:
  Storage& storage_;
  const OutputTarget target_;
  std::string directory_;
  const std::string draft_;
  std::unique_ptr<File> file_;
  uint64_t offset_ = 0;

  std::string draft_path() const { return own_path(directory_, draft_); }

  void write(std::string_view bytes) override {
    file_->write(offset_, std::as_bytes(std::span(bytes)));
    offset_ += bytes.size();
  }

  void close() override {
    file_->sync();
    const bool is_new = !target_.found;
    if (!is_new && !(target_.is_replaceable() && take_over_identity(draft_path(), *target_.found))) {
      copy_into_target();
      return;
    }
    storage_.rename(draft_path(), target_.path);
    file_.reset();
    storage_.sync_directory(directory_);
  }

  /// The target stays the file that it is. The draft goes with the writer.
  void copy_into_target() {
    const auto target = storage_.open(target_.path, OpenMode::kReadWrite);
    target->truncate(0);
    std::vector<std::byte> piece(size_t{1} << 20);
    for (uint64_t done = 0; done < offset_; done += piece.size()) {
      piece.resize(std::min<uint64_t>(piece.size(), offset_ - done));
      file_->read(done, piece);
      target->write(done, piece);
    }
    target->sync();
  }
};

/// Writes through a descriptor, from its position on: pipes, devices, files that we may write but not replace.
class StreamWriter : public CsvWriter {
 public:
  StreamWriter(const OutputTarget& target, int flags, const CsvFormat& format, std::vector<Type> types)
      : CsvWriter(format, std::move(types)), path_(target.path) {
    if (target.descriptor >= 0) {
      std::fflush(stdout);  // what our host has said so far comes first
      descriptor_ = Descriptor(::fcntl(target.descriptor, F_DUPFD_CLOEXEC, 0));
    } else {
      descriptor_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | flags));
    }
    if (!descriptor_) throw file_error(errno, "open", path_);
  }

 private:
  std::string path_;
  Descriptor descriptor_;

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw file_error(errno, "write", path_);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  void close() override {
    // Pipes and most devices have nothing to make durable.
    if (::fsync(descriptor_.get()) < 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
      throw file_error(errno, "sync", path_);
  }
};

std::unique_ptr<CsvWriter> make_writer(Storage& storage, const OutputTarget& target, const CsvFormat& format,
                                       std::vector<Type> types) {
  if (target.is_special() || target.descriptor >= 0) {
    return std::make_unique<StreamWriter>(target, 0, format, std::move(types));
  }
  try {
    return std::make_unique<FileWriter>(storage, target, format, types);
  } catch (const Error& error) {
    // Where no file may be made beside it, the target is written as it stands, if it may be.
    if (target.found && error.sqlstate == sqlstate::kReadOnly) {
      return std::make_unique<StreamWriter>(target, O_TRUNC, format, std::move(types));
    }
    throw Error(error.sqlstate, "could not create file \"" + target.path + "\" (" + error.message + ")", error.hint);
  }
}

}  // namespace

CsvFormatter::CsvFormatter(std::vector<Type> types, CsvFormat format)
    : types_(std::move(types)), format_(std::move(format)) {
  for (size_t i = 0; i < types_.size(); ++i) {
    const bool forced = i < format_.force_quote.size() && format_.force_quote[i];
    plain_.push_back(!forced && is_plain(types_[i], format_));
  }
}

void CsvFormatter::append_value(const Vector& vector, size_t column, size_t row, std::string& out) {
  if (vector.type.id == TypeId::kNull || !vector.valid(row)) {
    out += format_.null_text;
    return;
  }
  const bool is_boolean = vector.type.id == TypeId::kBoolean;
  if (plain_[column] && !is_boolean) return format_row(vector, row, {}, out);
  if (vector.type.id == TypeId::kVarchar) {
    const StringRef text = read_row<StringRef>(vector, row);
    return append_text(text.view(), column, out);
  }
  scratch_.clear();
  format_row(vector, row, {}, scratch_);
  if (is_boolean) scratch_.resize(1);  // in files they are t and f
  append_text(scratch_, column, out);
}

void CsvFormatter::append_text(std::string_view text, size_t column, std::string& out) {
  const bool forced = column < format_.force_quote.size() && format_.force_quote[column];
  // Alone on its line it would end the data.
  const bool ends_data = types_.size() == 1 && text == "\\.";
  append_field(text, format_, forced || ends_data, out);
}

void CsvFormatter::append(const Batch& batch, std::string& out) {
  assert(batch.columns.size() == types_.size());
  const size_t rows = batch.row_count();
  for (size_t i = 0; i < rows; ++i) {
    const size_t row = batch.selected ? batch.selection.indices[i] : i;
    for (size_t column = 0; column < types_.size(); ++column) {
      if (column != 0) out += format_.delimiter;
      append_value(batch.columns[column], column, row, out);
    }
    out += '\n';
  }
}

void CsvFormatter::append_header(const std::vector<std::string>& names, std::string& out) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (i != 0) out += format_.delimiter;
    append_field(names[i], format_, names.size() == 1 && names[i] == "\\.", out);
  }
  out += '\n';
}

std::unique_ptr<CsvWriter> CsvWriter::create(Storage& storage, const std::string& path, const CsvFormat& format,
                                             const std::vector<std::string>& names, std::vector<Type> types) {
  format.check();
  std::unique_ptr<CsvWriter> writer = make_writer(storage, find_output_target(path), format, std::move(types));
  if (format.header != CsvFormat::Header::kNone) writer->formatter_.append_header(names, writer->buffer_);
  return writer;
}

void CsvWriter::append(const Batch& batch) {
  formatter_.append(batch, buffer_);
  row_count_ += batch.row_count();
  if (buffer_.size() >= kBufferBytes) flush();
}

void CsvWriter::flush() {
  if (!buffer_.empty()) write(buffer_);
  buffer_.clear();
}

uint64_t CsvWriter::finish() {
  flush();
  close();
  return row_count_;
}

}  // namespace cairn
