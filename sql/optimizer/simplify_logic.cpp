#include <algorithm>
#include <unordered_map>

#include "sql/optimizer/expression_index.h"
#include "sql/optimizer/rewrite.h"
#include "sql/optimizer/simplify.h"

// Three-valued logic: AND, OR, NOT over simplified arguments.

namespace cairn {
namespace {

using Comparison = Expression::Comparison;

bool is_constant_false(const Expression& e) {
  return e.kind == Expression::Kind::kConstant && !e.value.null && e.value.integer == 0;
}

ExpressionPtr boolean_constant(bool value) { return Expression::make_constant(Value::of_boolean(value)); }

/// `x = constant` or `x IN (constants)`: x, or nullptr.
const Expression* listed_operand(const Expression& e) {
  const bool equality = e.kind == Expression::Kind::kCompare && e.comparison == Comparison::kEqual;
  if (!equality && e.kind != Expression::Kind::kIn) return nullptr;
  for (size_t i = 1; i < e.arguments.size(); ++i) {
    if (e.arguments[i]->kind != Expression::Kind::kConstant) return nullptr;
  }
  return e.arguments[0]->kind == Expression::Kind::kConstant ? nullptr : e.arguments[0].get();
}

/// x = 1 OR x IN (2, 3) becomes x IN (1, 2, 3), where x's first test stands.
std::vector<ExpressionPtr> merge_lists(std::vector<ExpressionPtr> disjuncts) {
  std::vector<ExpressionPtr> merged;
  ExpressionIndex operands;
  std::unordered_map<const Expression*, std::pair<size_t, DistinctExpressions>> lists;  // by operand: place, constants
  for (auto& disjunct : disjuncts) {
    const Expression* operand = listed_operand(*disjunct);
    if (operand == nullptr) {
      merged.push_back(std::move(disjunct));
      continue;
    }
    const Expression* known = operands.find(*operand);
    if (known == nullptr) {
      operands.add(*operand);
      lists[operand].first = merged.size();
      merged.push_back(std::move(disjunct));
      continue;
    }
    auto& [place, constants] = lists[known];
    for (Expression* list : {merged[place].get(), disjunct.get()}) {
      for (size_t i = 1; i < list->arguments.size(); ++i) constants.add(std::move(list->arguments[i]));
      list->arguments.resize(1);
    }
  }
  for (auto& [operand, list] : lists) {
    if (list.second.size() == 0) continue;  // it is the only test of its operand
    Expression& host = *merged[list.first];
    host.kind = Expression::Kind::kIn;
    for (ExpressionPtr& constant : list.second.take()) host.arguments.push_back(std::move(constant));
  }
  return merged;
}

/// (a AND x) OR (a AND y) becomes a AND (x OR y); (a) OR (a AND y) becomes a. In three-valued logic too: AND and OR
/// are min and max over FALSE < NULL < TRUE, a distributive lattice.
ExpressionPtr factored(std::vector<ExpressionPtr> disjuncts) {
  std::vector<std::vector<ExpressionPtr>> branches(disjuncts.size());
  for (size_t i = 0; i < disjuncts.size(); ++i) split_conjunction(std::move(disjuncts[i]), branches[i]);

  std::vector<ExpressionIndex> indexes;
  for (const auto& branch : branches) indexes.emplace_back(branch);
  DistinctExpressions common;
  for (const auto& candidate : branches[0]) {
    const bool everywhere = std::all_of(indexes.begin() + 1, indexes.end(),
                                        [&](const auto& index) { return index.find(*candidate) != nullptr; });
    if (everywhere) common.add(candidate->clone());
  }
  const ExpressionIndex is_common(common.list());
  std::vector<ExpressionPtr> rests;
  bool absorbed = false;  // a branch is made of common conjuncts alone
  for (auto& branch : branches) {
    std::erase_if(branch, [&](const ExpressionPtr& e) { return is_common.find(*e) != nullptr; });
    absorbed = absorbed || branch.empty();
    rests.push_back(make_conjunction(std::move(branch)));
  }
  if (common.size() == 0) return make_disjunction(std::move(rests));
  std::vector<ExpressionPtr> result = common.take();
  if (!absorbed) {
    ExpressionPtr rest = Expression::make_or(std::move(rests));
    result.push_back(simplified_or(std::move(rest)));
  }
  return make_conjunction(std::move(result));
}

}  // namespace

ExpressionPtr simplified_and(ExpressionPtr e) {
  std::vector<ExpressionPtr> flat;
  DistinctExpressions kept;
  split_conjunction(std::move(e), flat);
  for (auto& conjunct : flat) {
    if (is_constant_false(*conjunct)) return std::move(conjunct);
    if (!is_true(*conjunct)) kept.add(std::move(conjunct));
  }
  return make_conjunction(kept.take());
}

ExpressionPtr simplified_or(ExpressionPtr e) {
  std::vector<ExpressionPtr> flat;
  DistinctExpressions distinct;
  split_disjunction(std::move(e), flat);
  for (auto& disjunct : flat) {
    if (is_true(*disjunct)) return std::move(disjunct);
    if (!is_constant_false(*disjunct)) distinct.add(std::move(disjunct));
  }
  if (distinct.size() == 0) return boolean_constant(false);
  std::vector<ExpressionPtr> kept = merge_lists(distinct.take());
  if (kept.size() == 1) return std::move(kept[0]);
  return factored(std::move(kept));
}

ExpressionPtr simplified_not(ExpressionPtr e) {
  Expression& argument = *e->arguments[0];
  switch (argument.kind) {
    case Expression::Kind::kNot:
      return std::move(argument.arguments[0]);
    case Expression::Kind::kCompare:
      argument.comparison = inverted(argument.comparison);
      return std::move(e->arguments[0]);
    case Expression::Kind::kIsNull:
      argument.kind = Expression::Kind::kIsNotNull;
      return std::move(e->arguments[0]);
    case Expression::Kind::kIsNotNull:
      argument.kind = Expression::Kind::kIsNull;
      return std::move(e->arguments[0]);
    case Expression::Kind::kAnd:
    case Expression::Kind::kOr: {
      std::vector<ExpressionPtr> negated;
      for (auto& part : argument.arguments) {
        negated.push_back(simplified_not(Expression::make_not(std::move(part))));
      }
      const bool was_and = argument.kind == Expression::Kind::kAnd;
      return was_and ? simplified_or(Expression::make_or(std::move(negated)))
                     : simplified_and(Expression::make_and(std::move(negated)));
    }
    case Expression::Kind::kConstant:
      if (argument.value.null) return std::move(e->arguments[0]);
      return boolean_constant(argument.value.integer == 0);
    default: return e;
  }
}

Comparison inverted(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual: return Comparison::kNotEqual;
    case Comparison::kNotEqual: return Comparison::kEqual;
    case Comparison::kLess: return Comparison::kGreaterEqual;
    case Comparison::kLessEqual: return Comparison::kGreater;
    case Comparison::kGreater: return Comparison::kLessEqual;
    case Comparison::kGreaterEqual: return Comparison::kLess;
    case Comparison::kDistinct: return Comparison::kNotDistinct;
    case Comparison::kNotDistinct: return Comparison::kDistinct;
  }
  return comparison;
}

Comparison flipped(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLess: return Comparison::kGreater;
    case Comparison::kLessEqual: return Comparison::kGreaterEqual;
    case Comparison::kGreater: return Comparison::kLess;
    case Comparison::kGreaterEqual: return Comparison::kLessEqual;
    default: return comparison;
  }
}

}  // namespace cairn
