#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <memory>

#include "io/segments/column_analysis.h"
#include "io/segments/compression.h"
#include "io/segments/schemes/scheme.h"
#include "io/segments/segment.h"
#include "io/segments/segment_header.h"

namespace cairn {

namespace {

struct PickedScheme {
  const Scheme* scheme = nullptr;
  size_t body_bytes = 0;
};

PickedScheme pick_scheme(const ColumnAnalysis& analysis) {
  PickedScheme best;
  double best_cost = std::numeric_limits<double>::infinity();
  for (const Scheme& scheme : schemes()) {
    const std::optional<size_t> bytes = scheme.encoded_bytes(analysis);
    if (!bytes) continue;
    const double cost = static_cast<double>(*bytes) * scheme.cost_factor;
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = {&scheme, *bytes};
  }
  assert(best.scheme != nullptr);
  return best;
}

size_t mask_bytes(const ColumnAnalysis& analysis) {
  if (analysis.null_count == 0 || analysis.all_null()) return 0;
  return round_up_to_array(mask_words(analysis.row_count) * sizeof(uint64_t));
}

/// Header space, payload, zeros.
AlignedBuffer encode_payload(const ColumnAnalysis& analysis, const PickedScheme& picked) {
  const size_t mask = mask_bytes(analysis);
  const size_t total = padded_segment_bytes(mask + picked.body_bytes);
  AlignedBuffer out(total);
  std::memset(out.data(), 0, total);
  std::byte* payload = out.data() + kSegmentHeaderBytes;
  if (mask != 0) {
    const size_t words = mask_words(analysis.row_count);
    std::memcpy(payload, analysis.validity, words * sizeof(uint64_t));
    if (analysis.row_count % 64 != 0) {  // what stands on disk shall not depend on what lay behind the last row
      uint64_t last = analysis.validity[words - 1] & ((uint64_t{1} << (analysis.row_count % 64)) - 1);
      std::memcpy(payload + (words - 1) * sizeof last, &last, sizeof last);
    }
  }
  picked.scheme->encode(analysis, payload + mask);
  return out;
}

}  // namespace

EncodedSegment encode_segment(const ColumnBuffer& column, size_t begin, size_t rows, EncodeEffort effort) {
  assert(begin + rows <= column.size() && rows <= std::numeric_limits<uint32_t>::max());
  ColumnAnalysis analysis = analyze_column(column, begin, rows, effort);
  const PickedScheme picked = pick_scheme(analysis);
  SegmentHeader header;
  header.scheme = static_cast<uint8_t>(picked.scheme->id);
  header.set_type(analysis.type);
  header.row_count = analysis.row_count;
  header.set_zone_map(analysis.zone_map);
  header.payload_bytes = mask_bytes(analysis) + picked.body_bytes;
  header.stored_bytes = header.payload_bytes;

  EncodedSegment segment;
  segment.bytes = encode_payload(analysis, picked);
  const std::span<const std::byte> payload = segment.bytes.bytes().subspan(kSegmentHeaderBytes, header.payload_bytes);
  if (const auto smaller = compress_payload(payload, effort)) {
    header.compression = smaller->compression;
    header.stored_bytes = smaller->bytes.size();
    segment.bytes = AlignedBuffer(padded_segment_bytes(smaller->bytes.size()));
    std::byte* out = segment.bytes.data() + kSegmentHeaderBytes;
    std::memcpy(out, smaller->bytes.data(), smaller->bytes.size());
    std::memset(out + smaller->bytes.size(), 0, segment.bytes.size() - kSegmentHeaderBytes - smaller->bytes.size());
  }
  std::memcpy(segment.bytes.data(), &header, sizeof header);
  header.checksum = segment_checksum(segment.bytes.bytes());
  std::memcpy(segment.bytes.data(), &header, sizeof header);
  segment.checksum = header.checksum;
  segment.used_bytes = kSegmentHeaderBytes + header.stored_bytes;
  segment.zone_map = std::move(analysis.zone_map);
  segment.sketch = analysis.sketch;
  segment.text_bytes = analysis.string_bytes;
  return segment;
}

}  // namespace cairn
