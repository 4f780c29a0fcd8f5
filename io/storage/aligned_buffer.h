#pragma once

#include <cassert>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "vector/memory_pool.h"

namespace cairn {

/// Offsets, lengths and addresses that are multiples of this many bytes may bypass the page cache (O_DIRECT). It is
/// the page size, and no less than the logical block size of any disk in use (512 or 4096).
inline constexpr size_t kIoAlignmentBytes = 4096;

/// Rounds `bytes` up to a multiple of kIoAlignmentBytes.
constexpr size_t round_up_to_alignment(size_t bytes) {
  return (bytes + kIoAlignmentBytes - 1) / kIoAlignmentBytes * kIoAlignmentBytes;
}

/// Owned, uninitialised bytes at a 4096-aligned address. `size` is what was asked for; the allocation behind it goes on
/// to the next multiple of 4096 (`padded_size`), so that a whole last block can be read into it or written from it.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t size) : size_(size) {
    if (size == 0) return;
    if (is_block()) {
      data_ = static_cast<std::byte*>(allocate_block(padded_size()));
      return;
    }
    data_ = static_cast<std::byte*>(std::aligned_alloc(kIoAlignmentBytes, padded_size()));
    if (data_ == nullptr) throw std::bad_alloc();
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~AlignedBuffer() { is_block() ? free_block(data_, padded_size()) : std::free(data_); }

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  size_t padded_size() const { return round_up_to_alignment(size_); }
  bool empty() const { return size_ == 0; }

  std::span<std::byte> bytes() { return {data_, size_}; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// All the bytes up to the padded size; those behind `size` are the padding of the last block.
  std::span<std::byte> padded_bytes() { return {data_, padded_size()}; }
  std::span<const std::byte> padded_bytes() const { return {data_, padded_size()}; }

  /// Sets the padding to zero: what is written to disk shall not depend on old memory.
  void clear_padding() {
    if (size_ != padded_size()) std::memset(data_ + size_, 0, padded_size() - size_);
  }

 private:
  bool is_block() const { return padded_size() >= kPageBlockBytesMin; }

  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace cairn
