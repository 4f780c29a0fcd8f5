#pragma once

#include <string>

#include "tpch/chunk.h"

namespace cairn::tpch {

/// Appends a chunk's rows as dbgen's .tbl files have them: each field followed by '|', each row by a newline.
void append_tbl(const Chunk& rows, std::string& text);

}  // namespace cairn::tpch
