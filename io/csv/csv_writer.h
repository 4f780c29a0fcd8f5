#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/csv/csv_format.h"
#include "vector/vector.h"

namespace cairn {

class Storage;

/// Turns batches into text. Not thread-safe; several may format several batches at once.
class CsvFormatter {
 public:
  CsvFormatter(std::vector<Type> types, CsvFormat format);
  /// Appends the batch's (selected) rows.
  void append(const Batch& batch, std::string& out);
  void append_header(const std::vector<std::string>& names, std::string& out);

 private:
  std::vector<Type> types_;
  CsvFormat format_;
  std::vector<bool> plain_;  ///< per column: its text never needs quotes or escapes
  std::string scratch_;

  void append_value(const Vector& vector, size_t column, size_t row, std::string& out);
  void append_text(std::string_view text, size_t column, std::string& out);
};

/// A file that rows are written to. They stand in a draft beside it until finish(), which gives that its name: a load that
/// fails, for whatever reason, leaves nothing behind and what stood there before as it was. The new file has the owner
/// and mode of the one that it replaces; where it cannot, that one is written over. Pipes and devices are written to
/// directly, and symbolic links stand for what they point to.
class CsvWriter {
 public:
  /// Errors: kInvalidParameterValue (CsvFormat::check), kUndefinedFile, kWrongObjectType, kReadOnly, kIoError.
  static std::unique_ptr<CsvWriter> create(Storage& storage, const std::string& path, const CsvFormat& format,
                                           const std::vector<std::string>& names, std::vector<Type> types);
  virtual ~CsvWriter() = default;

  /// Appends the batch's (selected) rows. Errors: kDiskFull, kIoError.
  void append(const Batch& batch);
  /// Writes what is left, makes it durable and gives the file its name; returns the rows. Called once.
  uint64_t finish();

 protected:
  CsvWriter(const CsvFormat& format, std::vector<Type> types) : formatter_(std::move(types), format) {}
  virtual void write(std::string_view bytes) = 0;
  virtual void close() = 0;

 private:
  static constexpr size_t kBufferBytes = size_t{1} << 20;

  CsvFormatter formatter_;
  std::string buffer_;
  uint64_t row_count_ = 0;

  void flush();
};

}  // namespace cairn
