// Names and directories of PosixStorage.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "io/storage/file_error.h"
#include "io/storage/file_posix.h"
#include "io/storage/own_files.h"

namespace cairn {

namespace {

EntryKind kind_of(mode_t mode) {
  return S_ISREG(mode) ? EntryKind::kFile : S_ISDIR(mode) ? EntryKind::kDirectory : EntryKind::kOther;
}

EntryKind kind_of(const dirent& entry, int directory) {
  if (entry.d_type != DT_UNKNOWN) return kind_of(static_cast<mode_t>(DTTOIF(entry.d_type)));
  struct stat status;
  if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) return EntryKind::kOther;
  return kind_of(status.st_mode);
}

/// The status of what a place names: among Cairn's own files, of a link itself.
int status_of(const FilePlace& place, struct stat& status) {
  if (place.code != 0) {
    errno = place.code;
    return -1;
  }
  return ::fstatat(place.at(), place.name.c_str(), &status, place.is_own ? AT_SYMLINK_NOFOLLOW : 0);
}

}  // namespace

void PosixStorage::guard(const std::string& root, const std::string& below, Access access) {
  guarded_.add(root, below, access);
}

FilePlace PosixStorage::place_of(const std::string& path, std::string_view action) const {
  FilePlace place = guarded_.find(path);
  if (place.code == ELOOP) throw not_own_file_error(action, path, S_IFLNK);
  if (place.code != 0) throw file_error(place.code, action, path);
  return place;
}

std::unique_ptr<File> PosixStorage::open(const std::string& path, OpenMode mode, Caching caching) {
  FilePlace place = place_of(path, "open file");
  if (mode == OpenMode::kCreatePrivate) place.file_mode = 0600;
  return std::make_unique<PosixFile>(path, place, mode, caching);
}

std::vector<DirectoryEntry> PosixStorage::list(const std::string& directory) {
  const FilePlace place = place_of(directory, "list directory");
  struct stat found;
  if (place.is_own && status_of(place, found) == 0 && S_ISLNK(found.st_mode))
    throw not_own_file_error("list directory", directory, found.st_mode);
  const int descriptor = ::openat(place.at(), place.name.c_str(), O_RDONLY | O_DIRECTORY | place.open_flags());
  if (descriptor < 0) throw file_error(errno, "list directory", directory);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(descriptor), &::closedir);
  if (!stream) throw file_error(errno, "list directory", directory);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    entries.push_back({std::move(name), kind_of(*entry, descriptor)});
  }
  if (errno != 0) throw file_error(errno, "list directory", directory);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

bool PosixStorage::exists(const std::string& path) {
  struct stat status;
  const FilePlace place = guarded_.find(path);
  if (place.code == ELOOP) throw not_own_file_error("look for file", path, S_IFLNK);
  if (status_of(place, status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw file_error(errno, "look for file", path);
}

uint64_t PosixStorage::file_size(const std::string& path) {
  constexpr std::string_view kAction = "find the size of file";
  struct stat status;
  if (status_of(place_of(path, kAction), status) < 0) throw file_error(errno, kAction, path);
  return static_cast<uint64_t>(status.st_size);
}

void PosixStorage::create_directories(const std::string& directory) {
  const std::string root = guarded_.root_of(directory);
  if (!root.empty()) {
    create_directories(root);
    for (size_t end = root.size(); end != std::string::npos;) {
      end = directory.find('/', directory.find_first_not_of('/', end));
      create_own(directory.substr(0, end));
    }
    return;
  }
  std::error_code error;
  const std::string parent = std::filesystem::path(directory + "/").parent_path().parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) throw file_error(error.value(), "create directory", directory);
  const bool is_own = guarded_.is_root(directory);
  if (::mkdir(directory.c_str(), is_own ? 0700 : 0777) == 0) {
    if (is_own && ::chmod(directory.c_str(), 0700) < 0) errno = 0;  // not every file system can
    return;
  }
  const int code = errno == EEXIST ? ENOTDIR : errno;
  if (!std::filesystem::is_directory(directory, error)) throw file_error(code, "create directory", directory);
}

void PosixStorage::create_own(const std::string& directory) {
  const std::string_view action = "create directory";
  const FilePlace place = place_of(directory, action);
  if (::mkdirat(place.at(), place.name.c_str(), place.directory_mode) == 0) {
    // Whatever the umask took away; not every file system can.
    if (::fchmodat(place.at(), place.name.c_str(), place.directory_mode, 0) < 0) errno = 0;
    return;
  }
  const int code = errno;
  struct stat found;
  if (code != EEXIST || status_of(place, found) < 0) throw file_error(code, action, directory);
  if (S_ISLNK(found.st_mode)) throw not_own_file_error(action, directory, found.st_mode);
  if (!S_ISDIR(found.st_mode)) throw file_error(ENOTDIR, action, directory);
}

bool PosixStorage::remove(const std::string& path, EntryKind kind) {
  const FilePlace place = guarded_.find(path);
  if (place.code == ENOENT || place.code == ENOTDIR || place.code == ELOOP) return false;
  if (place.code != 0) throw file_error(place.code, "remove", path);
  struct stat found;
  const bool exists = ::fstatat(place.at(), place.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists ? kind_of(found.st_mode) != kind || kind == EntryKind::kOther : errno == ENOENT) return false;
  if (exists && ::unlinkat(place.at(), place.name.c_str(), kind == EntryKind::kDirectory ? AT_REMOVEDIR : 0) == 0)
    return true;
  if (errno == ENOENT) return false;
  throw file_error(errno, "remove", path);
}

void PosixStorage::rename(const std::string& from, const std::string& to) {
  const std::string action = "rename \"" + from + "\" to";
  const FilePlace source = place_of(from, action), target = place_of(to, action);
  if (::renameat(source.at(), source.name.c_str(), target.at(), target.name.c_str()) < 0)
    throw file_error(errno, action, to);
}

void PosixStorage::sync_directory(const std::string& directory) {
  const FilePlace place = place_of(directory, "sync directory");
  const int descriptor = ::openat(place.at(), place.name.c_str(), O_RDONLY | O_DIRECTORY | place.open_flags());
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

std::string parent_of(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? 0 : path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void create_durably(Storage& storage, const std::string& directory) {
  std::vector<std::string> missing;  // the innermost first
  for (std::string path = directory; path != "/" && path != "." && !storage.exists(path); path = parent_of(path)) {
    missing.push_back(path);
  }
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    storage.create_directories(*path);
    storage.sync_directory(parent_of(*path));
  }
}

void replace_file(Storage& storage, const std::string& path, std::span<const std::byte> content) {
  const std::string directory = parent_of(path);
  const std::string draft = make_draft_name();
  const std::string draft_path = own_path(directory, draft);
  try {
    const auto file = storage.open(draft_path, OpenMode::kCreateExclusive);
    file->write(0, content);
    file->sync();
    storage.rename(draft_path, path);
  } catch (const Error&) {
    forget_draft(storage, directory, draft);
    throw;
  }
  storage.sync_directory(directory);
}

}  // namespace cairn
