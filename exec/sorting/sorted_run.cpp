#include "exec/sorting/sorted_run.h"

#include <algorithm>

#include "exec/pipeline/gather_rows.h"

namespace cairn {
namespace {

constexpr size_t kShareBytesUnlimited = size_t{64} << 20;
/// A piece is large enough to be worth a read, and small beside a range.
constexpr size_t kPieceBytesMin = size_t{64} << 10, kPieceBytesMax = size_t{1} << 20;
constexpr size_t kPieceRowsMax = 16384;
/// What is kept in memory of a string among a piece's first keys: a small share of the piece. (Rows that have all that in
/// common are merged together, however many they are.)
constexpr size_t kFirstBytesMin = 256, kFirstBytesMax = 16384, kFirstShare = 64;

std::vector<Type> with_positions(std::vector<Type> types) {
  types.insert(types.end(), 2, Type::big_int());
  return types;
}

std::vector<SortKey> with_position_keys(std::vector<SortKey> keys, size_t column_count) {
  keys.push_back({static_cast<uint32_t>(column_count)});
  keys.push_back({static_cast<uint32_t>(column_count + 1)});
  return keys;
}

/// What rows take in memory.
class RowBytes {
 public:
  RowBytes(const std::vector<Type>& types, const ChunkList& chunks) {
    for (size_t column = 0; column < types.size(); ++column) {
      fixed_ += physical_bytes(types[column].physical());
      if (!types[column].is_string()) continue;
      std::vector<const StringRef*>& strings = strings_.emplace_back();
      for (const RowSet::Chunk* chunk : chunks) strings.push_back(chunk->columns[column].values<StringRef>());
    }
  }
  size_t of(RowAddress row) const {
    size_t bytes = fixed_;
    for (const std::vector<const StringRef*>& strings : strings_) {
      const StringRef& text = strings[chunk_of(row)][offset_of(row)];
      if (!text.is_inline()) bytes += text.size();
    }
    return bytes;
  }

 private:
  size_t fixed_ = 0;
  std::vector<std::vector<const StringRef*>> strings_;  ///< [string column][chunk]
};

/// Whether strings were cut.
bool append_first(const std::vector<SortKey>& keys, const RowSet::Chunk& piece, std::vector<ColumnBuffer>& firsts) {
  const auto bytes_max = static_cast<uint32_t>(std::max(kFirstBytesMin, std::min(piece.bytes() / kFirstShare, kFirstBytesMax)));
  bool any_cut = false;
  for (size_t k = 0; k < keys.size(); ++k) {
    Vector value = piece.columns[keys[k].column].view(0, 1);
    StringRef cut;
    if (value.type.is_string() && value.valid(0) && value.values<StringRef>()->size() > bytes_max) {
      cut = StringRef(value.values<StringRef>()->data(), bytes_max);
      value.data = &cut;
      any_cut = true;
    }
    firsts[k].append(value);
  }
  return any_cut;
}

}  // namespace

RunOrder::RunOrder(std::vector<SortKey> keys, std::vector<Type> types, const SinkResources& resources)
    : types_(std::move(types)), run_types_(with_positions(types_)), of_input_(keys, types_),
      of_runs_(with_position_keys(std::move(keys), types_.size()), run_types_), resources_(resources) {}

/// What one of the workers may hold while a breaker is finalized.
size_t RunOrder::share_bytes() const {
  const size_t limit = resources_.memory == nullptr ? 0 : resources_.memory->limit_bytes();
  return limit == 0 ? kShareBytesUnlimited : limit / (4 * std::max(resources_.threads, 1u));
}

size_t RunOrder::piece_bytes() const { return std::clamp(share_bytes() / 32, kPieceBytesMin, kPieceBytesMax); }
/// Its rows are there twice: as they were read, and in order.
size_t RunOrder::range_bytes() const { return std::max(share_bytes() / 2, 2 * piece_bytes()); }
size_t RunOrder::fan_in() const { return std::max<size_t>(2 * range_bytes() / piece_bytes(), 4); }

size_t SortedRun::bytes() const {
  size_t bytes = pieces.capacity() * sizeof(Piece);
  for (const ColumnBuffer& column : firsts) bytes += column.bytes();
  return bytes;
}

void SortedRun::append(SortedRun&& next) {
  if (pieces.empty()) return static_cast<void>(*this = std::move(next));
  pieces.insert(pieces.end(), std::make_move_iterator(next.pieces.begin()), std::make_move_iterator(next.pieces.end()));
  for (size_t k = 0; k < firsts.size(); ++k) firsts[k].append(next.firsts[k].view());
  next = {};
}

SortedRun write_run(const RunOrder& order, const ChunkList& chunks, const std::vector<RowAddress>& sorted, ChunkStore& store) {
  const std::vector<SortKey>& keys = order.of_runs().keys();
  SortedRun run;
  for (const SortKey& key : keys) run.firsts.emplace_back(order.run_types()[key.column]);
  const RowBytes row_bytes(order.run_types(), chunks);
  const size_t piece_bytes = order.piece_bytes();
  for (size_t begin = 0; begin < sorted.size();) {
    size_t end = begin;
    for (size_t bytes = 0; end < sorted.size() && end - begin < kPieceRowsMax && bytes < piece_bytes; ++end) {
      bytes += row_bytes.of(sorted[end]);
    }
    RowSet::Chunk piece;
    piece.row_count = end - begin;
    for (size_t column = 0; column < order.run_types().size(); ++column) {
      ColumnBuffer& out = piece.columns.emplace_back(order.run_types()[column]);
      gather_column(chunks, column, sorted.data() + begin, piece.row_count, out);
    }
    const bool cut = append_first(keys, piece, run.firsts);
    run.pieces.push_back({store.store(piece), piece.row_count, piece.bytes(), cut});
    begin = end;
  }
  return run;
}

}  // namespace cairn
