#pragma once

#include <string>

namespace cairn::test {

/// What runs: told when the process crashes, or hangs for longer than was allowed.
extern std::string running;

/// From now on.
void report_crashes();
/// The process ends where this is not called again within that time; 0: from now on it may take its time.
void allow_seconds(unsigned seconds);

}  // namespace cairn::test
