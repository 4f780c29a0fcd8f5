#pragma once

#include <vector>

#include "tests/fuzz/mutation/tokens.h"
#include "tests/fuzz/random.h"

namespace cairn::fuzz {

/// Makes of statements others that look alike: some mean something else, many mean nothing.
class Mutator {
 public:
  explicit Mutator(Random& random) : random_(random) {}

  /// Statements that pieces are taken of.
  void add(Tokens statement);
  Tokens mutate(Tokens statement);

 private:
  /// A range of tokens: [begin, end).
  struct Range {
    size_t begin, end;
  };
  Range range(const Tokens& tokens, size_t most);
  /// A bracket with all that it holds; an empty range where there is none.
  Range group(const Tokens& tokens);
  const Tokens& other() { return donors_[random_.below(donors_.size())]; }

  void remove(Tokens& tokens);
  void repeat(Tokens& tokens);
  void swap(Tokens& tokens);
  void splice(Tokens& tokens);
  void exchange_group(Tokens& tokens);
  void exchange_word(Tokens& tokens);
  void change_constant(Tokens& tokens);
  void wrap_part(Tokens& tokens);
  void wrap_statement(Tokens& tokens);

  Random& random_;
  std::vector<Tokens> donors_;
};

}  // namespace cairn::fuzz
