// What every Storage does: content, names, errors.
#include <unistd.h>

#include <thread>

#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

using FileContent = StorageTest;
using FileNames = StorageTest;
using FileErrors = StorageTest;
INSTANTIATE_TEST_SUITE_P(All, FileContent, ::testing::ValuesIn(all_storages()), name_of_storage);
INSTANTIATE_TEST_SUITE_P(All, FileNames, ::testing::ValuesIn(all_storages()), name_of_storage);
INSTANTIATE_TEST_SUITE_P(All, FileErrors, ::testing::ValuesIn(all_storages()), name_of_storage);

TEST_P(FileContent, what_was_written_is_read) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate);
  EXPECT_EQ(file->path(), path("a"));
  EXPECT_EQ(file->size(), 0U);
  file->write(0, bytes_of("hello"));
  file->write(3, bytes_of("p, me"));
  EXPECT_EQ(file->size(), 8U);
  EXPECT_EQ(text_of(read(*file, 0, 8)), "help, me");
  EXPECT_EQ(text_of(read(*file, 2, 3)), "lp,");
  file->write(0, {});
  file->read(100, {});
  file->sync();
  EXPECT_EQ(get("a"), "help, me");
}

TEST_P(FileContent, writing_behind_the_end_leaves_zeros) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate);
  file->write(3, bytes_of("x"));
  EXPECT_EQ(get("a"), std::string("\0\0\0x", 4));
}

TEST_P(FileContent, truncate_cuts_and_extends_with_zeros) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate);
  file->write(0, bytes_of("abcdef"));
  file->truncate(2);
  EXPECT_EQ(file->size(), 2U);
  file->truncate(4);
  EXPECT_EQ(get("a"), std::string("ab\0\0", 4));
}

TEST_P(FileContent, modes_keep_empty_or_refuse_what_is_there) {
  put("a", "abc");
  EXPECT_EQ(storage_->open(path("a"), OpenMode::kReadWrite)->size(), 3U);
  EXPECT_EQ(storage_->open(path("a"), OpenMode::kOpenOrCreate)->size(), 3U);
  EXPECT_THROW(storage_->open(path("a"), OpenMode::kCreateExclusive), Error);
  EXPECT_THROW(storage_->open(path("a"), OpenMode::kCreatePrivate), Error);
  EXPECT_EQ(storage_->open(path("a"), OpenMode::kCreate)->size(), 0U);
  EXPECT_EQ(storage_->open(path("b"), OpenMode::kCreateExclusive)->size(), 0U);
  EXPECT_EQ(storage_->open(path("c"), OpenMode::kOpenOrCreate)->size(), 0U);
  EXPECT_THROW(storage_->open(path("a"), OpenMode::kRead)->write(0, bytes_of("x")), Error);
}

TEST_P(FileContent, an_open_file_survives_its_name) {
  put("a", "abc");
  const auto file = storage_->open(path("a"), OpenMode::kRead, Caching::kDirect);
  put("b", "new");
  storage_->rename(path("b"), path("a"));
  storage_->remove(path("a"), EntryKind::kFile);
  EXPECT_EQ(text_of(read(*file, 0, 3)), "abc");
}

// Direct files, with every alignment of offset, length and memory around the boundaries, against a plain array.
TEST_P(FileContent, direct_files_take_any_offset_length_and_address) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  constexpr size_t kFileBytes = 5 * kIoAlignmentBytes;
  Bytes expected(kFileBytes);
  file->write(0, expected);
  std::mt19937_64 random(test_seed());
  AlignedBuffer memory(kFileBytes + kIoAlignmentBytes);
  const auto near_a_boundary = [&](size_t limit) {
    const size_t block = random() % (limit / kIoAlignmentBytes + 1) * kIoAlignmentBytes;
    const size_t shift = random() % 3 == 0 ? random() % 512 : 0;
    return std::min(limit, random() % 2 == 0 ? block + shift : block - std::min(block, shift));
  };
  for (int round = 0; round < 300; ++round) {
    const size_t offset = near_a_boundary(kFileBytes);
    const size_t length = near_a_boundary(kFileBytes - offset);
    const size_t address = random() % 3 == 0 ? offset % kIoAlignmentBytes : random() % 2 * (random() % 4096);
    const auto span = memory.bytes().subspan(address, length);
    if (random() % 2 == 0) {
      const Bytes fresh = pattern(length, random());
      std::copy(fresh.begin(), fresh.end(), span.begin());
      file->write(offset, span);
      std::copy(fresh.begin(), fresh.end(), expected.begin() + static_cast<ptrdiff_t>(offset));
    } else {
      file->read(offset, span);
      ASSERT_TRUE(std::equal(span.begin(), span.end(), expected.begin() + static_cast<ptrdiff_t>(offset)))
          << "round " << round << ": " << length << " bytes at " << offset << ", address " << address;
    }
  }
  EXPECT_EQ(text_of(read(*file, 0, kFileBytes)), text_of(expected));
}

TEST_P(FileContent, a_direct_file_need_not_end_at_a_boundary) {
  const size_t size = 3 * kIoAlignmentBytes + 77;
  const Bytes content = pattern(size, test_seed());
  AlignedBuffer memory(size);
  std::copy(content.begin(), content.end(), memory.data());
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  file->write(0, memory.bytes());
  EXPECT_EQ(file->size(), size);
  AlignedBuffer again(size);
  file->read(0, again.bytes());
  EXPECT_EQ(text_of(again.bytes()), text_of(content));
  const Error error = error_of([&] { file->read(0, again.padded_bytes()); });
  EXPECT_EQ(error.sqlstate, sqlstate::kIoError);
  EXPECT_CONTAINS(error.message, path("a"));
  EXPECT_CONTAINS(error.message, "expected 16384 bytes, the file ends after 12365");
}

TEST_P(FileContent, threads_write_and_read_their_own_parts) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  constexpr size_t kPart = 10 * kIoAlignmentBytes + 100;
  std::vector<std::thread> threads;
  for (uint64_t part = 0; part < 4; ++part) {
    threads.emplace_back([&, part] {
      for (uint64_t round = 0; round < 5; ++round) {
        const Bytes content = pattern(kPart, test_seed() + part * 100 + round);
        file->write(part * kPart, content);
        EXPECT_EQ(read(*file, part * kPart, kPart), content);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(file->size(), 4 * kPart);
}

TEST_P(FileContent, replace_file_replaces_the_whole) {
  replace_file(*storage_, path("a"), bytes_of("a long first version"));
  replace_file(*storage_, path("a"), bytes_of("second"));
  EXPECT_EQ(get("a"), "second");
  EXPECT_EQ(storage_->list(directory_).size(), 1U);
}

TEST_P(FileNames, directories_are_made_listed_and_removed) {
  storage_->create_directories(path("x/y/z"));
  storage_->create_directories(path("x/y/z"));
  put("x/b", "1");
  put("x/a", "22");
  const auto entries = storage_->list(path("x"));
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_EQ(entries[2].name, "y");
  EXPECT_EQ(entries[0].kind, EntryKind::kFile);
  EXPECT_EQ(entries[2].kind, EntryKind::kDirectory);
  EXPECT_EQ(storage_->file_size(path("x/a")), 2U);
  storage_->sync_directory(path("x"));
  EXPECT_THROW(storage_->remove(path("x"), EntryKind::kDirectory), Error);  // not empty
  remove_tree(*storage_, path("x"));
  EXPECT_FALSE(storage_->exists(path("x")));
}

TEST_P(FileNames, remove_says_whether_there_was_something) {
  put("a", "1");
  EXPECT_TRUE(storage_->exists(path("a")));
  EXPECT_FALSE(storage_->remove(path("a"), EntryKind::kDirectory));
  EXPECT_TRUE(storage_->remove(path("a"), EntryKind::kFile));
  EXPECT_FALSE(storage_->remove(path("a"), EntryKind::kFile));
  EXPECT_FALSE(storage_->exists(path("a")));
}

TEST_P(FileNames, rename_replaces) {
  put("a", "new");
  put("b", "old");
  storage_->rename(path("a"), path("b"));
  EXPECT_FALSE(storage_->exists(path("a")));
  EXPECT_EQ(get("b"), "new");
  storage_->create_directories(path("d"));
  storage_->rename(path("b"), path("d/c"));
  EXPECT_EQ(get("d/c"), "new");
}

TEST_P(FileNames, free_space_is_known) { EXPECT_GT(storage_->free_bytes(directory_), 0U); }

TEST_P(FileErrors, a_missing_file_is_undefined) {
  for (const auto& action : std::vector<std::function<void()>>{
           [&] { storage_->open(path("gone"), OpenMode::kRead); },
           [&] { storage_->open(path("gone"), OpenMode::kReadWrite, Caching::kDirect); },
           [&] { storage_->open(path("gone/a"), OpenMode::kCreate); },
           [&] { storage_->file_size(path("gone")); },
           [&] { storage_->list(path("gone")); },
           [&] { storage_->rename(path("gone"), path("a")); },
           [&] { storage_->sync_directory(path("gone")); },
           [&] { storage_->free_bytes(path("gone")); },
       }) {
    const Error error = error_of(action);
    EXPECT_EQ(error.sqlstate, sqlstate::kUndefinedFile) << error.message;
    EXPECT_CONTAINS(error.message, directory_);
    EXPECT_CONTAINS(error.message, "No such file or directory");
  }
}

TEST_P(FileErrors, a_file_is_no_directory) {
  put("a", "1");
  for (const auto& action : std::vector<std::function<void()>>{
           [&] { storage_->open(path("a/b"), OpenMode::kCreate); },
           [&] { storage_->list(path("a")); },
           [&] { storage_->create_directories(path("a/b")); },
           [&] { storage_->create_directories(path("a")); },
       }) {
    const Error error = error_of(action);
    EXPECT_EQ(error.sqlstate, sqlstate::kIoError) << error.message;
    EXPECT_CONTAINS(error.message, path("a"));
    EXPECT_CONTAINS(error.message, "Not a directory");
  }
  EXPECT_FALSE(storage_->exists(path("a/b")));
}

TEST_P(FileErrors, reading_behind_the_end_names_the_place) {
  put("a", "abc");
  const auto file = storage_->open(path("a"), OpenMode::kRead);
  const Error error = error_of([&] { read(*file, 1, 5); });
  EXPECT_EQ(error.sqlstate, sqlstate::kIoError);
  EXPECT_CONTAINS(error.message, path("a") + "\" at offset 1: expected 5 bytes, the file ends after 2");
}

TEST_P(FileErrors, a_directory_without_rights_is_read_only) {
  if (is_simulated()) GTEST_SKIP() << "it has no rights";
  if (::geteuid() == 0) GTEST_SKIP() << "root has every right";
  storage_->create_directories(path("locked"));
  std::filesystem::permissions(path("locked"), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const Error error = error_of([&] { storage_->open(path("locked/a"), OpenMode::kCreate); });
  std::filesystem::permissions(path("locked"), std::filesystem::perms::owner_all);
  EXPECT_EQ(error.sqlstate, sqlstate::kReadOnly);
  EXPECT_CONTAINS(error.message, "Permission denied");
  EXPECT_FALSE(error.hint.empty());
}

TEST_P(FileErrors, what_the_system_does_not_let_root_write_is_read_only) {
  if (is_simulated() || !std::filesystem::exists("/proc/version")) GTEST_SKIP() << "no /proc";
  const Error error = error_of([&] { storage_->open("/proc/version", OpenMode::kReadWrite)->write(0, bytes_of("x")); });
  EXPECT_TRUE(error.sqlstate == sqlstate::kReadOnly || error.sqlstate == sqlstate::kIoError) << error.message;
  EXPECT_CONTAINS(error.message, "/proc/version");
}

TEST_P(FileErrors, a_full_disk_is_told_as_such) {
  std::string full = "/dev/full";
  if (is_simulated()) {
    dynamic_cast<SimulatedStorage&>(*storage_).set_capacity(3);
    full = path("a");
  } else if (!std::filesystem::exists(full)) {
    GTEST_SKIP() << "no /dev/full";
  }
  const auto file = storage_->open(full, OpenMode::kOpenOrCreate, Caching::kDirect);
  AlignedBuffer block(kIoAlignmentBytes);
  std::fill(block.bytes().begin(), block.bytes().end(), std::byte{0});
  const Error blocking = error_of([&] { file->write(0, block.bytes()); });
  EXPECT_EQ(blocking.sqlstate, sqlstate::kDiskFull);
  EXPECT_CONTAINS(blocking.message, full);
  EXPECT_CONTAINS(blocking.message, "No space left on device");
  EXPECT_FALSE(blocking.hint.empty());
  const auto batch = storage_->make_batch();
  batch->write(*file, 0, block.bytes());
  EXPECT_EQ(error_of([&] { batch->wait_all(); }).sqlstate, sqlstate::kDiskFull);
}

TEST(MakeStorage, the_environment_decides_and_is_checked) {
  const char* before = std::getenv("CAIRN_IO");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("CAIRN_IO", "threads", 1);
  EXPECT_EQ(make_storage()->name(), "thread pool");
  if (UringRing::probe() == 0) {
    ::setenv("CAIRN_IO", "uring", 1);
    EXPECT_EQ(make_storage()->name(), "io_uring");
    ::unsetenv("CAIRN_IO");
    EXPECT_EQ(make_storage()->name(), "io_uring");
  }
  ::setenv("CAIRN_IO", "floppy", 1);
  EXPECT_EQ(error_of([] { make_storage(); }).sqlstate, sqlstate::kInvalidParameterValue);
  saved.empty() ? ::unsetenv("CAIRN_IO") : ::setenv("CAIRN_IO", saved.c_str(), 1);
}

}  // namespace
}  // namespace cairn
