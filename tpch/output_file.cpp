#include "tpch/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "vector/error.h"

namespace cairn::tpch {

void throw_io_error(int error_number, const std::string& what) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  throw Error(full ? sqlstate::kDiskFull : sqlstate::kIoError, what + ": " + std::strerror(error_number),
              full ? "scale factor 1 needs about 1.1 GB" : "");
}

OutputFile::OutputFile(std::filesystem::path path)
    : path_(std::move(path)), partial_path_(path_.string() + ".partial") {
  fd_ = open(partial_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd_ < 0) throw_io_error(errno, "cannot create " + partial_path_);
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(partial_path_.c_str());
}

void OutputFile::write_at(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_io_error(errno, "cannot write " + partial_path_);
    offset += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void OutputFile::finish() {
  // Some file systems report a full disk only here; the name is not given then.
  if (const int fd = std::exchange(fd_, -1); close(fd) != 0) {
    const int error_number = errno;
    unlink(partial_path_.c_str());
    throw_io_error(error_number, "cannot write " + partial_path_);
  }
  if (rename(partial_path_.c_str(), path_.c_str()) != 0) throw_io_error(errno, "cannot create " + path_.string());
}

}  // namespace cairn::tpch
