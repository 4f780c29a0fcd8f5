#pragma once

#include <memory>
#include <span>
#include <vector>

#include "io/tables/table.h"
#include "vector/column_buffer.h"

namespace cairn {

class StoredChunk;

/// Rows that a breaker holds: its finished state, and the form in which it becomes durable. Columns of equal length, in
/// chunks of up to kRowGroupRows, in memory or in a ChunkStore. Immutable once shared. (An aggregate's partial state is a
/// RowSet of state columns, a join's build side one of its rows, a sort's its sorted rows.)
class RowSet {
 public:
  struct Chunk {
    size_t row_count = 0;
    std::vector<ColumnBuffer> columns;  ///< none where the rows are not in memory
    std::vector<ValueRange> ranges;     ///< of integral columns, computed when the chunk is sealed
    std::shared_ptr<const StoredChunk> stored = nullptr;

    bool is_resident() const { return stored == nullptr || !columns.empty(); }
    size_t bytes() const;         ///< in memory
    size_t memory_bytes() const;  ///< the same, were the rows there
  };

  explicit RowSet(std::vector<Type> types) : types_(std::move(types)) {}

  const std::vector<Type>& types() const { return types_; }
  const std::vector<Chunk>& chunks() const { return chunks_; }
  uint64_t row_count() const { return row_count_; }
  size_t bytes() const;
  size_t memory_bytes() const;  ///< were all rows there
  bool is_resident() const;     ///< all of them are

  /// Appends the batch's (selected) rows to the open chunk, opening chunks as they fill.
  void append(const Batch& batch);
  /// The same of all rows of a chunk that is in memory.
  void append(const Chunk& chunk);
  /// Appends all chunks of another set with the same types; no copying. (std::move leaves `other` empty.)
  void adopt(RowSet&& other);
  /// Appends a chunk made elsewhere; its columns have this set's types and chunk.row_count rows each.
  void append_chunk(Chunk chunk);
  /// Hands the chunks over, and is empty then.
  std::vector<Chunk> take_chunks();
  /// Writes the chunk's rows to the store, and lets go of their memory. What is appended from now on opens another.
  void evict(size_t chunk, class ChunkStore& store);
  void evict_all(ChunkStore& store);
  /// The same of several sets of few rows, in one write.
  static void evict_together(std::span<RowSet> sets, ChunkStore& store);
  /// Lets go of the memory of what is stored already.
  void evict_stored();
  /// The chunk's rows in memory, its own or loaded, for as long as the pointer lives. Thread-safe. Errors: the storage's,
  /// kDataCorrupted.
  std::shared_ptr<const Chunk> pin(size_t chunk) const;
  /// Computes what is missing of the chunks' ranges. Called once, before the set is shared.
  void seal();
  /// A view of rows [begin, begin + rows) of a chunk that is in memory, ranges included. begin is a multiple of 64 or rows have no NULLs,
  /// else validity is shifted into scratch.
  void view(size_t chunk, size_t begin, size_t rows, Batch& batch, std::vector<std::vector<uint64_t>>& scratch) const {
    view(chunks_[chunk], begin, rows, batch, scratch);
  }
  /// The same of a chunk that is pinned.
  static void view(const Chunk& chunk, size_t begin, size_t rows, Batch& batch, std::vector<std::vector<uint64_t>>& scratch);

 private:
  void seal(Chunk& chunk) const;

  std::vector<Type> types_;
  std::vector<Chunk> chunks_;
  uint64_t row_count_ = 0;
};

/// A chunk's rows on disk. Immutable; its room is free again when it dies.
class StoredChunk {
 public:
  virtual ~StoredChunk() = default;
  virtual uint64_t bytes() const = 0;
  virtual size_t memory_bytes() const = 0;  ///< of the rows in memory
  /// The rows, without ranges. Thread-safe. Errors: the storage's, kDataCorrupted.
  virtual RowSet::Chunk load() const = 0;
};

}  // namespace cairn
