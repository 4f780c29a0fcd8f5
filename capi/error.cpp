#include "capi/handles.h"

namespace cairn::capi {

/// Not an SQLSTATE of PostgreSQL's: the caller broke the rules of cairn.h.
static constexpr std::string_view kMisuse = "XX0MU";

cairn_status status_of(const Error& error) {
  const std::string_view state = error.sqlstate;
  if (state == kMisuse) return CAIRN_MISUSE;
  if (state == sqlstate::kQueryCanceled) return CAIRN_INTERRUPTED;
  if (state == sqlstate::kOutOfMemory) return CAIRN_NO_MEMORY;
  if (state == sqlstate::kDataCorrupted) return CAIRN_CORRUPT;
  if (state == sqlstate::kIoError || state == sqlstate::kDiskFull || state == sqlstate::kObjectInUse ||
      state == sqlstate::kReadOnly) {
    return CAIRN_IO;
  }
  return CAIRN_ERROR;
}

cairn_status report(cairn_error** out, const Error& error) noexcept {
  try {
    const cairn_status status = status_of(error);
    if (out != nullptr) *out = new cairn_error{status, error};
    return status;
  } catch (...) {
    return CAIRN_NO_MEMORY;
  }
}

}  // namespace cairn::capi

extern "C" {

cairn_status cairn_error_status(const cairn_error* error) { return error == nullptr ? CAIRN_OK : error->status; }

const char* cairn_error_sqlstate(const cairn_error* error) {
  return error == nullptr ? "00000" : error->error.sqlstate.c_str();
}

const char* cairn_error_message(const cairn_error* error) {
  return error == nullptr ? "" : error->error.message.c_str();
}

const char* cairn_error_hint(const cairn_error* error) { return error == nullptr ? "" : error->error.hint.c_str(); }

int64_t cairn_error_position(const cairn_error* error) {
  return error == nullptr || error->error.position < 0 ? 0 : error->error.position + 1;
}

void cairn_error_destroy(cairn_error* error) { delete error; }

}  // extern "C"
