#include "tests/grid/exceptions.h"

#include <re2/re2.h>

#include <memory>
#include <vector>

namespace cairn::grid {
namespace {

constexpr Exception kExceptions[] = {
    {R"(^types .*: timestamp with time zone \| timestamp without time zone$)", "no TIMESTAMPTZ: TIMESTAMP in its place"},
    {R"(^types .* / .*: numeric \| double precision$)", "numeric / numeric is DOUBLE"},
};

}  // namespace

const Exception* excuse(const std::string& line) {
  static const std::vector<std::unique_ptr<RE2>> patterns = [] {
    std::vector<std::unique_ptr<RE2>> compiled;
    for (const Exception& exception : kExceptions) {
      compiled.push_back(std::make_unique<RE2>(exception.pattern));
      if (!compiled.back()->ok()) std::abort();
    }
    return compiled;
  }();
  for (size_t i = 0; i < patterns.size(); i++)
    if (RE2::PartialMatch(line, *patterns[i])) return &kExceptions[i];
  return nullptr;
}

}  // namespace cairn::grid
