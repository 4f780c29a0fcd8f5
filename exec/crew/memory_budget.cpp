#include "exec/crew/memory_budget.h"

#include <fmt/format.h>

#include "vector/error.h"

namespace cairn {

void MemoryBudget::fail(size_t used, size_t all) const {
  const auto mebibytes = [](size_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); };
  const char* const hint = "raise it, for example SET memory_limit = '4GB', or let the query keep fewer rows at a time";
  if (used > limit_bytes_) {
    throw Error(sqlstate::kOutOfMemory,
                fmt::format("the query needs more than memory_limit allows: {:.1f} MiB are in use, {:.1f} MiB are what its rows may take",
                            mebibytes(used), mebibytes(limit_bytes_)), hint);
  }
  throw Error(sqlstate::kOutOfMemory,
              fmt::format("the queries need more than memory_limit allows: {:.1f} MiB are in use, {:.1f} MiB of them by this one",
                          mebibytes(all), mebibytes(used)), hint);
}

}  // namespace cairn
