#include "exec/operators/aggregate_saved.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "exec/aggregates/saved_list.h"
#include "exec/pipeline/collected_rows.h"
#include "exec/rows/chunk_store.h"
#include "vector/null_vector.h"

namespace cairn {

namespace {

/// Few enough that what a fragment holds makes chunks worth writing.
constexpr unsigned kPartitionBits = 5;
/// What of a list is kept together before it is written.
constexpr size_t kListChunkBytes = size_t{256} << 10;

/// The keys, and all states but lists.
std::vector<Type> saved_types(const AggregateShape& shape, const Groups& groups) {
  std::vector<Type> types = shape.key_types;
  const std::vector<Type> state_types = groups.states->saved_types();
  types.insert(types.end(), state_types.begin(), state_types.end());
  return types;
}

RowSet::Chunk saved_chunk(const AggregateShape& shape, const Groups& groups, std::span<const uint32_t> numbers) {
  RowSet::Chunk chunk;
  chunk.row_count = numbers.size();
  const Selection selection{numbers.data(), numbers.size(), nullptr};
  std::vector<uint64_t> scratch;
  for (const Type& type : saved_types(shape, groups)) chunk.columns.emplace_back(type).reserve(numbers.size());
  for (size_t c = 0; c < shape.key_types.size(); ++c) {
    chunk.columns[c].append(groups.index->keys(c, 0, groups.index->size(), scratch), &selection);
  }
  groups.states->save(numbers, std::span(chunk.columns).subspan(shape.key_types.size()));
  return chunk;
}

/// Rows of saved_types() to the groups of their keys, new ones behind those that are there. Which those are. `fresh`: there
/// are none, and no two rows are of one group.
std::vector<uint32_t> merge_saved_rows(const AggregateShape& shape, std::span<const Vector> columns, size_t rows, Groups& into,
                                       bool fresh = false) {
  const size_t keys = shape.key_types.size(), known = into.index->size();
  std::vector<uint32_t> ids(rows);
  into.index->find_or_add(columns.first(keys), rows, ids.data());
  into.states->resize(into.index->size());
  if (fresh) {
    into.states->load(columns.subspan(keys), rows);
    return ids;
  }
  AggregateStates loaded(shape.layout, shape.key_types.empty());
  loaded.resize(rows);
  loaded.load(columns.subspan(keys), rows);
  into.states->merge(loaded, nullptr, ids.data(), rows, known);
  return ids;
}

/// Groups on their way to partitions: pieces of up to kRowGroupRows groups of one partition.
class Pieces {
 public:
  Pieces(const AggregateShape& shape, const Groups& groups, unsigned level, ChunkStore* store)
      : shape_(shape), groups_(groups), store_(store) {
    const size_t count = groups.index->size();
    std::vector<uint8_t> partition_of(count);
    groups.index->partitions(kPartitionBits, partition_of.data(), level);
    piece_of_.resize(count);
    row_of_.resize(count);
    std::vector<uint32_t> open(size_t{1} << kPartitionBits, UINT32_MAX);
    for (uint32_t group = 0; group < count; ++group) {
      uint32_t& piece = open[partition_of[group]];
      if (piece == UINT32_MAX || pieces_[piece].groups.size() == kRowGroupRows) {
        piece = static_cast<uint32_t>(pieces_.size());
        pieces_.push_back({partition_of[group], {}});
      }
      piece_of_[group] = piece;
      row_of_[group] = static_cast<int64_t>(pieces_[piece].groups.size());
      pieces_[piece].groups.push_back(group);
    }
  }

  /// visit(partition, SavedGroups) for each.
  template <typename Visit>
  void save(Visit visit) {
    const std::vector<ListState*> lists = groups_.states->lists();
    std::vector<SavedGroups> saved;
    for (const Piece& piece : pieces_) {
      saved.push_back({save_rows(piece.groups), {}});
      for (const ListState* list : lists) saved.back().lists.emplace_back(list->saved_types());
    }
    for (size_t l = 0; l < lists.size(); ++l) {
      lists[l]->for_each_batch([&](Batch& batch) { scatter(batch, saved, l); });
      for (SavedGroups& piece : saved) evict(piece.lists[l], 1);
    }
    for (size_t p = 0; p < saved.size(); ++p) visit(pieces_[p].partition, std::move(saved[p]));
  }

 private:
  struct Piece {
    uint8_t partition;
    std::vector<uint32_t> groups;
  };

  RowSet save_rows(const std::vector<uint32_t>& groups) {
    RowSet rows(saved_types(shape_, groups_));
    rows.append_chunk(saved_chunk(shape_, groups_, groups));
    evict(rows, 0);
    return rows;
  }

  /// A list's rows to the pieces of their groups.
  void scatter(Batch& batch, std::vector<SavedGroups>& saved, size_t list) {
    const int64_t* groups = batch.columns[0].values<int64_t>();
    std::vector<size_t> ends(saved.size() + 1, 0);
    for (size_t row = 0; row < batch.size; ++row) ++ends[piece_of_[groups[row]] + size_t{1}];
    for (size_t piece = 0; piece < saved.size(); ++piece) ends[piece + 1] += ends[piece];
    std::vector<size_t> next = ends;
    std::vector<uint32_t> rows(batch.size);
    std::vector<int64_t> mapped(batch.size);
    for (uint32_t row = 0; row < batch.size; ++row) {
      rows[next[piece_of_[groups[row]]]++] = row;
      mapped[row] = row_of_[groups[row]];
    }
    batch.columns[0] = integers(mapped.data(), batch.size);
    batch.selected = true;
    for (size_t piece = 0; piece < saved.size(); ++piece) {
      if (ends[piece] == ends[piece + 1]) continue;
      batch.selection = {rows.data() + ends[piece], ends[piece + 1] - ends[piece], nullptr};
      saved[piece].lists[list].append(batch);
      evict(saved[piece].lists[list], kListChunkBytes);
    }
  }

  /// Lets go of chunks in memory, where they have so many bytes.
  void evict(RowSet& rows, size_t bytes_min) {
    if (store_ != nullptr && rows.bytes() >= bytes_min) rows.evict_all(*store_);
  }

  const AggregateShape& shape_;
  const Groups& groups_;
  ChunkStore* store_;
  std::vector<Piece> pieces_;
  std::vector<uint32_t> piece_of_;  ///< of each group
  std::vector<int64_t> row_of_;     ///< of each group, in its piece
};

/// In memory, and to know of what is not.
size_t bytes_of(const RowSet& rows) {
  constexpr size_t kStoredBytes = 256;
  return sizeof rows + rows.bytes() + rows.chunks().size() * (sizeof(RowSet::Chunk) + kStoredBytes);
}

/// All of the part's groups, with the morsel of each.
RowSet saved_groups(const AggregateShape& shape, const GroupPart& part) {
  RowSet saved(with_morsel(saved_types(shape, part.groups)));
  std::vector<uint32_t> numbers(part.groups.index->size());
  std::iota(numbers.begin(), numbers.end(), 0u);
  size_t run = 0;
  for (size_t begin = 0; begin < numbers.size(); begin += kRowGroupRows) {
    const size_t count = std::min(kRowGroupRows, numbers.size() - begin);
    RowSet::Chunk chunk = saved_chunk(shape, part.groups, std::span(numbers).subspan(begin, count));
    auto* morsels = static_cast<int64_t*>(chunk.columns.emplace_back(Type::big_int()).append_uninitialized(count));
    for (size_t group = begin; group < begin + count; ++group) {
      while (run + 1 < part.runs.size() && part.runs[run + 1].first_group <= group) ++run;
      morsels[group - begin] = static_cast<int64_t>(part.runs[run].morsel);
    }
    saved.append_chunk(std::move(chunk));
  }
  return saved;
}

/// The keys and states of the part's groups.
std::vector<Vector> saved_columns(const AggregateShape& shape, const GroupPart& part, const Groups& like) {
  std::vector<Vector> columns;
  for (size_t c = 0; c < saved_types(shape, like).size(); ++c) columns.push_back(part.saved->columns[c].view(0, part.size()));
  return columns;
}

/// Those of groups [first, …), whose morsels these are.
void append_runs(const Vector& morsels, size_t first, std::vector<GroupRun>& runs) {
  for (size_t row = 0; row < morsels.size; ++row) {
    const auto morsel = static_cast<uint64_t>(morsels.values<int64_t>()[row]);
    if (runs.empty() || runs.back().morsel != morsel) runs.push_back({morsel, first + row});
  }
}

/// Whether the NULLs would take more than all that is there: one group's list of a hundred thousand values, beside states.
bool are_much_unlike(const std::vector<RowSet>& sets) {
  size_t rows = 0, bytes = 0, missing = 0;
  for (const RowSet& set : sets) rows = std::max<size_t>(rows, set.row_count());
  for (const RowSet& set : sets) {
    bytes += set.bytes();
    for (const Type& type : set.types()) missing += (rows - set.row_count()) * physical_bytes(type.physical());
  }
  return missing > bytes;
}

/// The columns of all sets, in one; behind the end of the shorter sets stand NULLs.
RowSet beside_each_other(std::vector<RowSet> sets) {
  std::vector<Type> types;
  std::vector<std::vector<RowSet::Chunk>> chunks;
  size_t chunk_count = 0;
  for (RowSet& set : sets) {
    std::ranges::copy(set.types(), std::back_inserter(types));
    chunk_count = std::max(chunk_count, chunks.emplace_back(set.take_chunks()).size());
  }
  RowSet all(types);
  for (size_t i = 0; i < chunk_count; ++i) {
    RowSet::Chunk chunk;
    for (size_t s = 0; s < sets.size(); ++s) {
      for (size_t c = 0; c < sets[s].types().size(); ++c) {
        ColumnBuffer none(sets[s].types()[c]);
        ColumnBuffer& column = chunk.columns.emplace_back(std::move(i < chunks[s].size() ? chunks[s][i].columns[c] : none));
        chunk.row_count = std::max(chunk.row_count, column.size());
      }
    }
    for (ColumnBuffer& column : chunk.columns) {
      if (const size_t missing = chunk.row_count - column.size(); missing > 0) column.append(null_vector(column.type(), missing));
    }
    all.append_chunk(std::move(chunk));
  }
  return all;
}

}  // namespace

void SavedGroups::merge_into(const AggregateShape& shape, Groups& into) const {
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  const std::shared_ptr<const RowSet::Chunk> chunk = groups.pin(0);
  RowSet::view(*chunk, 0, chunk->row_count, batch, scratch);
  const std::vector<uint32_t> ids = merge_saved_rows(shape, batch.columns, batch.size, into);
  const std::vector<ListState*> targets = into.states->lists();
  std::vector<int64_t> mapped;
  for (size_t l = 0; l < lists.size(); ++l) {
    for (size_t c = 0; c < lists[l].chunks().size(); ++c) {
      const std::shared_ptr<const RowSet::Chunk> rows = lists[l].pin(c);
      RowSet::view(*rows, 0, rows->row_count, batch, scratch);
      mapped.resize(batch.size);
      const int64_t* numbers = batch.columns[0].values<int64_t>();
      std::transform(numbers, numbers + batch.size, mapped.begin(), [&](int64_t number) { return ids[number]; });
      batch.columns[0] = integers(mapped.data(), batch.size);
      targets[l]->add_rows(batch);
    }
  }
}

std::vector<Type> saved_part_types(const AggregateShape& shape) {
  const Groups groups = shape.make_groups();
  std::vector<Type> types = with_morsel(saved_types(shape, groups));
  for (const ListState* list : groups.states->lists()) std::ranges::copy(list->saved_types(), std::back_inserter(types));
  return types;
}

std::shared_ptr<const RowSet> save_part(const AggregateShape& shape, const GroupPart& part) {
  std::vector<RowSet> sets;
  if (part.runs.empty()) return std::make_shared<RowSet>(saved_part_types(shape));
  sets.push_back(saved_groups(shape, part));
  for (const ListState* list : part.groups.states->lists()) {
    RowSet& rows = sets.emplace_back(list->saved_types());
    list->for_each_batch([&](Batch& batch) { rows.append(batch); });
  }
  if (are_much_unlike(sets)) return nullptr;
  return std::make_shared<RowSet>(beside_each_other(std::move(sets)));
}

GroupPart load_part(const AggregateShape& shape, const RowSet& saved) {
  GroupPart part{shape.make_groups(), {}};
  size_t column = with_morsel(saved_types(shape, part.groups)).size(), first = 0;
  for_each_chunk(saved, 0, column, column - 1, [&](Batch& batch) {
    append_runs(batch.columns.back(), first, part.runs);
    batch.columns.pop_back();
    merge_saved_rows(shape, batch.columns, batch.size, part.groups, first == 0);
    first += batch.size;
  });
  for (ListState* list : part.groups.states->lists()) {
    const size_t columns = list->saved_types().size();
    for_each_chunk(saved, column, columns, column, [&](Batch& batch) { list->add_rows(batch); });
    column += columns;
  }
  return part;
}

std::vector<GroupPart> parts_of(const AggregateShape& shape, const std::shared_ptr<const RowSet>& saved) {
  const Groups like = shape.make_groups();
  const size_t morsels = saved_types(shape, like).size();
  std::vector<GroupPart> parts;
  for (size_t i = 0; i < saved->chunks().size(); ++i) {
    GroupPart part;
    const RowSet::Chunk& chunk = saved->chunks()[i];
    part.saved = chunk.is_resident() ? std::shared_ptr<const RowSet::Chunk>(saved, &chunk) : saved->pin(i);
    part.saved_groups = count_present(part.saved->columns[morsels]);
    if (part.saved_groups > 0) parts.push_back(std::move(part));
  }
  const bool has_lists = !like.states->lists().empty();
  if (has_lists && parts.size() > 1) {  // their rows count the groups of all chunks
    parts.clear();
    parts.push_back(load_part(shape, *saved));
    return parts;
  }
  for (GroupPart& part : parts) {
    append_runs(part.saved->columns[morsels].view(0, part.saved_groups), 0, part.runs);
    if (has_lists) part.lists = saved;
  }
  return parts;
}

void load_states(const AggregateShape& shape, GroupPart& part) {
  if (part.saved == nullptr || part.groups.states != nullptr) return;
  Groups loaded = shape.make_groups();
  const std::vector<Vector> columns = saved_columns(shape, part, loaded);
  std::vector<std::unique_ptr<ListState>> lists;
  size_t column = with_morsel(saved_types(shape, loaded)).size();
  for (const ListState* list : loaded.states->lists()) {
    lists.push_back(std::make_unique<SavedList>(list->saved_types(), part.lists, column));
    column += list->saved_types().size();
  }
  part.groups.states = std::move(loaded.states);
  part.groups.states->replace_lists(std::move(lists));
  part.groups.states->resize(part.size());
  part.groups.states->load(std::span(columns).subspan(shape.key_types.size()), part.size());
}

GroupPart with_index(const AggregateShape& shape, GroupPart part) {
  if (part.saved == nullptr) return part;
  if (part.lists != nullptr) return load_part(shape, *part.lists);
  GroupPart indexed{shape.make_groups(), std::move(part.runs)};
  merge_saved_rows(shape, saved_columns(shape, part, indexed.groups), part.size(), indexed.groups, true);
  return indexed;
}

SavedPartitions::SavedPartitions(const AggregateShape& shape, unsigned level)
    : shape_(&shape), level_(level), partitions_(size_t{1} << kPartitionBits) {}

void SavedPartitions::add(const Groups& groups, ChunkStore* store) {
  Pieces(*shape_, groups, level_, store).save([&](size_t partition, SavedGroups saved) {
    ++count_;
    bytes_ += bytes_of(saved.groups);
    for (const RowSet& list : saved.lists) bytes_ += bytes_of(list);
    partitions_[partition].push_back(std::move(saved));
  });
}

void SavedPartitions::adopt(SavedPartitions&& other) {
  for (size_t p = 0; p < partitions_.size(); ++p) {
    std::move(other.partitions_[p].begin(), other.partitions_[p].end(), std::back_inserter(partitions_[p]));
  }
  count_ += other.count_;
  bytes_ += other.bytes_;
  other = SavedPartitions(*shape_, level_);
}

}  // namespace cairn
