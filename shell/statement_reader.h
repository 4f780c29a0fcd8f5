#pragma once

#include <cstddef>
#include <string_view>

namespace cairn::shell {

/// Whether `text` holds at least one whole statement, up to a ';' outside quotes, dollar quotes and comments; returns
/// the length including the ';', or 0 where more lines are needed.
size_t statement_length(std::string_view text);

/// Only blanks, comments and lone semicolons.
bool is_blank(std::string_view text);

}  // namespace cairn::shell
