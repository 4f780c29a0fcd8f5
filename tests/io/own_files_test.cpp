// The one door through which files leave: it lets out what Cairn made, and nothing else.

#include "io/storage/own_files.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

/// Every kind, with a name of its kind and names that are nearly.
struct Kind {
  OwnName kind;
  bool is_directory;
  std::string name;
  std::vector<std::string> others;
};

const std::vector<Kind>& all_kinds() {
  static const std::string hex = "0123456789abcdef";
  static const std::vector<Kind> kinds = {
      {OwnName::kDraft, false, ".cairn-" + hex + ".new", {"manifest.new", ".cairn-" + hex + ".new2", ".cairn-.new", "cairn-" + hex + ".new"}},
      {OwnName::kDataFile, false, hex + ".segments", {hex + ".segments.bak", "1.segments", "0123456789ABCDEF.segments", " " + hex + ".segments"}},
      {OwnName::kCheckpoints, true, "checkpoints", {"checkpoints2", "Checkpoints", hex}},
      {OwnName::kCheckpoints, true, hex + hex + "-" + hex, {hex + hex, hex + "-" + hex, hex + hex + "-" + hex + "0"}},
      {OwnName::kOwner, true, hex, {hex + "0", hex.substr(1), "0123456789abcdeg"}},
      {OwnName::kOwnerLock, false, "owner.lock", {"owner.lock2", "lock"}},
      {OwnName::kLog, false, "log", {"log.txt", "Log", "lo"}},
      {OwnName::kFragment, false, "89abcdef-12", {"89abcdef-", "89abcdef-1a", "89abcde-1", "89abcdef-1/2", "89abcdef", "../89abcdef-1"}},
  };
  return kinds;
}

class OwnFiles : public StorageTest {
 protected:
  void make(const Kind& kind, const std::string& name) {
    if (kind.is_directory) {
      storage_->create_directories(path(name));
    } else {
      put(name, "content");
    }
  }
};

TEST_P(OwnFiles, WhatCairnMadeGoes) {
  for (const Kind& kind : all_kinds()) {
    EXPECT_FALSE(remove_own(*storage_, kind.kind, directory_, kind.name)) << kind.name;
    make(kind, kind.name);
    EXPECT_TRUE(remove_own(*storage_, kind.kind, directory_, kind.name)) << kind.name;
    EXPECT_FALSE(storage_->exists(path(kind.name)));
  }
}

TEST_P(OwnFiles, OtherNamesStay) {
  for (const Kind& kind : all_kinds()) {
    for (const std::string& name : kind.others) {
      if (name.find('/') == std::string::npos) make(kind, name);
      EXPECT_FALSE(is_own_name(kind.kind, name)) << name;
      EXPECT_FALSE(remove_own(*storage_, kind.kind, directory_, name));
      if (name.find('/') == std::string::npos) {
        EXPECT_TRUE(storage_->exists(path(name))) << name;
        storage_->remove(path(name), kind.is_directory ? EntryKind::kDirectory : EntryKind::kFile);
      }
    }
  }
}

TEST_P(OwnFiles, OtherKindsOfThingsStay) {
  for (const Kind& kind : all_kinds()) {
    Kind other = kind;
    other.is_directory = !kind.is_directory;
    make(other, kind.name);
    EXPECT_FALSE(remove_own(*storage_, kind.kind, directory_, kind.name)) << kind.name;
    EXPECT_TRUE(storage_->exists(path(kind.name)));
    storage_->remove(path(kind.name), other.is_directory ? EntryKind::kDirectory : EntryKind::kFile);
    if (is_simulated()) continue;
    put("target", "precious");
    fs::create_directory(path("targets"));
    put("targets/a", "precious");
    for (const char* target : {"target", "targets", "nowhere"}) {
      fs::create_symlink(target, path(kind.name));
      EXPECT_FALSE(remove_own(*storage_, kind.kind, directory_, kind.name)) << kind.name;
      EXPECT_TRUE(fs::is_symlink(path(kind.name)));
      fs::remove(path(kind.name));
    }
    ASSERT_EQ(::mkfifo(path(kind.name).c_str(), 0600), 0);
    EXPECT_FALSE(remove_own(*storage_, kind.kind, directory_, kind.name)) << kind.name;
    EXPECT_TRUE(fs::is_fifo(path(kind.name)));
    fs::remove(path(kind.name));
    EXPECT_EQ(get("target"), "precious");
    EXPECT_EQ(get("targets/a"), "precious");
    fs::remove_all(path("targets"));
  }
}

TEST_P(OwnFiles, AnOwnersDirectoryGoesButForWhatOthersPutThere) {
  const std::string owner = "0123456789abcdef";
  const auto fill = [&] {
    storage_->create_directories(path(owner));
    for (const char* name : {"/owner.lock", "/log", "/89abcdef-0", "/89abcdef-1"}) put(owner + name, "");
  };
  fill();
  EXPECT_TRUE(remove_owner_directory(*storage_, directory_, owner));
  EXPECT_FALSE(storage_->exists(path(owner)));
  fill();
  put(owner + "/notes.txt", "precious");
  storage_->create_directories(path(owner + "/89abcdef-2"));
  EXPECT_FALSE(remove_owner_directory(*storage_, directory_, owner));
  EXPECT_EQ(get(owner + "/notes.txt"), "precious");
  EXPECT_EQ(storage_->list(path(owner)).size(), 2U);
}

TEST_P(OwnFiles, NamesFromFilesAreSingleNames) {
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/a"),
                                  std::string("../a"), std::string("a\0b", 3)}) {
    EXPECT_EQ(error_of([&] { own_path("/dir", name); }).sqlstate, sqlstate::kDataCorrupted);
  }
  EXPECT_EQ(own_path("/dir", "a..b"), "/dir/a..b");
}

TEST_P(OwnFiles, BelowAGuardedDirectoryNoLinkIsFollowed) {
  if (is_simulated()) GTEST_SKIP() << "it has no links";
  fs::create_directories(path("real/db/data"));
  fs::create_directories(path("elsewhere"));
  put("elsewhere/file", "precious");
  fs::create_symlink(path("real/db"), path("db"));  // users' own links lead to the database
  storage_->guard(path("db"), "", Access::kAsDirectory);
  put("db/data/a", "mine");
  EXPECT_EQ(get("db/data/a"), "mine");
  EXPECT_EQ(get("real/db/data/a"), "mine");
  fs::create_symlink(path("elsewhere"), path("db/linked"));
  fs::create_symlink(path("elsewhere/file"), path("db/data/link"));
  fs::create_symlink(path("elsewhere/new"), path("db/data/dangling"));
  ASSERT_EQ(::mkfifo(path("db/data/pipe").c_str(), 0600), 0);
  const std::string db = path("db");
  for (const auto& action : std::vector<std::function<void()>>{
           [&] { storage_->open(db + "/linked/file", OpenMode::kRead); },
           [&] { storage_->open(db + "/linked/fresh", OpenMode::kCreate); },
           [&] { storage_->open(db + "/data/link", OpenMode::kRead); },
           [&] { storage_->open(db + "/data/link", OpenMode::kReadWrite, Caching::kDirect); },
           [&] { storage_->open(db + "/data/link", OpenMode::kCreate); },
           [&] { storage_->open(db + "/data/link", OpenMode::kOpenOrCreate); },
           [&] { storage_->open(db + "/data/dangling", OpenMode::kCreate); },
           [&] { storage_->open(db + "/data/pipe", OpenMode::kRead); },
           [&] { storage_->open(db + "/data/pipe", OpenMode::kOpenOrCreate); },
           [&] { storage_->list(db + "/linked"); },
           [&] { storage_->create_directories(db + "/linked"); },
           [&] { storage_->create_directories(db + "/linked/below"); },
           [&] { storage_->lock_file(db + "/data/link", LockMode::kExclusive); },
           [&] { storage_->lock_file(db + "/data/dangling", LockMode::kShared); },
           [&] { storage_->lock_file(db + "/data/pipe", LockMode::kExclusive); },
           [&] { storage_->lock_file(db + "/data/a", LockMode::kExclusive); },  // not a lock file
           [&] { storage_->sync_directory(db + "/linked"); },
           [&] { storage_->rename(db + "/linked/file", db + "/data/b"); },
           [&] { storage_->rename(db + "/data/a", db + "/linked/b"); },
       }) {
    error_of(action);
  }
  EXPECT_FALSE(storage_->remove(db + "/linked/file", EntryKind::kFile));
  EXPECT_EQ(get("elsewhere/file"), "precious");
  EXPECT_FALSE(fs::exists(path("elsewhere/new")));
  EXPECT_EQ(storage_->list(path("elsewhere")).size(), 1U);
}

TEST_P(OwnFiles, ModesAreWhatTheDirectorySays) {
  if (is_simulated()) GTEST_SKIP() << "it has no modes";
  const auto mode_of = [&](const std::string& name) {
    struct stat status;
    return ::stat(path(name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  };
  for (const mode_t mask : {0000, 0022, 0077, 0777}) {
    const mode_t before = ::umask(mask);
    const std::string name = "db" + std::to_string(mask);
    storage_->guard(path(name), "", Access::kAsDirectory);
    storage_->guard(path(name), "checkpoints", Access::kPrivate);
    storage_->create_directories(path(name));
    storage_->create_directories(path(name + "/data"));
    put(name + "/data/a", "");
    ::umask(before);
    EXPECT_EQ(mode_of(name), 0700U);
    EXPECT_EQ(mode_of(name + "/data"), 0700U);
    EXPECT_EQ(mode_of(name + "/data/a"), 0600U);
    fs::permissions(path(name), fs::perms(0750));
    ::umask(mask);
    storage_->open(path(name + "/b"), OpenMode::kCreateExclusive);
    storage_->open(path(name + "/private"), OpenMode::kCreatePrivate);
    storage_->open(path("private" + name), OpenMode::kCreatePrivate);
    storage_->create_directories(path(name + "/checkpoints/owner"));
    storage_->open(path(name + "/checkpoints/owner/c"), OpenMode::kOpenOrCreate);
    storage_->lock_file(path(name + "/lock"), LockMode::kExclusive);
    storage_->lock_file(path(name + "/readers"), LockMode::kExclusive, Access::kAsDirectory);
    ::umask(before);
    EXPECT_EQ(mode_of(name), 0750U);
    EXPECT_EQ(mode_of(name + "/b"), 0640U);
    EXPECT_EQ(mode_of(name + "/private"), 0600U);
    EXPECT_EQ(mode_of("private" + name), 0600U & ~mask);
    EXPECT_EQ(mode_of(name + "/checkpoints"), 0700U);
    EXPECT_EQ(mode_of(name + "/checkpoints/owner/c"), 0600U);
    EXPECT_EQ(mode_of(name + "/lock"), 0600U);
    EXPECT_EQ(mode_of(name + "/readers"), 0640U);
  }
}

INSTANTIATE_TEST_SUITE_P(Storages, OwnFiles, ::testing::ValuesIn(all_storages()), name_of_storage);

}  // namespace
}  // namespace cairn
