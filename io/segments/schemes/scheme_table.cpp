#include <array>

#include "io/segments/schemes/scheme.h"

namespace cairn {

std::span<const Scheme> schemes() {
  // A new scheme: a number in SchemeId, a file beside this one, and a row here.
  static const std::array kSchemes = {
      kConstantScheme, kRunLengthScheme, kFrameOfReferenceScheme, kDictionaryScheme, kPlainScheme,
  };
  return kSchemes;
}

const Scheme* find_scheme(uint8_t id) {
  for (const Scheme& scheme : schemes()) {
    if (static_cast<uint8_t>(scheme.id) == id) return &scheme;
  }
  return nullptr;
}

}  // namespace cairn
