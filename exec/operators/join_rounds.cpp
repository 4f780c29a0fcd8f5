#include "exec/operators/join_rounds.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace cairn {

namespace {

/// How much of memory_limit a round's rows may take: its index and packed columns, three times as much, come on top, and
/// other joins of the pipeline have rounds, too.
size_t round_bytes(const MemoryBudget& memory) {
  const size_t limit = memory.limit_bytes();
  return std::max(limit / 32, std::min(limit / 6, memory.left_bytes() / 6));
}

constexpr size_t kBatchesPerCharge = 16;

}  // namespace

JoinRounds::JoinRounds(PartitionedRows build, std::vector<Type> types, std::vector<uint32_t> keys,
                       SinkResources resources, const Sink::Parallel& parallel)
    : types_(std::move(types)), resources_(resources), filter_(build.filter()), rounds_(size_t{1} << kSlotBits, 0) {
  constexpr size_t kPartitions = PartitionedRows::kPartitions;
  const size_t most = round_bytes(*resources_.memory);
  // A partition that is no round alone is cut by further bits, many of its rows at a time: else the pieces would be tiny.
  const size_t at_a_time = resources_.memory->limit_bytes() / (16 * resources_.threads);
  std::vector<std::unique_ptr<PartitionedRows>> cut(kPartitions);
  parallel(kPartitions, [&](size_t p) {
    PartitionedRows::Partition& partition = build.partitions()[p];
    if (partition.memory_bytes <= most) return;
    cut[p] = std::make_unique<PartitionedRows>(keys, 1);
    RowSet rows(types_);
    for (RowSet::Chunk& chunk : partition.chunks) {
      rows.append(chunk.stored->load());
      chunk.stored.reset();
      if (rows.bytes() < at_a_time && &chunk != &partition.chunks.back()) continue;
      for (const RowSet::Chunk& together : rows.take_chunks()) cut[p]->add(together, *resources_.store);
    }
    partition = {};
  });
  std::vector<PartitionedRows::Partition> units;
  std::vector<std::vector<uint32_t>> slots;
  for (uint32_t p = 0; p < kPartitions; ++p) {
    if (cut[p] == nullptr) {
      units.push_back(std::move(build.partitions()[p]));
      std::vector<uint32_t>& all = slots.emplace_back(kPartitions);
      std::iota(all.begin(), all.end(), p * static_cast<uint32_t>(kPartitions));
      continue;
    }
    for (uint32_t part = 0; part < kPartitions; ++part) {
      units.push_back(std::move(cut[p]->partitions()[part]));
      slots.push_back({p * static_cast<uint32_t>(kPartitions) + part});
    }
  }
  chunks_.emplace_back();
  size_t bytes = 0;
  for (size_t unit = 0; unit < units.size(); ++unit) {
    if (bytes != 0 && bytes + units[unit].memory_bytes > most) {
      chunks_.emplace_back();
      bytes = 0;
    }
    bytes += units[unit].memory_bytes;
    for (const uint32_t slot : slots[unit]) rounds_[slot] = static_cast<uint16_t>(chunks_.size() - 1);
    std::move(units[unit].chunks.begin(), units[unit].chunks.end(), std::back_inserter(chunks_.back()));
  }
}

std::shared_ptr<RowSet> JoinRounds::load(size_t round, const Sink::Parallel& parallel) const {
  const std::vector<RowSet::Chunk>& chunks = chunks_[round];
  // Chunks of few rows are copied together.
  std::vector<size_t> begins{0};
  size_t rows_so_far = 0;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (rows_so_far != 0 && rows_so_far + chunks[i].row_count > kRowGroupRows) {
      begins.push_back(i);
      rows_so_far = 0;
    }
    rows_so_far += chunks[i].row_count;
  }
  std::vector<RowSet> parts;
  for (size_t i = 0; i < begins.size(); ++i) parts.emplace_back(types_);
  begins.push_back(chunks.size());
  parallel(parts.size(), [&](size_t part) {
    for (size_t i = begins[part]; i < begins[part + 1]; ++i) parts[part].append(chunks[i].stored->load());
    parts[part].seal();
  });
  auto rows = std::make_shared<RowSet>(types_);
  for (RowSet& part : parts) rows->adopt(std::move(part));
  return rows;
}

std::shared_ptr<const RowSet> JoinRounds::rows() const {
  auto rows = std::make_shared<RowSet>(types_);
  for (const std::vector<RowSet::Chunk>& chunks : chunks_) {
    for (const RowSet::Chunk& chunk : chunks) rows->append_chunk({chunk.row_count, {}, chunk.ranges, chunk.stored});
  }
  return rows;
}

JoinRounds::Waiting& JoinRounds::make_waiting(const std::vector<uint32_t>& probe_keys, const std::vector<Type>& probe_types) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::make_unique<Waiting>(*this, probe_keys, probe_types));
  return *waiting_.back();
}

std::shared_ptr<const RowSet> JoinRounds::take_waiting(size_t round, const std::vector<Type>& probe_types) {
  auto rows = std::make_shared<RowSet>(probe_types);
  for (const auto& waiting : waiting_) {
    rows->adopt(std::move(waiting->rows_[round]));
    waiting->charge();
  }
  rows->seal();
  return rows;
}

JoinRounds::Waiting::Waiting(const JoinRounds& rounds, std::vector<uint32_t> keys, const std::vector<Type>& types)
    : rounds_(rounds), keys_(std::move(keys)), listed_(rounds.count()), held_(*rounds.resources_.memory) {
  for (size_t i = 0; i < rounds.count(); ++i) rows_.emplace_back(types);
}

void JoinRounds::Waiting::take(Batch& batch) {
  hash_keys(batch, keys_, hashes_);
  for (std::vector<uint32_t>& rows : listed_) rows.clear();
  for (size_t i = 0; i < hashes_.size(); ++i) {
    listed_[rounds_.of_probe(hashes_[i])].push_back(batch.selected ? batch.selection.indices[i] : static_cast<uint32_t>(i));
  }
  Batch part = batch;
  part.selected = true;
  for (size_t round = 1; round < listed_.size(); ++round) {
    if (listed_[round].empty()) continue;
    part.selection = {listed_[round].data(), listed_[round].size(), nullptr};
    rows_[round].append(part);
  }
  if (++batches_ % kBatchesPerCharge == 0) charge();
  batch.selected = true;
  batch.selection = {listed_[0].data(), listed_[0].size(), nullptr};
}

/// Where memory is short, what waits goes to disk.
void JoinRounds::Waiting::charge() {
  size_t bytes = 0;
  for (const RowSet& rows : rows_) bytes += rows.bytes();
  const SinkResources& resources = rounds_.resources_;
  const size_t share = resources.memory->limit_bytes() / (16 * resources.threads);
  if (bytes > share || resources.is_short(bytes - held_.bytes())) {
    RowSet::evict_together(rows_, *resources.store);
    bytes = 0;
  }
  held_.hold(bytes);
}

}  // namespace cairn
