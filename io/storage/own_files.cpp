#include "io/storage/own_files.h"

#include <algorithm>
#include <array>
#include <random>

#include "vector/error.h"

namespace cairn {

namespace {

/// A name that consists of fixed texts and counted hexadecimal digits, and may end in a decimal number.
struct NamePattern {
  OwnName kind;
  EntryKind entry;
  std::string_view before;
  size_t digits = 0;
  std::string_view after;
  size_t more_digits = 0;
  bool ends_in_number = false;
};

constexpr std::array kPatterns{
    NamePattern{OwnName::kDraft, EntryKind::kFile, ".cairn-", 16, ".new"},
    NamePattern{OwnName::kDataFile, EntryKind::kFile, "", 16, ".segments"},
    NamePattern{OwnName::kCheckpoints, EntryKind::kDirectory, "checkpoints"},
    NamePattern{OwnName::kCheckpoints, EntryKind::kDirectory, "", 32, "-", 16},
    NamePattern{OwnName::kOwner, EntryKind::kDirectory, "", 16},
    NamePattern{OwnName::kOwnerLock, EntryKind::kFile, "owner.lock"},
    NamePattern{OwnName::kLog, EntryKind::kFile, "log"},
    NamePattern{OwnName::kFragment, EntryKind::kFile, "", 8, "-", 0, true},
};

bool skip_text(std::string_view& name, std::string_view text) {
  if (!name.starts_with(text)) return false;
  name.remove_prefix(text.size());
  return true;
}

bool skip_digits(std::string_view& name, size_t count) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::string_view digits = name.substr(0, count);
  if (digits.size() != count || digits.find_first_not_of(kHex) != std::string_view::npos) return false;
  name.remove_prefix(count);
  return true;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool matches(const NamePattern& pattern, std::string_view name) {
  return skip_text(name, pattern.before) && skip_digits(name, pattern.digits) && skip_text(name, pattern.after) &&
         skip_digits(name, pattern.more_digits) && (pattern.ends_in_number ? is_number(name) : name.empty());
}

const NamePattern* pattern_of(OwnName kind, std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kPatterns, [&](const NamePattern& pattern) { return pattern.kind == kind && matches(pattern, name); });
  return found == kPatterns.end() ? nullptr : found;
}

}  // namespace

bool is_own_name(OwnName kind, std::string_view name) { return pattern_of(kind, name) != nullptr; }

std::string own_path(std::string_view directory, std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\0", 2)) != name.npos) {
    throw Error(sqlstate::kDataCorrupted,
                "\"" + std::string(name) + "\" is no name of a file in \"" + std::string(directory) + "\"");
  }
  return std::string(directory) + "/" + std::string(name);
}

std::string without_end_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool remove_own(Storage& storage, OwnName kind, const std::string& directory, std::string_view name) {
  const NamePattern* const pattern = pattern_of(kind, name);
  return pattern != nullptr && storage.remove(own_path(directory, name), pattern->entry);
}

bool remove_owner_directory(Storage& storage, const std::string& checkpoints, std::string_view owner) {
  if (!is_own_name(OwnName::kOwner, owner)) return false;
  const std::string directory = own_path(checkpoints, owner);
  bool others = false;
  for (const DirectoryEntry& entry : storage.list(directory)) {
    if (is_own_name(OwnName::kOwnerLock, entry.name)) continue;
    const bool ours = std::ranges::any_of(std::array{OwnName::kFragment, OwnName::kLog, OwnName::kDraft},
                                          [&](OwnName kind) { return remove_own(storage, kind, directory, entry.name); });
    others = others || !ours;
  }
  others = !remove_own(storage, OwnName::kOwnerLock, directory, "owner.lock") || others;
  return !others && remove_own(storage, OwnName::kOwner, checkpoints, owner);
}

std::string random_hex(size_t digits) {
  constexpr char kHex[] = "0123456789abcdef";
  std::random_device device;
  std::string text;
  while (text.size() < digits) {
    for (uint32_t bits = device(), i = 0; i < 8 && text.size() < digits; ++i, bits >>= 4) text += kHex[bits & 15];
  }
  return text;
}

std::string make_draft_name() { return ".cairn-" + random_hex(16) + ".new"; }

std::unique_ptr<File> open_unnamed(Storage& storage, const std::string& directory) {
  const std::string draft = make_draft_name();
  std::unique_ptr<File> file = storage.open(own_path(directory, draft), OpenMode::kCreatePrivate, Caching::kDirect);
  remove_own(storage, OwnName::kDraft, directory, draft);
  return file;
}

void forget_draft(Storage& storage, const std::string& directory, std::string_view draft) noexcept {
  try {
    remove_own(storage, OwnName::kDraft, directory, draft);
  } catch (...) {
    // Whoever opens the directory as a database next removes it.
  }
}

}  // namespace cairn
