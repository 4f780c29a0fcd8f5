#include "tests/fuzz/judge.h"

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {

std::string Case::script() const {
  std::string text;
  for (const Sql& change : changes) text += text_of(*change) + ";\n";
  return text + text_of(*query);
}

bool Case::ordered() const {
  for (const Sql& child : query->children)
    if (child->role == Generator::kTotalOrder) return true;
  return false;
}

}  // namespace cairn::fuzz
