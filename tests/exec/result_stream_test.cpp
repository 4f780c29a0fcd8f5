#include "exec/run/result_stream.h"

#include <thread>

#include <gtest/gtest.h>

#include "vector/error.h"

namespace cairn {
namespace {

std::unique_ptr<RowSet::Chunk> chunk(int64_t first, size_t rows = 1) {
  auto made = std::make_unique<RowSet::Chunk>();
  made->row_count = rows;
  auto* values = static_cast<int64_t*>(made->columns.emplace_back(Type::big_int()).append_uninitialized(rows));
  for (size_t i = 0; i < rows; ++i) values[i] = first + static_cast<int64_t>(i);
  return made;
}
constexpr size_t kMillion = 1000000;  // 8 MB: half of the buffer

std::vector<int64_t> drain(ResultStream& stream) {
  std::vector<int64_t> values;
  while (auto next = stream.next()) {
    const auto* column = next->columns[0].values<int64_t>();
    values.insert(values.end(), column, column + next->row_count);
  }
  return values;
}

TEST(ResultStream, BringsChunksInTheOrderOfMorsels) {
  ResultStream stream({Type::big_int()}, -1, 0);
  stream.publish(1, chunk(10), false);
  stream.publish(0, chunk(0), false);
  stream.publish(2, nullptr, true);
  stream.publish(1, chunk(11), true);
  stream.publish(0, chunk(1), false);
  stream.publish(0, nullptr, true);
  stream.publish(3, chunk(30), true);
  stream.finish();
  EXPECT_EQ(drain(stream), (std::vector<int64_t>{0, 1, 10, 11, 30}));
  EXPECT_EQ(stream.next(), nullptr);
}

TEST(ResultStream, WhatWaitsMakesQueriesShortAndFailsNone) {
  MemoryAccount account;
  MemoryBudget memory(size_t{1} << 20, account);
  {
    ResultStream stream({Type::big_int()}, -1, 0, &memory);
    EXPECT_EQ(stream.buffer_bytes(), size_t{1} << 16);
    stream.publish(0, chunk(0, 100), false);
    EXPECT_GE(account.row_bytes(), 800u);
    EXPECT_EQ(memory.used_bytes(), 0u);
    EXPECT_NE(stream.next(), nullptr);
    EXPECT_EQ(account.row_bytes(), 0u) << "what a client has taken over is the client's";
    stream.publish(0, chunk(0, 100), true);
    stream.finish();
  }
  EXPECT_EQ(account.row_bytes(), 0u) << "nobody reads the rest";
}

TEST(ResultStream, CutsAtLimitAndOffset) {
  ResultStream stream({Type::big_int()}, 4, 3);
  stream.publish(1, chunk(10, 5), true);
  EXPECT_FALSE(stream.satisfied());
  stream.publish(0, chunk(0, 2), false);
  EXPECT_FALSE(stream.satisfied()) << "morsel 0 may have more";
  stream.publish(0, chunk(2, 2), true);
  EXPECT_TRUE(stream.satisfied());
  stream.finish();
  EXPECT_EQ(drain(stream), (std::vector<int64_t>{3, 10, 11, 12}));
}

TEST(ResultStream, MakesWorkersWaitWhileTheBufferIsFull) {
  ResultStream stream({Type::big_int()}, -1, 0);
  stream.begin_morsel(0);
  std::atomic<int> published{0};
  std::thread worker([&] {
    for (int i = 0; i < 5; ++i) {
      stream.publish(1, chunk(i, kMillion), i == 4);
      ++published;
    }
  });
  while (published < 2) std::this_thread::yield();  // 16 million bytes: throttled, but not full
  EXPECT_TRUE(stream.throttled());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(published, 2) << "a third chunk fills it";
  stream.publish(0, chunk(-1), true);  // the head never waits for what stands behind it
  EXPECT_EQ(stream.next()->row_count, 1u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stream.next()->row_count, kMillion);
  worker.join();
  EXPECT_EQ(published, 5);
}

TEST(ResultStream, NobodyWaitsForAHeadThatHasNotBegun) {
  ResultStream stream({Type::big_int()}, -1, 0);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(stream.publish(1, chunk(0, kMillion), i == 3));
}

TEST(ResultStream, AFailureLetsEverybodyGo) {
  ResultStream stream({Type::big_int()}, -1, 0);
  stream.begin_morsel(0);
  std::thread worker([&] {
    while (stream.publish(1, chunk(0, kMillion), false)) {
    }
  });
  stream.fail(std::make_exception_ptr(Error(sqlstate::kDivisionByZero, "division by zero")));
  worker.join();
  EXPECT_THROW(stream.next(), Error);
  EXPECT_THROW(stream.next(), Error);
}

TEST(ResultStream, ClosingLetsEverybodyGo) {
  ResultStream stream({Type::big_int()}, -1, 0);
  stream.begin_morsel(0);
  std::thread worker([&] {
    while (stream.publish(0, chunk(0, kMillion), false)) {
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  stream.close();
  worker.join();
}

TEST(ResultStream, MorselsBehindAFailedOneDoNotWaitForIt) {
  ResultStream stream({Type::big_int()}, -1, 0);
  stream.begin_morsel(0);
  std::thread worker([&] {
    for (int i = 0; i < 5; ++i) stream.publish(1, chunk(0, kMillion), i == 4);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  stream.stop_behind(0);
  worker.join();
}

}  // namespace
}  // namespace cairn
