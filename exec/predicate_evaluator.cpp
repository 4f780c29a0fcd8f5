// A conjunction of predicates over batches.

#include <algorithm>
#include <chrono>
#include <cstring>

#include "exec/evaluation/node.h"
#include "exec/expression_evaluator.h"
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
  std::vector<const Expression*> result;
  std::vector<bool> taken(conjuncts.size());
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    if (taken[i]) continue;
    ValueRange bounds;
    const Expression* bounded;
    const Expression* other;
    std::vector<ExpressionPtr> joined;
    for (size_t j = i + 1; j < conjuncts.size() && evaluation::integral_bounds(*conjuncts[i], bounded, bounds); ++j) {
      if (taken[j] || !evaluation::integral_bounds(*conjuncts[j], other, bounds) || !other->equals(*bounded)) continue;
      taken[j] = true;
      joined.push_back(conjuncts[j]->clone());
    }
    if (joined.empty()) {
      result.push_back(conjuncts[i]);
      continue;
    }
    joined.push_back(conjuncts[i]->clone());
    owned.push_back(Expression::make_and(std::move(joined)));
    result.push_back(owned.back().get());
  }
  return result;
}

}  // namespace

struct PredicateEvaluator::State {
  explicit State(const std::vector<const Expression*>& expressions) : program(join_bounds(expressions, owned)) {
    for (size_t i = 0; i < program.size(); ++i) conjuncts.push_back({i});
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

  /// An error is raised only where no order of the conjuncts avoids it in this batch: so the order in which they are
  /// tried does not show.
  void apply_raising(const Batch& batch, const Space& all) {
    std::ranges::sort(raising, {}, &Conjunct::index);
    while (!raising.empty() && left != 0) {
      auto next = raising.begin();
      if (raising.size() > 1)
        next = std::ranges::find_if(raising, [&](Conjunct* conjunct) { return apply(batch, all, *conjunct, false); });
      if (raising.size() == 1 || next == raising.end()) {
        next = raising.begin();
        apply(batch, all, **next, true);
      }
      raising.erase(next);
    }
  }

  std::vector<ExpressionPtr> owned;
  Program program;
  Frame frame;
  std::vector<Conjunct> conjuncts;
  std::vector<Conjunct*> raising;  ///< those of this batch that wait for the others
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
