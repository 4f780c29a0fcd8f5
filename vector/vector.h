#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vector/int128.h"
#include "vector/string_ref.h"
#include "vector/type.h"

namespace cairn {

/// Encodings of a vector in memory.
enum class Encoding : uint8_t {
  kFlat,              ///< data: one physical value per row
  kConstant,          ///< data: one physical value for all rows; validity, where there, has one bit for all rows
  kDictionary,        ///< data: unsigned codes of code_bytes (1, 2, 4); dictionary: the flat values they index
  kFrameOfReference,  ///< data: unsigned offsets of code_bytes (1, 2, 4, 8); value = base + offset
};

/// Bounds that every non-NULL value of a vector is known to keep. Only for integral types.
struct ValueRange {
  int128_t min = kInt128Min;
  int128_t max = kInt128Max;
  bool known() const { return min != kInt128Min || max != kInt128Max; }
  friend bool operator==(const ValueRange&, const ValueRange&) = default;
};

/// One column's values for one batch: a view that owns nothing. Whoever pushes a batch keeps the bytes behind its
/// vectors alive until the push returns; who wants them longer copies them (ColumnBuffer).
///
/// Integral types may come as kFrameOfReference in any code_bytes, whatever their physical type: a DECIMAL(15,2)
/// of 24-bit values is 4-byte offsets, and arithmetic on it stays that narrow where value ranges prove that it may.
/// Values under a NULL are arbitrary but readable (a dictionary code is in range).
struct Vector {
  Type type;
  Encoding encoding = Encoding::kFlat;
  uint8_t code_bytes = 0;               ///< kDictionary, kFrameOfReference: bytes per code or offset
  bool unique_dictionary = false;       ///< kDictionary: no two entries are equal, none is NULL
  uint32_t dictionary_size = 0;         ///< kDictionary: entries
  /// kDictionary: unequal for dictionaries of unequal content, for as long as the process lives (next_dictionary_id);
  /// what is decided per entry is remembered under it. 0: not known, nothing is remembered beyond the batch.
  uint64_t dictionary_id = 0;
  size_t size = 0;                      ///< rows
  const void* data = nullptr;
  const uint64_t* validity = nullptr;   ///< bit i of word i/64 set: row i is not NULL; nullptr: no row is NULL
  const void* dictionary = nullptr;     ///< kDictionary: dictionary_size flat values of the physical type
  int128_t base = 0;                    ///< kFrameOfReference
  ValueRange range;                     ///< integral types: known bounds

  template <typename T>
  const T* values() const { return static_cast<const T*>(data); }
  template <typename T>
  const T* entries() const { return static_cast<const T*>(dictionary); }

  bool is_flat() const { return encoding == Encoding::kFlat; }
  bool is_constant() const { return encoding == Encoding::kConstant; }
  bool may_have_nulls() const { return validity != nullptr; }
  bool valid(size_t row) const {
    if (validity == nullptr) return true;
    if (encoding == Encoding::kConstant) row = 0;
    return (validity[row / 64] >> (row % 64)) & 1;
  }
  bool constant_null() const { return is_constant() && !valid(0); }
};

/// A number for a new dictionary, never given out before. Thread-safe.
uint64_t next_dictionary_id();

/// Words that a mask of `rows` bits takes.
inline constexpr size_t mask_words(size_t rows) { return (rows + 63) / 64; }

/// The rows of a batch that count, where not all do. Indices ascend. mask, where there, says the same as bits over
/// all rows (bits behind the last row are 0).
struct Selection {
  const uint32_t* indices = nullptr;
  size_t count = 0;
  const uint64_t* mask = nullptr;
};

/// Vectors of equal size. With a selection, only the selected rows exist; the others hold readable rubbish.
struct Batch {
  size_t size = 0;  ///< rows that the vectors hold
  bool selected = false;
  Selection selection;  ///< only where `selected`
  std::vector<Vector> columns;

  size_t row_count() const { return selected ? selection.count : size; }
};

/// Default rows per batch; the capacity itself is a setting (vector_capacity, 1 to 4194304).
inline constexpr size_t kDefaultVectorCapacity = 2048;
/// Rows of a full row group.
inline constexpr size_t kRowGroupRows = 131072;

}  // namespace cairn
