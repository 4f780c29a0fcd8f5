#include "io/segments/compression.h"

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "vector/error.h"

namespace cairn {

namespace {

constexpr size_t kSampleBytes = size_t{32} * 1024;
constexpr size_t kLeastBytes = 512;             // below, padding to 4096 eats what is saved
constexpr size_t kMostBytes = size_t{1} << 30;  // LZ4 counts in int
constexpr int kZstdLevel = 1;
// Of LZ4, 1 being its default: what lives as long as a query is written in a hurry.
constexpr int kLz4Acceleration = 1, kLz4FastAcceleration = 8;
// Bytes kept of 100 for compression to pay: opening must decompress, and the bytes then are in memory twice.
constexpr size_t kLz4PaysBelow = 80;
constexpr size_t kZstdPaysBelow = 80;

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Contexts are dear to make (their tables are hundreds of KB), so each thread keeps one.
ZSTD_CCtx* zstd_compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstd> context(ZSTD_createCCtx());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

ZSTD_DCtx* zstd_decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

std::vector<std::byte> compress_lz4(std::span<const std::byte> in, EncodeEffort effort) {
  std::vector<std::byte> out(static_cast<size_t>(LZ4_compressBound(static_cast<int>(in.size()))));
  const int bytes = LZ4_compress_fast(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                      static_cast<int>(in.size()), static_cast<int>(out.size()),
                                      effort == EncodeEffort::kFast ? kLz4FastAcceleration : kLz4Acceleration);
  out.resize(static_cast<size_t>(bytes));
  return out;
}

std::vector<std::byte> compress_zstd(std::span<const std::byte> in) {
  std::vector<std::byte> out(ZSTD_compressBound(in.size()));
  const size_t bytes = ZSTD_compressCCtx(zstd_compressor(), out.data(), out.size(), in.data(), in.size(), kZstdLevel);
  out.resize(ZSTD_isError(bytes) ? in.size() : bytes);  // as long as the input: does not pay
  return out;
}

}  // namespace

std::optional<CompressedPayload> compress_payload(std::span<const std::byte> payload, EncodeEffort effort) {
  if (effort == EncodeEffort::kResident || payload.size() < kLeastBytes || payload.size() > kMostBytes) {
    return std::nullopt;
  }
  // From the middle to the end: heads and masks come first, text comes last.
  const size_t sample_bytes = std::min(kSampleBytes, payload.size());
  const auto sample = payload.subspan((payload.size() - sample_bytes) / 2, sample_bytes);
  const size_t lz4_bytes = compress_lz4(sample, effort).size();
  const bool lz4_pays = lz4_bytes * 100 < sample_bytes * kLz4PaysBelow;
  CompressedPayload result;
  if (effort == EncodeEffort::kSmall) {
    const size_t zstd_bytes = compress_zstd(sample).size();
    const bool zstd_pays = zstd_bytes * 100 < sample_bytes * kZstdPaysBelow;
    // A quarter less than LZ4, else the faster decoder is worth more.
    if (zstd_pays && zstd_bytes * 4 < (lz4_pays ? lz4_bytes : sample_bytes) * 3) {
      result.compression = Compression::kZstd;
      result.bytes = compress_zstd(payload);
    }
  }
  if (result.compression == Compression::kNone && lz4_pays) {
    result.compression = Compression::kLz4;
    result.bytes = compress_lz4(payload, effort);
  }
  if (result.compression == Compression::kNone || result.bytes.size() * 10 > payload.size() * 9) return std::nullopt;
  return result;
}

bool could_decompress_to(Compression compression, std::span<const std::byte> stored, uint64_t bytes) {
  if (compression == Compression::kLz4) return bytes <= kMostBytes && bytes / 255 <= stored.size() + 1;
  return ZSTD_getFrameContentSize(stored.data(), stored.size()) == bytes;
}

void decompress_payload(Compression compression, std::span<const std::byte> stored, std::span<std::byte> out,
                        const std::string& where) {
  const auto check = [&](bool failed, size_t bytes) {
    if (failed) throw Error(sqlstate::kDataCorrupted, where + ": the compressed payload is damaged");
    if (bytes == out.size()) return;
    throw Error(sqlstate::kDataCorrupted, where + ": the payload decompresses to " + std::to_string(bytes) +
                                              " bytes, " + std::to_string(out.size()) + " expected");
  };
  if (compression == Compression::kLz4) {
    if (stored.size() > kMostBytes + kMostBytes / 128 || out.size() > kMostBytes) check(true, 0);
    const int bytes =
        LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(out.data()),
                            static_cast<int>(stored.size()), static_cast<int>(out.size()));
    check(bytes < 0, static_cast<size_t>(bytes));
  } else {
    const size_t bytes = ZSTD_decompressDCtx(zstd_decompressor(), out.data(), out.size(), stored.data(), stored.size());
    check(ZSTD_isError(bytes), bytes);
  }
}

}  // namespace cairn
