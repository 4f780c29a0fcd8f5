#pragma once

#include <memory>
#include <vector>

#include "vector/vector.h"

namespace cairn {

/// Uninitialized growable bytes on a 64-byte boundary, with 64 readable bytes behind the end.
class AlignedBytes {
 public:
  static constexpr size_t kReadableBehind = 64;
  AlignedBytes() = default;
  AlignedBytes(AlignedBytes&& other) noexcept;
  AlignedBytes& operator=(AlignedBytes&& other) noexcept;
  ~AlignedBytes();

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  size_t capacity() const { return capacity_; }
  /// Makes room for `bytes`, keeping the first `used`.
  void grow(size_t bytes, size_t used);

 private:
  std::byte* data_ = nullptr;
  size_t capacity_ = 0;
};

/// Bytes of long strings, bump-allocated; addresses are stable until the heap dies.
class StringHeap {
 public:
  /// Copies the bytes where they do not fit inside a StringRef.
  StringRef add(std::string_view text);
  /// Room for a string's bytes. Errors: kProgramLimit.
  char* allocate(size_t bytes);
  size_t bytes() const { return bytes_; }
  /// Takes over another heap's blocks (their addresses stay valid).
  void adopt(StringHeap&& other);

 private:
  char* add_block(size_t bytes);

  std::vector<AlignedBytes> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t next_block_bytes_ = 4096;  ///< with the readable bytes behind its end
  size_t bytes_ = 0;
};

/// An owned, growable flat column with validity and its strings' bytes. What sinks collect into, and what the segment
/// encoder takes. Not thread-safe.
class ColumnBuffer {
 public:
  explicit ColumnBuffer(Type type);
  ColumnBuffer(ColumnBuffer&&) = default;
  ColumnBuffer& operator=(ColumnBuffer&&) = default;  ///< a moved-from buffer may only be destroyed or assigned to

  const Type& type() const { return type_; }
  size_t size() const { return size_; }
  size_t bytes() const;  ///< memory held

  void reserve(size_t rows);
  void clear();  ///< keeps the memory of values, frees the strings'

  /// Appends the vector's rows, only the selected ones where `selection` is not null. Decodes any encoding.
  /// REQUIRES: vector.type.physical() == type().physical().
  void append(const Vector& vector, const Selection* selection = nullptr);
  /// Strings are copied; REALs and DOUBLEs take `floating`, integral types `integer`.
  void append_value(const struct Value& value);
  void append_null();
  /// Makes room for `rows` more values and returns them for writing; all valid until set_null.
  void* append_uninitialized(size_t rows);
  void set_null(size_t row);

  template <typename T>
  T* values() { return reinterpret_cast<T*>(data_.data()); }
  template <typename T>
  const T* values() const { return reinterpret_cast<const T*>(data_.data()); }
  StringHeap& heap() { return heap_; }
  bool has_nulls() const { return !validity_.empty(); }

  /// A flat vector over rows [begin, begin + rows); validity needs begin % 64 == 0 or no NULLs at all, else it is
  /// shifted into `scratch`. Valid until the buffer changes.
  Vector view(size_t begin, size_t rows, std::vector<uint64_t>* scratch = nullptr) const;
  Vector view() const { return view(0, size_); }

 private:
  Type type_;
  size_t value_bytes_;
  size_t size_ = 0;
  AlignedBytes data_;
  std::vector<uint64_t> validity_;  ///< empty while no row is NULL
  StringHeap heap_;

  void append_validity(const Vector& vector, const Selection* selection, size_t rows);
};

}  // namespace cairn
