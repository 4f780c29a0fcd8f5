#include "vector/usable_memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "vector/memory_pool.h"

namespace cairn {

namespace {

/// Of one group and those above it. What cannot be read, or is no number ("max"), limits nothing: inside a container the
/// upper groups are out of sight, and its own may stand for the root.
size_t least_limit(const std::string& hierarchy, std::string group, const char* file) {
  size_t least = SIZE_MAX;
  for (;;) {
    size_t limit = 0;
    if (std::ifstream(hierarchy + group + "/" + file) >> limit && limit != 0) least = std::min(least, limit);
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.resize(slash);
  }
}

bool lists(std::string_view controllers, std::string_view name) {
  while (!controllers.empty()) {
    const size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == name) return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

}  // namespace

size_t cgroup_memory_limit(const std::string& root) {
  const std::string mounts = root + "/sys/fs/cgroup";
  size_t least = std::min(least_limit(mounts, "", "memory.max"), least_limit(mounts + "/memory", "", "memory.limit_in_bytes"));
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "4:memory:/a/b"; of version 2 "0::/a/b"
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) least = std::min(least, least_limit(mounts, group, "memory.max"));
    if (lists(controllers, "memory")) least = std::min(least, least_limit(mounts + "/memory", group, "memory.limit_in_bytes"));
  }
  return least;
}

size_t usable_memory_bytes() {
  static const size_t bytes = std::min(static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE)),
                                       cgroup_memory_limit());
  return bytes;
}

}  // namespace cairn
