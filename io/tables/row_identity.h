#pragma once

#include <memory>

#include "io/tables/table.h"

namespace cairn {

/// Where a row stands in one version of its table: what UPDATE and DELETE carry from the scan to the change.
struct RowIdentity {
  uint32_t group = 0;  ///< position in TableVersion::row_groups
  uint32_t row = 0;

  static RowIdentity of(int64_t value) {
    return {static_cast<uint32_t>(value >> 32), static_cast<uint32_t>(value & UINT32_MAX)};
  }
  int64_t value() const { return static_cast<int64_t>(group) << 32 | row; }
};

/// The table with one more column, the last: a BIGINT that holds each row's identity.
std::shared_ptr<const TableVersion> with_row_identity(const TableVersion& table);

}  // namespace cairn
