#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <utility>

namespace cairn::shell {

/// Like fmt::print, but a failed write throws nothing: std::ferror(file) tells of it.
template <typename... Arguments>
void print(std::FILE* file, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
  std::fwrite(text.data(), 1, text.size(), file);
}

}  // namespace cairn::shell
