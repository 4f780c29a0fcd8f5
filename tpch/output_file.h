#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cairn::tpch {

/// A file under a temporary name until finish(); removed if it is destroyed before that.
class OutputFile {
 public:
  /// Throws an Error if the file can't be created.
  explicit OutputFile(std::filesystem::path path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// Writes all bytes at the offset, from any thread. Throws an Error if they can't be written.
  void write_at(uint64_t offset, std::string_view bytes);

  /// Gives the file its name.
  void finish();

 private:
  std::filesystem::path path_;
  std::string partial_path_;
  int fd_ = -1;
};

/// Throws the Error for a system call that failed with this errno.
[[noreturn]] void throw_io_error(int error_number, const std::string& what);

}  // namespace cairn::tpch
