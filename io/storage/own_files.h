#pragma once

// What Cairn makes in directories, known by its names; whatever has another name is somebody else's.
//
//   DATABASE/            lock, readers, manifest, drafts of it, data/, checkpoints/
//   DATABASE/data/       data files
//   DATABASE/scripts/    the shell's (shell/script_run.h): 16 hexadecimal digits
//   CHECKPOINTS/         a directory per process (owner): owner.lock, log, fragment files. CHECKPOINTS is
//                        DATABASE/checkpoints, or a directory with the database's name in the place that a user chose
//
// Everything that Cairn ever deletes goes through remove_own, which refuses what does not bear such a name or is no
// regular file (no directory): links, pipes, others' files.

#include <memory>
#include <string>
#include <string_view>

#include "io/storage/storage.h"

namespace cairn {

enum class OwnName {
  kDraft,        ///< ".cairn-" 16 hexadecimal digits ".new": a file that gets its name when it is whole
  kDataFile,     ///< 16 hexadecimal digits ".segments"
  kCheckpoints,  ///< directory "checkpoints", or 32 hexadecimal digits "-" 16 hexadecimal digits
  kOwner,        ///< directory of 16 hexadecimal digits
  kOwnerLock,    ///< "owner.lock"
  kLog,          ///< "log"
  kFragment,     ///< 8 hexadecimal digits "-" digits
};

/// Hexadecimal digits are small letters here: others are none of ours.
bool is_own_name(OwnName kind, std::string_view name);

/// A name below a directory. Names that come out of files pass here before anything is done with them: kDataCorrupted
/// unless it is a single name ("..", "a/b" and "" are not).
std::string own_path(std::string_view directory, std::string_view name);

/// A directory's path without slashes at its end.
std::string without_end_slashes(std::string path);

/// Removes what Cairn made under this name. False where there is nothing, or something that Cairn did not make: then
/// it stays. A directory goes if it is empty; others' files in it keep it, which is an error of the storage.
bool remove_own(Storage& storage, OwnName kind, const std::string& directory, std::string_view name);

/// An owner's directory with all that is Cairn's in it. False where something stays.
bool remove_owner_directory(Storage& storage, const std::string& checkpoints, std::string_view owner);

/// A name for a draft that nobody else has.
std::string make_draft_name();
/// Removes a draft where another error is on its way; its own is dropped.
void forget_draft(Storage& storage, const std::string& directory, std::string_view draft) noexcept;

/// A file in `directory` that has no name (any more) and goes with its last user, however the process ends.
std::unique_ptr<File> open_unnamed(Storage& storage, const std::string& directory);

/// `digits` random hexadecimal digits.
std::string random_hex(size_t digits);

}  // namespace cairn
