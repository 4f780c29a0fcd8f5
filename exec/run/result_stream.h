#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "exec/pipeline/morsel_prefix.h"
#include "exec/pipeline/pipeline.h"
#include "exec/rows/row_set.h"

namespace cairn {

/// Brings the chunks that workers make to the client in the order of morsels, within a bounded buffer.
///
/// The head is the morsel whose chunks the client reads. Above buffer_bytes() workers wait in publish(), each with one
/// chunk in hand; the head's worker only once the head's own chunks fill a quarter of the buffer. Nobody waits while
/// the head has not begun, since it may be the waiting worker who has to run it next (throttled() tells workers to
/// prefer it): so the head's worker always gets on, and when the client stops pulling everybody else just waits.
class ResultStream {
 public:
  static constexpr size_t kBufferBytesMost = size_t{16} << 20;

  /// What waits is charged to `memory`, and is at most a sixteenth of it; nullptr: nobody counts.
  ResultStream(std::vector<Type> types, int64_t limit, int64_t offset, MemoryBudget* memory = nullptr);
  ~ResultStream();
  ResultStream(const ResultStream&) = delete;
  ResultStream& operator=(const ResultStream&) = delete;
  size_t buffer_bytes() const { return buffer_bytes_; }

  // Workers' side.
  void begin_morsel(uint64_t ordinal);
  /// `last`: the morsel has ended; the chunk may be nullptr then. False: nobody wants more rows.
  bool publish(uint64_t ordinal, std::unique_ptr<RowSet::Chunk> chunk, bool last);
  bool throttled() const { return throttled_.load(std::memory_order_relaxed); }
  /// All rows that LIMIT and OFFSET ask for are there.
  bool satisfied() const { return prefix_.reached(); }
  uint64_t rows_wanted() const { return wanted_; }
  /// The morsel failed: those behind it, which wait for it, have nobody to wait for.
  void stop_behind(uint64_t ordinal);
  /// The query has ended: no more chunks come.
  void finish();
  /// The query has failed; the client gets the error in place of what is left. The first error counts.
  void fail(std::exception_ptr error);
  /// Nobody reads on: workers wait no longer.
  void close();

  // The client's side.
  std::unique_ptr<RowSet::Chunk> next();

 private:
  struct MorselChunks {
    std::deque<std::unique_ptr<RowSet::Chunk>> chunks;
    size_t bytes = 0;
    uint64_t rows = 0;
    bool ended = false;
  };
  bool must_wait(uint64_t ordinal) const;
  std::unique_ptr<RowSet::Chunk> trim(std::unique_ptr<RowSet::Chunk> chunk);
  void advance();
  void charge(size_t before, size_t after) {
    if (memory_ != nullptr) memory_->change_waiting(before, after);
  }

  const std::vector<Type> types_;
  const uint64_t wanted_;
  MemoryBudget* const memory_;
  const size_t buffer_bytes_;
  std::mutex mutex_;
  std::condition_variable chunk_came_, room_came_;
  std::map<uint64_t, MorselChunks> morsels_;  ///< those that have begun and are not read to their end
  uint64_t head_ = 0, last_useful_ = UINT64_MAX;
  size_t buffered_bytes_ = 0;
  std::atomic<bool> throttled_{false};
  MorselPrefix prefix_;
  uint64_t skip_rows_, left_rows_;  ///< of what the client is to get
  bool finished_ = false, closed_ = false;
  std::exception_ptr error_;
};

/// The sink in front of the stream.
std::unique_ptr<Sink> make_result_sink(ResultStream& stream, const std::vector<Type>& types);

}  // namespace cairn
