#pragma once

#include <string>
#include <string_view>

namespace cairn {

/// A user's text as messages quote it: at most `most_bytes` of it, cut between characters, with "…" where something is left
/// out. Bytes that are no UTF-8 (what others have cut in half) are left out, too.
std::string excerpt(std::string_view text, size_t most_bytes = 200);

}  // namespace cairn
