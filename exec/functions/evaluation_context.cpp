#include "exec/functions/evaluation_context.h"

#include <algorithm>
#include <vector>

#include "vector/column_buffer.h"

namespace cairn {

struct EvaluationContext::State {
  std::vector<AlignedBytes> blocks;  ///< after a reset: at most one, large enough for all that the last batch took
  size_t used = 0;                   ///< bytes of the last block
  size_t total = 0;                  ///< capacity of all blocks
  StringHeap strings;
};

EvaluationContext::EvaluationContext() : state_(std::make_unique<State>()) {}
EvaluationContext::~EvaluationContext() = default;
EvaluationContext::EvaluationContext(EvaluationContext&&) noexcept = default;

void* EvaluationContext::allocate(size_t bytes) {
  State& state = *state_;
  const size_t needed = (bytes + 63) / 64 * 64 + 64;
  if (state.blocks.empty() || state.blocks.back().capacity() - state.used < needed) {
    const size_t capacity = std::max({needed, state.total, size_t{1} << 12});
    state.blocks.emplace_back();
    state.blocks.back().grow(capacity, 0);
    state.total += state.blocks.back().capacity();
    state.used = 0;
  }
  void* memory = state.blocks.back().data() + state.used;
  state.used += needed;
  return memory;
}

void EvaluationContext::reset() {
  State& state = *state_;
  if (state.blocks.size() > 1) {
    state.blocks.clear();
    state.blocks.emplace_back();
    state.blocks.back().grow(state.total, 0);
    state.total = state.blocks.back().capacity();
  }
  state.used = 0;
  if (state.strings.bytes() != 0) state.strings = StringHeap();
}

StringHeap& EvaluationContext::strings() { return state_->strings; }

}  // namespace cairn
