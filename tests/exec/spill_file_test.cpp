// Chunks of rows in a query's file.
#include "exec/rows/spill_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

#include "io/storage/simulated_storage.h"
#include "vector/error.h"
#include "vector/value.h"

namespace cairn {
namespace {

/// Rows `first` and on: numbers, texts of which some are long, NULLs.
RowSet::Chunk make_chunk(int64_t first, size_t rows) {
  RowSet::Chunk chunk;
  chunk.row_count = rows;
  chunk.columns.reserve(2);
  ColumnBuffer& numbers = chunk.columns.emplace_back(Type::big_int());
  ColumnBuffer& texts = chunk.columns.emplace_back(Type::varchar());
  for (int64_t row = first; row < first + static_cast<int64_t>(rows); ++row) {
    row % 7 == 0 ? numbers.append_null() : numbers.append_value(Value::of_integer(Type::big_int(), row * row));
    texts.append_value(Value::of_string("row " + std::string(static_cast<size_t>(row % 40), 'x') + std::to_string(row)));
  }
  return chunk;
}

void expect_equal(const RowSet::Chunk& chunk, const RowSet::Chunk& expected) {
  ASSERT_EQ(chunk.row_count, expected.row_count);
  for (size_t column = 0; column < expected.columns.size(); ++column) {
    const Vector left = chunk.columns[column].view(), right = expected.columns[column].view();
    for (size_t row = 0; row < expected.row_count; ++row) {
      ASSERT_EQ(left.valid(row), right.valid(row));
      if (!left.valid(row)) continue;
      if (column == 0) {
        ASSERT_EQ(left.values<int64_t>()[row], right.values<int64_t>()[row]);
      } else {
        ASSERT_EQ(left.values<StringRef>()[row].view(), right.values<StringRef>()[row].view());
      }
    }
  }
}

struct SpillFileTest : testing::Test {
  SpillFileTest() { storage->create_directories("/temp"); }
  std::shared_ptr<SimulatedStorage> storage = std::make_shared<SimulatedStorage>();
};

TEST_F(SpillFileTest, GivesBackWhatItTook) {
  const auto file = SpillFile::make(storage, "/temp", 0);
  std::vector<std::shared_ptr<const StoredChunk>> stored;
  for (int i = 0; i < 20; ++i) stored.push_back(file->store(make_chunk(i * 1000, 1 + static_cast<size_t>(i) * 37)));
  const std::vector<RowSet::Chunk> several = [] {
    std::vector<RowSet::Chunk> chunks;
    for (int i = 0; i < 5; ++i) chunks.push_back(make_chunk(i, 100));
    return chunks;
  }();
  const auto together = file->store(several);
  for (int i = 19; i >= 0; --i) {
    expect_equal(stored[static_cast<size_t>(i)]->load(), make_chunk(i * 1000, 1 + static_cast<size_t>(i) * 37));
  }
  for (size_t i = 0; i < several.size(); ++i) expect_equal(together[i]->load(), several[i]);
}

TEST_F(SpillFileTest, HasNoName) {
  const auto file = SpillFile::make(storage, "/temp", 0);
  EXPECT_TRUE(storage->list("/temp").empty());
  const auto stored = file->store(make_chunk(0, 100));
  EXPECT_TRUE(storage->list("/temp").empty());
}

TEST_F(SpillFileTest, UsesTheRoomOfDeadChunksAgain) {
  const uint64_t bytes = SpillFile::make(storage, "/temp", 0)->store(make_chunk(0, 5000))->bytes();
  const auto file = SpillFile::make(storage, "/temp", 10 * bytes);
  std::mt19937 random(7);
  std::vector<std::pair<int64_t, std::shared_ptr<const StoredChunk>>> living;
  for (int64_t i = 0; i < 500; ++i) {
    while (living.size() > 6) living.erase(living.begin() + static_cast<ptrdiff_t>(random() % living.size()));
    living.emplace_back(i, file->store(make_chunk(i, 1000 + random() % 4000)));
    const auto& [first, stored] = living[random() % living.size()];
    const RowSet::Chunk loaded = stored->load();
    expect_equal(loaded, make_chunk(first, loaded.row_count));
  }
}

TEST_F(SpillFileTest, KeepsWithinItsLimit) {
  const auto file = SpillFile::make(storage, "/temp", 100'000);
  std::vector<std::shared_ptr<const StoredChunk>> stored;
  try {
    for (int i = 0; i < 1000; ++i) stored.push_back(file->store(make_chunk(i, 1000)));
    FAIL() << "no limit";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kProgramLimit);
    EXPECT_NE(error.message.find("temp_limit"), std::string::npos);
  }
  expect_equal(stored[0]->load(), make_chunk(0, 1000));
}

TEST_F(SpillFileTest, EveryFailingOperationIsAnError) {
  size_t failures = 0;
  for (uint64_t n = 1;; ++n) {
    const auto file = SpillFile::make(storage, "/temp", 0);
    storage->fail_at(n, EIO);
    const uint64_t before = storage->operation_count();
    try {
      expect_equal(file->store(make_chunk(3, 2000))->load(), make_chunk(3, 2000));
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate, sqlstate::kIoError);
      ++failures;
    }
    const bool reached = storage->operation_count() - before >= n;
    storage->clear_faults();
    if (!reached) break;
  }
  EXPECT_GE(failures, 3u);  // made, written, read
}

TEST_F(SpillFileTest, AFullDiskIsAnError) {
  storage->set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kWrite ? ENOSPC : 0; });
  const auto file = SpillFile::make(storage, "/temp", 0);
  try {
    file->store(make_chunk(0, 5000));
    FAIL() << "there was room";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kDiskFull);
  }
}

TEST_F(SpillFileTest, AFlippedBitIsNoticed) {
  const auto file = SpillFile::make(storage, "/temp", 0);
  const auto stored = file->store(make_chunk(0, 5000));
  storage->set_read_flip_chance(1);
  try {
    stored->load();
    FAIL() << "nobody saw it";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
  }
}

}  // namespace
}  // namespace cairn
