#include "exec/sorting/run_merge.h"

#include <algorithm>
#include <cassert>

#include "exec/pipeline/parallel.h"
#include "exec/rows/row_comparison.h"
#include "vector/kernels/kernels.h"

namespace cairn {
namespace {

RowSet::Chunk slice_of(const RowSet::Chunk& chunk, size_t begin, size_t rows) {
  RowSet::Chunk slice;
  slice.row_count = rows;
  std::vector<uint64_t> scratch;
  for (const ColumnBuffer& column : chunk.columns) {
    slice.columns.emplace_back(column.type()).append(column.view(begin, rows, &scratch));
  }
  return slice;
}

}  // namespace

ChunkList MergedRange::chunk_list() const {
  ChunkList list;
  for (const RowSet::Chunk& chunk : chunks) list.push_back(&chunk);
  return list;
}

RunMerge::RunMerge(const RunOrder& order, std::vector<SortedRun> runs, size_t whole_keys)
    : order_(order), keys_(order.of_runs().keys()), runs_(std::move(runs)),
      split_keys_(whole_keys == 0 ? keys_.size() : whole_keys) {
  for (const SortedRun& run : runs_) {
    std::vector<Vector>& views = firsts_.emplace_back();
    for (const ColumnBuffer& column : run.firsts) views.push_back(column.view());
  }
  choose_splitters(whole_keys);
}

int RunMerge::compare_firsts(const Splitter& a, const Splitter& b, size_t keys) const {
  for (size_t k = 0; k < keys; ++k) {
    const int order = compare_by(keys_[k], firsts_[a.run][k], a.piece, firsts_[b.run][k], b.piece);
    if (order != 0) return order;
  }
  return 0;
}

void RunMerge::choose_splitters(size_t whole_keys) {
  std::vector<Splitter> pieces;
  for (size_t run = 0; run < runs_.size(); ++run) {
    for (size_t piece = 0; piece < runs_[run].pieces.size(); ++piece) pieces.push_back({run, piece});
  }
  const auto before = [&](const Splitter& a, const Splitter& b) { return compare_firsts(a, b, keys_.size()) < 0; };
  std::sort(pieces.begin(), pieces.end(), before);
  const size_t range_bytes = order_.range_bytes();
  size_t bytes = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const bool cuts = whole_keys == 0 || (i > 0 && compare_firsts(pieces[i - 1], pieces[i], split_keys_) != 0);
    if (bytes >= range_bytes && cuts) {
      splitters_.push_back(pieces[i]);
      bytes = 0;
    }
    bytes += runs_[pieces[i].run].pieces[pieces[i].piece].bytes;
  }
}

/// Where the piece's first row is, seen from the splitter. Open where its keys were cut at what they have in common.
RunMerge::Side RunMerge::side_of(const Splitter& piece, const Splitter& splitter) const {
  const bool cut = runs_[piece.run].pieces[piece.piece].cut;
  for (size_t k = 0; k < split_keys_; ++k) {
    const Vector &first = firsts_[piece.run][k], &at = firsts_[splitter.run][k];
    if (cut && first.type.is_string() && first.valid(piece.piece) && at.valid(splitter.piece)) {
      const StringRef &text = first.values<StringRef>()[piece.piece], &other = at.values<StringRef>()[splitter.piece];
      if (other.view().starts_with(text.view())) return Side::kOpen;
    }
    const int order = compare_by(keys_[k], first, piece.piece, at, splitter.piece);
    if (order != 0) return order < 0 ? Side::kBefore : Side::kBehind;
  }
  return Side::kBehind;
}

/// The pieces that may have rows on either side: those before them have none behind the splitter, those after none
/// before it.
RunMerge::PieceRange RunMerge::pieces_around(size_t run, size_t splitter) const {
  const size_t count = runs_[run].pieces.size();
  size_t before = 0;
  while (before < count && side_of({run, before}, splitters_[splitter]) == Side::kBefore) ++before;
  size_t last = before;
  while (last < count && side_of({run, last}, splitters_[splitter]) != Side::kBehind) ++last;
  return {before == 0 ? 0 : before - 1, last};
}

RunMerge::PieceRange RunMerge::pieces_of(size_t run, size_t range) const {
  return {range == 0 ? 0 : pieces_around(run, range - 1).first,
          range == splitters_.size() ? runs_[run].pieces.size() : pieces_around(run, range).last};
}

/// The chunk's first row that is not before the splitter.
size_t RunMerge::first_behind(const RowSet::Chunk& chunk, size_t splitter) const {
  const Splitter& at = splitters_[splitter];
  std::vector<Vector> views;
  for (size_t k = 0; k < split_keys_; ++k) views.push_back(chunk.columns[keys_[k].column].view());
  const auto is_before = [&](size_t row) {
    for (size_t k = 0; k < split_keys_; ++k) {
      const int order = compare_by(keys_[k], views[k], row, firsts_[at.run][k], at.piece);
      if (order != 0) return order < 0;
    }
    return false;
  };
  size_t low = 0, high = chunk.row_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (is_before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

MergedRange RunMerge::read(size_t range) const {
  MergedRange merged(*order_.resources().memory);
  for (size_t run = 0; run < runs_.size(); ++run) {
    const PieceRange pieces = pieces_of(run, range);
    for (size_t piece = pieces.first; piece < pieces.last; ++piece) {
      RowSet::Chunk chunk = runs_[run].pieces[piece].stored->load();
      const size_t begin = range == 0 ? 0 : first_behind(chunk, range - 1);
      const size_t end = range == splitters_.size() ? chunk.row_count : first_behind(chunk, range);
      if (begin >= end) continue;
      if (end - begin < chunk.row_count) chunk = slice_of(chunk, begin, end - begin);
      merged.held->hold_more(chunk.bytes());
      for (const ColumnBuffer& column : chunk.columns) {
        chunk.ranges.push_back(column.type().is_integral() ? compute_range(column.view()) : ValueRange{});
      }
      merged.chunks.push_back(std::move(chunk));
    }
  }
  std::vector<RowAddress> addresses;
  for (size_t chunk = 0; chunk < merged.chunks.size(); ++chunk) {
    const auto first = static_cast<RowAddress>(chunk << kAddressOffsetBits);
    for (RowAddress row = 0; row < merged.chunks[chunk].row_count; ++row) addresses.push_back(first | row);
  }
  merged.sorted = order_.of_runs().sort(merged.chunk_list(), addresses, run_alone);
  return merged;
}

uint64_t RunMerge::rows_of_pieces(size_t run, size_t piece_count) const {
  uint64_t rows = 0;
  for (size_t piece = 0; piece < piece_count; ++piece) rows += runs_[run].pieces[piece].row_count;
  return rows;
}

std::pair<size_t, size_t> RunMerge::ranges_of(uint64_t offset, uint64_t limit) const {
  size_t first = 0, last = range_count();
  for (size_t splitter = 0; splitter < splitters_.size(); ++splitter) {
    uint64_t least = 0, most = 0;  // rows before the splitter
    for (size_t run = 0; run < runs_.size(); ++run) {
      const PieceRange around = pieces_around(run, splitter);
      least += rows_of_pieces(run, around.first);
      most += rows_of_pieces(run, around.last);
    }
    if (most <= offset) first = splitter + 1;
    if (least >= offset && least - offset >= limit) last = std::min(last, splitter + 1);
  }
  return {first, std::max(first, last)};
}

uint64_t RunMerge::rows_before(size_t range) const {
  if (range == 0) return 0;
  uint64_t rows = 0;
  for (size_t run = 0; run < runs_.size(); ++run) {
    const PieceRange around = pieces_around(run, range - 1);
    rows += rows_of_pieces(run, around.first);
    for (size_t piece = around.first; piece < around.last; ++piece) {
      rows += first_behind(runs_[run].pieces[piece].stored->load(), range - 1);
    }
  }
  return rows;
}

RangeOutput::RangeOutput(const std::vector<Type>& types, size_t range_count, const SinkResources& resources)
    : types_(types), resources_(resources) {
  for (size_t range = 0; range < range_count; ++range) ranges_.emplace_back(types);
}

void RangeOutput::put(size_t range, RowSet rows) {
  const size_t bytes = rows.bytes();
  if (resources_.is_short(bytes)) {
    rows.evict_all(*resources_.store);
  } else {
    held_bytes_ += bytes;
    resources_.memory->change(0, bytes);
  }
  ranges_[range] = std::move(rows);
}

std::shared_ptr<RowSet> RangeOutput::take() {
  auto all = std::make_shared<RowSet>(types_);
  for (RowSet& range : ranges_) all->adopt(std::move(range));
  return all;
}

}  // namespace cairn
