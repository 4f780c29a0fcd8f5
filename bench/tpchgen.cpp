// tpchgen writes TPC-H's tables as .tbl files, byte for byte those of dbgen.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tpch/tbl_writer.h"
#include "vector/error.h"

namespace cairn::tpch {
namespace {

std::vector<Table> parse_tables(const std::vector<std::string>& names) {
  std::vector<Table> tables;
  for (const std::string& name : names) {
    const auto table = find_table(name);
    if (!table)
      throw Error(sqlstate::kUndefinedTable, "expected a TPC-H table, got \"" + name + "\"",
                  "the tables are region, nation, supplier, customer, part, partsupp, orders, lineitem");
    tables.push_back(*table);
  }
  return tables;
}

/// Draws a line on a terminal; a file or a pipe gets none.
class ProgressLine {
 public:
  void show(unsigned percent) const {
    if (shown_) std::fprintf(stderr, "\r%3u %%", percent);
  }
  ~ProgressLine() {
    if (shown_) std::fputs("\r\33[K", stderr);
  }

 private:
  bool shown_ = isatty(STDERR_FILENO) == 1;
};

int run(int argc, char** argv) {
  double scale_factor = 1;
  std::vector<std::string> table_names;
  TblOptions options{.directory = ".", .thread_count = std::max(1u, std::thread::hardware_concurrency())};
  CLI::App app("Writes TPC-H's tables as .tbl files, byte for byte those of dbgen.", "tpchgen");
  app.add_option("--sf", scale_factor, "scale factor: 1 is about 1.1 GB")->capture_default_str();
  app.add_option("--out", options.directory, "directory of the files, made if it is missing")->capture_default_str();
  app.add_option("--threads", options.thread_count, "worker threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--tables", table_names, "tables to write, separated by commas (default: all)")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  if (!table_names.empty()) options.tables = parse_tables(table_names);

  const Scale scale(scale_factor);
  if (scale.effective != scale_factor)
    std::cerr << "tpchgen: scale factor " << scale_factor << " acts as " << scale.effective << ", as in dbgen\n";
  const Generator generator(scale_factor, options.thread_count);
  const ProgressLine line;
  options.progress = [&](unsigned percent) { line.show(percent); };
  write_tbl_files(generator, options);
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
