#include "vector/column_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "vector/error.h"
#include "vector/kernels/decode.h"
#include "vector/memory_pool.h"
#include "vector/value.h"

namespace cairn {

AlignedBytes::AlignedBytes(AlignedBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}

AlignedBytes& AlignedBytes::operator=(AlignedBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

AlignedBytes::~AlignedBytes() { free_block(data_, capacity_ + kReadableBehind); }

void AlignedBytes::grow(size_t bytes, size_t used) {
  if (bytes <= capacity_) return;
  const size_t capacity = std::max(bytes, capacity_ + capacity_ / 2);
  std::byte* data = static_cast<std::byte*>(allocate_block(capacity + kReadableBehind));
  if (used != 0) std::memcpy(data, data_, used);
  free_block(data_, capacity_ + kReadableBehind);
  data_ = data;
  capacity_ = capacity;
}

char* StringHeap::add_block(size_t bytes) {
  AlignedBytes block;
  block.grow(bytes, 0);
  blocks_.push_back(std::move(block));
  bytes_ += bytes;
  return reinterpret_cast<char*>(blocks_.back().data());
}

StringRef StringHeap::add(std::string_view text) {
  if (text.size() <= StringRef::kInlineBytes) return StringRef(text);
  char* const at = allocate(text.size());
  std::memcpy(at, text.data(), text.size());
  return StringRef(at, static_cast<uint32_t>(text.size()));
}

char* StringHeap::allocate(size_t bytes) {
  if (bytes > UINT32_MAX) throw Error(sqlstate::kProgramLimit, "a string may not be longer than 4294967295 bytes");
  if (bytes > left_) {
    // A string that would waste most of a block gets one of its own, and the current block stays open.
    if (bytes > next_block_bytes_ / 4) return add_block(bytes);
    const size_t block_bytes = next_block_bytes_ - AlignedBytes::kReadableBehind;
    next_ = add_block(block_bytes);
    left_ = block_bytes;  // not before: there may be no memory
    next_block_bytes_ = std::min<size_t>(next_block_bytes_ * 2, size_t{1} << 20);
  }
  left_ -= bytes;
  return std::exchange(next_, next_ + bytes);
}

void StringHeap::adopt(StringHeap&& other) {
  blocks_.insert(blocks_.end(), std::make_move_iterator(other.blocks_.begin()),
                 std::make_move_iterator(other.blocks_.end()));
  bytes_ += other.bytes_;
  other = StringHeap();
}

ColumnBuffer::ColumnBuffer(Type type) : type_(type), value_bytes_(physical_bytes(type.physical())) {}

size_t ColumnBuffer::bytes() const { return data_.capacity() + validity_.capacity() * 8 + heap_.bytes(); }

void ColumnBuffer::reserve(size_t rows) { data_.grow(rows * value_bytes_, size_ * value_bytes_); }

void ColumnBuffer::clear() {
  size_ = 0;
  validity_.clear();
  heap_ = StringHeap();
}

void* ColumnBuffer::append_uninitialized(size_t rows) {
  data_.grow((size_ + rows) * value_bytes_, size_ * value_bytes_);
  void* values = data_.data() + size_ * value_bytes_;
  if (!validity_.empty()) {
    // Bits behind the last row are kept set, so that only new words are needed.
    validity_.resize(mask_words(size_ + rows), ~uint64_t{0});
  }
  size_ += rows;
  return values;
}

void ColumnBuffer::set_null(size_t row) {
  assert(row < size_);
  if (validity_.empty()) validity_.assign(mask_words(size_), ~uint64_t{0});
  validity_[row / 64] &= ~(uint64_t{1} << (row % 64));
}

void ColumnBuffer::append_validity(const Vector& vector, const Selection* selection, size_t rows) {
  const size_t begin = size_ - rows;
  if (rows == 0 || !vector.may_have_nulls()) return;
  std::vector<uint64_t> bits(mask_words(rows));
  decode_validity(vector, selection, bits.data());
  for (size_t word = 0; word < bits.size(); ++word) {
    uint64_t nulls = ~bits[word] & low_bits(rows - word * 64);
    for (; nulls != 0; nulls &= nulls - 1) {
      set_null(begin + word * 64 + static_cast<size_t>(__builtin_ctzll(nulls)));
    }
  }
}

void ColumnBuffer::append(const Vector& vector, const Selection* selection) {
  assert(vector.type.physical() == type_.physical());
  const size_t rows = selection != nullptr ? selection->count : vector.size;
  const size_t begin = size_;
  void* out = append_uninitialized(rows);
  decode_values(vector, selection, out);
  append_validity(vector, selection, rows);
  if (type_.physical() != Physical::kString) return;
  StringRef* strings = static_cast<StringRef*>(out);
  for (size_t i = 0; i < rows; ++i) {
    if (strings[i].is_inline()) continue;
    if (validity_.empty() || ((validity_[(begin + i) / 64] >> ((begin + i) % 64)) & 1)) {
      strings[i] = heap_.add(strings[i].view());
    } else {
      strings[i] = StringRef();  // under a NULL nothing is kept
    }
  }
}

void ColumnBuffer::append_null() {
  std::memset(append_uninitialized(1), 0, value_bytes_);
  set_null(size_ - 1);
}

void ColumnBuffer::append_value(const Value& value) {
  if (value.null) return append_null();
  void* out = append_uninitialized(1);
  const auto put = [out](auto plain) { std::memcpy(out, &plain, sizeof plain); };
  switch (type_.physical()) {
    case Physical::kBool: return put(static_cast<uint8_t>(value.integer != 0));
    case Physical::kInt16: return put(static_cast<int16_t>(value.integer));
    case Physical::kInt32: return put(static_cast<int32_t>(value.integer));
    case Physical::kInt64: return put(static_cast<int64_t>(value.integer));
    case Physical::kInt128: return put(value.integer);
    case Physical::kFloat: return put(static_cast<float>(value.floating));
    case Physical::kDouble: return put(value.floating);
    case Physical::kInterval: return put(value.interval);
    case Physical::kString: return put(heap_.add(value.string));
  }
}

Vector ColumnBuffer::view(size_t begin, size_t rows, std::vector<uint64_t>* scratch) const {
  assert(begin + rows <= size_);
  Vector vector;
  vector.type = type_;
  vector.size = rows;
  vector.data = data_.data() + begin * value_bytes_;
  if (validity_.empty() || rows == 0) return vector;
  if (begin % 64 == 0) {
    vector.validity = validity_.data() + begin / 64;
  } else {
    assert(scratch != nullptr);
    scratch->resize(mask_words(rows));
    copy_bits(validity_.data(), begin, rows, scratch->data());
    vector.validity = scratch->data();
  }
  return vector;
}

}  // namespace cairn
