#include "exec/pipeline/collected_rows.h"

#include <algorithm>
#include <utility>

#include "exec/rows/integer_values.h"

namespace cairn {

namespace {

/// Runs of rows that are listed together.
constexpr size_t kRunsPerTask = 16;

struct Piece {
  uint64_t morsel = 0;
  size_t part = 0;
  uint64_t first_row = 0, rows = 0;
};

/// Appends rows [begin, begin + rows) of `set` to `chunk`. REQUIRES: all chunks of `set` but the last are full.
void append_rows(const RowSet& set, uint64_t begin, uint64_t rows, RowSet::Chunk& chunk) {
  std::vector<uint64_t> scratch;
  while (rows > 0) {
    const RowSet::Chunk& from = set.chunks()[begin / kRowGroupRows];
    const size_t offset = begin % kRowGroupRows;
    const size_t count = std::min<uint64_t>(rows, from.row_count - offset);
    for (size_t column = 0; column < from.columns.size(); ++column) {
      chunk.columns[column].append(from.columns[column].view(offset, count, &scratch));
    }
    chunk.row_count += count;
    begin += count;
    rows -= count;
  }
}

/// Cuts the pieces into the contents of full chunks.
std::vector<std::vector<Piece>> cut_into_chunks(const std::vector<Piece>& pieces) {
  std::vector<std::vector<Piece>> chunks;
  uint64_t room = 0;
  for (Piece piece : pieces) {
    while (piece.rows > 0) {
      if (room == 0) {
        chunks.emplace_back();
        room = kRowGroupRows;
      }
      Piece head = piece;
      head.rows = std::min(piece.rows, room);
      chunks.back().push_back(head);
      room -= head.rows;
      piece.first_row += head.rows;
      piece.rows -= head.rows;
    }
  }
  return chunks;
}

}  // namespace

void CollectedRows::append(const Batch& batch, uint64_t morsel) {
  const size_t rows = batch.row_count();
  if (rows == 0) return;
  if (runs_.empty() || runs_.back().morsel != morsel) runs_.push_back({morsel, rows_.row_count(), 0});
  runs_.back().rows += rows;
  rows_.append(batch);
}

std::vector<Type> with_morsel(std::vector<Type> types) {
  types.push_back(Type::big_int());
  return types;
}

void append_with_morsel(RowSet& saved, Batch batch, uint64_t morsel) {
  const auto ordinal = static_cast<int64_t>(morsel);
  Vector column;
  column.type = Type::big_int();
  column.encoding = Encoding::kConstant;
  column.size = batch.size;
  column.data = &ordinal;
  batch.columns.push_back(column);
  saved.append(batch);
}

void for_each_morsel(const RowSet& saved, const std::function<void(const Batch& batch, uint64_t morsel)>& visit) {
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  std::vector<uint64_t> morsel_scratch;
  for (size_t i = 0; i < saved.chunks().size(); ++i) {
    const std::shared_ptr<const RowSet::Chunk> chunk = saved.pin(i);
    const auto* morsels = chunk->columns.back().view().values<int64_t>();
    for (size_t begin = 0, end; begin < chunk->row_count; begin = end) {
      for (end = begin; end < chunk->row_count && morsels[end] == morsels[begin]; ++end) continue;
      RowSet::view(*chunk, begin, end - begin, batch, scratch);
      batch.columns.pop_back();
      visit(batch, static_cast<uint64_t>(morsels[begin]));
    }
  }
}

std::shared_ptr<RowSet> CollectedRows::save() const {
  auto saved = std::make_shared<RowSet>(with_morsel(rows_.types()));
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  for (const Run& run : runs_) {
    // All chunks but the last are full.
    for (uint64_t row = run.first_row; row < run.first_row + run.rows;) {
      const RowSet::Chunk& chunk = rows_.chunks()[row / kRowGroupRows];
      const size_t begin = row % kRowGroupRows;
      const size_t count = std::min<uint64_t>(run.first_row + run.rows - row, chunk.row_count - begin);
      RowSet::view(chunk, begin, count, batch, scratch);
      append_with_morsel(*saved, batch, run.morsel);
      row += count;
    }
  }
  return saved;
}

void CollectedRows::load(const RowSet& saved) {
  for_each_morsel(saved, [this](const Batch& batch, uint64_t morsel) { append(batch, morsel); });
}

std::vector<RowAddress> addresses_in_morsel_order(const std::vector<std::unique_ptr<CollectedRows>>& parts,
                                                  ChunkList& chunks, const Sink::Parallel& parallel) {
  struct PlacedRun {
    CollectedRows::Run run;
    size_t first_chunk;
    size_t first_address;
  };
  parallel(parts.size(), [&](size_t part) { parts[part]->rows().seal(); });
  std::vector<PlacedRun> runs;
  for (const auto& part : parts) {
    for (const CollectedRows::Run& run : part->runs()) runs.push_back({run, chunks.size(), 0});
    for (const RowSet::Chunk& chunk : part->rows().chunks()) chunks.push_back(&chunk);
  }
  check_addresses(chunks.size());
  std::stable_sort(runs.begin(), runs.end(),
                   [](const PlacedRun& a, const PlacedRun& b) { return a.run.morsel < b.run.morsel; });
  uint64_t row_count = 0;
  for (PlacedRun& run : runs) run.first_address = std::exchange(row_count, row_count + run.run.rows);
  std::vector<RowAddress> in_order(row_count);
  parallel((runs.size() + kRunsPerTask - 1) / kRunsPerTask, [&](size_t task) {
    for (size_t i = task * kRunsPerTask; i < std::min(runs.size(), (task + 1) * kRunsPerTask); ++i) {
      const auto& [run, first_chunk, first_address] = runs[i];
      RowAddress* const to = in_order.data() + first_address;
      // All chunks of a part but the last are full: its rows' addresses are one behind another.
      const uint64_t first = (first_chunk << kAddressOffsetBits) + run.first_row;
      for (uint64_t row = 0; row < run.rows; ++row) to[row] = static_cast<RowAddress>(first + row);
    }
  });
  return in_order;
}

std::shared_ptr<RowSet> in_morsel_order(std::vector<std::unique_ptr<CollectedRows>>& parts, std::vector<Type> types,
                                        const Sink::Parallel& parallel) {
  auto result = std::make_shared<RowSet>(types);
  std::erase_if(parts, [](const auto& part) { return part->runs().empty(); });
  std::sort(parts.begin(), parts.end(),
            [](const auto& a, const auto& b) { return a->runs()[0].morsel < b->runs()[0].morsel; });
  std::vector<Piece> pieces;
  bool ascending = true;
  for (size_t part = 0; part < parts.size(); ++part) {
    for (const CollectedRows::Run& run : parts[part]->runs()) {
      ascending &= pieces.empty() || pieces.back().morsel <= run.morsel;
      pieces.push_back({run.morsel, part, run.first_row, run.rows});
    }
  }
  if (ascending && parts.size() <= 1) {
    if (!parts.empty()) result->adopt(std::move(parts[0]->rows()));
  } else {
    std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.morsel < b.morsel; });
    const std::vector<std::vector<Piece>> contents = cut_into_chunks(pieces);
    std::vector<RowSet::Chunk> chunks(contents.size());
    parallel(contents.size(), [&](size_t task) {
      for (const Type& type : types) chunks[task].columns.emplace_back(type);
      for (const Piece& piece : contents[task]) {
        append_rows(parts[piece.part]->rows(), piece.first_row, piece.rows, chunks[task]);
      }
    });
    for (RowSet::Chunk& chunk : chunks) result->append_chunk(std::move(chunk));
  }
  parts.clear();
  result->seal();
  return result;
}

}  // namespace cairn
