// Names and directories of PosixStorage.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "io/file_error.h"
#include "io/file_posix.h"

namespace cairn {

std::unique_ptr<File> PosixStorage::open(const std::string& path, OpenMode mode, Caching caching) {
  return std::make_unique<PosixFile>(path, mode, caching);
}

std::vector<DirectoryEntry> PosixStorage::list(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
  if (!stream) throw file_error(errno, "list directory", directory);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_directory = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
      struct stat status;
      is_directory = ::fstatat(::dirfd(stream.get()), name.c_str(), &status, 0) == 0 && S_ISDIR(status.st_mode);
    }
    entries.push_back({std::move(name), is_directory});
  }
  if (errno != 0) throw file_error(errno, "list directory", directory);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

bool PosixStorage::exists(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw file_error(errno, "look for file", path);
}

uint64_t PosixStorage::file_size(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) < 0) throw file_error(errno, "find the size of file", path);
  return static_cast<uint64_t>(status.st_size);
}

void PosixStorage::create_directories(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw file_error(error.value(), "create directory", directory);
}

bool PosixStorage::remove(const std::string& path) {
  if (::remove(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw file_error(errno, "remove", path);
}

void PosixStorage::remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw file_error(error.value(), "remove", path);
}

void PosixStorage::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) throw file_error(errno, "rename \"" + from + "\" to", to);
}

void PosixStorage::sync_directory(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw file_error(errno, "sync directory", directory);
  int result;
  do {
    result = ::fsync(descriptor);
  } while (result < 0 && errno == EINTR);
  const int code = result < 0 ? errno : 0;
  ::close(descriptor);
  // Some network file systems have no such operation, because names are durable there at once: EINVAL.
  if (code != 0 && code != EINVAL) throw file_error(code, "sync directory", directory);
}

uint64_t PosixStorage::free_bytes(const std::string& directory) {
  struct statvfs status;
  if (::statvfs(directory.c_str(), &status) < 0) throw file_error(errno, "find the free space of", directory);
  return uint64_t{status.f_bavail} * status.f_frsize;
}

AlignedBuffer read_file(Storage& storage, const std::string& path) {
  const auto file = storage.open(path, OpenMode::kRead);
  AlignedBuffer content(file->size());
  file->read(0, content.bytes());
  return content;
}

void replace_file(Storage& storage, const std::string& path, std::span<const std::byte> content) {
  const std::string fresh = path + ".new";
  {
    const auto file = storage.open(fresh, OpenMode::kCreate);
    file->write(0, content);
    file->sync();
  }
  storage.rename(fresh, path);
  const size_t slash = path.rfind('/');
  storage.sync_directory(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace cairn
