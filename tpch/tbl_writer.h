#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "tpch/generator.h"

namespace cairn::tpch {

struct TblOptions {
  std::filesystem::path directory;  ///< made if it is missing
  std::vector<Table> tables = {std::begin(kTables), std::end(kTables)};
  unsigned thread_count = 1;
  std::function<void(unsigned percent)> progress = nullptr;  ///< called by one thread at a time, when percent grew
};

/// Writes <table>.tbl for each table, byte for byte dbgen's, and returns the bytes written. A file has the name
/// <table>.tbl.partial until all are complete; after an error none of these is left. Throws an Error if the directory
/// or a file can't be written or the disk is full. Needs about 6 MB per thread.
uint64_t write_tbl_files(const Generator& generator, const TblOptions& options);

}  // namespace cairn::tpch
