#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace cairn {

/// What COPY TO writes to when it is given a path: never the link, always what it points to, as every program does.
struct OutputTarget {
  std::string path;                 ///< behind all symbolic links; where nothing is there, what will be made
  int descriptor = -1;              ///< the path names this open file of ours (/dev/stdout, /dev/fd/3): it is written to
  std::optional<struct stat> found; ///< what stands there now

  /// A pipe, a device: written to as it is, not replaced.
  bool is_special() const { return found && !S_ISREG(found->st_mode); }
  /// Another file may take the place of what stands there, and nobody sees the difference: it has no other name and no
  /// attributes that we do not know.
  bool is_replaceable() const;
};

/// Errors: kWrongObjectType (a directory), kIoError (links in a circle).
OutputTarget find_output_target(const std::string& path);

/// Gives the file at `path` the owner and the mode of the one that it is to replace; false where we have no right to.
bool take_over_identity(const std::string& path, const struct stat& replaced);

}  // namespace cairn
