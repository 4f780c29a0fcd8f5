#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "exec/crew/held_bytes.h"
#include "exec/sorting/sorted_run.h"

namespace cairn {

/// Rows of several runs between two splitters, in memory.
struct MergedRange {
  explicit MergedRange(MemoryBudget& memory) : held(std::make_unique<HeldBytes>(memory)) {}
  ChunkList chunk_list() const;

  std::vector<RowSet::Chunk> chunks;  ///< of run_types()
  std::vector<RowAddress> sorted;     ///< where they are, in order
  std::unique_ptr<HeldBytes> held;    ///< the chunks', and what is made of them
};

/// Merges runs range by range. Splitters are first rows of pieces, taken so that ranges have about order.range_bytes().
/// A range reads what overlaps it of every run, a piece at a time, and sorts that: memory does not depend on the number
/// of runs. Immutable; ranges are read by many threads.
class RunMerge {
 public:
  /// Rows that are equal in the first `whole_keys` keys come in one range, however many they are; 0: ranges may be cut
  /// between any two rows. REQUIRES: order.resources().memory.
  RunMerge(const RunOrder& order, std::vector<SortedRun> runs, size_t whole_keys);

  size_t range_count() const { return splitters_.size() + 1; }
  /// Errors: the store's; kOutOfMemory.
  MergedRange read(size_t range) const;

  /// The ranges [first, last) in which the rows [offset, offset + limit) of the whole are, and perhaps others.
  std::pair<size_t, size_t> ranges_of(uint64_t offset, uint64_t limit) const;
  /// Rows of all ranges before this one.
  uint64_t rows_before(size_t range) const;

 private:
  /// The first row of a piece.
  struct Splitter {
    size_t run = 0, piece = 0;
  };
  /// Pieces [first, last) of a run.
  struct PieceRange {
    size_t first = 0, last = 0;
  };

  void choose_splitters(size_t whole_keys);
  int compare_firsts(const Splitter& a, const Splitter& b, size_t keys) const;
  enum class Side : uint8_t { kBefore, kOpen, kBehind };
  Side side_of(const Splitter& piece, const Splitter& splitter) const;
  PieceRange pieces_around(size_t run, size_t splitter) const;
  PieceRange pieces_of(size_t run, size_t range) const;
  size_t first_behind(const RowSet::Chunk& chunk, size_t splitter) const;
  uint64_t rows_of_pieces(size_t run, size_t piece_count) const;

  const RunOrder& order_;
  const std::vector<SortKey>& keys_;
  const std::vector<SortedRun> runs_;
  std::vector<std::vector<Vector>> firsts_;  ///< [run][key]
  size_t split_keys_ = 0;                    ///< that splitters are compared by
  std::vector<Splitter> splitters_;
};

/// The rows of ranges, one behind another: in memory while it is not short, otherwise in the store. Ranges come in any
/// order, from many threads.
class RangeOutput {
 public:
  RangeOutput(const std::vector<Type>& types, size_t range_count, const SinkResources& resources);
  RangeOutput(const RangeOutput&) = delete;
  RangeOutput& operator=(const RangeOutput&) = delete;
  ~RangeOutput() { resources_.memory->change(held_bytes_, 0); }
  void put(size_t range, RowSet rows);
  std::shared_ptr<RowSet> take();

 private:
  const std::vector<Type>& types_;
  const SinkResources& resources_;
  std::vector<RowSet> ranges_;
  std::atomic<size_t> held_bytes_{0};
};

}  // namespace cairn
