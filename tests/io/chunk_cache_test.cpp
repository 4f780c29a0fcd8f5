#include "io/tables/chunk_cache.h"

#include <atomic>
#include <chrono>
#include <new>
#include <random>
#include <set>
#include <thread>

#include "tests/faults/failing_allocator.h"
#include "tests/io/kernel_answers.h"
#include "tests/io/table_fixture.h"
#include "vector/memory_pool.h"

namespace cairn {
namespace {

class SizedChunk final : public ColumnChunk {
 public:
  SizedChunk(uint64_t id, size_t bytes) : id_(id), bytes_(bytes) {}
  Vector slice(size_t, size_t rows, std::vector<uint64_t>&) const override {
    Vector vector;
    vector.size = rows;
    vector.base = static_cast<int128_t>(id_);  // tells chunks apart
    return vector;
  }
  size_t bytes() const override { return bytes_; }

 private:
  uint64_t id_;
  size_t bytes_;
};

/// Counts what it reads.
struct CountingReader {
  ChunkCache::Reader of(uint64_t row_group_id) {
    return [this, row_group_id](std::span<const uint32_t> columns) {
      ++calls;
      std::vector<std::shared_ptr<const ColumnChunk>> chunks;
      for (const uint32_t column : columns) {
        ++chunks_read;
        chunks.push_back(std::make_shared<SizedChunk>(row_group_id * 1000 + column, 1000));
      }
      return chunks;
    };
  }
  std::atomic<int> calls = 0;
  std::atomic<int> chunks_read = 0;
};

uint64_t id_of(const ColumnChunk& chunk) {
  std::vector<uint64_t> scratch;
  return static_cast<uint64_t>(chunk.slice(0, 0, scratch).base);
}

void get_first_column(ChunkCache& cache, CountingReader& reader, uint64_t row_group) {
  const uint32_t column[] = {0};
  cache.get(row_group, column, reader.of(row_group));
}

TEST(ChunkCache, ReadsWhatIsMissingInOneCall) {
  ChunkCache cache(1'000'000);
  CountingReader reader;
  const uint32_t some[] = {1, 3}, more[] = {3, 2, 1, 0};
  cache.get(7, some, reader.of(7));
  EXPECT_EQ(reader.calls, 1);
  const auto chunks = cache.get(7, more, reader.of(7));
  EXPECT_EQ(reader.calls, 2);
  EXPECT_EQ(reader.chunks_read, 4);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(id_of(*chunks[i]), 7000 + more[i]);
  cache.get(7, more, reader.of(7));
  EXPECT_EQ(reader.calls, 2);
}

TEST(ChunkCache, StaysWithinItsBudget) {
  ChunkCache cache(64'000);
  CountingReader reader;
  for (uint64_t row_group = 0; row_group < 1000; ++row_group) {
    get_first_column(cache, reader, row_group);
    EXPECT_LE(cache.bytes(), 64'000);
  }
  EXPECT_GT(cache.bytes(), 30'000);
}

TEST(ChunkCache, ASmallerBudgetIsKeptAtOnce) {
  ChunkCache cache(1'000'000);
  CountingReader reader;
  for (uint64_t row_group = 0; row_group < 500; ++row_group) get_first_column(cache, reader, row_group);
  EXPECT_EQ(cache.bytes(), 500'000);
  cache.set_budget(5'000);
  EXPECT_LE(cache.bytes(), 5'000);
  EXPECT_GT(cache.bytes(), 0);
}

TEST(ChunkCache, LetsGoOfIdleChunksWhereTheProcessNeedsMemory) {
  ChunkCache cache(1'000'000);
  CountingReader reader;
  for (uint64_t row_group = 0; row_group < 500; ++row_group) get_first_column(cache, reader, row_group);
  const uint32_t column[] = {0};
  const auto used = cache.get(7, column, reader.of(7));
  trim_blocks();
  MemoryAccount& account = MemoryAccount::process();
  const size_t limit = size_t{1} << 40, more = limit - limit / 32 - account.block_bytes();
  account.set_limit(limit);
  account.add_blocks(more + 100'000);
  EXPECT_LE(cache.bytes(), 400'000);
  EXPECT_GT(cache.bytes(), 390'000) << "no more than are needed";
  EXPECT_FALSE(account.is_tight());
  account.add_blocks(limit / 2);
  EXPECT_EQ(cache.bytes(), 1'000) << "what is in use would not be freed";
  EXPECT_TRUE(account.is_tight());
  account.remove_blocks(more + 100'000 + limit / 2);
  account.set_limit(0);
  reader.chunks_read = 0;
  cache.get(7, column, reader.of(7));
  EXPECT_EQ(reader.chunks_read, 0);
}

TEST(ChunkCache, AnErrorPassesThroughAndIsNotRemembered) {
  ChunkCache cache(1'000'000);
  CountingReader reader;
  const uint32_t columns[] = {0, 1};
  EXPECT_THROW(cache.get(1, columns,
                         [](auto) -> std::vector<std::shared_ptr<const ColumnChunk>> {
                           throw Error(sqlstate::kIoError, "the disk");
                         }),
               Error);
  EXPECT_EQ(cache.get(1, columns, reader.of(1)).size(), 2);
}

/// Whoever came next would wait for it for ever: in a child that can be killed.
TEST(ChunkCache, WhereMemoryIsShortNothingStaysClaimed) {
  EXPECT_EQ(in_child([] {
    for (uint64_t n = 1;; ++n) {
      ChunkCache cache(1'000'000);
      CountingReader reader;
      const uint32_t columns[] = {0, 1, 2, 3};
      test::FailingAllocator::arm(n, false);
      try {
        cache.get(7, columns, reader.of(7));
      } catch (const std::bad_alloc&) {
      }
      const bool failed = test::FailingAllocator::disarm();
      if (cache.get(7, columns, reader.of(7)).size() != 4) return 1;
      if (!failed) return 0;
    }
  }), 0);
}

TEST(ChunkCache, WhoWaitsForAReaderThatFailsReadsItself) {
  ChunkCache cache(1'000'000);
  CountingReader reader;
  const uint32_t column[] = {0};
  std::atomic<bool> begun = false;
  std::thread failing([&] {
    EXPECT_THROW(cache.get(1, column,
                           [&](auto) -> std::vector<std::shared_ptr<const ColumnChunk>> {
                             begun = true;
                             std::this_thread::sleep_for(std::chrono::milliseconds(100));
                             throw Error(sqlstate::kIoError, "the disk");
                           }),
                 Error);
  });
  while (!begun) std::this_thread::yield();
  EXPECT_EQ(cache.get(1, column, reader.of(1)).size(), 1);
  EXPECT_EQ(reader.calls, 1);
  failing.join();
}

TEST(ChunkCache, ThreadsThatWantTheSameReadItOnce) {
  ChunkCache cache(100'000'000);
  CountingReader reader;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&cache, &reader, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int i = 0; i < 2000; ++i) {
        const uint64_t row_group = random() % 20;
        const uint32_t first = random() % 10;
        const uint32_t columns[] = {first, (first + 3) % 10, (first + 7) % 10};
        const auto chunks = cache.get(row_group, columns, reader.of(row_group));
        for (size_t k = 0; k < 3; ++k) ASSERT_EQ(id_of(*chunks[k]), row_group * 1000 + columns[k]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(reader.chunks_read, 200);
}

/// What a database has read is there still when nobody uses it any more, unless its cache is to be small.
TEST(ChunkCache, ADatabaseKeepsWhatItHasRead) {
  const auto storage = std::make_shared<SimulatedStorage>(test_seed());
  const auto stays = [](const Database& database) {
    const std::vector<uint32_t> column = {0};
    const std::weak_ptr<const ColumnChunk> read = database.snapshot()->tables.at("fruit")->row_groups[0]->load(column)[0];
    return !read.expired();
  };
  {
    const auto database = Database::open("/db", storage);
    create_fruit(*database);
    insert(*database, numbered_fruits(0, 50'000));
    EXPECT_TRUE(stays(*database));
    database->limit_cache(1);
    EXPECT_FALSE(stays(*database));
    database->limit_cache(0);
    EXPECT_TRUE(stays(*database));
  }
  EXPECT_FALSE(stays(*Database::open("/db", storage, {.cache_bytes = 1})));
}

/// Readers scan through a cache that is much too small while a writer commits and merges: each sees one snapshot.
TEST(ChunkCache, ScansAndCommitsGoOnTogether) {
  const std::string directory = ::testing::TempDir() + "/cairn-scan-commit-" + std::to_string(::getpid());
  const auto storage = make_storage();
  {
    const auto database = Database::open(directory, storage, {.cache_bytes = 1'000'000});
    create_fruit(*database);
    insert(*database, numbered_fruits(0, 150'000));
    std::atomic<bool> done = false;
    std::vector<std::thread> readers;
    for (int t = 0; t < 3; ++t) {
      readers.emplace_back([&database, &done] {
        while (!done) {
          const auto snapshot = database->snapshot();
          const auto rows = static_cast<int32_t>(snapshot->tables.at("fruit")->row_count);
          ASSERT_EQ(scan(*snapshot), numbered_fruits(0, rows));
        }
      });
    }
    int32_t next = 150'000;
    for (const int32_t rows : {1, 1, 5000, 1, 20'000, 20'000, 2, 3}) {
      insert(*database, numbered_fruits(next, next + rows));
      next += rows;
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(scan(*database->snapshot()), numbered_fruits(0, next));
  }
  remove_tree(*storage, directory);
}

}  // namespace
}  // namespace cairn
