#include "io/csv/output_target.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "io/storage/file_error.h"
#include "vector/error.h"

namespace cairn {

namespace {

namespace fs = std::filesystem;

constexpr int kLinksMax = 40;  // as in the kernel

/// N where `link` is /proc/self/fd/N, by whatever way: its text is not a path that could be opened anew.
std::optional<int> own_descriptor(const fs::path& link) {
  std::error_code error;
  const fs::path directory = fs::canonical(link.has_parent_path() ? link.parent_path() : ".", error);
  struct statfs system;
  if (error || ::statfs(directory.c_str(), &system) < 0 || system.f_type != PROC_SUPER_MAGIC) return std::nullopt;
  if (directory != fs::path("/proc") / std::to_string(::getpid()) / "fd") return std::nullopt;
  const std::string name = link.filename();
  int number = -1;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

bool OutputTarget::is_replaceable() const {
  return found && found->st_nlink == 1 && ::listxattr(path.c_str(), nullptr, 0) <= 0;
}

OutputTarget find_output_target(const std::string& path) {
  OutputTarget target{path, -1, std::nullopt};
  struct stat status;
  for (int links = 0;; ++links) {
    if (::lstat(target.path.c_str(), &status) < 0) {
      if (errno == ENOENT) return target;
      throw file_error(errno, "open", path);
    }
    if (!S_ISLNK(status.st_mode)) break;
    if (links == kLinksMax) throw file_error(ELOOP, "open", path);
    const fs::path link = target.path;
    if (const auto descriptor = own_descriptor(link)) {
      target.descriptor = *descriptor;
      return target;
    }
    std::error_code error;
    const fs::path pointed = fs::read_symlink(link, error);
    if (error) throw file_error(error.value(), "read the symbolic link", target.path);
    target.path = link.parent_path() / pointed;  // an absolute one replaces what stands before it
  }
  if (S_ISDIR(status.st_mode)) {
    throw Error(sqlstate::kWrongObjectType, "\"" + path + "\" is a directory, expected a file");
  }
  target.found = status;
  return target;
}

bool take_over_identity(const std::string& path, const struct stat& replaced) {
  struct stat fresh;
  if (::lstat(path.c_str(), &fresh) < 0) return false;
  const bool same_owner = fresh.st_uid == replaced.st_uid && fresh.st_gid == replaced.st_gid;
  if (!same_owner && ::lchown(path.c_str(), replaced.st_uid, replaced.st_gid) < 0) return false;
  return ::chmod(path.c_str(), replaced.st_mode & 07777) == 0;
}

}  // namespace cairn
