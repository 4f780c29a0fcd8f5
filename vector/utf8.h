#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn {

/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most
/// U+10FFFF) or is NUL, which a string may not hold; npos: there is none.
size_t find_invalid_utf8(std::string_view text);

/// The bytes of the malformed sequence at `at`, as messages show them: "0xc3 0x28".
std::string show_invalid_utf8(std::string_view text, size_t at);

}  // namespace cairn
