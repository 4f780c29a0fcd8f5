#include "exec/evaluation/predicate_evaluator.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <unordered_map>

#include "exec/evaluation/node.h"
#include "vector/error.h"
#include "vector/kernels/decode.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/mask.h"

namespace cairn {

using evaluation::Frame;
using evaluation::Node;
using evaluation::Program;
using evaluation::Space;

namespace {

/// What is known of a conjunct from the batches so far; old batches count ever less. Costs are cycles.
struct Conjunct {
  size_t index = 0;
  double rows = 0;
  double passed = 0;
  double cost = 0;
  bool raises = false;  ///< it did for some row, or would not be tried: it comes after those that do not
  bool is_volatile = false;

  double cost_per_row() const { return rows == 0 ? 0 : cost / rows; }
  /// Cost per row that it removes: lower comes first.
  double rank() const {
    const double removed = rows - passed + 1;
    return cost / removed;
  }
};

/// A conjunct below this cost per row is computed over all rows, whatever is selected: finding the selected rows'
/// values would cost more.
constexpr double kCheapCostPerRow = 4;
constexpr uint64_t kBatchesPerReordering = 32;

/// Cycles, or nanoseconds where there is no cheap counter.
uint64_t now() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// Joins comparisons that bound the same thing (from below and from above: BETWEEN) into one conjunct, which the
/// program computes in one pass. The joined ones are kept in `owned`.
std::vector<const Expression*> join_bounds(const std::vector<const Expression*>& conjuncts, std::vector<ExpressionPtr>& owned) {
  struct Group {
    const Expression* bounded;
    std::vector<const Expression*> members;
  };
  std::vector<Group> groups;
  std::unordered_map<std::string, size_t> by_text;  // of what is bounded
  for (const Expression* conjunct : conjuncts) {
    ValueRange bounds;
    const Expression* bounded = nullptr;
    if (evaluation::integral_bounds(*conjunct, bounded, bounds)) {
      const auto [known, is_new] = by_text.try_emplace(bounded->to_string(), groups.size());
      if (!is_new && groups[known->second].bounded->equals(*bounded)) {
        groups[known->second].members.push_back(conjunct);
        continue;
      }
    }
    groups.push_back({bounded, {conjunct}});
  }
  std::vector<const Expression*> result;
  for (const Group& group : groups) {
    if (group.members.size() == 1) {
      result.push_back(group.members[0]);
      continue;
    }
    std::vector<ExpressionPtr> joined;
    for (const Expression* member : group.members) joined.push_back(member->clone());
    owned.push_back(Expression::make_and(std::move(joined)));
    result.push_back(owned.back().get());
  }
  return result;
}

}  // namespace

struct PredicateEvaluator::State {
  explicit State(const std::vector<const Expression*>& expressions)
      : joined(join_bounds(expressions, owned)), program(joined) {
    for (size_t i = 0; i < program.size(); ++i) conjuncts.push_back({.index = i, .is_volatile = is_volatile(*joined[i])});
  }

  /// Rows of `mask` for which the conjunct is true, over the whole batch.
  bool apply_to_all(const Batch& batch, const Space& all, Conjunct& conjunct) {
    const uint64_t* truth;
    if (!program.root(conjunct.index)->true_rows(frame, all, truth)) return false;
    for (size_t i = 0; i < mask_words(batch.size); ++i) mask[i] &= truth[i];
    return true;
  }

  bool apply_to_left(const Batch& batch, Conjunct& conjunct, bool may_raise) {
    indices.resize(batch.size + 64);
    const size_t count = mask_to_indices(mask.data(), batch.size, indices.data());
    const Space space{&batch, count == batch.size ? nullptr : indices.data(), count, frame.next_space_id(), may_raise};
    const uint64_t* truth;
    if (!program.root(conjunct.index)->true_rows(frame, space, truth)) return false;
    std::memset(mask.data(), 0, mask_words(batch.size) * 8);
    for (size_t i = 0; i < count; ++i) {
      const uint64_t bit = (truth[i / 64] >> (i % 64)) & 1;
      mask[indices[i] / 64] |= bit << (indices[i] % 64);
    }
    return true;
  }

  /// Narrows the mask. False, and nothing is done, where a row that is left makes the conjunct raise an error and
  /// `may_raise` is not set.
  bool apply(const Batch& batch, const Space& all, Conjunct& conjunct, bool may_raise) {
    const uint64_t begin = now();
    const size_t before = left;
    const bool cheap = conjunct.cost_per_row() < kCheapCostPerRow || left * 4 >= batch.size * 3;
    const bool over_all = cheap && apply_to_all(batch, all, conjunct);
    if (!over_all && !apply_to_left(batch, conjunct, may_raise)) return false;
    left = count_mask(mask.data(), batch.size);
    const double cost = static_cast<double>(now() - begin);
    conjunct.rows += static_cast<double>(before);
    conjunct.passed += static_cast<double>(left);
    conjunct.cost += cost * (over_all ? static_cast<double>(before) / static_cast<double>(batch.size) : 1);
    return true;
  }

  /// The same where the conjunct may raise: false where it did.
  bool attempt(const Batch& batch, const Space& all, Conjunct& conjunct) {
    try {
      return apply(batch, all, conjunct, true);
    } catch (const Error&) {
      return false;
    }
  }

  /// Narrows the mask to rows for which the conjunct is true, or raises an error, which is kept: some other conjunct may
  /// yet drop the row.
  void apply_keeping_errors(const Batch& batch, Conjunct& conjunct) {
    std::vector<uint32_t> rows(batch.size + 64);
    rows.resize(mask_to_indices(mask.data(), batch.size, rows.data()));
    std::memset(mask.data(), 0, mask_words(batch.size) * 8);
    test_rows(batch, conjunct, rows);
    left = count_mask(mask.data(), batch.size);
  }

  /// Of rows together one error is told: halved until each that raises stands alone.
  void test_rows(const Batch& batch, Conjunct& conjunct, std::span<const uint32_t> rows) {
    const auto keep = [&](uint32_t row) { mask[row / 64] |= uint64_t{1} << (row % 64); };
    try {
      const Space space{&batch, rows.data(), rows.size(), frame.next_space_id(), true};
      const uint64_t* truth;
      program.root(conjunct.index)->true_rows(frame, space, truth);
      for (size_t i = 0; i < rows.size(); ++i) {
        if ((truth[i / 64] >> (i % 64)) & 1) keep(rows[i]);
      }
    } catch (const Error& error) {
      if (rows.size() > 1) {
        test_rows(batch, conjunct, rows.first(rows.size() / 2));
        return test_rows(batch, conjunct, rows.subspan(rows.size() / 2));
      }
      kept_errors.try_emplace(rows[0], error);
      keep(rows[0]);
    }
  }

  /// An error is raised only for a row that no other conjunct drops: so the order in which they are tried does not show.
  /// (A volatile one is computed once for a row, when its turn comes.)
  void apply_raising(const Batch& batch, const Space& all) {
    std::ranges::sort(raising, {}, &Conjunct::index);
    kept_errors.clear();
    while (!raising.empty() && left != 0) {
      auto next = raising.begin();
      const bool alone = raising.size() == 1 && kept_errors.empty();
      if (!alone) {
        next = std::ranges::find_if(raising, [&](Conjunct* conjunct) {
          return apply(batch, all, *conjunct, false) || (!conjunct->is_volatile && attempt(batch, all, *conjunct));
        });
      }
      if (!alone && next == raising.end() && !raising.front()->is_volatile) {
        next = raising.begin();
        apply_keeping_errors(batch, **next);
      } else if (alone || next == raising.end()) {
        next = raising.begin();
        apply(batch, all, **next, true);
      }
      raising.erase(next);
    }
    for (const auto& [row, error] : kept_errors) {
      if ((mask[row / 64] >> (row % 64)) & 1) throw error;
    }
  }

  std::vector<ExpressionPtr> owned;
  std::vector<const Expression*> joined;
  Program program;
  Frame frame;
  std::vector<Conjunct> conjuncts;
  std::vector<Conjunct*> raising;  ///< those of this batch that wait for the others
  std::map<uint32_t, Error> kept_errors;  ///< by row of this batch: what a conjunct raised for it
  size_t left = 0;                 ///< rows
  std::vector<uint64_t> mask;      ///< the same, over the whole batch
  std::vector<uint32_t> indices;   ///< the same as indices
  uint64_t batches = 0;
};

PredicateEvaluator::PredicateEvaluator(std::vector<const Expression*> conjuncts)
    : state_(std::make_unique<State>(conjuncts)) {}
PredicateEvaluator::~PredicateEvaluator() = default;

size_t PredicateEvaluator::select(Batch& batch) {
  State& state = *state_;
  if (state.conjuncts.empty() || batch.row_count() == 0) return batch.row_count();
  state.frame.begin_batch();
  const size_t words = mask_words(batch.size);
  state.mask.resize(words);
  size_t& left = state.left = batch.row_count();
  if (!batch.selected) {
    for (size_t i = 0; i < words; ++i) state.mask[i] = low_bits(batch.size - i * 64);
  } else if (batch.selection.mask != nullptr) {
    std::memcpy(state.mask.data(), batch.selection.mask, words * 8);
  } else {
    indices_to_mask(batch.selection.indices, batch.selection.count, batch.size, state.mask.data());
  }
  if (++state.batches % kBatchesPerReordering == 0) {
    std::stable_sort(state.conjuncts.begin(), state.conjuncts.end(),
                     [](const Conjunct& a, const Conjunct& b) { return a.rank() < b.rank(); });
    for (Conjunct& conjunct : state.conjuncts) conjunct.rows *= 0.5, conjunct.passed *= 0.5, conjunct.cost *= 0.5;
  }
  const Space all{&batch, nullptr, batch.size, state.frame.next_space_id(), false};
  const bool was_selected = batch.selected;
  const size_t before_all = left;
  state.raising.clear();
  for (Conjunct& conjunct : state.conjuncts) {
    if (left == 0) break;
    conjunct.raises = conjunct.raises || !state.apply(batch, all, conjunct, false);
    if (conjunct.raises) state.raising.push_back(&conjunct);
  }
  state.apply_raising(batch, all);
  if (left == before_all && !was_selected) return left;
  state.indices.resize(batch.size + 64);
  batch.selected = true;
  batch.selection.indices = state.indices.data();
  batch.selection.count = mask_to_indices(state.mask.data(), batch.size, state.indices.data());
  batch.selection.mask = state.mask.data();
  return left;
}

}  // namespace cairn
