// One vector out of the branches of a CASE or COALESCE.

#include <algorithm>
#include <cstring>

#include "exec/evaluation/integral.h"
#include "exec/evaluation/node.h"
#include "exec/functions/executor.h"
#include "vector/kernels/arithmetic.h"
#include "vector/kernels/decode.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

bool evaluate_part(Frame& frame, const Space& space, Node& node, const uint64_t* mask, Part& part) {
  part.mask = mask;
  Space careful = space;
  careful.may_raise = false;  // rows outside of the mask must not raise
  if (node.vector(frame, careful, part.values)) return true;
  if (!space.may_raise) return false;
  const SubSpace rows = narrow_space(frame, space, mask);
  part.positions = rows.positions;
  return node.vector(frame, rows.space, part.values);
}

namespace {

/// How the merged values are held: frame-of-reference offsets or flat values.
struct Layout {
  bool offsets = false;
  int128_t base = 0;
  size_t bytes = 0;
  ValueRange range;
};

Layout choose_layout(Type type, const std::vector<Part>& parts) {
  Layout layout;
  layout.bytes = physical_bytes(type.physical());
  if (!type.is_integral()) return layout;
  bool any = false;
  for (const Part& part : parts) {
    if (part.values.constant_null() || part.values.size == 0) continue;
    const ValueRange range = certain_range(part.values);
    if (!range.known()) return layout;
    layout.range.min = any ? std::min(layout.range.min, range.min) : range.min;
    layout.range.max = any ? std::max(layout.range.max, range.max) : range.max;
    any = true;
  }
  if (!any) layout.range = {0, 0};
  const size_t bytes = offset_bytes(layout.range);
  if (bytes > 8) return layout;
  layout.offsets = true;
  layout.base = layout.range.min;
  layout.bytes = bytes;
  return layout;
}

/// The part's values in the layout, dense over the part's rows. A constant is spread.
const void* lay_out(const Vector& values, Type type, const Layout& layout, EvaluationContext& context) {
  const size_t rows = values.size;
  if (values.is_constant()) {
    void* out = context.allocate(rows * layout.bytes);
    uint64_t offset = 0;
    const void* value = values.data;
    if (layout.offsets) {
      if (!values.constant_null()) offset = static_cast<uint64_t>(read_integral(values, 0) - layout.base);
      value = &offset;
    }
    fill_values(layout.bytes, value, rows, out);
    return out;
  }
  if (layout.offsets) return offsets_from(without_dictionary(values, context), layout.base, layout.bytes, context);
  if (values.type.physical() != type.physical()) return functions::decode_argument(retype(values, type, context), context);
  return functions::decode_argument(values, context);
}

template <typename T>
void scatter_as(const void* values, const Part& part, void* out) {
  const bool may_have_nulls = part.values.may_have_nulls();
  for (size_t i = 0; i < part.values.size; ++i) {
    if (may_have_nulls && !part.values.valid(i)) continue;
    static_cast<T*>(out)[part.positions[i]] = static_cast<const T*>(values)[i];
  }
}

/// The part's values to their rows; its NULLs leave what is there.
void scatter(const void* values, size_t bytes, const Part& part, void* out) {
  switch (bytes) {
    case 1: return scatter_as<uint8_t>(values, part, out);
    case 2: return scatter_as<uint16_t>(values, part, out);
    case 4: return scatter_as<uint32_t>(values, part, out);
    case 8: return scatter_as<uint64_t>(values, part, out);
    default: return scatter_as<uint128_t>(values, part, out);
  }
}

/// Sets the bits of the part's rows that are not NULL.
void add_validity(const Part& part, size_t rows, uint64_t* valid) {
  const Vector& values = part.values;
  if (values.constant_null()) return;
  const bool all = !values.may_have_nulls() || values.is_constant();
  if (all || part.positions == nullptr) {
    for (size_t word = 0; word < mask_words(rows); ++word) {
      valid[word] |= part.mask[word] & (all ? ~uint64_t{0} : values.validity[word]);
    }
    return;
  }
  for (size_t i = 0; i < values.size; ++i) {
    const uint32_t row = part.positions[i];
    if (values.valid(i)) valid[row / 64] |= uint64_t{1} << (row % 64);
  }
}

}  // namespace

Vector merge_parts(Frame& frame, Type type, size_t rows, std::vector<Part>& parts) {
  EvaluationContext& context = frame.context;
  const Layout layout = choose_layout(type, parts);
  uint64_t* valid = frame.allocate_mask(rows);
  std::memset(valid, 0, mask_words(rows) * 8);
  for (const Part& part : parts) add_validity(part, rows, valid);

  const void* merged = nullptr;
  void* own = nullptr;  // merged, where it may be written to
  const auto make_own = [&] {
    if (own != nullptr) return;
    own = context.allocate(rows * layout.bytes);
    if (merged != nullptr) {
      std::memcpy(own, merged, rows * layout.bytes);
    } else {
      std::memset(own, 0, rows * layout.bytes);  // a string under a NULL must be readable
    }
    merged = own;
  };
  for (const Part& part : parts) {
    if (part.positions != nullptr || part.values.constant_null()) continue;
    const void* values = lay_out(part.values, type, layout, context);
    if (merged == nullptr) {
      merged = values;
      continue;
    }
    void* out = own != nullptr ? own : context.allocate(rows * layout.bytes);
    blend_values(layout.bytes, part.mask, values, merged, rows, out);
    merged = own = out;
  }
  for (const Part& part : parts) {
    if (part.positions == nullptr || part.values.constant_null()) continue;
    make_own();
    scatter(lay_out(part.values, type, layout, context), layout.bytes, part, own);
  }
  if (merged == nullptr) return null_vector(type, rows, context);

  Vector result;
  result.type = type;
  result.size = rows;
  result.data = merged;
  if (layout.offsets) {
    result.encoding = Encoding::kFrameOfReference;
    result.code_bytes = static_cast<uint8_t>(layout.bytes);
    result.base = layout.base;
    result.range = layout.range;
  }
  bool all_valid = true;
  for (size_t word = 0; word < mask_words(rows); ++word) {
    all_valid = all_valid && (~valid[word] & low_bits(rows - word * 64)) == 0;
  }
  result.validity = all_valid ? nullptr : valid;
  return result;
}

}  // namespace cairn::evaluation
