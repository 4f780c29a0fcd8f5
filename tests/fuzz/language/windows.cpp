#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {
namespace {

/// A window function may not meet a literal that has no type yet.
std::string typed(const std::string& text) { return text.starts_with('\'') ? "CAST(" + text + " AS text)" : text; }

/// For what sees single rows: an order in which only equal rows are undecided. One window for the whole scope: two
/// could decide differently which of equal rows comes first.
std::string ordered_by_all(const Scope& scope) {
  std::string text = scope.columns.size() % 2 == 0 ? "PARTITION BY " + scope.columns[0].text + " " : "";
  for (size_t i = 0; i < scope.columns.size(); i++) text += (i == 0 ? "ORDER BY " : ", ") + scope.columns[i].text;
  return text;
}

}  // namespace

Sql Generator::window(Sort sort, const Scope& scope) {
  Scope local{scope.columns, nullptr, nullptr};
  const Sort argument_sort = sort == Sort::kBoolean ? Sort::kInteger : sort;
  const std::string value = typed(text_of(*leaf(argument_sort, local)));
  const std::string partition = random_.chance(60) ? "PARTITION BY " + typed(text_of(*leaf(comparable_sort(), local))) + " " : "";
  const std::string peers = partition + "ORDER BY " + typed(text_of(*leaf(comparable_sort(), local))) +
                            random_.word({"", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"});
  std::string call;
  switch (random_.below(4)) {
    case 0:  // the same for all peers
      if (sort == Sort::kInteger) call = fmt::format("CAST({} OVER ({}) AS integer)", random_.word({"rank()", "dense_rank()"}), peers);
      break;
    case 1:
      call = fmt::format("{}({}{}) OVER ({})", random_.word({"lag", "lead"}), value, random_.word({"", ", 1", ", 2", ", 0"}),
                         ordered_by_all(scope));
      break;
    case 2:
      call = fmt::format("{}({}) OVER ({} ROWS BETWEEN {} AND {}{})", random_.word({"first_value", "last_value", "min", "max"}), value,
                         ordered_by_all(scope), random_.word({"UNBOUNDED PRECEDING", "2 PRECEDING", "CURRENT ROW"}),
                         random_.word({"CURRENT ROW", "1 FOLLOWING", "UNBOUNDED FOLLOWING"}),
                         random_.word({"", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES"}));
      break;
    default: break;
  }
  if (call.empty()) {
    const std::string frame = random_.word({"", "", " RANGE UNBOUNDED PRECEDING", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                                            " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " RANGE UNBOUNDED PRECEDING EXCLUDE GROUP"});
    const std::string where = frame.empty() && random_.chance(40) ? partition : peers + frame;
    const bool sums = (sort == Sort::kInteger || sort == Sort::kNumeric) && random_.chance(50);
    call = fmt::format("{}({}) OVER ({})", sums ? "sum" : random_.word({"min", "max"}), value, where);
    if (sums && sort == Sort::kInteger) call = "CAST(" + call + " AS bigint)";
  }
  return sql(role_of(sort), sort == Sort::kBoolean ? "(" + call + " > 3)" : call);
}

}  // namespace cairn::fuzz
