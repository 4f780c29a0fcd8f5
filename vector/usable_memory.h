#pragma once

#include <cstddef>
#include <string>

namespace cairn {

/// The least of the memory limits of this process's cgroup and of those above it, of both versions; SIZE_MAX where there
/// are none. The system's files are looked for below `root`.
size_t cgroup_memory_limit(const std::string& root = "");

}  // namespace cairn
