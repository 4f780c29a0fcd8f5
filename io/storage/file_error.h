#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vector/error.h"

namespace cairn {

/// The error for a system call that failed with `code` (an errno): could not <action> "<path>": <cause>. See Storage
/// for the SQLSTATEs.
Error file_error(int code, std::string_view action, std::string_view path);

/// The error for a file that ends before what is read.
Error short_read_error(std::string_view path, uint64_t offset, size_t expected_bytes, size_t got_bytes);

/// What a lock file of ours holds: nothing, or the process id of its owner.
bool is_lock_content(std::string_view bytes);

/// The error (kObjectInUse) for a lock that another has; `owner_pid` is 0 if it is unknown.
Error lock_is_taken_error(const std::string& path, bool is_exclusive, int owner_pid);

}  // namespace cairn
