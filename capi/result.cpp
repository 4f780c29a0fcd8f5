#include <algorithm>
#include <cmath>

#include "capi/handles.h"
#include "vector/format.h"

using cairn::Physical;
using cairn::Vector;
using cairn::capi::guarded;
using cairn::capi::required;

namespace {

/// The nearest BIGINT; 0 for NaN.
int64_t clamped(double value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(value)) return 0;
  if (value >= kTwoTo63) return INT64_MAX;
  return value < -kTwoTo63 ? INT64_MIN : static_cast<int64_t>(value);
}

int64_t clamped(cairn::int128_t value) {
  return static_cast<int64_t>(std::clamp<cairn::int128_t>(value, INT64_MIN, INT64_MAX));
}

bool in_range(const cairn_chunk* chunk, size_t column, size_t row) {
  return chunk != nullptr && column < chunk->views.size() && row < chunk->rows->row_count;
}

/// A non-NULL value of an integral column.
cairn::int128_t integral(const Vector& view, size_t row) {
  switch (view.type.physical()) {
    case Physical::kBool: return view.values<uint8_t>()[row];
    case Physical::kInt16: return view.values<int16_t>()[row];
    case Physical::kInt32: return view.values<int32_t>()[row];
    case Physical::kInt64: return view.values<int64_t>()[row];
    case Physical::kInt128: return view.values<cairn::int128_t>()[row];
    default: return 0;
  }
}

}  // namespace

extern "C" {

void cairn_result_destroy(cairn_result* result) {
  guarded(nullptr, [&] { delete result; });
}

size_t cairn_result_column_count(const cairn_result* result) {
  return result == nullptr ? 0 : result->type_names.size();
}

const char* cairn_result_column_name(const cairn_result* result, size_t column) {
  if (result == nullptr || column >= result->result->names().size()) return "";
  return result->result->names()[column].c_str();
}

const char* cairn_result_column_type(const cairn_result* result, size_t column) {
  if (result == nullptr || column >= result->type_names.size()) return "";
  return result->type_names[column].c_str();
}

const char* cairn_result_command_tag(const cairn_result* result) {
  if (result == nullptr) return "";
  guarded(nullptr, [&] { result->tag = result->result->command_tag(); });
  return result->tag.c_str();
}

int64_t cairn_result_changed_rows(const cairn_result* result) {
  return result == nullptr ? -1 : result->result->changed_rows();
}

cairn_status cairn_result_next(cairn_result* result, cairn_chunk** chunk, cairn_error** error) {
  if (chunk != nullptr) *chunk = nullptr;
  return guarded(error, [&] {
    auto& handle = required(result, "result");
    required(chunk, "chunk");
    std::shared_ptr<cairn::RowSet::Chunk> rows = handle.result->next();
    if (!rows) return;
    auto out = std::make_unique<cairn_chunk>();
    for (const auto& column : rows->columns) out->views.push_back(column.view());
    out->rows = std::move(rows);
    out->names = handle.result->names();
    *chunk = out.release();
  });
}

void cairn_chunk_destroy(cairn_chunk* chunk) { delete chunk; }

size_t cairn_chunk_row_count(const cairn_chunk* chunk) { return chunk == nullptr ? 0 : chunk->rows->row_count; }

bool cairn_chunk_is_null(const cairn_chunk* chunk, size_t column, size_t row) {
  return !in_range(chunk, column, row) || !chunk->views[column].valid(row);
}

const char* cairn_chunk_text(cairn_chunk* chunk, size_t column, size_t row, size_t* length) {
  if (length != nullptr) *length = 0;
  if (cairn_chunk_is_null(chunk, column, row)) return nullptr;
  const cairn_status status = guarded(nullptr, [&] {
    chunk->text.clear();
    cairn::format_row(chunk->views[column], row, "", chunk->text);
  });
  if (status != CAIRN_OK) return nullptr;
  if (length != nullptr) *length = chunk->text.size();
  return chunk->text.c_str();
}

int64_t cairn_chunk_int64(const cairn_chunk* chunk, size_t column, size_t row) {
  if (cairn_chunk_is_null(chunk, column, row)) return 0;
  const Vector& view = chunk->views[column];
  if (view.type.is_floating()) return clamped(cairn_chunk_double(chunk, column, row));
  if (view.type.id == cairn::TypeId::kDecimal) return clamped(integral(view, row) / cairn::power_of_ten(view.type.scale));
  return clamped(integral(view, row));
}

double cairn_chunk_double(const cairn_chunk* chunk, size_t column, size_t row) {
  if (cairn_chunk_is_null(chunk, column, row)) return 0;
  const Vector& view = chunk->views[column];
  if (view.type.physical() == Physical::kFloat) return view.values<float>()[row];
  if (view.type.physical() == Physical::kDouble) return view.values<double>()[row];
  const auto value = static_cast<double>(integral(view, row));
  if (view.type.id != cairn::TypeId::kDecimal) return value;
  return value / static_cast<double>(cairn::power_of_ten(view.type.scale));
}

}  // extern "C"
