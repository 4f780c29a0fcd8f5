// Functions whose result depends on the order of the input, and those over distinct values.

#include <algorithm>
#include <numeric>

#include "exec/aggregate_functions.h"
#include "exec/group_index.h"
#include "exec/integral_output.h"

namespace cairn {

namespace {


size_t source(const uint32_t* from, size_t i) { return from == nullptr ? i : from[i]; }

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
    for (size_t i = 0; i < groups; ++i) add(to[i], other.values_[source(from, i)], other.positions_[source(from, i)]);
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
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (!values.valid(row)) continue;
      pieces_.push_back({batch.groups.at(row), {batch.morsel, pieces_.size()}, heap_.add(data[row].view())});
    }
  }
  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    StringAgg& other = static_cast<StringAgg&>(from_state);
    constexpr uint32_t kNone = UINT32_MAX;
    std::vector<uint32_t> target(other.group_count_, kNone);
    for (size_t i = 0; i < groups; ++i) target[source(from, i)] = to[i];
    for (const Piece& piece : other.pieces_) {
      if (target[piece.group] == kNone) continue;
      pieces_.push_back({target[piece.group], piece.position, heap_.add(piece.text.view())});
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
        if (piece != first) text += separator_;
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
  };
  std::string separator_;
  size_t group_count_ = 0;
  std::vector<Piece> pieces_;
  StringHeap heap_;
  FlatScratch flat_;
};

/// The set of (group, value) pairs; the function itself sees each once, at the end, in the order of their first
/// appearance.
class Distinct : public AggregateState {
 public:
  explicit Distinct(const AggregateLayout::State& inner)
      : inner_(inner), pairs_(std::make_unique<HashGroups>(std::vector<Type>{Type::big_int(), inner.argument})) {
    inner_.distinct = false;
  }
  void resize(size_t groups) override { group_count_ = groups; }

  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    Vector groups;
    groups.type = Type::big_int();
    groups.encoding = Encoding::kFrameOfReference;
    groups.code_bytes = batch.groups.id_bytes;
    groups.size = batch.groups.rows;
    groups.data = batch.groups.ids;
    add(groups, argument);
  }

  void merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) override {
    Distinct& other = static_cast<Distinct&>(from_state);
    constexpr uint32_t kNone = UINT32_MAX;
    std::vector<uint32_t> target(other.group_count_, kNone);
    for (size_t i = 0; i < groups; ++i) target[source(from, i)] = to[i];
    std::vector<uint64_t> scratch;
    const size_t pairs = other.pairs_->size();
    std::vector<int64_t> mapped;
    std::vector<uint32_t> rows;
    const int64_t* theirs = pairs == 0 ? nullptr : other.pairs_->keys(0, 0, pairs, scratch).values<int64_t>();
    for (size_t pair = 0; pair < pairs; ++pair) {
      const uint32_t group = target[theirs[pair]];
      if (group == kNone) continue;
      mapped.push_back(group);
      rows.push_back(static_cast<uint32_t>(pair));
    }
    if (rows.empty()) return;
    Vector groups_of;
    groups_of.type = Type::big_int();
    groups_of.size = rows.size();
    groups_of.data = mapped.data();
    FlatScratch flat;
    add(groups_of, gather(other.pairs_->keys(1, 0, pairs, scratch), rows.data(), rows.size(), flat));
  }

  void prepare_finish() override {
    counts_.assign(std::max<size_t>(group_count_, 1), 0);
    AggregateLayout::State plain = inner_;
    if (plain.function == AggregateKind::kAverage) plain.function = AggregateKind::kSum;
    if (plain.function != AggregateKind::kCount) {
      state_ = make_aggregate_state(plain);
      state_->resize(group_count_);
    }
    const size_t pairs = pairs_->size();
    if (pairs == 0) return;
    std::vector<uint64_t> scratch;
    std::vector<uint32_t> ids(pairs);
    const int64_t* groups = pairs_->keys(0, 0, pairs, scratch).values<int64_t>();
    for (size_t pair = 0; pair < pairs; ++pair) {
      ids[pair] = static_cast<uint32_t>(groups[pair]);
      ++counts_[ids[pair]];
    }
    if (state_ == nullptr) return;
    const GroupIds all{ids.data(), 4, pairs, static_cast<uint32_t>(group_count_)};
    state_->update({all, nullptr, 0, 0}, pairs_->keys(1, 0, pairs, scratch));
  }

  void finish(const AggregateResult& result, ColumnBuffer& out) override {
    const int64_t* counts = counts_.data() + result.begin;
    if (result.function == AggregateKind::kCount) {
      append_integers(out, result.groups, nullptr, [&](size_t g) { return int128_t{counts[g]}; });
    } else {
      state_->finish({result.function, result.begin, result.groups, counts}, out);
    }
  }

  size_t bytes() const override { return pairs_->bytes(); }

 private:
  /// NULLs do not count.
  void add(const Vector& groups, const Vector& values) {
    FlatScratch group_scratch, value_scratch;
    std::vector<uint32_t> rows;
    Vector keys[2] = {groups, values};
    if (values.may_have_nulls()) {
      for (uint32_t row = 0; row < groups.size; ++row) {
        if (values.valid(row)) rows.push_back(row);
      }
      if (rows.empty()) return;
      keys[0] = gather(groups, rows.data(), rows.size(), group_scratch);
      keys[1] = gather(values, rows.data(), rows.size(), value_scratch);
      keys[1].validity = nullptr;
    }
    ids_.resize(keys[0].size);
    pairs_->find_or_add(keys, keys[0].size, ids_.data());
  }

  AggregateLayout::State inner_;
  size_t group_count_ = 0;
  std::unique_ptr<HashGroups> pairs_;
  std::vector<uint32_t> ids_;
  std::vector<int64_t> counts_;
  std::unique_ptr<AggregateState> state_;
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

std::unique_ptr<AggregateState> make_distinct(const AggregateLayout::State& inner) {
  return std::make_unique<Distinct>(inner);
}

std::unique_ptr<AggregateState> make_aggregate_state(const AggregateLayout::State& state) {
  if (state.argument.id == TypeId::kNull) return make_null_state();
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
    default: return make_moments(state.argument);
  }
}

}  // namespace cairn
