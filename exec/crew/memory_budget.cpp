#include "exec/crew/memory_budget.h"

#include <fmt/format.h>

#include "vector/error.h"

namespace cairn {

void MemoryBudget::fail(size_t used) const {
  constexpr double kMebibyte = 1024.0 * 1024.0;
  throw Error(sqlstate::kOutOfMemory,
              fmt::format("the query needs more than memory_limit allows: {:.1f} MiB are in use, {:.1f} MiB are what its rows may take",
                          static_cast<double>(used) / kMebibyte, static_cast<double>(limit_bytes_) / kMebibyte),
              "raise it, for example SET memory_limit = '4GB', or let the query keep fewer rows at a time");
}

}  // namespace cairn
