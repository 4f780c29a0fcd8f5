#include "io/storage/file_place.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "io/storage/file_error.h"

namespace cairn {

namespace {

constexpr mode_t kPrivateFile = 0600;
constexpr mode_t kPrivateDirectory = 0700;

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// `path` lies below `directory` as texts. One with ".." may lead anywhere: a user's; ours have single names (own_path).
bool is_below(const std::string& path, const std::string& directory) {
  return path.starts_with(directory) && path.find_first_not_of('/', directory.size()) != path.npos &&
         (path[directory.size()] == '/' || directory.back() == '/') && path.find("/..", directory.size()) == path.npos;
}

/// The names of `path` behind its first `begin` bytes.
std::vector<std::string> names_behind(const std::string& path, size_t begin) {
  std::vector<std::string> names;
  while (begin < path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) names.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

int FilePlace::at() const { return is_own ? directory.get() : AT_FDCWD; }

int FilePlace::open_flags() const { return is_own ? O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC : O_CLOEXEC; }

void GuardedDirectories::add(const std::string& root, const std::string& below, Access access) {
  Guard guard;
  guard.root = without_slashes(root);
  guard.prefix = below.empty() ? guard.root : without_slashes(root + "/" + below);
  guard.includes_prefix = !below.empty();
  guard.access = access;
  const std::lock_guard lock(mutex_);
  for (Guard& known : guards_) {
    if (known.root == guard.root && known.prefix == guard.prefix) {
      known = guard;
      return;
    }
  }
  guards_.push_back(std::move(guard));
}

std::optional<GuardedDirectories::Guard> GuardedDirectories::guard_of(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const Guard* found = nullptr;
  for (const Guard& guard : guards_) {
    if (!is_below(path, guard.prefix) && !(guard.includes_prefix && path == guard.prefix)) continue;
    if (found == nullptr || guard.prefix.size() > found->prefix.size()) found = &guard;
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::string GuardedDirectories::root_of(const std::string& path) const {
  const std::optional<Guard> guard = guard_of(path);
  return guard ? guard->root : "";
}

bool GuardedDirectories::is_root(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(guards_, [root = without_slashes(path)](const Guard& guard) {
    return guard.root == root && !guard.includes_prefix;
  });
}

FilePlace GuardedDirectories::find(const std::string& path) const {
  const std::optional<Guard> guard = guard_of(path);
  FilePlace place;
  if (!guard) {
    place.name = path;
    place.file_mode = 0666;
    place.directory_mode = 0777;
    return place;
  }
  place.is_own = true;
  place.directory = Descriptor(::open(guard->root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat root{};
  if (!place.directory || ::fstat(place.directory.get(), &root) < 0) {
    place.code = errno;
    return place;
  }
  const bool follows = guard->access == Access::kAsDirectory;
  place.file_mode = kPrivateFile | (follows ? root.st_mode & 0066 : 0);
  place.directory_mode = kPrivateDirectory | (follows ? root.st_mode & (0077 | S_ISGID) : 0);
  std::vector<std::string> names = names_behind(path, guard->root.size());
  place.name = std::move(names.back());
  names.pop_back();
  for (const std::string& name : names) {
    Descriptor next(::openat(place.directory.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) place.code = errno;
    struct stat link{};
    if (!next && ::fstatat(place.directory.get(), name.c_str(), &link, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(link.st_mode)) {
      place.code = ELOOP;
    }
    if (!next) break;
    place.directory = std::move(next);
  }
  return place;
}

Error not_own_file_error(std::string_view action, std::string_view path, mode_t found) {
  std::string what = "it is no regular file";
  if (S_ISLNK(found)) what = "it is a symbolic link, and among its own files Cairn follows none";
  if (S_ISDIR(found)) what = "it is a directory";
  return Error(sqlstate::kDataCorrupted, "could not " + std::string(action) + " \"" + std::string(path) + "\": " + what,
               "move it away if it is yours");
}

}  // namespace cairn
