#include "io/csv/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/storage/file_error.h"
#include "io/storage/storage.h"
#include "vector/error.h"

namespace cairn {

namespace {

class FileSource : public ByteSource {
 public:
  explicit FileSource(std::unique_ptr<File> file) : file_(std::move(file)), size_(file_->size()) {}

  size_t read(std::span<std::byte> into) override {
    const size_t bytes = static_cast<size_t>(std::min<uint64_t>(into.size(), size_ - offset_));
    file_->read(offset_, into.first(bytes));
    offset_ += bytes;
    return bytes;
  }
  uint64_t total_bytes() const override { return size_; }

 private:
  std::unique_ptr<File> file_;
  uint64_t size_;
  uint64_t offset_ = 0;
};

class PipeSource : public ByteSource {
 public:
  explicit PipeSource(const std::string& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw file_error(errno, "open", path_);
  }
  ~PipeSource() override { ::close(descriptor_); }

  size_t read(std::span<std::byte> into) override {
    size_t bytes = 0;
    while (bytes < into.size()) {
      const ssize_t got = ::read(descriptor_, into.data() + bytes, into.size() - bytes);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw file_error(errno, "read", path_);
      if (got == 0) break;
      bytes += static_cast<size_t>(got);
    }
    return bytes;
  }
  uint64_t total_bytes() const override { return 0; }

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace

std::unique_ptr<ByteSource> open_source(Storage& storage, const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) throw Error(sqlstate::kWrongObjectType, "\"" + path + "\" is a directory");
    if (!S_ISREG(status.st_mode)) return std::make_unique<PipeSource>(path);
  }
  return std::make_unique<FileSource>(storage.open(path, OpenMode::kRead));
}

}  // namespace cairn
