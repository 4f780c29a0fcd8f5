// Segments that are written behind the backs of those who made them.

#include "io/tables/segment_writer.h"

#include <set>
#include <thread>

#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

constexpr size_t kSegmentBytes = size_t{2} << 20;  // enough for a thread of its own

class SegmentWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    storage_->create_directories("/db/data");
    file_ = directory()->create(1);
  }
  std::shared_ptr<DataDirectory> directory() { return std::make_shared<DataDirectory>(storage_, "/db"); }
  void write(uint64_t number, size_t bytes = kSegmentBytes) {
    std::vector<AlignedBuffer> segments;
    segments.emplace_back(bytes);
    const Bytes content = pattern(bytes, number);
    std::copy(content.begin(), content.end(), segments[0].data());
    writer_.write(file_, number * kSegmentBytes, std::move(segments));
  }

  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(1);
  std::shared_ptr<DataFile> file_;
  SegmentWriter writer_{*storage_};
};

TEST_F(SegmentWriterTest, WhatIsDrainedIsThere) {
  for (uint64_t number = 0; number < 50; ++number) write(number);  // more than is queued at once
  writer_.drain();
  Bytes segment(kSegmentBytes);
  for (uint64_t number = 0; number < 50; ++number) {
    file_->file().read(number * kSegmentBytes, segment);
    ASSERT_TRUE(segment == pattern(kSegmentBytes, number)) << number;
  }
  EXPECT_EQ(file_.use_count(), 1) << "and nobody holds it";
}

TEST_F(SegmentWriterTest, MuchIsWrittenByAnotherThread) {
  std::set<std::thread::id> threads;
  storage_->set_fault([&](const SimulatedOperation& operation) {
    if (operation.call == SimulatedCall::kWrite) threads.insert(std::this_thread::get_id());
    return 0;
  });
  write(0, 4096);
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()}) << "for little a thread would cost more";
  threads.clear();
  for (uint64_t number = 1; number < 4; ++number) write(number);
  writer_.drain();
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_F(SegmentWriterTest, AnErrorIsToldToAllThatFollow) {
  write(0);
  writer_.drain();
  storage_->set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kWrite ? ENOSPC : 0; });
  write(1);
  EXPECT_EQ(error_of([&] { writer_.drain(); }).sqlstate, sqlstate::kDiskFull);
  storage_->clear_faults();
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(error_of([&] { write(2); }).sqlstate, sqlstate::kDiskFull);
    EXPECT_EQ(error_of([&] { writer_.drain(); }).sqlstate, sqlstate::kDiskFull);
  }
}

}  // namespace
}  // namespace cairn
