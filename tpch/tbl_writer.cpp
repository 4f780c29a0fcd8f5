#include "tpch/tbl_writer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "tpch/output_file.h"
#include "tpch/tbl_format.h"

namespace cairn::tpch {
namespace {

/// Small enough for a piece of lineitem and its text to stay in a core's cache. Divides the count of orders, so that
/// from scale factor 30000 on each piece is one of dbgen's chunks.
constexpr uint64_t kPieceUnits = 2000;
static_assert(1500000 % kPieceUnits == 0);

/// A range of row units of one table, or of orders and lineitem together (table is then kOrders).
struct Piece {
  Table table;
  bool with_lineitem;
  uint64_t first_unit;
  uint64_t unit_count;
};

/// Workers claim pieces in order and format them. A piece's place in its file is known as soon as all pieces before it
/// are formatted; then it is written, beside others.
class Writer {
 public:
  Writer(const Generator& generator, const TblOptions& options) : generator_(generator), options_(options) {
    std::array<bool, std::size(kTables)> wanted{};
    for (Table table : options.tables) wanted[index(table)] = true;
    for (Table table : kTables) {
      if (!wanted[index(table)]) continue;
      files_[index(table)] =
          std::make_unique<OutputFile>(options.directory / (std::string(table_name(table)) + ".tbl"));
      if (table == Table::kLineitem && wanted[index(Table::kOrders)]) continue;
      jobs_.push_back({table, table == Table::kOrders && wanted[index(Table::kLineitem)], piece_count_});
      piece_count_ += (generator.row_unit_count(table) + kPieceUnits - 1) / kPieceUnits;
    }
  }

  uint64_t run() {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 1; i < options_.thread_count; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    if (error_) std::rethrow_exception(error_);
    for (auto& file : files_)
      if (file) file->finish();
    uint64_t byte_count = 0;
    for (uint64_t end : ends_) byte_count += end;
    return byte_count;
  }

 private:
  struct Job {
    Table table;
    bool with_lineitem;
    uint64_t first_piece;
  };

  static size_t index(Table table) { return static_cast<size_t>(table); }

  Piece find_piece(uint64_t number) const {
    const auto after = std::upper_bound(jobs_.begin(), jobs_.end(), number,
                                        [](uint64_t piece, const Job& job) { return piece < job.first_piece; });
    const Job& job = *std::prev(after);
    const uint64_t first_unit = (number - job.first_piece) * kPieceUnits;
    const uint64_t unit_count = std::min(kPieceUnits, generator_.row_unit_count(job.table) - first_unit);
    return {job.table, job.with_lineitem, first_unit, unit_count};
  }

  void work() {
    try {
      Chunk rows;
      Chunk lines;
      std::string text;
      std::string line_text;
      for (uint64_t number; !failed_ && (number = next_piece_.fetch_add(1)) < piece_count_;) {
        const Piece piece = find_piece(number);
        text.clear();
        line_text.clear();
        if (piece.with_lineitem) {
          generator_.generate_orders_and_lineitem(piece.first_unit, piece.unit_count, rows, lines);
          append_tbl(lines, line_text);
        } else {
          generator_.generate(piece.table, piece.first_unit, piece.unit_count, rows);
        }
        append_tbl(rows, text);
        write_piece(number, piece, text, line_text);
      }
    } catch (...) {
      fail(std::current_exception());
    }
  }

  void write_piece(uint64_t number, const Piece& piece, const std::string& text, const std::string& line_text) {
    uint64_t offset = 0;
    uint64_t line_offset = 0;
    {
      std::unique_lock lock(mutex_);
      placed_.wait(lock, [&] { return placed_count_ == number || failed_; });
      if (failed_) return;
      offset = std::exchange(ends_[index(piece.table)], ends_[index(piece.table)] + text.size());
      if (piece.with_lineitem)
        line_offset = std::exchange(ends_[index(Table::kLineitem)], ends_[index(Table::kLineitem)] + line_text.size());
      ++placed_count_;
      report_progress();
    }
    placed_.notify_all();
    files_[index(piece.table)]->write_at(offset, text);
    if (piece.with_lineitem) files_[index(Table::kLineitem)]->write_at(line_offset, line_text);
  }

  void report_progress() {
    const auto percent = static_cast<unsigned>(100 * placed_count_ / piece_count_);
    if (options_.progress && percent > reported_percent_) options_.progress(reported_percent_ = percent);
  }

  void fail(std::exception_ptr error) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = error;
      failed_ = true;
    }
    placed_.notify_all();
  }

  const Generator& generator_;
  const TblOptions& options_;
  std::array<std::unique_ptr<OutputFile>, std::size(kTables)> files_;  // by table; null if not wanted
  std::vector<Job> jobs_;
  uint64_t piece_count_ = 0;
  std::atomic<uint64_t> next_piece_ = 0;
  std::atomic<bool> failed_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable placed_;
  uint64_t placed_count_ = 0;  // pieces whose place is known
  std::array<uint64_t, std::size(kTables)> ends_{};
  unsigned reported_percent_ = 0;
  std::exception_ptr error_;
};

}  // namespace

uint64_t write_tbl_files(const Generator& generator, const TblOptions& options) {
  std::error_code failure;
  std::filesystem::create_directories(options.directory, failure);
  if (failure) throw_io_error(failure.value(), "cannot create the directory " + options.directory.string());
  return Writer(generator, options).run();
}

}  // namespace cairn::tpch
