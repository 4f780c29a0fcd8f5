#include "exec/operators/insert.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include "exec/pipeline/morsel_window.h"

namespace cairn {
namespace {

/// Rows of one chunk that are not written yet. The last piece that needs a chunk keeps it alive.
struct Piece {
  std::shared_ptr<const RowSet> rows;
  size_t chunk, begin, row_count;
};

class InsertSink : public Sink {
 public:
  explicit InsertSink(const PlanNode& plan) : plan_(plan), types_(plan.children[0]->types) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<InsertFragment>(*this); }
  void add(std::unique_ptr<Fragment>) override {}  // fragments hand over at the end of each morsel
  void begin_morsel(uint64_t ordinal) override {
    const std::lock_guard lock(mutex_);
    window_.begin(ordinal);
  }
  bool throttled() const override { return window_.throttled(); }
  void stop_behind(uint64_t ordinal) override {
    const std::lock_guard lock(mutex_);
    window_.stop_behind(ordinal);
  }

  void finalize(const Parallel&) override {
    std::vector<Piece> last = take_pieces(pending_rows_);
    if (!last.empty()) write(last, next_group_);
    auto result = std::make_shared<RowSet>(plan_.types);
    RowSet::Chunk chunk;
    chunk.row_count = 1;
    chunk.columns.emplace_back(plan_.types[0]).append_value(
        Value::of_integer(plan_.types[0], static_cast<int128_t>(total_rows_)));
    result->append_chunk(std::move(chunk));
    result->seal();
    rows_ = std::move(result);
  }
  std::shared_ptr<const RowSet> rows() const override { return rows_; }

 private:
  class InsertFragment : public Fragment {
   public:
    explicit InsertFragment(InsertSink& sink) : sink_(sink), rows_(sink.types_) {}
    void consume(Batch& batch, const Morsel& morsel) override {
      rows_.append(batch);
      if (rows_.row_count() >= kRowGroupRows) hand_over(morsel, false);
    }
    void end_morsel(const Morsel& morsel) override { hand_over(morsel, true); }
    size_t bytes() const override { return rows_.bytes(); }

   private:
    void hand_over(const Morsel& morsel, bool last) {
      RowSet rows = std::move(rows_);
      rows_ = RowSet(sink_.types_);
      sink_.take(morsel.ordinal, std::move(rows), last);
    }

    InsertSink& sink_;
    RowSet rows_;
  };
  /// Rows of a morsel that are not in order yet.
  struct MorselRows {
    std::vector<RowSet> parts;
    bool ended = false;
  };

  void take(uint64_t ordinal, RowSet rows, bool last);
  void advance();
  std::vector<Piece> take_pieces(uint64_t row_count);
  void write(const std::vector<Piece>& pieces, uint64_t group);

  const PlanNode& plan_;
  const std::vector<Type>& types_;
  std::mutex mutex_;
  std::map<uint64_t, MorselRows> ahead_;  ///< of morsels from next_morsel_ on
  size_t ahead_bytes_ = 0;
  uint64_t next_morsel_ = 0;  ///< the first that has not ended
  MorselWindow window_;
  std::deque<Piece> pending_;  ///< rows of the unbroken run of morsels
  uint64_t pending_rows_ = 0, total_rows_ = 0, next_group_ = 0;
  std::shared_ptr<const RowSet> rows_;
};

/// Rows up to the end of what is there of the first morsel that has not ended are in order.
void InsertSink::advance() {
  for (auto first = ahead_.find(next_morsel_); first != ahead_.end(); first = ahead_.find(next_morsel_)) {
    for (RowSet& rows : first->second.parts) {
      ahead_bytes_ -= rows.bytes();
      auto shared = std::make_shared<RowSet>(std::move(rows));
      for (size_t chunk = 0; chunk < shared->chunks().size(); ++chunk) {
        pending_.push_back({shared, chunk, 0, shared->chunks()[chunk].row_count});
      }
      pending_rows_ += shared->row_count();
      total_rows_ += shared->row_count();
    }
    first->second.parts.clear();
    if (!first->second.ended) break;
    ahead_.erase(first);
    ++next_morsel_;
  }
  window_.move(next_morsel_, ahead_bytes_);
}

void InsertSink::take(uint64_t ordinal, RowSet rows, bool last) {
  std::unique_lock lock(mutex_);
  ahead_bytes_ += rows.bytes();
  MorselRows& morsel = ahead_[ordinal];
  morsel.parts.push_back(std::move(rows));
  morsel.ended = last;
  advance();
  while (pending_rows_ >= kRowGroupRows) {
    std::vector<Piece> pieces = take_pieces(kRowGroupRows);
    const uint64_t group = next_group_++;
    lock.unlock();
    write(pieces, group);
    lock.lock();
  }
  window_.wait(lock, ordinal);
}

std::vector<Piece> InsertSink::take_pieces(uint64_t row_count) {
  std::vector<Piece> pieces;
  pending_rows_ -= row_count;
  while (row_count > 0) {
    Piece& first = pending_.front();
    const size_t taken = std::min<uint64_t>(row_count, first.row_count);
    pieces.push_back({first.rows, first.chunk, first.begin, taken});
    row_count -= taken;
    first.begin += taken;
    first.row_count -= taken;
    if (first.row_count == 0) pending_.pop_front();
  }
  return pieces;
}

void InsertSink::write(const std::vector<Piece>& pieces, uint64_t group) {
  std::unique_ptr<TableWriter> writer = plan_.transaction->writer(plan_.target, group);
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  for (const Piece& piece : pieces) {
    piece.rows->view(piece.chunk, piece.begin, piece.row_count, batch, scratch);
    writer->append(batch);
  }
  writer->finish();
}

}  // namespace

std::unique_ptr<Sink> make_insert_sink(const PlanNode& plan) { return std::make_unique<InsertSink>(plan); }

}  // namespace cairn
