#include "exec/keys/join_keys.h"

#include <algorithm>

#include "exec/rows/integer_values.h"

namespace cairn {

namespace {

/// Bounds within +-2^61 keep every distance between an int64 and an int64 minimum from wrapping into the domain.
constexpr int128_t kBoundMax = int128_t{1} << 61;

ValueRange column_range(const RowSet& rows, size_t column) {
  ValueRange range{kInt128Max, kInt128Min};
  for (const RowSet::Chunk& chunk : rows.chunks()) {
    const ValueRange part =
        column < chunk.ranges.size() ? chunk.ranges[column] : compute_range(chunk.columns[column].view());
    if (!part.known()) continue;
    range.min = std::min(range.min, part.min);
    range.max = std::max(range.max, part.max);
  }
  return range;
}

}  // namespace

JoinKeys::JoinKeys(const RowSet& build, const std::vector<uint32_t>& columns, bool nulls_match)
    : nulls_match_(nulls_match) {
  uint128_t domain = 1;
  for (const uint32_t column : columns) {
    if (!is_word(build.types()[column])) {
      usable_ = false;
      return;
    }
    ValueRange range = column_range(build, column);
    if (range.min > range.max) range = {0, 0};  // no values
    if (range.min < -kBoundMax || range.max > kBoundMax) {
      usable_ = false;
      return;
    }
    Part part;
    part.min = static_cast<int64_t>(range.min);
    part.values = static_cast<uint64_t>(range.max - range.min) + 1;
    part.stride = static_cast<uint64_t>(domain);
    parts_.push_back(part);
    domain *= part.values + (nulls_match ? 1 : 0);
    if (domain >= static_cast<uint128_t>(kBoundMax)) {
      usable_ = false;
      return;
    }
  }
  domain_ = static_cast<uint64_t>(domain);
}

void JoinKeys::number(const std::vector<Vector>& keys, size_t rows, uint64_t* out) const {
  FlatScratch flat;
  std::vector<uint64_t> distances(parts_.size() > 1 ? rows : 0);
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part part = parts_[i];
    const Vector key = keys[i].encoding == Encoding::kDictionary ? flatten(keys[i], nullptr, flat) : keys[i];
    uint64_t* const to = i == 0 ? out : distances.data();
    visit_integers(key, [&](auto read) {
      for (size_t row = 0; row < rows; ++row) {
        const uint64_t distance = static_cast<uint64_t>(read(row)) - static_cast<uint64_t>(part.min);
        to[row] = distance < part.values ? distance : kNoKey;
      }
    });
    if (key.may_have_nulls()) {
      const uint64_t null_number = nulls_match_ ? part.values : kNoKey;
      for (size_t row = 0; row < rows; ++row) {
        if (!key.valid(row)) to[row] = null_number;
      }
    }
    if (i == 0) continue;
    for (size_t row = 0; row < rows; ++row) {
      const bool inside = out[row] != kNoKey && to[row] != kNoKey;
      out[row] = inside ? out[row] + to[row] * part.stride : kNoKey;
    }
  }
}

}  // namespace cairn
