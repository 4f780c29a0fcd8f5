#include "io/csv/marks.h"

#include <cstring>

#include "vector/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "io/csv/marks.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cairn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Bit i: text[i] == byte, for 64 bytes.
HWY_INLINE uint64_t equal_bytes(const uint8_t* text, uint8_t byte) {
  const hn::CappedTag<uint8_t, 64> d;
  const size_t lanes = hn::Lanes(d);
  const auto wanted = hn::Set(d, byte);
  uint64_t word = 0;
  for (size_t i = 0; i < 64; i += lanes) {
    uint64_t bits = 0;
    hn::StoreMaskBits(d, hn::Eq(hn::LoadU(d, text + i), wanted), reinterpret_cast<uint8_t*>(&bits));
    if (lanes < 64) bits &= (uint64_t{1} << (lanes % 64)) - 1;
    word |= bits << i;
  }
  return word;
}

void mark(const char* text, size_t block_count, const CsvFormat& format, LineEnd line_end, BlockMarks* out) {
  const bool csv = format.kind == CsvFormat::Kind::kCsv;
  const auto delimiter = static_cast<uint8_t>(format.delimiter);
  const auto quote = static_cast<uint8_t>(format.quote);
  const auto escape = static_cast<uint8_t>(format.escape_byte());
  const bool returns = line_end == LineEnd::kCarriageReturn;
  for (size_t i = 0; i < block_count; ++i) {
    const auto* block = reinterpret_cast<const uint8_t*>(text + i * kMarkBlockBytes);
    out[i].line_end = equal_bytes(block, returns ? '\r' : '\n');
    out[i].other_line_end = equal_bytes(block, returns ? '\n' : '\r');
    out[i].delimiter = equal_bytes(block, delimiter);
    out[i].quote = csv ? equal_bytes(block, quote) : 0;
    out[i].escape = csv && quote == escape ? out[i].quote : equal_bytes(block, escape);
  }
}

bool plain_ascii(const char* text, size_t bytes) {
  const hn::CappedTag<uint8_t, 64> d;
  const size_t lanes = hn::Lanes(d);
  const auto* at = reinterpret_cast<const uint8_t*>(text);
  size_t i = 0;
  while (i + lanes <= bytes) {
    // A NUL minus one is 255; every other byte keeps or clears its high bit.
    auto high = hn::Zero(d);
    const size_t end = bytes - i > 4096 ? i + 4096 : bytes;
    for (; i + lanes <= end; i += lanes) {
      const auto block = hn::LoadU(d, at + i);
      high = hn::Or(high, hn::Or(block, hn::Sub(block, hn::Set(d, 1))));
    }
    // 128 - 1 would lose its high bit, but 128 itself has it.
    if (!hn::AllFalse(d, hn::Ne(hn::And(high, hn::Set(d, 0x80)), hn::Zero(d)))) return false;
  }
  for (; i < bytes; ++i) {
    if (at[i] == 0 || at[i] >= 0x80) return false;
  }
  return true;
}

}  // namespace HWY_NAMESPACE
}  // namespace cairn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn {

HWY_EXPORT(mark);
HWY_EXPORT(plain_ascii);

void mark_blocks(const char* text, size_t block_count, const CsvFormat& format, LineEnd line_end, BlockMarks* out) {
  HWY_DYNAMIC_DISPATCH(mark)(text, block_count, format, line_end, out);
}

void cut_marks(BlockMarks& marks, size_t bytes) {
  const uint64_t there = (uint64_t{1} << bytes) - 1;
  for (uint64_t* bits : {&marks.line_end, &marks.other_line_end, &marks.delimiter, &marks.quote, &marks.escape}) {
    *bits &= there;
  }
}

bool is_plain_ascii(const char* text, size_t bytes) { return HWY_DYNAMIC_DISPATCH(plain_ascii)(text, bytes); }

namespace {

/// Bit i of the result: the parity of bits 0 to i.
uint64_t running_parity(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

uint64_t ProtectedBytes::behind_escapes(uint64_t escapes) {
  uint64_t behind = carried_;
  carried_ = 0;
  for (uint64_t left = escapes; left != 0; left &= left - 1) {
    const int at = __builtin_ctzll(left);
    if ((behind >> at) & 1) continue;  // an escaped escape
    if (at == 63) {
      carried_ = 1;
    } else {
      behind |= uint64_t{1} << (at + 1);
    }
  }
  return behind;
}

uint64_t ProtectedBytes::in_quotes(const BlockMarks& marks) {
  const uint64_t toggles = doubled_quote_ ? marks.quote : quotes_that_toggle(marks);
  const uint64_t inside = running_parity(toggles) ^ inside_;
  inside_ = static_cast<uint64_t>(static_cast<int64_t>(inside) >> 63);
  return inside;
}

/// With an escape that is not the quote itself: inside quotes it takes a quote or an escape behind it out of play.
uint64_t ProtectedBytes::quotes_that_toggle(const BlockMarks& marks) {
  const uint64_t special = marks.quote | marks.escape;
  uint64_t toggles = 0;
  uint64_t skipped = carried_ & special;
  carried_ = 0;
  bool inside = inside_ != 0;
  for (uint64_t left = special; left != 0; left &= left - 1) {
    const int at = __builtin_ctzll(left);
    const uint64_t bit = uint64_t{1} << at;
    if (skipped & bit) continue;
    if (inside && (marks.escape & bit)) {
      if (at == 63) {
        carried_ = 1;
      } else {
        skipped |= (bit << 1) & special;
      }
    } else if (marks.quote & bit) {
      toggles |= bit;
      inside = !inside;
    }
  }
  return toggles;
}

}  // namespace cairn
#endif
