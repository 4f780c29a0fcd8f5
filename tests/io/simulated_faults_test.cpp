// The simulated storage's own promises, on which fault tests build.

#include "io/storage/simulated_storage.h"

#include <set>

#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

class SimulatedPromises : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view text) {
    const auto file = storage_.open(path, OpenMode::kOpenOrCreate);
    file->write(0, bytes_of(text));
    file->sync();
  }

  SimulatedStorage storage_{5};
};

TEST_F(SimulatedPromises, AnyRequestOfABatchMayBeTheFirstToComplete) {
  put("/file", "12345678");
  const auto file = storage_.open("/file", OpenMode::kRead);
  std::set<uint64_t> first;
  for (int round = 0; round < 200; ++round) {
    Bytes bytes(8);
    const auto batch = storage_.make_batch();
    for (uint64_t n = 0; n < 8; ++n) batch->read(*file, n, std::span(bytes).subspan(n, 1), n);
    first.insert(batch->wait_one().token);
  }
  EXPECT_EQ(first.size(), 8u);
}

TEST_F(SimulatedPromises, LookingIsAnOperationThatMayFail) {
  put("/file", "x");
  const uint64_t before = storage_.operation_count();
  EXPECT_TRUE(storage_.exists("/file"));
  EXPECT_EQ(storage_.file_size("/file"), 1u);
  EXPECT_FALSE(storage_.exists("/none"));
  EXPECT_EQ(storage_.operation_count(), before + 3);
  storage_.set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kLook ? EIO : 0; });
  EXPECT_THROW(storage_.exists("/file"), Error);
  EXPECT_THROW(storage_.file_size("/file"), Error);
}

TEST_F(SimulatedPromises, AfterACrashTheMachineIsSound) {
  put("/file", "content");
  storage_.sync_directory("/");
  storage_.set_read_flip_chance(1);
  storage_.set_fault([](const SimulatedOperation&) { return EIO; });
  storage_.crash(Survival::kNothing);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(text_of(read_file(storage_, "/file").bytes()), "content");
}

TEST_F(SimulatedPromises, ClearedFaultsAreGone) {
  put("/file", "content");
  storage_.set_read_flip_chance(1);
  EXPECT_NE(text_of(read_file(storage_, "/file").bytes()), "content");
  storage_.fail_from(1, EIO);
  storage_.clear_faults();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(text_of(read_file(storage_, "/file").bytes()), "content");
}

TEST_F(SimulatedPromises, AnotherMachineHasTheSameFilesAndDirectories) {
  storage_.create_directories("/a/b");
  put("/a/file", "content");
  SimulatedStorage other(storage_, 9);
  put("/a/file", "changed");
  other.crash(Survival::kNothing);
  EXPECT_EQ(text_of(read_file(other, "/a/file").bytes()), "content");
  EXPECT_TRUE(other.list("/a/b").empty());
  put("/a/b/new", "x");
  EXPECT_FALSE(other.exists("/a/b/new"));
  bool is_directory = false;
  for (const DirectoryEntry& entry : other.list("/a")) is_directory |= entry.name == "b" && entry.kind == EntryKind::kDirectory;
  EXPECT_TRUE(is_directory);
}

TEST_F(SimulatedPromises, RemovedFilesTakeNoRoom) {
  put("/file", std::string(1000, 'x'));
  EXPECT_EQ(storage_.used_bytes(), 1000u);
  const auto open = storage_.open("/file", OpenMode::kReadWrite);
  open->truncate(1500);
  EXPECT_EQ(storage_.used_bytes(), 1500u);
  open->truncate(500);
  EXPECT_EQ(storage_.used_bytes(), 500u);
  storage_.remove("/file", EntryKind::kFile);
  EXPECT_EQ(storage_.used_bytes(), 0u);
  open->write(0, bytes_of(std::string(2000, 'y')));  // a file without a name
  open->truncate(3000);
  EXPECT_EQ(storage_.used_bytes(), 0u);
  put("/other", std::string(10, 'x'));
  put("/third", std::string(20, 'x'));
  storage_.rename("/third", "/other");
  EXPECT_EQ(storage_.used_bytes(), 20u);
}

TEST_F(SimulatedPromises, APathGoesUpAndDown) {
  put("/file", "content");
  storage_.create_directories("/a/b/c");
  for (const std::string path : {"/a/../file", "/a/b/../../file", "/../file", "/./a/.././/file", "/a/b/c/../../../file"}) {
    EXPECT_EQ(text_of(read_file(storage_, path).bytes()), "content") << path;
  }
  EXPECT_FALSE(storage_.exists("/a/b/../file"));
}

TEST_F(SimulatedPromises, EverySectorOfAWriteMayBeTheOneThatSurvives) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed < 200; ++seed) {
    SimulatedStorage storage(seed);
    const auto file = storage.open("/file", OpenMode::kCreate);
    file->write(0, bytes_of(std::string(3 * 512, 'a')));
    file->sync();
    storage.sync_directory("/");
    file->write(0, bytes_of(std::string(3 * 512, 'b')));
    storage.crash(Survival::kSectors);
    const std::string text = text_of(read_file(storage, "/file").bytes());
    seen.insert({text[0], text[512], text[1024]});
    for (size_t i = 0; i < text.size(); ++i) ASSERT_EQ(text[i], text[i / 512 * 512]) << "a torn sector";
  }
  EXPECT_EQ(seen.size(), 8u);
}

TEST_F(SimulatedPromises, AWriteIsAsLikelyToBeLostWhereverItIs) {
  constexpr uint64_t kFar = 500 * 512;
  size_t lost = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SimulatedStorage storage(seed);
    const auto file = storage.open("/file", OpenMode::kCreate);
    file->write(kFar, bytes_of("a"));
    file->sync();
    storage.sync_directory("/");
    file->write(kFar, bytes_of("b"));
    storage.crash(Survival::kPrefix);
    lost += text_of(read_file(storage, "/file").bytes()).back() == 'a';
  }
  EXPECT_GT(lost, 20u);
  EXPECT_LT(lost, 80u);
}

}  // namespace
}  // namespace cairn
