#include "exec/run/result_stream.h"

#include <algorithm>

namespace cairn {
namespace {

/// Rows of a chunk on its way to the client: enough that handing it over costs nothing per row.
constexpr size_t kChunkRows = 8192;
constexpr size_t kLeastRows = 64;  // however wide they are
constexpr size_t kChunkBytes = size_t{1} << 20;

class ResultFragment : public Fragment {
 public:
  ResultFragment(ResultStream& stream, const std::vector<Type>& types) : stream_(stream), types_(types) {}

  void consume(Batch& batch, const Morsel& morsel) override {
    if (morsel_full) return;
    if (chunk_ == nullptr) {
      chunk_ = std::make_unique<RowSet::Chunk>();
      for (const Type& type : types_) chunk_->columns.emplace_back(type);
    }
    const Selection* selection = batch.selected ? &batch.selection : nullptr;
    for (size_t i = 0; i < types_.size(); ++i) chunk_->columns[i].append(batch.columns[i], selection);
    chunk_->row_count += batch.row_count();
    morsel_rows_ += batch.row_count();
    const bool enough = morsel_rows_ >= stream_.rows_wanted() || stream_.satisfied();
    if (enough || chunk_->row_count >= kChunkRows || (chunk_->row_count >= kLeastRows && bytes() >= kChunkBytes)) {
      const bool more_wanted = stream_.publish(morsel.ordinal, std::move(chunk_), false);
      morsel_full = enough || !more_wanted;
    }
  }
  void end_morsel(const Morsel& morsel) override {
    stream_.publish(morsel.ordinal, std::move(chunk_), true);
    morsel_rows_ = 0;
  }
  size_t bytes() const override { return chunk_ == nullptr ? 0 : chunk_->bytes(); }

 private:
  ResultStream& stream_;
  const std::vector<Type>& types_;
  std::unique_ptr<RowSet::Chunk> chunk_;
  uint64_t morsel_rows_ = 0;
};

class ResultSink : public Sink {
 public:
  ResultSink(ResultStream& stream, const std::vector<Type>& types) : stream_(stream), types_(types) {}
  std::unique_ptr<Fragment> open(const WorkerContext&) override {
    return std::make_unique<ResultFragment>(stream_, types_);
  }
  void add(std::unique_ptr<Fragment>) override {}
  void finalize(const Parallel&) override {}
  bool satisfied() const override { return stream_.satisfied(); }
  void begin_morsel(uint64_t ordinal) override { stream_.begin_morsel(ordinal); }
  bool throttled() const override { return stream_.throttled(); }
  void stop_behind(uint64_t ordinal) override { stream_.stop_behind(ordinal); }

 private:
  ResultStream& stream_;
  const std::vector<Type>& types_;
};

}  // namespace

std::unique_ptr<Sink> make_result_sink(ResultStream& stream, const std::vector<Type>& types) {
  return std::make_unique<ResultSink>(stream, types);
}

ResultStream::ResultStream(std::vector<Type> types, int64_t limit, int64_t offset, MemoryBudget* memory)
    : types_(std::move(types)),
      wanted_(cairn::rows_wanted(limit, offset)),
      memory_(memory),
      buffer_bytes_(memory == nullptr || memory->limit_bytes() == 0 ? kBufferBytesMost
                                                                    : std::min(kBufferBytesMost, memory->limit_bytes() / 16)),
      prefix_(wanted_),
      skip_rows_(static_cast<uint64_t>(offset)),
      left_rows_(wanted_ - skip_rows_) {}

ResultStream::~ResultStream() { charge(buffered_bytes_, 0); }

void ResultStream::begin_morsel(uint64_t ordinal) {
  std::lock_guard lock(mutex_);
  morsels_.try_emplace(ordinal);
}

bool ResultStream::must_wait(uint64_t ordinal) const {
  if (closed_ || error_ || prefix_.reached() || ordinal > last_useful_) return false;
  auto head = morsels_.find(head_);
  if (head == morsels_.end()) return false;
  return ordinal == head_ ? head->second.bytes > buffer_bytes_ / 4 : buffered_bytes_ > buffer_bytes_;
}

bool ResultStream::publish(uint64_t ordinal, std::unique_ptr<RowSet::Chunk> chunk, bool last) {
  const size_t bytes = chunk == nullptr ? 0 : chunk->bytes();
  charge(0, bytes);
  std::unique_lock lock(mutex_);
  if (closed_ || error_) {
    charge(bytes, 0);
    return false;
  }
  MorselChunks& morsel = morsels_[ordinal];
  if (chunk != nullptr && chunk->row_count > 0) {
    morsel.bytes += bytes;
    morsel.rows += chunk->row_count;
    buffered_bytes_ += bytes;
    morsel.chunks.push_back(std::move(chunk));
  }
  morsel.ended = last;
  last ? prefix_.end(ordinal, morsel.rows) : prefix_.progress(ordinal, morsel.rows);
  if (ordinal == head_ || prefix_.reached()) {
    advance();
    chunk_came_.notify_all();
  }
  if (prefix_.reached()) room_came_.notify_all();
  throttled_.store(buffered_bytes_ > buffer_bytes_ / 2, std::memory_order_relaxed);
  room_came_.wait(lock, [&] { return !must_wait(ordinal); });
  return !closed_ && !error_ && !prefix_.reached();
}

void ResultStream::advance() {
  bool advanced = false;
  for (auto head = morsels_.find(head_); head != morsels_.end() && head->second.ended && head->second.chunks.empty();
       head = morsels_.find(head_)) {
    morsels_.erase(head);
    ++head_;
    advanced = true;
  }
  if (advanced) room_came_.notify_all();
}

void ResultStream::stop_behind(uint64_t ordinal) {
  std::lock_guard lock(mutex_);
  last_useful_ = std::min(last_useful_, ordinal);
  room_came_.notify_all();
}

void ResultStream::finish() {
  std::lock_guard lock(mutex_);
  finished_ = true;
  chunk_came_.notify_all();
}

void ResultStream::fail(std::exception_ptr error) {
  std::lock_guard lock(mutex_);
  if (error_ || (finished_ && morsels_.empty())) return;
  error_ = std::move(error);
  chunk_came_.notify_all();
  room_came_.notify_all();
}

void ResultStream::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  chunk_came_.notify_all();
  room_came_.notify_all();
}

std::unique_ptr<RowSet::Chunk> ResultStream::next() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (error_) std::rethrow_exception(error_);
    advance();
    auto head = morsels_.find(head_);
    if (left_rows_ > 0 && head != morsels_.end() && !head->second.chunks.empty()) {
      MorselChunks& morsel = head->second;
      std::unique_ptr<RowSet::Chunk> chunk = std::move(morsel.chunks.front());
      morsel.chunks.pop_front();
      const size_t bytes = chunk->bytes();
      morsel.bytes -= bytes;
      buffered_bytes_ -= bytes;
      charge(bytes, 0);
      throttled_.store(buffered_bytes_ > buffer_bytes_ / 2, std::memory_order_relaxed);
      advance();
      room_came_.notify_all();
      if ((chunk = trim(std::move(chunk))) != nullptr) return chunk;
      continue;
    }
    // The end is told only once the query has ended: its profile is complete then.
    if (finished_) {
      morsels_.clear();
      return nullptr;
    }
    chunk_came_.wait(lock);
  }
}

std::unique_ptr<RowSet::Chunk> ResultStream::trim(std::unique_ptr<RowSet::Chunk> chunk) {
  const size_t skipped = std::min<uint64_t>(skip_rows_, chunk->row_count);
  const size_t kept = std::min<uint64_t>(left_rows_, chunk->row_count - skipped);
  skip_rows_ -= skipped;
  if (left_rows_ != UINT64_MAX) left_rows_ -= kept;
  if (kept == chunk->row_count) return chunk;
  if (kept == 0) return nullptr;
  auto trimmed = std::make_unique<RowSet::Chunk>();
  std::vector<uint64_t> scratch;
  trimmed->row_count = kept;
  for (const ColumnBuffer& column : chunk->columns) {
    trimmed->columns.emplace_back(column.type()).append(column.view(skipped, kept, &scratch));
  }
  return trimmed;
}

}  // namespace cairn
