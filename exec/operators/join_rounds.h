#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "exec/crew/held_bytes.h"
#include "exec/pipeline/pipeline.h"
#include "exec/rows/partitioned_rows.h"

namespace cairn {

/// A join whose build side is larger than memory goes on in rounds: each has some partitions of the build rows in memory,
/// and is probed by the rows that may match those. The first one is probed as the rows come; those of the others wait, on
/// disk where memory is short. Rows whose keys no build row has need not wait: they find no match in the first one. (Hybrid
/// hash join: DeWitt et al., "Implementation techniques for main memory database systems", SIGMOD 1984. A partition that is
/// too large alone is cut once more.)
class JoinRounds {
 public:
  /// Probe rows of one worker that wait for their rounds.
  class Waiting {
   public:
    Waiting(const JoinRounds& rounds, std::vector<uint32_t> keys, const std::vector<Type>& types);
    /// Takes the rows that are not of the first round; the batch's selection is of what is left, until the next call.
    void take(Batch& batch);

   private:
    friend class JoinRounds;
    void charge();

    const JoinRounds& rounds_;
    const std::vector<uint32_t> keys_;
    std::vector<RowSet> rows_;  ///< by round; that of the first stays empty
    std::vector<uint64_t> hashes_;
    std::vector<std::vector<uint32_t>> listed_;  ///< rows of the batch, by round
    size_t batches_ = 0;
    HeldBytes held_;
  };

  JoinRounds(PartitionedRows build, std::vector<Type> types, std::vector<uint32_t> keys, SinkResources resources,
             const Sink::Parallel& parallel);

  size_t count() const { return chunks_.size(); }
  uint32_t of(uint64_t hash) const { return rounds_[hash >> (64 - kSlotBits)]; }
  /// The round that probe rows of this hash come in.
  uint32_t of_probe(uint64_t hash) const { return filter_ == nullptr || filter_->may_contain(hash) ? of(hash) : 0; }
  /// The build rows of a round, in memory.
  std::shared_ptr<RowSet> load(size_t round, const Sink::Parallel& parallel) const;
  /// The whole build side.
  std::shared_ptr<const RowSet> rows() const;

  /// Lives until its rows are taken. Thread-safe.
  Waiting& make_waiting(const std::vector<uint32_t>& probe_keys, const std::vector<Type>& probe_types);
  /// What waited in a run that ended early.
  void forget_waiting() { waiting_.clear(); }
  /// The rows that waited for the round, of all workers. Between legs.
  std::shared_ptr<const RowSet> take_waiting(size_t round, const std::vector<Type>& probe_types);

 private:
  static constexpr unsigned kSlotBits = PartitionedRows::kBits * PartitionedRows::kLevels;

  const std::vector<Type> types_;
  const SinkResources resources_;
  const std::shared_ptr<const HashFilter> filter_;  ///< of all build rows' keys; nullptr: there is none
  std::vector<uint16_t> rounds_;                    ///< by the hash's first bits
  std::vector<std::vector<RowSet::Chunk>> chunks_;  ///< by round
  std::mutex mutex_;
  std::vector<std::unique_ptr<Waiting>> waiting_;
};

}  // namespace cairn
