#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn::fuzz {

/// SQL cut into words, numbers, strings, operators and brackets; blanks and comments are gone. What is no SQL is cut
/// somehow, too.
using Tokens = std::vector<std::string>;

Tokens tokens_of(std::string_view sql);
std::string text_of(const Tokens& tokens);

}  // namespace cairn::fuzz
