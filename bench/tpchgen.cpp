// tpchgen writes TPC-H's tables as .tbl files, byte for byte those of dbgen.
//
// The rows are cut into pieces of a few thousand. Workers claim pieces in order, format them, and write each where it
// belongs: a piece's place in its file is known as soon as the piece before it has been formatted.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tpch/generator.h"
#include "tpch/tbl_format.h"
#include "vector/error.h"

namespace cairn::tpch {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_io_error(int error_number, const std::string& what) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  throw Error(full ? sqlstate::kDiskFull : sqlstate::kIoError, what + ": " + std::strerror(error_number),
              full ? "scale factor 1 needs about 1.1 GB" : "");
}

/// A table's file, under a temporary name until it is complete.
class OutputFile {
 public:
  explicit OutputFile(fs::path path) : path_(std::move(path)), partial_path_(path_.string() + ".partial") {
    fd_ = open(partial_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd_ < 0) throw_io_error(errno, "cannot create " + partial_path_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(partial_path_.c_str());
  }

  void write_at(uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw_io_error(errno, "cannot write " + partial_path_);
      offset += static_cast<uint64_t>(written);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }

  void finish() {
    const int fd = std::exchange(fd_, -1);
    if (close(fd) != 0) throw_io_error(errno, "cannot write " + partial_path_);
    if (rename(partial_path_.c_str(), path_.c_str()) != 0) throw_io_error(errno, "cannot create " + path_.string());
  }

  /// Reserves the place of the next piece in file order.
  uint64_t reserve(size_t byte_count) { return std::exchange(end_, end_ + byte_count); }

  uint64_t byte_count() const { return end_; }

 private:
  fs::path path_;
  std::string partial_path_;
  int fd_ = -1;
  uint64_t end_ = 0;
};

/// A range of row units of one table, or of orders and lineitem together (table is then kOrders).
struct Piece {
  Table table;
  bool with_lineitem;
  uint64_t first_unit;
  uint64_t unit_count;
};

/// Divides the count of orders, so that from scale factor 30000 on each piece is one of dbgen's chunks.
constexpr uint64_t kPieceUnits = 4000;
static_assert(1500000 % kPieceUnits == 0);

class Program {
 public:
  Program(const Generator& generator, const fs::path& directory, std::vector<Table> tables, bool show_progress)
      : generator_(generator), show_progress_(show_progress) {
    std::sort(tables.begin(), tables.end());
    tables.erase(std::unique(tables.begin(), tables.end()), tables.end());
    const auto wanted = [&](Table table) { return std::find(tables.begin(), tables.end(), table) != tables.end(); };
    for (Table table : tables) {
      files_[index(table)] = std::make_unique<OutputFile>(directory / (std::string(table_name(table)) + ".tbl"));
      if (table == Table::kLineitem && wanted(Table::kOrders)) continue;
      jobs_.push_back({table, table == Table::kOrders && wanted(Table::kLineitem), piece_count_});
      piece_count_ += (generator.row_unit_count(table) + kPieceUnits - 1) / kPieceUnits;
    }
  }

  /// Writes all files. Throws the first worker's error.
  void run(unsigned thread_count) {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 1; i < thread_count; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    if (show_progress_) std::fputs("\r\33[K", stderr);
    if (error_) std::rethrow_exception(error_);
    for (auto& file : files_)
      if (file) file->finish();
  }

  uint64_t byte_count() const {
    uint64_t sum = 0;
    for (const auto& file : files_) sum += file ? file->byte_count() : 0;
    return sum;
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
    OutputFile& file = *files_[index(piece.table)];
    OutputFile* line_file = piece.with_lineitem ? files_[index(Table::kLineitem)].get() : nullptr;
    uint64_t offset = 0;
    uint64_t line_offset = 0;
    {
      std::unique_lock lock(mutex_);
      reserved_.wait(lock, [&] { return reserved_count_ == number || failed_; });
      if (failed_) return;
      offset = file.reserve(text.size());
      if (line_file) line_offset = line_file->reserve(line_text.size());
      ++reserved_count_;
      show_progress();
    }
    reserved_.notify_all();
    file.write_at(offset, text);
    if (line_file) line_file->write_at(line_offset, line_text);
  }

  void show_progress() {
    const uint64_t percent = 100 * reserved_count_ / piece_count_;
    if (!show_progress_ || percent == shown_percent_) return;
    shown_percent_ = percent;
    std::fprintf(stderr, "\r%3u %%", static_cast<unsigned>(percent));
  }

  void fail(std::exception_ptr error) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = error;
      failed_ = true;
    }
    reserved_.notify_all();
  }

  const Generator& generator_;
  bool show_progress_;
  std::array<std::unique_ptr<OutputFile>, std::size(kTables)> files_;  // by table; null if not wanted
  std::vector<Job> jobs_;
  uint64_t piece_count_ = 0;
  std::atomic<uint64_t> next_piece_ = 0;
  std::atomic<bool> failed_ = false;

  std::mutex mutex_;
  std::condition_variable reserved_;
  uint64_t reserved_count_ = 0;  // pieces whose place is known
  uint64_t shown_percent_ = 101;
  std::exception_ptr error_;
};

std::vector<Table> parse_tables(const std::vector<std::string>& names) {
  if (names.empty()) return {std::begin(kTables), std::end(kTables)};
  std::vector<Table> tables;
  for (const std::string& name : names) {
    const auto table = find_table(name);
    if (!table)
      throw Error(sqlstate::kUndefinedTable, "expected a TPC-H table, got \"" + name + "\"",
                  "region, nation, supplier, customer, part, partsupp, orders, lineitem");
    tables.push_back(*table);
  }
  return tables;
}

int run(int argc, char** argv) {
  double scale_factor = 1;
  std::string directory = ".";
  unsigned thread_count = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> table_names;
  CLI::App app("Writes TPC-H's tables as .tbl files, byte for byte those of dbgen.");
  app.add_option("--sf", scale_factor, "scale factor: 1 is about 1.1 GB")->capture_default_str();
  app.add_option("--out", directory, "directory of the files, made if it is missing")->capture_default_str();
  app.add_option("--threads", thread_count, "worker threads")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--tables", table_names, "tables to write, separated by commas (default: all)")->delimiter(',');
  CLI11_PARSE(app, argc, argv);

  const std::vector<Table> tables = parse_tables(table_names);
  const Scale scale(scale_factor);
  if (scale.effective != scale_factor)
    std::cerr << "tpchgen: scale factor " << scale_factor << " acts as " << scale.effective << ", as in dbgen\n";
  std::error_code failure;
  fs::create_directories(directory, failure);
  if (failure) throw_io_error(failure.value(), "cannot create the directory " + directory);
  const Generator generator(scale_factor, thread_count);
  Program(generator, directory, tables, isatty(STDERR_FILENO) == 1).run(thread_count);
  return 0;
}

}  // namespace
}  // namespace cairn::tpch

int main(int argc, char** argv) {
  try {
    return cairn::tpch::run(argc, argv);
  } catch (const cairn::Error& error) {
    std::cerr << "tpchgen: " << error.message << '\n';
    if (!error.hint.empty()) std::cerr << "hint: " << error.hint << '\n';
  } catch (const std::exception& error) {
    std::cerr << "tpchgen: " << error.what() << '\n';
  }
  return 1;
}
