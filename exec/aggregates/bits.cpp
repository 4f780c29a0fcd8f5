#include "exec/aggregates/functions.h"
#include "exec/aggregates/saved_values.h"
#include "exec/evaluation/integral_output.h"
#include "vector/read_row.h"

namespace cairn {

namespace {

class Bits : public AggregateState {
 public:
  explicit Bits(AggregateKind function) : function_(function) {}
  void resize(size_t groups) override { values_.resize(groups, function_ == AggregateKind::kBitAnd ? -1 : 0); }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (argument.valid(row)) add(batch.groups.at(row), static_cast<int64_t>(read_integral(argument, row)));
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const Bits& other = static_cast<Bits&>(from_state);
    for (size_t g = 0; g < groups; ++g) add(to[g], other.values_[from == nullptr ? g : from[g]]);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    append_integers(out, result.groups, result.counts, [&](size_t g) { return int128_t{values_[result.begin + g]}; });
  }
  size_t bytes() const override { return values_.capacity() * sizeof(int64_t); }
  std::vector<Type> saved_types() const override { return {Type::big_int()}; }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override {
    save_values(groups, values_.data(), columns[0]);
  }
  void load(std::span<const Vector> columns, size_t groups) override { load_values(columns[0], groups, values_.data()); }

 private:
  void add(size_t group, int64_t value) {
    if (function_ == AggregateKind::kBitAnd) {
      values_[group] &= value;
    } else if (function_ == AggregateKind::kBitOr) {
      values_[group] |= value;
    } else {
      values_[group] ^= value;
    }
  }

  AggregateKind function_;
  LargeVector<int64_t> values_;
};

}  // namespace

std::unique_ptr<AggregateState> make_bits(AggregateKind function) { return std::make_unique<Bits>(function); }

}  // namespace cairn
