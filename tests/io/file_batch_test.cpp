// Batches of asynchronous reads and writes, on every Storage, and the pool of registered buffers.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <optional>
#include <set>
#include <thread>

#include "tests/faults/failing_allocator.h"
#include "tests/io/file_fixture.h"

namespace cairn {
namespace {

using FileBatch = StorageTest;
INSTANTIATE_TEST_SUITE_P(All, FileBatch, ::testing::ValuesIn(all_storages()), name_of_storage);

TEST_P(FileBatch, writes_then_reads_in_free_order) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  const auto batch = storage_->make_batch();
  std::mt19937_64 random(test_seed());
  std::vector<size_t> order(200);  // more than a ring holds
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  std::vector<AlignedBuffer> buffers;
  for (const size_t block : order) {
    const Bytes content = pattern(kIoAlignmentBytes, block);
    std::copy(content.begin(), content.end(), buffers.emplace_back(kIoAlignmentBytes).data());
    batch->write(*file, block * kIoAlignmentBytes, buffers.back().bytes(), block);
  }
  EXPECT_EQ(batch->pending_count(), order.size());
  batch->wait_all();
  EXPECT_EQ(batch->pending_count(), 0U);
  EXPECT_EQ(file->size(), order.size() * kIoAlignmentBytes);

  std::map<uint64_t, AlignedBuffer> blocks;
  for (size_t block = 0; block < order.size(); ++block) {
    AlignedBuffer& buffer = blocks.emplace(block, AlignedBuffer(kIoAlignmentBytes)).first->second;
    batch->read(*file, block * kIoAlignmentBytes, buffer.bytes(), block);
  }
  batch->submit();
  std::set<uint64_t> seen;
  while (batch->pending_count() > 0) {
    std::optional<IoCompletion> completion = batch->poll();
    if (!completion) completion = batch->wait_one();
    EXPECT_FALSE(completion->error);
    EXPECT_TRUE(seen.insert(completion->token).second);
    EXPECT_EQ(text_of(blocks.at(completion->token).bytes()), text_of(pattern(kIoAlignmentBytes, completion->token)));
  }
  EXPECT_EQ(seen.size(), order.size());
  EXPECT_EQ(batch->poll().has_value(), false);
}

TEST_P(FileBatch, a_request_for_nothing_is_done_at_once) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate);
  const auto batch = storage_->make_batch();
  batch->read(*file, 0, std::span<std::byte>(), 7);
  ASSERT_EQ(batch->pending_count(), 1U);
  const std::optional<IoCompletion> completion = batch->poll();
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->token, 7U);
  EXPECT_FALSE(completion->error);
}

TEST_P(FileBatch, forgets_what_is_done) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate);
  const auto batch = storage_->make_batch();
  const Bytes content = pattern(100, 1);
  const auto blocks_after = [&](uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      batch->write(*file, 0, content, i);
      EXPECT_EQ(batch->wait_one().token, i);
    }
    return test::FailingAllocator::live_blocks();
  };
  blocks_after(10);
  file->sync();
  const int64_t before = blocks_after(1);
  EXPECT_LT(blocks_after(200), before + (is_simulated() ? 300 : 50)) << "the simulated disk remembers each unsynced write";
}

TEST_P(FileBatch, large_and_unaligned_requests_are_exact) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  const size_t large = 5 * IoBatch::kOperationBytes + 1234;
  const Bytes first = pattern(large, 1);
  const Bytes second = pattern(large, 2);
  AlignedBuffer aligned(large);
  std::copy(first.begin(), first.end(), aligned.data());
  const auto batch = storage_->make_batch();
  batch->write(*file, 0, aligned.bytes());
  batch->write(*file, large, second);
  batch->write(*file, 0, {});  // done at once
  batch->wait_all();
  EXPECT_EQ(file->size(), 2 * large);

  Bytes whole(2 * large - 2);
  batch->read(*file, 1, whole);
  batch->wait_all();
  Bytes expected = first;
  expected.insert(expected.end(), second.begin(), second.end());
  EXPECT_TRUE(std::equal(whole.begin(), whole.end(), expected.begin() + 1));
}

TEST_P(FileBatch, one_failing_request_harms_no_other) {
  put("short", "abc");
  const auto file = storage_->open(path("short"), OpenMode::kRead);
  const auto batch = storage_->make_batch();
  Bytes fine(3), behind(5), large(3 * IoBatch::kOperationBytes);
  batch->read(*file, 0, fine, 1);
  batch->read(*file, 1, behind, 2);
  batch->read(*file, 0, large, 3);
  for (int i = 0; i < 3; ++i) {
    const IoCompletion completion = batch->wait_one();
    EXPECT_EQ(completion.error.has_value(), completion.token != 1);
    if (completion.error) {
      EXPECT_CONTAINS(completion.error->message, path("short"));
    }
  }
  EXPECT_EQ(text_of(fine), "abc");

  batch->read(*file, 0, fine);
  batch->read(*file, 1, behind);
  EXPECT_EQ(error_of([&] { batch->wait_all(); }).sqlstate, sqlstate::kIoError);
  batch->read(*file, 0, fine);
  EXPECT_NO_THROW(batch->wait_all());
}

TEST_P(FileBatch, writing_a_file_that_was_opened_for_reading_fails) {
  put("a", "abc");
  const auto file = storage_->open(path("a"), OpenMode::kRead);
  const auto batch = storage_->make_batch();
  batch->write(*file, 0, bytes_of("x"));
  EXPECT_EQ(error_of([&] { batch->wait_all(); }).sqlstate, sqlstate::kIoError);
}

TEST_P(FileBatch, the_destructor_waits) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  AlignedBuffer buffer(IoBatch::kOperationBytes * 4);
  std::fill(buffer.bytes().begin(), buffer.bytes().end(), std::byte{7});
  {
    const auto batch = storage_->make_batch();
    batch->write(*file, 0, buffer.bytes());
    batch->submit();
  }
  EXPECT_EQ(file->size(), buffer.size());
}

TEST_P(FileBatch, who_only_polls_sees_the_end) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate);
  const Bytes content = bytes_of("content");
  const auto batch = storage_->make_batch();
  batch->write(*file, 0, content, 7);
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::optional<IoCompletion> completion;
  while (!(completion = batch->poll()) && std::chrono::steady_clock::now() < late) std::this_thread::yield();
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->token, 7U);
  EXPECT_EQ(get("a"), "content");
}

TEST_P(FileBatch, batches_of_one_thread_share_its_ring) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate);
  const auto outer = storage_->make_batch();
  const Bytes a = bytes_of("aaaa"), b = bytes_of("bbbb");
  outer->write(*file, 0, a, 1);
  outer->submit();
  {
    const auto inner = storage_->make_batch();
    inner->write(*file, 4, b, 2);
    EXPECT_EQ(inner->wait_one().token, 2U);
  }
  EXPECT_EQ(outer->wait_one().token, 1U);
  EXPECT_EQ(get("a"), "aaaabbbb");
}

TEST_P(FileBatch, threads_have_batches_of_their_own_and_come_and_go) {
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  constexpr size_t kBlocks = 20;
  for (int generation = 0; generation < 3; ++generation) {
    std::vector<std::thread> threads;
    for (uint64_t part = 0; part < 4; ++part) {
      threads.emplace_back([&, part] {
        const auto batch = storage_->make_batch();
        std::vector<AlignedBuffer> buffers;
        for (uint64_t block = part * kBlocks; block < (part + 1) * kBlocks; ++block) {
          const Bytes content = pattern(kIoAlignmentBytes, block + static_cast<uint64_t>(generation) * 1000);
          std::copy(content.begin(), content.end(), buffers.emplace_back(kIoAlignmentBytes).data());
          batch->write(*file, block * kIoAlignmentBytes, buffers.back().bytes());
        }
        batch->wait_all();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (uint64_t block = 0; block < 4 * kBlocks; ++block) {
      ASSERT_EQ(read(*file, block * kIoAlignmentBytes, kIoAlignmentBytes),
                pattern(kIoAlignmentBytes, block + static_cast<uint64_t>(generation) * 1000));
    }
  }
}

// As a checkpoint writer does: several buffers in flight, each filled again when its write is done.
TEST_P(FileBatch, a_stream_goes_through_registered_buffers) {
  for (int round = 0; round < 2; ++round) {  // the second pool takes the first one's place in the ring
    RegisteredBufferPool pool(4 * 256 * 1024, 256 * 1024);
    ASSERT_EQ(pool.buffer_count(), 4U);
    const size_t total = 20 * pool.buffer_bytes() + 777;
    const Bytes content = pattern(total, test_seed() + static_cast<uint64_t>(round));
    const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
    {
      const auto batch = storage_->make_batch();
      std::map<uint64_t, RegisteredBuffer> in_flight;
      for (size_t offset = 0; offset < total; offset += pool.buffer_bytes()) {
        RegisteredBuffer buffer = pool.try_acquire();
        while (!buffer) {
          const IoCompletion completion = batch->wait_one();
          ASSERT_FALSE(completion.error) << completion.error->message;
          in_flight.erase(completion.token);
          buffer = pool.try_acquire();
        }
        const size_t length = std::min(pool.buffer_bytes(), total - offset);
        std::copy_n(content.begin() + static_cast<ptrdiff_t>(offset), length, buffer.bytes().begin());
        batch->write(*file, offset, buffer, length, offset);
        batch->submit();
        in_flight.emplace(offset, std::move(buffer));
      }
      batch->wait_all();
      in_flight.clear();

      RegisteredBuffer buffer = pool.acquire();
      batch->read(*file, 3 * kIoAlignmentBytes, buffer, pool.buffer_bytes());
      batch->wait_all();
      EXPECT_TRUE(std::equal(buffer.bytes().begin(), buffer.bytes().end(), content.begin() + 3 * kIoAlignmentBytes));
    }
    EXPECT_EQ(read(*file, 0, total), content);
    EXPECT_EQ(pool.free_count(), 4U);
  }
}

TEST_P(FileBatch, two_pools_may_be_in_flight_at_once) {
  RegisteredBufferPool first(64 * 1024, 32 * 1024);
  RegisteredBufferPool second(64 * 1024, 32 * 1024);
  const auto file = storage_->open(path("a"), OpenMode::kCreate, Caching::kDirect);
  const auto batch = storage_->make_batch();
  std::vector<RegisteredBuffer> buffers;
  for (uint64_t i = 0; i < 4; ++i) {
    buffers.push_back((i % 2 == 0 ? first : second).acquire());
    const Bytes content = pattern(32 * 1024, i);
    std::copy(content.begin(), content.end(), buffers.back().bytes().begin());
    batch->write(*file, i * 32 * 1024, buffers.back(), 32 * 1024);
    batch->submit();
  }
  batch->wait_all();
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(read(*file, i * 32 * 1024, 32 * 1024), pattern(32 * 1024, i));
}

TEST(RegisteredBuffers, the_pool_is_bounded_and_aligned) {
  RegisteredBufferPool pool(10 * 4096, 5000);  // rounded up to 8192
  EXPECT_EQ(pool.buffer_bytes(), 8192U);
  EXPECT_EQ(pool.buffer_count(), 5U);
  std::vector<RegisteredBuffer> buffers;
  for (int i = 0; i < 5; ++i) {
    buffers.push_back(pool.try_acquire());
    ASSERT_TRUE(buffers.back());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffers.back().bytes().data()) % kIoAlignmentBytes, 0U);
  }
  EXPECT_FALSE(pool.try_acquire());
  buffers.pop_back();
  EXPECT_EQ(pool.free_count(), 1U);
  EXPECT_TRUE(pool.try_acquire());
  EXPECT_EQ(RegisteredBufferPool(1).buffer_count(), 1U);
}

TEST(RegisteredBuffers, acquire_waits_for_one_and_close_ends_the_wait) {
  RegisteredBufferPool pool(4096, 4096);
  RegisteredBuffer only = pool.acquire();
  std::atomic<bool> got = false;
  std::thread waiter([&] { got = static_cast<bool>(pool.acquire()); });
  only.release();
  waiter.join();
  EXPECT_TRUE(got);

  only = pool.acquire();
  std::thread cancelled([&] { got = static_cast<bool>(pool.acquire()); });
  pool.close();
  cancelled.join();
  EXPECT_FALSE(got);
  EXPECT_FALSE(pool.try_acquire());
  only.release();
  pool.reopen();
  EXPECT_TRUE(pool.acquire());
}

}  // namespace
}  // namespace cairn
