// Run-length: integral values that repeat in runs, each run as an offset over the minimum and a length.
//
//   0    i128  base, the minimum
//   16   u32   runs
//   20   u8    bits per offset      21  u8  bits per length      22  42 zeros
//   64         one offset per run (packed_codes.h), padded to a multiple of 64
//              one length less one per run (packed_codes.h)
//
// A form for disks: opened, it is a frame of reference.

#include <algorithm>

#include "io/segments/schemes/packed_codes.h"
#include "io/segments/schemes/scheme.h"

namespace cairn {

namespace {

struct Head {
  int128_t base;
  uint32_t run_count;
  uint8_t offset_bits;
  uint8_t length_bits;
  uint8_t reserved[42];
};
static_assert(sizeof(Head) == 64);

Head head_of(const ColumnAnalysis& analysis) {
  Head head{};
  head.base = analysis.min;
  head.run_count = analysis.run_count;
  head.offset_bits = stored_bits_for(bits_for(analysis.range), true);
  head.length_bits = stored_bits_for(bits_for(analysis.run_length_max - 1), true);
  return head;
}

size_t lengths_offset(const Head& head) {
  return sizeof head + round_up_to_array(packed_bytes(head.run_count, head.offset_bits));
}

std::optional<size_t> encoded_bytes(const ColumnAnalysis& analysis) {
  if (!analysis.integral() || !analysis.has_range || analysis.all_null() || analysis.run_length_max == 0) {
    return std::nullopt;
  }
  const Head head = head_of(analysis);
  return lengths_offset(head) + packed_bytes(head.run_count, head.length_bits);
}

template <typename T>
void encode_runs(const ColumnAnalysis& analysis, const Head& head, std::byte* out) {
  const T* values = analysis.as<T>();
  std::vector<uint32_t> begins;
  begins.reserve(head.run_count + 1);
  for (uint32_t row = 0; row < analysis.row_count; ++row) {
    if (row == 0 || values[row] != values[row - 1]) begins.push_back(row);
  }
  begins.push_back(analysis.row_count);
  const uint64_t base = static_cast<uint64_t>(analysis.min);
  pack_codes(head.run_count, head.offset_bits, out + sizeof head,
             [&](size_t run) { return static_cast<uint64_t>(values[begins[run]]) - base; });
  pack_codes(head.run_count, head.length_bits, out + lengths_offset(head),
             [&](size_t run) { return uint64_t{begins[run + 1]} - begins[run] - 1; });
}

void encode(const ColumnAnalysis& analysis, std::byte* out) {
  const Head head = head_of(analysis);
  std::memcpy(out, &head, sizeof head);
  with_integral_type(analysis.physical, [&](auto zero) { encode_runs<decltype(zero)>(analysis, head, out); });
}

/// Repeats each offset; REQUIRES: the lengths sum up to the rows.
template <typename Code, typename Length>
void expand(const void* offsets, const void* lengths, uint32_t run_count, Code* out) {
  for (uint32_t run = 0; run < run_count; ++run) {
    const size_t length = size_t{static_cast<const Length*>(lengths)[run]} + 1;
    std::fill_n(out, length, static_cast<const Code*>(offsets)[run]);
    out += length;
  }
}

DecodedColumn open(const SegmentBody& body) {
  if (body.physical() > Physical::kInt128) body.fail("run-length over a type that is not integral");
  if (!body.zone_map.has_bounds) body.fail("run-length without bounds");
  const Head head = body.head<Head>();
  const int128_t min = body.zone_map.min.integer, max = body.zone_map.max.integer;
  const uint128_t range = static_cast<uint128_t>(max) - static_cast<uint128_t>(min);
  if (head.base != min || range > UINT64_MAX) body.fail("the base is not the minimum");
  if (head.run_count > body.row_count) body.fail("has more runs than rows");
  DecodedColumn parts, decoded;
  const OpenedCodes offsets =
      open_codes(body, sizeof head, head.run_count, head.offset_bits, static_cast<uint64_t>(range), parts);
  const OpenedCodes lengths =
      open_codes(body, lengths_offset(head), head.run_count, head.length_bits, body.row_count, parts);
  if (offsets.code_bytes > physical_bytes(body.physical())) body.fail("offsets are wider than the type");
  uint64_t rows = head.run_count;
  with_code_type(lengths.code_bytes, [&](auto zero) {
    const auto* values = static_cast<const decltype(zero)*>(lengths.data);
    for (uint32_t run = 0; run < head.run_count; ++run) rows += values[run];
  });
  if (rows != body.row_count) {
    body.fail("its runs have " + std::to_string(rows) + " rows, " + std::to_string(body.row_count) + " expected");
  }
  decoded.memory.push_back(make_decoded_buffer(body.row_count * offsets.code_bytes));
  std::byte* out = decoded.memory.back().data();
  with_code_type(offsets.code_bytes, [&](auto code) {
    with_code_type(lengths.code_bytes, [&](auto length) {
      expand<decltype(code), decltype(length)>(offsets.data, lengths.data, head.run_count,
                                               reinterpret_cast<decltype(code)*>(out));
    });
  });
  show_offsets(body, head.base, {out, offsets.code_bytes}, decoded);
  return decoded;
}

}  // namespace

const Scheme kRunLengthScheme = {SchemeId::kRunLength, "run-length", 1.3, encoded_bytes, encode, open};

}  // namespace cairn
