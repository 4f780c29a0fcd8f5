#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/segments/column_analysis.h"
#include "io/segments/segment_header.h"
#include "io/storage/aligned_buffer.h"
#include "vector/vector.h"

namespace cairn {

/// The permanent numbers of the schemes, as segments have them on disk.
enum class SchemeId : uint8_t {
  kConstant = 1,
  kRunLength = 2,
  kFrameOfReference = 3,
  kDictionary = 4,
  kPlain = 5,
};

/// What a scheme opens: a body whose checksum held, but that may still have been written by a faulty program.
struct SegmentBody {
  Type type;
  uint32_t row_count = 0;
  uint32_t null_count = 0;
  const ZoneMap& zone_map;           ///< integral types with bounds: every value must lie within them
  std::span<const std::byte> bytes;  ///< begins at a multiple of 64; kReadableSlackBytes readable behind it
  std::string_view where;            ///< begins every error

  Physical physical() const { return type.physical(); }
  [[noreturn]] void fail(const std::string& what) const;
  /// Bytes [offset, offset + length), if they are there.
  std::span<const std::byte> slice(uint64_t offset, uint64_t length, const char* what) const;
  /// The head structure at the body's begin.
  template <typename Head>
  Head head() const {
    Head head;
    std::memcpy(&head, slice(0, sizeof head, "the head").data(), sizeof head);
    return head;
  }
};

/// A column as vectors show it. Whatever `vector` points to lies in `memory` or, if `uses_body`, in the body.
struct DecodedColumn {
  Vector vector;  ///< over all rows, without validity
  std::vector<AlignedBuffer> memory;
  bool uses_body = false;
};

/// One way to lay out a column's values. A scheme is one file and one row in scheme_table.cpp.
struct Scheme {
  SchemeId id;
  std::string_view name;
  /// The scheme with the least encoded_bytes * cost_factor is picked: below 1 where execution gains by the encoding
  /// beyond the bytes saved, above 1 where opening it costs time.
  double cost_factor;
  /// The exact size of the body, or nothing if this scheme cannot hold the column.
  std::optional<size_t> (*encoded_bytes)(const ColumnAnalysis& analysis);
  /// Writes the body; `out` has encoded_bytes zeros and begins at a multiple of 64.
  void (*encode)(const ColumnAnalysis& analysis, std::byte* out);
  /// Errors: kDataCorrupted for whatever is not as encode makes it and could do harm.
  DecodedColumn (*open)(const SegmentBody& body);
};

/// All schemes.
std::span<const Scheme> schemes();
/// nullptr if there is none of this number.
const Scheme* find_scheme(uint8_t id);

extern const Scheme kConstantScheme;
extern const Scheme kRunLengthScheme;
extern const Scheme kFrameOfReferenceScheme;
extern const Scheme kDictionaryScheme;
extern const Scheme kPlainScheme;

/// A buffer for decoded values, with the slack that kernels may read, zeroed.
AlignedBuffer make_decoded_buffer(size_t bytes);

/// Packed numbers in whole bytes: those of the body where they are whole already, else unpacked into `decoded.memory`.
/// Errors: a width that cannot be, or numbers above `max`.
struct OpenedCodes {
  const void* data = nullptr;
  uint8_t code_bytes = 1;
};
OpenedCodes open_codes(const SegmentBody& body, uint64_t offset, size_t count, uint8_t bits, uint64_t max,
                       DecodedColumn& decoded);

/// Turns offsets over a base into the narrowest vector that a column of this type can be: frame of reference, or flat
/// where the type is not wider than the offsets. `offsets` are rows of `code_bytes`, in the body or in decoded.memory.
void show_offsets(const SegmentBody& body, int128_t base, OpenedCodes offsets, DecodedColumn& decoded);

}  // namespace cairn
