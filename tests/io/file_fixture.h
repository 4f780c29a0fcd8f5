#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "io/storage/simulated_storage.h"
#include "io/storage/storage.h"
#include "io/storage/uring_ring.h"

namespace cairn {

using Bytes = std::vector<std::byte>;

/// Bytes that tell every offset of every file from every other.
inline Bytes pattern(size_t size, uint64_t seed) {
  Bytes bytes(size);
  std::mt19937_64 random(seed);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

inline Bytes bytes_of(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(first, first + text.size());
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// The seed of random tests: CAIRN_SEED, or another one every time; printed either way.
inline uint64_t test_seed() {
  static const uint64_t seed = [] {
    const char* given = std::getenv("CAIRN_SEED");
    const uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
    std::cout << "CAIRN_SEED=" << value << "\n";
    return value;
  }();
  return seed;
}

/// The error that an action throws; fails the test if it throws none.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "expected an error";
  return Error("00000", "no error");
}

#define EXPECT_CONTAINS(text, part) \
  EXPECT_NE(std::string(text).find(part), std::string::npos) << '"' << (text) << "\" lacks \"" << (part) << '"'

/// Removes what a test left, whatever it is.
inline void remove_tree(Storage& storage, const std::string& directory) {
  for (const DirectoryEntry& entry : storage.list(directory)) {
    const std::string path = directory + "/" + entry.name;
    if (entry.kind == EntryKind::kDirectory) {
      remove_tree(storage, path);
    } else if (!storage.remove(path, entry.kind)) {
      std::filesystem::remove(path);  // a link, a pipe
    }
  }
  storage.remove(directory, EntryKind::kDirectory);
}

/// A directory of its own for every test, on the storage that the parameter names.
struct StorageUnderTest {
  std::string name;
  std::string parent;  ///< where directories for tests are made; empty: simulated
  StorageKind kind = StorageKind::kAutomatic;
};

class StorageTest : public ::testing::TestWithParam<StorageUnderTest> {
 protected:
  void SetUp() override {
    const StorageUnderTest& under_test = GetParam();
    if (under_test.parent.empty()) {
      storage_ = std::make_shared<SimulatedStorage>(test_seed());
      directory_ = "/test";
      storage_->create_directories(directory_);
      return;
    }
    if (under_test.kind == StorageKind::kUring && UringRing::probe() != 0) {
      GTEST_SKIP() << "this kernel refuses io_uring";
    }
    if (!std::filesystem::is_directory(under_test.parent)) GTEST_SKIP() << under_test.parent << " is not there";
    storage_ = make_storage(under_test.kind);
    std::string made = under_test.parent + "/cairn-file-test-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    directory_ = made;
  }
  void TearDown() override {
    if (storage_) remove_tree(*storage_, directory_);
  }

  bool is_simulated() const { return GetParam().parent.empty(); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  void put(const std::string& name, std::span<const std::byte> content) {
    storage_->open(path(name), OpenMode::kCreate)->write(0, content);
  }
  void put(const std::string& name, std::string_view text) { put(name, bytes_of(text)); }
  std::string get(const std::string& name) { return text_of(read_file(*storage_, path(name)).bytes()); }

  static Bytes read(File& file, uint64_t offset, size_t size) {
    Bytes bytes(size);
    file.read(offset, bytes);
    return bytes;
  }

  std::shared_ptr<Storage> storage_;
  std::string directory_;
};

inline std::vector<StorageUnderTest> all_storages() {
  const std::string disk = std::filesystem::temp_directory_path().string();
  return {{"uring", disk, StorageKind::kUring},
          {"threads", disk, StorageKind::kThreadPool},
          {"uring_tmpfs", "/dev/shm", StorageKind::kUring},
          {"threads_tmpfs", "/dev/shm", StorageKind::kThreadPool},
          {"simulated", "", StorageKind::kAutomatic}};
}

inline std::string name_of_storage(const ::testing::TestParamInfo<StorageUnderTest>& info) { return info.param.name; }

}  // namespace cairn
