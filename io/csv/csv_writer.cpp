#include "io/csv/csv_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <filesystem>

#include "io/csv/field_text.h"
#include "io/file_error.h"
#include "io/storage.h"
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

class FileWriter : public CsvWriter {
 public:
  FileWriter(Storage& storage, const std::string& path, const CsvFormat& format, std::vector<Type> types)
      : CsvWriter(format, std::move(types)),
        storage_(storage),
        path_(path),
        new_path_(path + "." + std::to_string(::getpid()) + ".new"),
        file_(storage.open(new_path_, OpenMode::kCreate)) {}

  ~FileWriter() override {
    if (!file_) return;
    file_.reset();
    try {
      storage_.remove(new_path_);
    } catch (const Error&) {
      // The error that led here is the one to report.
    }
  }

 private:
  Storage& storage_;
  std::string path_;
  std::string new_path_;
  std::unique_ptr<File> file_;
  uint64_t offset_ = 0;

  void write(std::string_view bytes) override {
    file_->write(offset_, std::as_bytes(std::span(bytes)));
    offset_ += bytes.size();
  }

  void close() override {
    file_->sync();
    storage_.rename(new_path_, path_);
    file_.reset();
    const std::string directory = std::filesystem::path(path_).parent_path().string();
    storage_.sync_directory(directory.empty() ? "." : directory);
  }
};

class PipeWriter : public CsvWriter {
 public:
  PipeWriter(const std::string& path, const CsvFormat& format, std::vector<Type> types)
      : CsvWriter(format, std::move(types)), path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw file_error(errno, "open", path);
  }
  ~PipeWriter() override { ::close(descriptor_); }

 private:
  std::string path_;
  int descriptor_;

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw file_error(errno, "write", path_);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  void close() override {}
};

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
  struct stat status;
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    throw Error(sqlstate::kWrongObjectType, "\"" + path + "\" is a directory, expected a file");
  }
  std::unique_ptr<CsvWriter> writer;
  if (exists && !S_ISREG(status.st_mode)) {
    writer = std::make_unique<PipeWriter>(path, format, std::move(types));
  } else {
    writer = std::make_unique<FileWriter>(storage, path, format, std::move(types));
  }
  if (format.header != CsvFormat::Header::kNone) writer->formatter_.append_header(names, writer->buffer_);
  return writer;
}

void CsvWriter::append(const Batch& batch) {
  formatter_.append(batch, buffer_);
  row_count_ += batch.row_count();
  if (buffer_.size() >= kBufferBytes) flush();
}

void CsvWriter::append_text(std::string_view rows, uint64_t row_count) {
  flush();
  write(rows);
  row_count_ += row_count;
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
