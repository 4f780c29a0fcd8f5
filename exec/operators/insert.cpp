#include "exec/operators/insert.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <set>

#include "exec/pipeline/morsel_window.h"
#include "vector/error.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

/// Rows of one chunk that are not written yet. The last piece that needs a chunk keeps it alive.
struct Piece {
  std::shared_ptr<const RowSet> rows;
  size_t chunk, begin, row_count;
};

/// The row groups of a run of morsels.
struct WrittenRun {
  MorselSet morsels;
  std::shared_ptr<const RowSet> names;  ///< nullptr: there is none
};

/// Row groups that another process has written.
class WrittenFragment : public Fragment {
 public:
  explicit WrittenFragment(std::vector<std::shared_ptr<const RowGroup>> written) : row_groups(std::move(written)) {}
  void consume(Batch&, const Morsel&) override {}
  size_t bytes() const override { return 0; }

  std::vector<std::shared_ptr<const RowGroup>> row_groups;
};

class InsertSink : public Sink {
 public:
  explicit InsertSink(const PlanNode& plan) : plan_(plan), types_(plan.children[0]->types) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return std::make_unique<InsertFragment>(*this); }
  /// Those of this process hand over at the end of each morsel.
  void add(std::unique_ptr<Fragment> fragment) override {
    if (auto* const written = dynamic_cast<WrittenFragment*>(fragment.get())) take_over(*written);
  }
  std::vector<Type> saved_types() const override { return {Type::varchar()}; }
  std::unique_ptr<Fragment> reopen(std::shared_ptr<const RowSet> saved) override;
  bool has_place_for(const MorselSet& covered) const override {
    return covered.size() == 1 && covered.front().first == next_morsel_;  // asked before any morsel runs
  }
  std::function<bool(std::string_view pin)> keeper() const override {
    return [transaction = plan_.transaction](std::string_view pin) { return transaction->keep(pin); };
  }
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
    if (!last.empty()) write(last, next_group_++);
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
    std::shared_ptr<const RowSet> save() override {
      run_ = sink_.save_run();
      return run_.names;
    }
    MorselSet saved_morsels() const override { return run_.morsels; }

   private:
    void hand_over(const Morsel& morsel, bool last) {
      RowSet rows = std::move(rows_);
      rows_ = RowSet(sink_.types_);
      sink_.take(morsel.ordinal, std::move(rows), last);
    }

    InsertSink& sink_;
    RowSet rows_;
    WrittenRun run_;
  };
  /// Rows of a morsel that are not in order yet.
  struct MorselRows {
    std::vector<RowSet> parts;
    bool ended = false;
  };

  /// A place between two row groups that is the end of a morsel, too.
  struct Cut { uint64_t morsel = 0, group = 0; };

  void take(uint64_t ordinal, RowSet rows, bool last);
  void take_over(WrittenFragment& written);
  WrittenRun save_run();
  void write_unlocked(std::unique_lock<std::mutex>& lock, uint64_t row_count);
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
  uint64_t ended_rows_ = 0;        ///< of the pending ones, those of morsels that have ended
  bool next_is_begun_ = false;     ///< rows of next_morsel_ are in a row group already
  std::set<uint64_t> being_written_;  ///< groups
  Cut saved_, cut_;                ///< the last one that was saved, and the last one that there is
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
    ended_rows_ = pending_rows_;
    next_is_begun_ = false;
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
  while (pending_rows_ >= kRowGroupRows) write_unlocked(lock, kRowGroupRows);
  window_.wait(lock, ordinal);
}

/// The next row group.
void InsertSink::write_unlocked(std::unique_lock<std::mutex>& lock, uint64_t row_count) {
  const std::vector<Piece> pieces = take_pieces(row_count);
  const uint64_t group = next_group_++;
  being_written_.insert(group);
  lock.unlock();
  write(pieces, group);
  lock.lock();
  being_written_.erase(group);
}

/// Where others still write row groups of the run, it is saved the next time.
WrittenRun InsertSink::save_run() {
  std::unique_lock lock(mutex_);
  Cut made = cut_;
  if (!next_is_begun_ && next_morsel_ != cut_.morsel) {
    made = {next_morsel_, next_group_ + (ended_rows_ > 0)};
    if (ended_rows_ > 0) write_unlocked(lock, ended_rows_);
    if (made.morsel > cut_.morsel) cut_ = made;
  }
  const bool is_written = being_written_.empty() || *being_written_.begin() >= made.group;
  if (!is_written || made.morsel <= saved_.morsel) return {};
  const Cut before = std::exchange(saved_, made);
  lock.unlock();
  auto names = std::make_shared<RowSet>(saved_types());
  RowSet::Chunk chunk;
  chunk.columns.emplace_back(Type::varchar());
  for (uint64_t group = before.group; group < made.group; ++group) {
    const std::string name = plan_.transaction->describe(plan_.target, group);
    if (name.empty()) return {};
    chunk.columns[0].append_value(Value::of_string(name));
    ++chunk.row_count;
  }
  if (chunk.row_count > 0) names->append_chunk(std::move(chunk));
  names->seal();
  return {{{before.morsel, made.morsel}}, std::move(names)};
}

std::unique_ptr<Fragment> InsertSink::reopen(std::shared_ptr<const RowSet> saved) {
  std::vector<std::shared_ptr<const RowGroup>> written;
  try {
    for (const RowSet::Chunk& chunk : saved->chunks()) {
      const Vector names = chunk.columns[0].view();
      for (size_t row = 0; row < chunk.row_count; ++row) {
        auto row_groups = plan_.transaction->described(plan_.target, read_value(names, row).string);
        written.insert(written.end(), row_groups.begin(), row_groups.end());
      }
    }
  } catch (const Error&) {  // a run that is not there and sound is as if it had never been
    return nullptr;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return std::make_unique<WrittenFragment>(std::move(written));
}

void InsertSink::take_over(WrittenFragment& written) {
  const std::lock_guard lock(mutex_);
  for (auto& row_group : written.row_groups) {
    total_rows_ += row_group->row_count();
    plan_.transaction->add(plan_.target, next_group_++, {std::move(row_group)});
  }
  next_morsel_ = written.covered.back().second;
  saved_ = cut_ = {next_morsel_, next_group_};
  window_.move(next_morsel_, 0);
}

std::vector<Piece> InsertSink::take_pieces(uint64_t row_count) {
  std::vector<Piece> pieces;
  pending_rows_ -= row_count;
  next_is_begun_ |= row_count > ended_rows_;
  ended_rows_ -= std::min(ended_rows_, row_count);
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
