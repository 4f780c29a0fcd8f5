#include "io/csv/csv_reader.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "io/csv/chunk_loader.h"
#include "io/csv/record_cutter.h"
#include "vector/error.h"

namespace cairn {

namespace {

/// The workers of one load.
class Load {
 public:
  Load(WriteTransaction& transaction, std::unique_ptr<ByteSource> source, const CsvInput& input)
      : transaction_(transaction),
        input_(input),
        prefix_("COPY " + input.table + ": \"" + input.path + "\""),
        cutter_(std::move(source), input.format) {
    const auto snapshot = transaction.snapshot();
    const auto table = snapshot->tables.find(input.table);
    if (table == snapshot->tables.end()) {
      throw Error(sqlstate::kUndefinedTable, "relation \"" + input.table + "\" does not exist");
    }
    target_.schema = table->second->schema;
    target_.columns = input.columns;
    target_.defaults = input.defaults;
    target_.make_step = input.make_step;
    if (target_.columns.empty()) {
      target_.columns.resize(target_.schema.columns.size());
      std::iota(target_.columns.begin(), target_.columns.end(), size_t{0});
    }
    assert(target_.defaults.empty() || target_.defaults.size() == target_.schema.columns.size());
  }

  uint64_t run() {
    {
      std::vector<std::jthread> threads;
      try {
        for (unsigned i = 1; i < worker_count(); ++i) threads.emplace_back([this] { work(); });
      } catch (const std::exception&) {  // no thread, or no memory, to be had: fewer workers
      }
      work();
    }
    if (error_) std::rethrow_exception(error_);
    return row_count_;
  }

 private:
  WriteTransaction& transaction_;
  const CsvInput& input_;
  std::string prefix_;
  CsvTarget target_;

  std::mutex cutter_mutex_;
  RecordCutter cutter_;

  std::atomic<uint64_t> row_count_{0};
  std::atomic<bool> failed_{false};
  std::mutex error_mutex_;
  uint64_t error_ordinal_ = 0;
  std::exception_ptr error_;  ///< of the first chunk that has one

  /// A file of one chunk needs no second thread.
  unsigned worker_count() const {
    constexpr uint64_t kBytesPerWorker = uint64_t{8} << 20;
    if (cutter_.total_bytes() == 0) return std::max(1u, input_.thread_count);
    const uint64_t useful = 1 + cutter_.total_bytes() / kBytesPerWorker;
    return static_cast<unsigned>(std::clamp<uint64_t>(useful, 1, std::max(1u, input_.thread_count)));
  }

  /// Chunks are given out in order and each one begun is parsed to its end or its error, so that of several errors the
  /// first one of the file is always among those seen.
  void work() {
    uint64_t ordinal = 0;
    try {
      ChunkLoader loader(target_, input_.format, prefix_);
      RecordChunk chunk;
      while (!failed_ && take(chunk, ordinal)) {
        const auto make_writer = [&] { return transaction_.writer(input_.table, chunk.ordinal); };
        row_count_ += loader.load(chunk, make_writer, [this] {
          if (input_.check_interrupt) input_.check_interrupt();
        });
      }
    } catch (...) {
      note(ordinal, std::current_exception());
    }
  }

  bool take(RecordChunk& chunk, uint64_t& ordinal) {
    const std::lock_guard lock(cutter_mutex_);
    ordinal = cutter_.chunk_count();
    try {
      if (!cutter_.next(chunk)) return false;
    } catch (const Error& error) {
      if (error.sqlstate == sqlstate::kIoError) throw;
      throw Error(error.sqlstate, prefix_ + ", " + error.message, error.hint);
    }
    if (input_.progress) input_.progress(cutter_.bytes_read(), cutter_.total_bytes());
    return true;
  }

  void note(uint64_t ordinal, std::exception_ptr error) {
    failed_ = true;
    const std::lock_guard lock(error_mutex_);
    if (error_ && error_ordinal_ <= ordinal) return;
    error_ = std::move(error);
    error_ordinal_ = ordinal;
  }
};

}  // namespace

uint64_t read_csv(WriteTransaction& transaction, Storage& storage, const CsvInput& input) {
  input.format.check();
  return Load(transaction, open_source(storage, input.path), input).run();
}

}  // namespace cairn
