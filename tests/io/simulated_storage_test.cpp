// What the simulated storage promises to fault tests: which operation fails and how, and what a crash leaves.
#include <cerrno>
#include <set>

#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

class SimulatedCrash : public ::testing::Test {
 protected:
  std::unique_ptr<File> create(const std::string& path) { return storage_.open(path, OpenMode::kCreate); }
  /// A file whose name and content are durable.
  std::unique_ptr<File> durable(const std::string& path, std::string_view text) {
    auto file = create(path);
    file->write(0, bytes_of(text));
    file->sync();
    storage_.sync_directory("/");
    return file;
  }
  std::string get(const std::string& path) { return text_of(read_file(storage_, path).bytes()); }

  SimulatedStorage storage_{test_seed()};
};
using SimulatedFaults = SimulatedCrash;

TEST_F(SimulatedCrash, forgets_content_that_was_not_synced) {
  const auto file = durable("/a", "old");
  file->write(0, bytes_of("new, longer"));
  EXPECT_EQ(get("/a"), "new, longer");
  storage_.crash(Survival::kNothing);
  EXPECT_EQ(get("/a"), "old");
}

TEST_F(SimulatedCrash, keeps_what_was_synced) {
  const auto file = durable("/a", "old");
  file->write(0, bytes_of("new, longer"));
  file->truncate(3);
  file->sync();
  for (const Survival survival : {Survival::kNothing, Survival::kPrefix, Survival::kSectors, Survival::kEverything}) {
    storage_.crash(survival);
    EXPECT_EQ(get("/a"), "new");
  }
}

TEST_F(SimulatedCrash, everything_survives_when_only_the_process_dies) {
  create("/a")->write(0, bytes_of("text"));
  storage_.rename("/a", "/b");
  storage_.crash(Survival::kEverything);
  EXPECT_FALSE(storage_.exists("/a"));
  EXPECT_EQ(get("/b"), "text");
}

TEST_F(SimulatedCrash, forgets_names_whose_directory_was_not_synced) {
  create("/a")->sync();
  storage_.create_directories("/d");
  storage_.crash(Survival::kNothing);
  EXPECT_TRUE(storage_.list("/").empty());

  durable("/a", "x");
  storage_.remove("/a", EntryKind::kFile);
  storage_.crash(Survival::kNothing);
  EXPECT_EQ(get("/a"), "x");

  storage_.remove("/a", EntryKind::kFile);
  storage_.sync_directory("/");
  storage_.crash(Survival::kNothing);
  EXPECT_TRUE(storage_.list("/").empty());
}

TEST_F(SimulatedCrash, a_synced_name_of_an_unsynced_file_is_an_empty_file) {
  create("/a")->write(0, bytes_of("text"));
  storage_.sync_directory("/");
  storage_.crash(Survival::kNothing);
  EXPECT_EQ(get("/a"), "");
}

TEST_F(SimulatedCrash, a_directory_needs_its_parent_s_sync) {
  storage_.create_directories("/d/e");
  create("/d/e/a")->sync();
  storage_.sync_directory("/d/e");
  storage_.sync_directory("/d");
  storage_.crash(Survival::kNothing);
  EXPECT_FALSE(storage_.exists("/d"));
}

TEST_F(SimulatedCrash, a_rename_is_durable_on_both_sides_or_none) {
  storage_.create_directories("/from");
  storage_.create_directories("/to");
  storage_.sync_directory("/");
  create("/from/a");
  storage_.rename("/from/a", "/to/b");
  storage_.sync_directory("/to");
  storage_.crash(Survival::kNothing);
  EXPECT_TRUE(storage_.list("/from").empty());
  EXPECT_TRUE(storage_.exists("/to/b"));

  storage_.rename("/to/b", "/from/c");
  storage_.crash(Survival::kNothing);
  EXPECT_TRUE(storage_.list("/from").empty());
  EXPECT_TRUE(storage_.exists("/to/b"));
}

TEST_F(SimulatedCrash, tears_writes_at_sectors) {
  constexpr size_t kSectors = 40;
  std::set<size_t> survivors;
  bool had_gap = false;
  for (const Survival survival : {Survival::kPrefix, Survival::kSectors}) {
    for (int round = 0; round < 20; ++round) {
      const std::string zeros(kSectors * SimulatedDisk::kSectorBytes, '0');
      const auto file = durable("/a", zeros);
      file->write(0, bytes_of(std::string(zeros.size(), '1')));
      storage_.crash(survival);
      const std::string after = get("/a");
      ASSERT_EQ(after.size(), zeros.size());
      size_t count = 0;
      for (size_t sector = 0; sector < kSectors; ++sector) {
        const std::string bytes = after.substr(sector * SimulatedDisk::kSectorBytes, SimulatedDisk::kSectorBytes);
        ASSERT_EQ(bytes, std::string(SimulatedDisk::kSectorBytes, bytes[0]));
        had_gap |= bytes[0] == '1' && count < sector;
        count += bytes[0] == '1';
      }
      survivors.insert(count);
    }
    EXPECT_EQ(had_gap, survival == Survival::kSectors);
  }
  EXPECT_GT(survivors.size(), 5U);
}

TEST_F(SimulatedCrash, a_prefix_keeps_the_order_of_writes) {
  for (int round = 0; round < 50; ++round) {
    const auto file = durable("/a", std::string(10, '0'));
    for (uint64_t i = 0; i < 10; ++i) file->write(i, bytes_of("1"));
    storage_.crash(Survival::kPrefix);
    const std::string after = get("/a");
    EXPECT_EQ(after.find('0') == std::string::npos ? std::string::npos : after.find("01"), std::string::npos) << after;
  }
}

TEST_F(SimulatedCrash, old_files_are_dead_and_locks_free) {
  const auto file = durable("/a", "x");
  const auto lock = storage_.lock_file("/lock", LockMode::kExclusive);
  storage_.sync_directory("/");
  storage_.crash();
  EXPECT_EQ(error_of([&] { file->write(0, bytes_of("y")); }).sqlstate, sqlstate::kIoError);
  EXPECT_EQ(error_of([&] { file->size(); }).sqlstate, sqlstate::kIoError);
  EXPECT_NO_THROW(storage_.lock_file("/lock", LockMode::kExclusive));
}

TEST_F(SimulatedCrash, the_same_seed_gives_the_same_disk) {
  std::string outcome[2];
  for (std::string& after : outcome) {
    SimulatedStorage storage(test_seed());
    const auto file = storage.open("/a", OpenMode::kCreate);
    storage.sync_directory("/");
    const auto batch = storage.make_batch();
    const Bytes content = pattern(200'000, 1);
    for (size_t i = 0; i < 20; ++i) batch->write(*file, i * 10'000, std::span(content).subspan(i * 10'000, 10'000));
    batch->wait_all();
    storage.crash(Survival::kSectors);
    after = text_of(read_file(storage, "/a").bytes());
  }
  EXPECT_TRUE(outcome[0] == outcome[1]);
}

TEST_F(SimulatedFaults, the_nth_operation_fails_with_the_chosen_error) {
  const auto file = durable("/a", "abc");
  const uint64_t before = storage_.operation_count();
  storage_.fail_at(2, ENOSPC);
  EXPECT_NO_THROW(storage_.exists("/a"));
  EXPECT_EQ(error_of([&] { file->write(0, bytes_of("xyz")); }).sqlstate, sqlstate::kDiskFull);
  EXPECT_NO_THROW(file->write(0, bytes_of("xyz")));
  EXPECT_EQ(storage_.operation_count(), before + 3);

  storage_.fail_from(2, EIO);
  EXPECT_NO_THROW(storage_.exists("/a"));
  for (const auto& action : std::vector<std::function<void()>>{
           [&] {
             Bytes bytes(1);
             file->read(0, bytes);
           },
           [&] { file->write(0, bytes_of("x")); },
           [&] { file->sync(); },
           [&] { file->truncate(0); },
           [&] { storage_.open("/a", OpenMode::kRead); },
           [&] { storage_.create_directories("/d"); },
           [&] { storage_.list("/"); },
           [&] { storage_.remove("/a", EntryKind::kFile); },
           [&] { storage_.rename("/a", "/b"); },
           [&] { storage_.sync_directory("/"); },
           [&] { storage_.lock_file("/l", LockMode::kShared); },
       }) {
    const Error error = error_of(action);
    EXPECT_EQ(error.sqlstate, sqlstate::kIoError) << error.message;
    EXPECT_CONTAINS(error.message, "Input/output error");
  }
  storage_.clear_faults();
  EXPECT_EQ(storage_.list("/").size(), 1U);
}

TEST_F(SimulatedFaults, a_test_may_choose_by_call_and_path) {
  storage_.set_fault([](const SimulatedOperation& operation) {
    return operation.call == SimulatedCall::kSync && operation.path == "/log" ? EIO : 0;
  });
  EXPECT_NO_THROW(create("/data")->sync());
  EXPECT_THROW(create("/log")->sync(), Error);
}

TEST_F(SimulatedFaults, a_batch_reports_the_request_that_failed) {
  const auto file = create("/a");
  const auto batch = storage_.make_batch();
  const Bytes bytes = pattern(100, 1);
  for (uint64_t i = 0; i < 10; ++i) batch->write(*file, i * 100, bytes, i);
  storage_.fail_at(4, EIO);
  int failures = 0;
  while (batch->pending_count() > 0) failures += batch->wait_one().error.has_value();
  EXPECT_EQ(failures, 1);
}

TEST_F(SimulatedFaults, a_failed_sync_may_have_lost_writes_for_good) {
  int lost = 0;
  for (int round = 0; round < 20; ++round) {
    const auto file = durable("/a", "old");
    file->write(0, bytes_of("new"));
    storage_.fail_at(1, EIO);
    EXPECT_THROW(file->sync(), Error);
    file->sync();  // succeeds, and means nothing
    storage_.crash(Survival::kNothing);
    lost += get("/a") == "old";
  }
  EXPECT_GT(lost, 0);
  EXPECT_LT(lost, 20);
}

TEST_F(SimulatedFaults, the_disk_has_a_size) {
  storage_.set_capacity(10);
  const auto file = create("/a");
  file->write(0, bytes_of("12345678"));
  EXPECT_EQ(storage_.free_bytes("/"), 2U);
  EXPECT_EQ(error_of([&] { file->write(8, bytes_of("9012")); }).sqlstate, sqlstate::kDiskFull);
  EXPECT_EQ(get("/a"), "1234567890");      // what fits is there
  file->write(0, bytes_of("0987654321"));  // overwriting needs no space
  EXPECT_EQ(error_of([&] { file->truncate(11); }).sqlstate, sqlstate::kDiskFull);
  EXPECT_EQ(error_of([&] { create("/b")->write(0, bytes_of("x")); }).sqlstate, sqlstate::kDiskFull);
  storage_.remove("/a", EntryKind::kFile);
  EXPECT_EQ(storage_.used_bytes(), 0U);
  EXPECT_NO_THROW(create("/b")->write(0, bytes_of("x")));
  storage_.crash(Survival::kNothing);
  EXPECT_EQ(storage_.used_bytes(), 0U);
}

TEST_F(SimulatedFaults, bits_flip_on_reading_or_on_the_disk) {
  durable("/a", "abc");
  storage_.set_read_flip_chance(1);
  const std::string misread = get("/a");
  storage_.set_read_flip_chance(0);
  EXPECT_EQ(get("/a"), "abc");
  int flipped_bits = 0;
  for (size_t i = 0; i < 3; ++i)
    flipped_bits += __builtin_popcount(static_cast<unsigned>(misread[i] ^ "abc"[i]) & 255U);
  EXPECT_EQ(flipped_bits, 1);

  storage_.flip_bit("/a", 1, 0);
  storage_.crash(Survival::kNothing);
  EXPECT_EQ(get("/a"), "acc");
}

TEST_F(SimulatedFaults, after_the_power_failed_nothing_reaches_the_disk) {
  const auto file = durable("/a", "old");
  storage_.crash_at(1);
  EXPECT_THROW(file->write(0, bytes_of("new")), Error);
  EXPECT_THROW(file->write(0, bytes_of("bad")), Error);
  EXPECT_THROW(file->sync(), Error);
  EXPECT_THROW(storage_.remove("/a", EntryKind::kFile), Error);
  storage_.crash(Survival::kEverything);
  EXPECT_EQ(get("/a"), "new");
}

// The recipe in simulated_storage.h: power fails at every I/O of replace_file in turn.
TEST(SimulatedPowerFailure, replace_file_leaves_the_old_or_the_new_content) {
  const std::string old_text(5000, 'o'), new_text(7000, 'n');
  std::set<std::string> seen;
  for (uint64_t round = 0; round < 10; ++round) {
    for (uint64_t n = 1;; ++n) {
      SimulatedStorage storage(test_seed() + 1000 * round + n);
      replace_file(storage, "/a", bytes_of(old_text));
      storage.crash_at(n);
      bool ended = true;
      try {
        replace_file(storage, "/a", bytes_of(new_text));
      } catch (const Error&) {
        ended = false;
      }
      storage.crash();
      const std::string after = text_of(read_file(storage, "/a").bytes());
      ASSERT_TRUE(after == new_text || (!ended && after == old_text)) << "power failed at operation " << n;
      seen.insert(after);
      if (ended) break;
    }
  }
  EXPECT_EQ(seen.size(), 2U);
}

// And the same with a step left out is caught: this is what the simulation is for.
TEST(SimulatedPowerFailure, a_missing_sync_is_caught) {
  bool was_torn = false;
  for (uint64_t round = 0; round < 100 && !was_torn; ++round) {
    SimulatedStorage storage(test_seed() + round);
    replace_file(storage, "/a", bytes_of("old"));
    storage.open("/b", OpenMode::kCreate)->write(0, bytes_of("new"));  // no sync
    storage.rename("/b", "/a");
    storage.sync_directory("/");
    storage.crash();
    const std::string after = text_of(read_file(storage, "/a").bytes());
    was_torn = after != "old" && after != "new";
  }
  EXPECT_TRUE(was_torn);
}

}  // namespace
}  // namespace cairn
