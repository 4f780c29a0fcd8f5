// Arrow C data interface: schemas, struct arrays of chunks, and streams. Each exported structure owns a private holder
// that keeps its buffers (and the chunk they may point into) alive until the consumer releases it.

#include <cerrno>
#include <cstring>

#include "capi/handles.h"
#include "vector/format.h"

using cairn::Physical;
using cairn::Type;
using cairn::TypeId;
using cairn::Vector;
using cairn::capi::guarded;
using cairn::capi::required;

namespace {

std::string arrow_format(const Type& type) {
  switch (type.id) {
    case TypeId::kNull: return "n";
    case TypeId::kBoolean: return "b";
    case TypeId::kSmallInt: return "s";
    case TypeId::kInteger: return "i";
    case TypeId::kBigInt: return "l";
    case TypeId::kHugeInt: return "d:38,0";
    case TypeId::kDecimal: return "d:" + std::to_string(type.precision) + "," + std::to_string(type.scale);
    case TypeId::kReal: return "f";
    case TypeId::kDouble: return "g";
    case TypeId::kDate: return "tdD";
    case TypeId::kTime: return "ttu";
    case TypeId::kTimestamp: return "tsu:";
    case TypeId::kInterval: return "tin";
    case TypeId::kVarchar:
    case TypeId::kChar: return "u";
  }
  return "n";
}

/* ---- Schemas ---- */

struct SchemaHolder {
  std::string format, name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
};

void release_schema(ArrowSchema* schema) {
  for (int64_t i = 0; i < schema->n_children; ++i) {
    if (schema->children[i]->release != nullptr) schema->children[i]->release(schema->children[i]);
  }
  delete static_cast<SchemaHolder*>(schema->private_data);
  schema->release = nullptr;
}

void export_schema(const Type* type, const std::string& name, const std::vector<Type>& child_types,
                   const std::vector<std::string>& child_names, ArrowSchema* out) {
  auto holder = std::make_unique<SchemaHolder>();
  holder->format = type == nullptr ? "+s" : arrow_format(*type);
  holder->name = name;
  holder->children.resize(child_types.size());
  for (size_t i = 0; i < child_types.size(); ++i) {
    export_schema(&child_types[i], i < child_names.size() ? child_names[i] : "", {}, {}, &holder->children[i]);
    holder->child_pointers.push_back(&holder->children[i]);
  }
  *out = {};
  out->format = holder->format.c_str();
  out->name = holder->name.c_str();
  out->flags = type == nullptr ? 0 : ARROW_FLAG_NULLABLE;
  out->n_children = static_cast<int64_t>(holder->children.size());
  out->children = holder->child_pointers.data();
  out->release = release_schema;
  out->private_data = holder.release();
}

/* ---- Arrays ---- */

struct ArrayHolder {
  std::shared_ptr<const cairn::RowSet::Chunk> rows;  ///< fixed-width buffers point into it
  std::vector<uint8_t> validity;
  std::vector<std::byte> values;                     ///< where Arrow's layout differs from ours
  std::string text;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
};

void release_array(ArrowArray* array) {
  for (int64_t i = 0; i < array->n_children; ++i) {
    if (array->children[i]->release != nullptr) array->children[i]->release(array->children[i]);
  }
  delete static_cast<ArrayHolder*>(array->private_data);
  array->release = nullptr;
}

template <typename T>
T* allocate(std::vector<std::byte>& bytes, size_t count) {
  bytes.resize(count * sizeof(T));
  return reinterpret_cast<T*>(bytes.data());
}

void export_strings(const Vector& view, ArrayHolder& holder) {
  auto* offsets = allocate<int32_t>(holder.values, view.size + 1);
  size_t bytes = 0;
  for (size_t row = 0; row < view.size; ++row) {
    if (view.valid(row)) bytes += view.values<cairn::StringRef>()[row].size();
  }
  holder.text.reserve(bytes + 1);
  for (size_t row = 0; row < view.size; ++row) {
    offsets[row] = static_cast<int32_t>(holder.text.size());
    if (!view.valid(row)) continue;
    if (view.type.id == TypeId::kChar) {
      cairn::format_row(view, row, {}, holder.text);  // with its blanks
    } else {
      holder.text += view.values<cairn::StringRef>()[row].view();
    }
    if (holder.text.size() > INT32_MAX) {
      throw cairn::Error(cairn::sqlstate::kProgramLimit, "a chunk's strings exceed Arrow's 2 GiB",
                         "SET vector_capacity to fewer rows");
    }
  }
  offsets[view.size] = static_cast<int32_t>(holder.text.size());
}

/// Arrow's types hold less than ours at their ends; what does not fit is an error.
[[noreturn]] void throw_out_of_range(const Vector& view, size_t row, const char* limit, std::string_view state) {
  std::string text;
  cairn::format_row(view, row, {}, text);
  throw cairn::Error(state, view.type.to_string() + " " + text + " is out of range for Arrow, whose limit is " + limit,
                     "CAST it to VARCHAR.");
}

void check_range(const Vector& view) {
  constexpr int64_t kMicrosPerDay = int64_t{24} * 60 * 60 * 1'000'000;
  const cairn::int128_t end = cairn::power_of_ten(38);
  for (size_t row = 0; row < view.size; ++row) {
    if (!view.valid(row)) continue;
    if (view.type.id == TypeId::kTime && view.values<int64_t>()[row] >= kMicrosPerDay) {
      throw_out_of_range(view, row, "23:59:59.999999", cairn::sqlstate::kDatetimeOverflow);
    }
    if (view.type.id != TypeId::kHugeInt) continue;
    const cairn::int128_t value = view.values<cairn::int128_t>()[row];
    if (value >= end || value <= -end) throw_out_of_range(view, row, "38 digits", cairn::sqlstate::kNumericOutOfRange);
  }
}

/// Months i32, days i32, nanoseconds i64.
void export_intervals(const Vector& view, ArrayHolder& holder) {
  struct MonthDayNano { int32_t months, days; int64_t nanos; };
  auto* out = allocate<MonthDayNano>(holder.values, view.size);
  for (size_t row = 0; row < view.size; ++row) {
    out[row] = {};
    if (!view.valid(row)) continue;
    const auto& interval = view.values<cairn::Interval>()[row];
    out[row] = {interval.months, interval.days, 0};
    if (__builtin_mul_overflow(interval.micros, int64_t{1000}, &out[row].nanos)) {
      throw_out_of_range(view, row, "292 years of nanoseconds", cairn::sqlstate::kDatetimeOverflow);
    }
  }
}

/// Fills holder.values with Arrow's layout; false where ours is Arrow's already.
bool convert_values(const Vector& view, ArrayHolder& holder) {
  if (view.type.id == TypeId::kTime || view.type.id == TypeId::kHugeInt) check_range(view);
  switch (view.type.physical()) {
    case Physical::kBool: {
      auto* bits = allocate<uint8_t>(holder.values, (view.size + 7) / 8 + 1);
      std::memset(bits, 0, holder.values.size());
      for (size_t row = 0; row < view.size; ++row) {
        if (view.values<uint8_t>()[row] != 0) bits[row / 8] |= static_cast<uint8_t>(1u << (row % 8));
      }
      return true;
    }
    case Physical::kInt64: {
      if (view.type.id != TypeId::kDecimal) return false;
      auto* wide = allocate<cairn::int128_t>(holder.values, view.size);  // Arrow's decimals have 128 bits
      for (size_t row = 0; row < view.size; ++row) wide[row] = view.values<int64_t>()[row];
      return true;
    }
    case Physical::kInterval: export_intervals(view, holder); return true;
    case Physical::kString: export_strings(view, holder); return true;
    default: return false;
  }
}

void export_column(const Vector& view, const std::shared_ptr<const cairn::RowSet::Chunk>& rows, ArrowArray* out) {
  auto holder = std::make_unique<ArrayHolder>();
  int64_t null_count = 0;
  if (view.validity != nullptr) {
    holder->validity.assign((view.size + 7) / 8 + 1, 0);
    for (size_t row = 0; row < view.size; ++row) {
      if (view.valid(row)) holder->validity[row / 8] |= static_cast<uint8_t>(1u << (row % 8));
      else ++null_count;
    }
  }
  *out = {};
  out->length = static_cast<int64_t>(view.size);
  out->release = release_array;
  if (view.type.id == TypeId::kNull) {  // Arrow's null type has no buffers
    out->null_count = out->length;
    out->private_data = holder.release();
    return;
  }
  const bool converted = convert_values(view, *holder);
  if (!converted) holder->rows = rows;
  holder->buffers = {view.validity == nullptr ? nullptr : holder->validity.data(),
                     converted ? static_cast<const void*>(holder->values.data()) : view.data};
  if (view.type.is_string()) {
    holder->text.push_back('\0');  // never an empty allocation: consumers want a pointer
    holder->buffers.push_back(holder->text.data());
  }
  out->null_count = null_count;
  out->n_buffers = static_cast<int64_t>(holder->buffers.size());
  out->buffers = holder->buffers.data();
  out->private_data = holder.release();
}

void export_chunk(const cairn_chunk& chunk, ArrowArray* out) {
  auto holder = std::make_unique<ArrayHolder>();
  holder->children.resize(chunk.views.size());
  for (size_t i = 0; i < chunk.views.size(); ++i) {
    try {
      export_column(chunk.views[i], chunk.rows, &holder->children[i]);
    } catch (...) {
      for (size_t made = 0; made < i; ++made) holder->children[made].release(&holder->children[made]);
      throw;
    }
    holder->child_pointers.push_back(&holder->children[i]);
  }
  holder->buffers = {nullptr};
  *out = {};
  out->length = static_cast<int64_t>(chunk.rows->row_count);
  out->n_buffers = 1;
  out->buffers = holder->buffers.data();
  out->n_children = static_cast<int64_t>(holder->children.size());
  out->children = holder->child_pointers.data();
  out->release = release_array;
  out->private_data = holder.release();
}

/* ---- Streams ---- */

struct StreamHolder {
  std::unique_ptr<cairn_result, void (*)(cairn_result*)> result{nullptr, cairn_result_destroy};
  std::string last_error;
};

int keep_error(StreamHolder& holder, cairn_status status, cairn_error* error) {
  holder.last_error = cairn_error_message(error);
  cairn_error_destroy(error);
  switch (status) {
    case CAIRN_OK: return 0;
    case CAIRN_INTERRUPTED: return ECANCELED;
    case CAIRN_NO_MEMORY: return ENOMEM;
    case CAIRN_IO: return EIO;
    default: return EINVAL;
  }
}

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto& holder = *static_cast<StreamHolder*>(stream->private_data);
  cairn_error* error = nullptr;
  const cairn_status status = cairn_result_arrow_schema(holder.result.get(), out, &error);
  return keep_error(holder, status, error);
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto& holder = *static_cast<StreamHolder*>(stream->private_data);
  cairn_error* error = nullptr;
  cairn_chunk* chunk = nullptr;
  *out = {};  // a released array marks the end
  cairn_status status = cairn_result_next(holder.result.get(), &chunk, &error);
  if (status == CAIRN_OK && chunk != nullptr) status = cairn_chunk_arrow_array(chunk, out, &error);
  cairn_chunk_destroy(chunk);
  return keep_error(holder, status, error);
}

const char* stream_error(ArrowArrayStream* stream) {
  const auto& text = static_cast<StreamHolder*>(stream->private_data)->last_error;
  return text.empty() ? nullptr : text.c_str();
}

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<StreamHolder*>(stream->private_data);
  stream->release = nullptr;
}

}  // namespace

extern "C" {

cairn_status cairn_result_arrow_schema(const cairn_result* result, struct ArrowSchema* schema, cairn_error** error) {
  return guarded(error, [&] {
    required(schema, "schema");
    *schema = {};
    const auto& rows = *required(result, "result").result;
    export_schema(nullptr, "", rows.types(), rows.names(), schema);
  });
}

cairn_status cairn_chunk_arrow_array(const cairn_chunk* chunk, struct ArrowArray* array, cairn_error** error) {
  return guarded(error, [&] {
    required(array, "array");
    *array = {};
    export_chunk(required(chunk, "chunk"), array);
  });
}

cairn_status cairn_result_arrow_stream(cairn_result* result, struct ArrowArrayStream* stream, cairn_error** error) {
  std::unique_ptr<cairn_result, void (*)(cairn_result*)> owned{result, cairn_result_destroy};
  return guarded(error, [&] {
    required(result, "result");
    required(stream, "stream");
    *stream = {};
    auto holder = std::make_unique<StreamHolder>();
    holder->result = std::move(owned);
    stream->get_schema = stream_schema;
    stream->get_next = stream_next;
    stream->get_last_error = stream_error;
    stream->release = release_stream;
    stream->private_data = holder.release();
  });
}

}  // extern "C"
