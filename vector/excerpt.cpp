#include "vector/excerpt.h"

#include <utf8proc.h>

namespace cairn {

std::string excerpt(std::string_view text, size_t most_bytes) {
  std::string shown;
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t point;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                        static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    const size_t taken = bytes > 0 ? static_cast<size_t>(bytes) : 1;
    if (at + taken > most_bytes) return shown + "…";
    if (bytes > 0) shown += text.substr(at, taken);
    at += taken;
  }
  return shown;
}

}  // namespace cairn
