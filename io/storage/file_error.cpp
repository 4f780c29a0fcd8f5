#include "io/storage/file_error.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cairn {

namespace {

std::string_view state_of(int code) {
  switch (code) {
    case ENOENT:
      return sqlstate::kUndefinedFile;
    case ENOSPC:
    case EDQUOT:
      return sqlstate::kDiskFull;
    case EROFS:
    case EACCES:
    case EPERM:
      return sqlstate::kReadOnly;
    case ENOMEM:
      return sqlstate::kOutOfMemory;
    default:
      return sqlstate::kIoError;
  }
}

std::string_view hint_of(int code) {
  switch (code) {
    case ENOSPC:
      return "free some space on the file system that holds this path";
    case EDQUOT:
      return "the owner's disk quota is used up";
    case EACCES:
    case EPERM:
      return "check the owner and the permissions of this path and of the directories above it";
    case EROFS:
      return "the file system is mounted read-only";
    case EMFILE:
      return "raise the limit of open files (ulimit -n)";
    case EIO:
      return "the disk or its connection may be failing; see the kernel's log";
    default:
      return "";
  }
}

std::string quoted(std::string_view path) {
  std::string text = "\"";
  text.append(path).append("\"");
  return text;
}

}  // namespace

Error file_error(int code, std::string_view action, std::string_view path) {
  std::string text = "could not ";
  text.append(action).append(" ").append(cairn::quoted(path)).append(": ").append(std::generic_category().message(code));
  return Error(state_of(code), std::move(text), std::string(hint_of(code)));
}

Error short_read_error(std::string_view path, uint64_t offset, size_t expected_bytes, size_t got_bytes) {
  return Error(sqlstate::kIoError, "could not read " + cairn::quoted(path) + " at offset " + std::to_string(offset) +
                                       ": expected " + std::to_string(expected_bytes) + " bytes, the file ends after " +
                                       std::to_string(got_bytes));
}

bool is_lock_content(std::string_view bytes) {
  constexpr size_t kBytesMax = 31;
  return bytes.size() <= kBytesMax && bytes.find_first_not_of("0123456789\n") == std::string_view::npos;
}

Error lock_is_taken_error(const std::string& path, bool is_exclusive, int owner_pid) {
  std::string owner = "another process";
  if (owner_pid == ::getpid()) {
    owner = "this process (pid " + std::to_string(owner_pid) + ") already";
  } else if (owner_pid > 0) {
    owner = "process " + std::to_string(owner_pid);
  }
  return Error(sqlstate::kObjectInUse,
               "could not lock " + cairn::quoted(path) + (is_exclusive ? " exclusively" : " for reading") +
                   ": it is locked by " + owner,
               "wait until the other user is done, or end it");
}

}  // namespace cairn
