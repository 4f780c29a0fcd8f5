// One breaker's rows in a file: what is written is read, and nothing else is.

#include "checkpoint/fragment_file.h"

#include <xxhash.h>

#include <cstring>

#include "tests/checkpoint/store_fixture.h"
#include "tests/io/file_fixture.h"

namespace cairn::testing {
namespace {

class FragmentFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    storage_->create_directories("/o");
    breaker_.fingerprint = {11, 12};
  }
  bool write(const RowSet& rows, const std::function<bool()>& cancelled = [] { return false; }) {
    return write_fragment_file(*storage_, kPath, rows.types(), std::vector<const RowSet*>{&rows}, cancelled, bytes_written_, breaker_);
  }
  std::shared_ptr<const RowSet> read(const DurableBreaker& breaker, size_t resident_bytes_max = SIZE_MAX) {
    return read_fragment_file(*storage_, kPath, breaker, resident_bytes_max);
  }
  static void expect_texts(const RowSet::Chunk& loaded, const RowSet::Chunk& expected) {
    const Vector a = loaded.columns[0].view(), e = expected.columns[0].view();
    for (size_t row = 0; row < 3; ++row) ASSERT_EQ(a.values<StringRef>()[row].view(), e.values<StringRef>()[row].view());
  }
  std::string refusal(const DurableBreaker& breaker) {
    const Error error = error_of([&] { read(breaker); });
    EXPECT_EQ(error.sqlstate, sqlstate::kDataCorrupted);
    EXPECT_CONTAINS(error.message, kPath);
    return error.message;
  }
  /// Chunks of one column of texts, so many bytes each.
  static std::shared_ptr<RowSet> chunks(size_t count, size_t text_bytes) {
    auto rows = std::make_shared<RowSet>(std::vector<Type>{Type::varchar()});
    for (size_t i = 0; i < count; ++i) {
      RowSet::Chunk chunk;
      chunk.row_count = 3;
      chunk.columns.emplace_back(Type::varchar());
      for (int row = 0; row < 3; ++row) {
        chunk.columns[0].append_value(Value::of_string(text_of(pattern(text_bytes / 3, i * 3 + static_cast<size_t>(row)))));
      }
      rows->append_chunk(std::move(chunk));
    }
    rows->seal();
    return rows;
  }

  const std::string kPath = "/o/0badcafe-1";
  std::shared_ptr<SimulatedStorage> storage_ = std::make_shared<SimulatedStorage>(3);
  std::atomic<uint64_t> bytes_written_{0};
  DurableBreaker breaker_;
};

TEST_F(FragmentFileTest, ManyChunksComeBackInOrder) {
  const auto rows = chunks(20, 3 << 20);  // far more than is under way at once
  ASSERT_TRUE(write(*rows));
  EXPECT_EQ(bytes_written_, breaker_.file_bytes);
  EXPECT_EQ(breaker_.file_bytes, storage_->file_size(kPath));
  EXPECT_EQ(breaker_.types, rows->types());
  ASSERT_EQ(breaker_.chunks.size(), 20u);
  uint64_t end = 4096;
  for (const auto& chunk : breaker_.chunks) {
    EXPECT_EQ(chunk.row_count, 3u);
    ASSERT_EQ(chunk.columns.size(), 1u);
    EXPECT_EQ(chunk.columns[0].offset, end) << "one behind another";
    end += (chunk.columns[0].bytes + 4095) / 4096 * 4096;
  }
  EXPECT_EQ(end, breaker_.file_bytes);
  const auto loaded = read(breaker_);
  ASSERT_EQ(loaded->chunks().size(), 20u);
  EXPECT_EQ(loaded->row_count(), 60u);
  for (size_t i = 0; i < 20; ++i) expect_texts(loaded->chunks()[i], rows->chunks()[i]);
}

TEST_F(FragmentFileTest, WhatDoesNotFitIsCheckedAndReadAgainWhenItIsAskedFor) {
  const auto rows = chunks(5, 3 << 20);
  ASSERT_TRUE(write(*rows));
  const size_t chunk_bytes = rows->chunks()[0].bytes();
  const auto loaded = read(breaker_, 2 * chunk_bytes + 1000);
  EXPECT_EQ(loaded->row_count(), 15u);
  EXPECT_EQ(loaded->memory_bytes(), rows->bytes());
  EXPECT_EQ(loaded->bytes(), 2 * chunk_bytes);
  storage_->remove(kPath, EntryKind::kFile);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(loaded->chunks()[i].is_resident(), i < 2);
    expect_texts(*loaded->pin(i), rows->chunks()[i]);
  }
}

TEST_F(FragmentFileTest, WhatDoesNotFitIsRefusedWhereItIsDamaged) {
  ASSERT_TRUE(write(*chunks(5, 3 << 20)));
  DurableBreaker other = breaker_;
  other.chunks.back().row_count = 2;
  EXPECT_EQ(error_of([&] { read(other, 0); }).sqlstate, sqlstate::kDataCorrupted);
}

TEST_F(FragmentFileTest, SomeMegabytesAreUnderWayAtOnceAndNoMore) {
  uint64_t most = 0;
  ASSERT_TRUE(write(*chunks(20, 3 << 20), [&] {
    uint64_t given = 4096;
    for (const auto& chunk : breaker_.chunks) {
      for (const auto& segment : chunk.columns) given += (segment.bytes + 4095) / 4096 * 4096;
    }
    most = std::max(most, given - bytes_written_);
    return false;
  }));
  EXPECT_GT(most, 8u << 20) << "the disk stays busy";
  EXPECT_LT(most, 20u << 20) << "memory does not grow with the rows";
}

TEST_F(FragmentFileTest, WhatWasWrittenIsSynced) {
  const auto rows = make_rows(1000);
  ASSERT_TRUE(write(*rows));
  storage_->sync_directory("/o");
  storage_->sync_directory("/");
  storage_->crash(Survival::kNothing);
  expect_equal(*read(breaker_), *rows);
}

TEST_F(FragmentFileTest, RangesOfColumnsAreKnownAgain) {
  const auto rows = make_rows(100);
  ASSERT_TRUE(write(*rows));
  const auto loaded = read(breaker_);
  ASSERT_EQ(loaded->chunks()[0].ranges.size(), rows->chunks()[0].ranges.size());
  EXPECT_EQ(loaded->chunks()[0].ranges[0].min, rows->chunks()[0].ranges[0].min);
  EXPECT_EQ(loaded->chunks()[0].ranges[0].max, rows->chunks()[0].ranges[0].max);
}

TEST_F(FragmentFileTest, BehindASegmentAreZeros) {
  for (int round = 0; round < 8; ++round) {  // where memory has been used before
    storage_->remove(kPath, EntryKind::kFile);
    breaker_.chunks.clear();
    { const Bytes used(20 << 10, std::byte{0xff}); }
    ASSERT_TRUE(write(*make_rows(100)));
    Bytes file(breaker_.file_bytes);
    storage_->open(kPath, OpenMode::kRead)->read(0, file);
    for (const auto& segment : breaker_.chunks[0].columns) {
      for (uint64_t at = segment.offset + segment.bytes; at % 4096 != 0; ++at) ASSERT_EQ(file[at], std::byte{0}) << at;
    }
  }
}

TEST_F(FragmentFileTest, ItSaysWhatItIs) {
  ASSERT_TRUE(write(*make_rows(10)));
  Bytes head(4096);
  storage_->open(kPath, OpenMode::kRead)->read(0, head);
  EXPECT_EQ(text_of(std::span(head).first(8)), "CAIRNBRK");
  EXPECT_EQ(static_cast<uint32_t>(head[8]), kCheckpointFormat);
  EXPECT_EQ(static_cast<int>(head[16]), 11) << "the fingerprint";
  const uint64_t checksum = XXH3_64bits(head.data(), 32);
  EXPECT_EQ(std::memcmp(head.data() + 32, &checksum, 8), 0);
  for (size_t i = 40; i < head.size(); ++i) ASSERT_EQ(head[i], std::byte{0});
}

TEST_F(FragmentFileTest, ARowSetWithoutRowsHasAFileToo) {
  RowSet none({Type::big_int()});
  none.seal();
  ASSERT_TRUE(write(none));
  EXPECT_EQ(breaker_.file_bytes, 4096u);
  EXPECT_EQ(read(breaker_)->row_count(), 0u);
}

TEST_F(FragmentFileTest, CancellingStopsItAnywhere) {
  const auto rows = chunks(3, 3000);
  int asked = 0;
  ASSERT_TRUE(write(*rows, [&] { ++asked; return false; }));
  EXPECT_EQ(asked, 4) << "before every segment, and before the sync";
  for (int at = 1; at <= asked; ++at) {
    storage_->remove(kPath, EntryKind::kFile);
    breaker_ = {};
    int now = 0;
    EXPECT_FALSE(write(*rows, [&] { return ++now == at; })) << at;
    EXPECT_EQ(now, at) << "at once";
  }
}

TEST_F(FragmentFileTest, AFileThatIsThereIsNotWrittenOver) {
  ASSERT_TRUE(write(*make_rows(10)));
  EXPECT_THROW(write(*make_rows(10)), Error);
}

TEST_F(FragmentFileTest, AFailingWriteIsAnError) {
  storage_->set_fault([](const SimulatedOperation& operation) { return operation.call == SimulatedCall::kWrite ? ENOSPC : 0; });
  EXPECT_THROW(write(*make_rows(10)), Error);
}

TEST_F(FragmentFileTest, WhatItsRecordSaysOtherwiseIsRefused) {
  ASSERT_TRUE(write(*make_rows(100)));
  EXPECT_TRUE(read(breaker_));
  DurableBreaker other = breaker_;
  other.file_bytes += 1;
  EXPECT_CONTAINS(refusal(other), "shorter than its record says");
  other = breaker_;
  other.fingerprint.low ^= 1;
  EXPECT_CONTAINS(refusal(other), "its header is not of this breaker");
  other = breaker_;
  other.chunks[0].columns.pop_back();
  EXPECT_CONTAINS(refusal(other), "its record has a wrong number of columns");
  other = breaker_;
  other.types.push_back(Type::date());
  EXPECT_CONTAINS(refusal(other), "its record has a wrong number of columns");
  other = breaker_;
  std::swap(other.types[0], other.types[1]);
  refusal(other);
  other = breaker_;
  other.chunks[0].row_count -= 1;
  refusal(other);
  other = breaker_;
  std::swap(other.chunks[0].columns[0], other.chunks[0].columns[1]);
  refusal(other);
}

TEST_F(FragmentFileTest, ARecordThatPointsBehindTheEndIsRefused) {
  ASSERT_TRUE(write(*make_rows(100)));
  DurableBreaker other = breaker_;
  auto& last = other.chunks[0].columns[1];
  const uint64_t room = other.file_bytes - last.offset;
  last.bytes = room + 1;
  EXPECT_CONTAINS(refusal(other), "its record points behind its end");
  last.offset = other.file_bytes + 1;
  last.bytes = 0;
  EXPECT_CONTAINS(refusal(other), "its record points behind its end");
  last.offset = ~uint64_t{0} - 10;
  last.bytes = 20;
  EXPECT_CONTAINS(refusal(other), "its record points behind its end");
  last.offset = 4096;
  last.bytes = ~uint64_t{0} - 100;
  EXPECT_CONTAINS(refusal(other), "its record points behind its end");
}

}  // namespace
}  // namespace cairn::testing
