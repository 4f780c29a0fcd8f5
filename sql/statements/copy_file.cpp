#include "sql/statements/copy.h"
#include "vector/error.h"

namespace cairn {

uint64_t copy_from_file(const CopyFrom&) { throw Error(sqlstate::kFeatureNotSupported, "COPY FROM is not supported"); }
uint64_t copy_to_file(const CopyTo&) { throw Error(sqlstate::kFeatureNotSupported, "COPY TO is not supported"); }

}  // namespace cairn
