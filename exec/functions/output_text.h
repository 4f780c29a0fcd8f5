#pragma once

#include <string>

#include "vector/format.h"
#include "vector/read_row.h"

namespace cairn::functions {

/// Row `row` as PostgreSQL's output functions print it, which a cast to text does too but for BOOLEAN: t or f. NULL
/// appends nothing.
inline void append_output(const Vector& vector, size_t row, std::string& out) {
  if (vector.type.id != TypeId::kBoolean) return format_row(vector, row, "", out);
  if (vector.valid(row)) out += read_integral(vector, row) != 0 ? 't' : 'f';
}

}  // namespace cairn::functions
