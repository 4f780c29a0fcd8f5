#include <functional>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/value_state.h"
#include "exec/evaluation/integral_output.h"
#include "vector/read_row.h"

namespace cairn {

namespace {

/// Integers combined bit by bit, from one that changes nothing.
template <typename Combine, int64_t kNeutral>
class Bits : public ValueState<int64_t> {
 public:
  Bits() : ValueState(kNeutral) {}
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (argument.valid(row)) add(batch.groups.at(row), static_cast<int64_t>(read_integral(argument, row)));
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const Bits& other = static_cast<Bits&>(from_state);
    for (size_t g = 0; g < groups; ++g) add(to[g], other.values_[source_group(from, g)]);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    append_integers(out, result.groups, result.counts, [&](size_t g) { return int128_t{values_[result.begin + g]}; });
  }

 private:
  void add(size_t group, int64_t value) { values_[group] = Combine()(values_[group], value); }
};

}  // namespace

MadeState make_bit_and(const AggregateStateSpec&) { return std::make_unique<Bits<std::bit_and<>, -1>>(); }
MadeState make_bit_or(const AggregateStateSpec&) { return std::make_unique<Bits<std::bit_or<>, 0>>(); }
MadeState make_bit_xor(const AggregateStateSpec&) { return std::make_unique<Bits<std::bit_xor<>, 0>>(); }

}  // namespace cairn
