// Functions whose result depends on the order of the input.

#include <algorithm>
#include <numeric>

#include "exec/aggregates/functions.h"

namespace cairn {

namespace {

/// Where a value stood in the input. A morsel's rows are seen by one fragment, in order, so that numbering the values
/// as they come orders them within it.
struct Position {
  uint64_t morsel = UINT64_MAX;
  uint64_t sequence = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

template <typename T>
class First : public AggregateState {
 public:
  void resize(size_t groups) override {
    values_.resize(groups);
    positions_.resize(groups);
  }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    const Vector values = flatten(argument, nullptr, flat_);
    const T* data = values.template values<T>();
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (values.valid(row)) add(batch.groups.at(row), data[row], {batch.morsel, sequence_++});
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    const First& other = static_cast<First&>(from_state);
    for (size_t i = 0; i < groups; ++i) add(to[i], other.values_[source_group(from, i)], other.positions_[source_group(from, i)]);
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    Vector vector;
    vector.type = out.type();
    vector.size = result.groups;
    vector.data = values_.data() + result.begin;
    const size_t first = out.size();
    out.append(vector);
    for (size_t g = 0; g < result.groups; ++g) {
      if (positions_[result.begin + g].morsel == UINT64_MAX) out.set_null(first + g);
    }
  }
  size_t bytes() const override { return values_.capacity() * (sizeof(T) + sizeof(Position)) + heap_.bytes(); }

 private:
  void add(size_t group, const T& value, Position position) {
    if (position >= positions_[group]) return;
    positions_[group] = position;
    if constexpr (std::is_same_v<T, StringRef>) {
      values_[group] = value.is_inline() ? value : heap_.add(value.view());
    } else {
      values_[group] = value;
    }
  }

  std::vector<T> values_;
  std::vector<Position> positions_;
  uint64_t sequence_ = 0;
  StringHeap heap_;
  FlatScratch flat_;
};

class StringAgg : public AggregateState {
 public:
  explicit StringAgg(std::string separator) : separator_(std::move(separator)) {}
  void resize(size_t groups) override { group_count_ = groups; }
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    const Vector values = flatten(argument, nullptr, flat_);
    const StringRef* data = values.values<StringRef>();
    Vector separators;
    if (!batch.further.empty()) separators = flatten(batch.further[0], nullptr, separator_flat_);
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (!values.valid(row)) continue;
      Piece piece{batch.groups.at(row), {batch.morsel, pieces_.size()}, heap_.add(data[row].view()), {}};
      if (separators.data != nullptr && separators.valid(row)) {
        piece.separator = heap_.add(separators.values<StringRef>()[row].view());
      }
      pieces_.push_back(piece);
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    StringAgg& other = static_cast<StringAgg&>(from_state);
    constexpr uint32_t kNone = UINT32_MAX;
    std::vector<uint32_t> target(other.group_count_, kNone);
    for (size_t i = 0; i < groups; ++i) target[source_group(from, i)] = to[i];
    for (const Piece& piece : other.pieces_) {
      if (target[piece.group] == kNone) continue;
      pieces_.push_back({target[piece.group], piece.position, heap_.add(piece.text.view()),
                         heap_.add(piece.separator.view())});
    }
  }
  void prepare_finish() override {
    std::sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) {
      return std::tie(a.group, a.position) < std::tie(b.group, b.position);
    });
  }
  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    auto piece = std::lower_bound(pieces_.begin(), pieces_.end(), result.begin,
                                  [](const Piece& a, size_t group) { return a.group < group; });
    std::string text;
    for (size_t group = result.begin; group < result.begin + result.groups; ++group) {
      const auto first = piece;
      text.clear();
      for (; piece != pieces_.end() && piece->group == group; ++piece) {
        if (piece != first) text += separator_.empty() ? piece->separator.view() : std::string_view(separator_);
        text += piece->text.view();
      }
      if (piece == first) {
        out.append_null();
      } else {
        out.append_value(Value::of_string(text));
      }
    }
  }
  size_t bytes() const override { return pieces_.capacity() * sizeof(Piece) + heap_.bytes(); }

 private:
  struct Piece {
    uint32_t group;
    Position position;
    StringRef text;
    StringRef separator;  ///< of a second argument
  };
  std::string separator_;
  size_t group_count_ = 0;
  std::vector<Piece> pieces_;
  StringHeap heap_;
  FlatScratch flat_, separator_flat_;
};

}  // namespace

std::unique_ptr<AggregateState> make_first(const Type& argument) {
  switch (argument.physical()) {
    case Physical::kBool: return std::make_unique<First<uint8_t>>();
    case Physical::kInt16: return std::make_unique<First<int16_t>>();
    case Physical::kInt32: return std::make_unique<First<int32_t>>();
    case Physical::kInt64: return std::make_unique<First<int64_t>>();
    case Physical::kInt128: return std::make_unique<First<int128_t>>();
    case Physical::kFloat: return std::make_unique<First<float>>();
    case Physical::kDouble: return std::make_unique<First<double>>();
    case Physical::kInterval: return std::make_unique<First<Interval>>();
    default: return std::make_unique<First<StringRef>>();
  }
}

std::unique_ptr<AggregateState> make_string_agg(std::string separator) {
  return std::make_unique<StringAgg>(std::move(separator));
}

std::unique_ptr<AggregateState> make_aggregate_state(const AggregateLayout::State& state) {
  if (state.argument.id == TypeId::kNull) return make_null_state();
  if (!state.order.empty()) return make_sorted(state);
  if (state.distinct) return make_distinct(state);
  switch (state.function) {
    case AggregateKind::kSum:
    case AggregateKind::kAverage:
      if (state.argument.id == TypeId::kInterval) return make_interval_sum();
      return state.argument.is_integral() ? make_integral_sum(state.argument) : make_floating_sum();
    case AggregateKind::kMin:
    case AggregateKind::kBoolAnd: return make_extreme(false, state.argument);
    case AggregateKind::kMax:
    case AggregateKind::kBoolOr: return make_extreme(true, state.argument);
    case AggregateKind::kFirst: return make_first(state.argument);
    case AggregateKind::kStringAgg: return make_string_agg(state.separator);
    case AggregateKind::kBitAnd:
    case AggregateKind::kBitOr:
    case AggregateKind::kBitXor: return make_bits(state.function);
    case AggregateKind::kMode: return make_mode(state.argument);
    case AggregateKind::kPercentileContinuous: return make_percentile(state.argument, true, state.fraction);
    case AggregateKind::kPercentileDiscrete: return make_percentile(state.argument, false, state.fraction);
    case AggregateKind::kVarianceSample:
    case AggregateKind::kVariancePopulation:
    case AggregateKind::kDeviationSample:
    case AggregateKind::kDeviationPopulation: return make_moments(state.argument);
    default: return make_pairs();
  }
}

}  // namespace cairn
