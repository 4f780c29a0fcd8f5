// What the system says becomes SQLSTATEs, sentences and hints.

#include "io/storage/file_error.h"

#include <unistd.h>

#include <cerrno>

#include "tests/io/file_fixture.h"
#include "tests/io/kernel_answers.h"

namespace cairn {
namespace {

TEST(FileErrorTexts, CodesHaveTheirStatesAndHints) {
  struct Case { int code; std::string_view state, hint; };
  for (const Case& each : {Case{ENOENT, sqlstate::kUndefinedFile, ""}, Case{ENOSPC, sqlstate::kDiskFull, "free some space"},
                           Case{EDQUOT, sqlstate::kDiskFull, "quota"}, Case{EROFS, sqlstate::kReadOnly, "mounted read-only"},
                           Case{EACCES, sqlstate::kReadOnly, "permissions"}, Case{EPERM, sqlstate::kReadOnly, "permissions"},
                           Case{ENOMEM, sqlstate::kOutOfMemory, ""}, Case{EMFILE, sqlstate::kIoError, "ulimit -n"},
                           Case{EIO, sqlstate::kIoError, "kernel's log"}, Case{EISDIR, sqlstate::kIoError, ""}}) {
    const Error error = file_error(each.code, "open", "/a file");
    EXPECT_EQ(error.sqlstate, each.state) << each.code;
    EXPECT_TRUE(error.message.starts_with("could not open \"/a file\": ")) << error.message;
    if (each.hint.empty()) {
      EXPECT_EQ(error.hint, "");
    } else {
      EXPECT_CONTAINS(error.hint, std::string(each.hint));
    }
  }
}

TEST(FileErrorTexts, AShortReadSaysHowShort) {
  EXPECT_EQ(short_read_error("/f", 10, 20, 5).message,
            "could not read \"/f\" at offset 10: expected 20 bytes, the file ends after 5");
}

TEST(FileErrorTexts, ALockSaysWhoHasIt) {
  const std::string mine = "this process (pid " + std::to_string(::getpid()) + ") already";
  EXPECT_EQ(lock_is_taken_error("/l", true, ::getpid()).message, "could not lock \"/l\" exclusively: it is locked by " + mine);
  EXPECT_EQ(lock_is_taken_error("/l", false, 1).message, "could not lock \"/l\" for reading: it is locked by process 1");
  EXPECT_EQ(lock_is_taken_error("/l", false, 0).message, "could not lock \"/l\" for reading: it is locked by another process");
  EXPECT_EQ(lock_is_taken_error("/l", true, 0).sqlstate, sqlstate::kObjectInUse);
}

TEST(FileErrorTexts, AWriteThatTakesNothingIsAnError) {
  const auto storage = make_storage(StorageKind::kThreadPool);
  std::string path = std::filesystem::temp_directory_path().string() + "/cairn-write-test-XXXXXX";
  ::close(::mkstemp(path.data()));
  const auto file = storage->open(path, OpenMode::kReadWrite);
  std::filesystem::remove(path);
  const int outcome = in_child([&] {
    if (!kernel_answers(SYS_pwrite64, 0)) return kNotHere;
    try {
      file->write(0, bytes_of("x"));  // must not try for ever
    } catch (const Error& error) {
      return error.sqlstate == sqlstate::kIoError ? 0 : 2;
    }
    return 1;
  });
  if (outcome == kNotHere) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(outcome, 0);
}

TEST(FileErrorTexts, WhatALockFileMayHold) {
  EXPECT_TRUE(is_lock_content(""));
  EXPECT_TRUE(is_lock_content("12345\n"));
  EXPECT_TRUE(is_lock_content(std::string(31, '1')));
  EXPECT_FALSE(is_lock_content(std::string(32, '1')));
  EXPECT_FALSE(is_lock_content("my notes"));
  EXPECT_FALSE(is_lock_content("1 2"));
}

}  // namespace
}  // namespace cairn
