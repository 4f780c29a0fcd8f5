// Functions whose result depends on the order of the input.

#include <algorithm>
#include <numeric>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/list_state.h"
#include "exec/aggregates/saved_values.h"

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
  explicit First(const Type& argument) : type_(argument) {}
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
    append_values(result, values_.data(), [&](size_t group) { return positions_[group].morsel != UINT64_MAX; }, out);
  }
  size_t bytes() const override { return values_.capacity() * (sizeof(T) + sizeof(Position)) + heap_.bytes(); }
  std::vector<Type> saved_types() const override { return {type_, Type::big_int(), Type::big_int()}; }
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) override {
    save_values(groups, values_.data(), columns[0]);
    save_each<uint64_t>(groups, columns[1], [&](uint32_t group) { return positions_[group].morsel; });
    save_each<uint64_t>(groups, columns[2], [&](uint32_t group) { return positions_[group].sequence; });
  }
  void load(std::span<const Vector> columns, size_t groups) override {
    const uint64_t *morsels = columns[1].values<uint64_t>(), *sequences = columns[2].values<uint64_t>();
    for (size_t g = 0; g < groups; ++g) add(g, columns[0].template values<T>()[g], {morsels[g], sequences[g]});
  }
  void continue_after(const AggregateState& before) override { sequence_ = static_cast<const First&>(before).sequence_; }

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

  Type type_;
  std::vector<T> values_;
  std::vector<Position> positions_;
  uint64_t sequence_ = 0;
  StringHeap heap_;
  FlatScratch flat_;
};

class StringAgg : public ListState {
 public:
  explicit StringAgg(std::string separator) : separator_(std::move(separator)) {}
  void update(const GroupedBatch& batch, const Vector& argument) override {
    if (argument.constant_null()) return;
    const Vector values = flatten(argument, nullptr, flat_);
    const StringRef* data = values.values<StringRef>();
    Vector separators;
    if (!batch.further.empty()) separators = flatten(batch.further[0], nullptr, separator_flat_);
    for (size_t row = 0; row < batch.groups.rows; ++row) {
      if (!values.valid(row)) continue;
      Piece piece{batch.groups.at(row), {batch.morsel, seen_++}, heap_.add(data[row].view()), {}};
      if (separators.data != nullptr && separators.valid(row)) {
        piece.separator = heap_.add(separators.values<StringRef>()[row].view());
      }
      pieces_.push_back(piece);
    }
  }
  /// Group, position, text, separator.
  std::vector<Type> saved_types() const override {
    return {Type::big_int(), Type::big_int(), Type::big_int(), Type::varchar(), Type::varchar()};
  }
  void for_each_batch(const std::function<void(Batch&)>& visit) const override {
    std::vector<int64_t> numbers[3];
    std::vector<StringRef> texts[2];
    for (size_t begin = 0; begin < pieces_.size(); begin += kShownRows) {
      Batch batch;
      batch.size = std::min(kShownRows, pieces_.size() - begin);
      for (auto& column : numbers) column.resize(batch.size);
      for (auto& column : texts) column.resize(batch.size);
      for (size_t row = 0; row < batch.size; ++row) {
        const Piece& piece = pieces_[begin + row];
        numbers[0][row] = piece.group;
        numbers[1][row] = static_cast<int64_t>(piece.position.morsel);
        numbers[2][row] = static_cast<int64_t>(piece.position.sequence);
        texts[0][row] = piece.text;
        texts[1][row] = piece.separator;
      }
      for (const auto& column : numbers) batch.columns.push_back(integers(column.data(), batch.size));
      for (const auto& column : texts) {
        Vector vector = integers(nullptr, batch.size);
        vector.type = Type::varchar();
        vector.data = column.data();
        batch.columns.push_back(vector);
      }
      visit(batch);
    }
  }
  void add_rows(const Batch& batch) override {
    const auto number = [&](size_t column, size_t row) { return batch.columns[column].values<int64_t>()[row]; };
    const auto text = [&](size_t column, size_t row) {
      return heap_.add(batch.columns[column].values<StringRef>()[row].view());
    };
    for (size_t i = 0; i < batch.row_count(); ++i) {
      const size_t row = batch.selected ? batch.selection.indices[i] : i;
      const Position position{static_cast<uint64_t>(number(1, row)), static_cast<uint64_t>(number(2, row))};
      pieces_.push_back({static_cast<uint32_t>(number(0, row)), position, text(3, row), text(4, row)});
    }
  }
  void continue_after(const AggregateState& before) override { seen_ = static_cast<const StringAgg&>(before).seen_; }
  void prepare_finish(const Parallel&) override {
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
  static constexpr size_t kShownRows = 2048;
  struct Piece {
    uint32_t group;
    Position position;
    StringRef text;
    StringRef separator;  ///< of a second argument
  };
  std::string separator_;
  std::vector<Piece> pieces_;
  uint64_t seen_ = 0;  ///< values
  StringHeap heap_;
  FlatScratch flat_, separator_flat_;
};

}  // namespace

MadeState make_first(const AggregateStateSpec& spec) {
  const Type& argument = spec.argument;
  switch (argument.physical()) {
    case Physical::kBool: return std::make_unique<First<uint8_t>>(argument);
    case Physical::kInt16: return std::make_unique<First<int16_t>>(argument);
    case Physical::kInt32: return std::make_unique<First<int32_t>>(argument);
    case Physical::kInt64: return std::make_unique<First<int64_t>>(argument);
    case Physical::kInt128: return std::make_unique<First<int128_t>>(argument);
    case Physical::kFloat: return std::make_unique<First<float>>(argument);
    case Physical::kDouble: return std::make_unique<First<double>>(argument);
    case Physical::kInterval: return std::make_unique<First<Interval>>(argument);
    default: return std::make_unique<First<StringRef>>(argument);
  }
}

MadeState make_string_agg(const AggregateStateSpec& spec) { return std::make_unique<StringAgg>(spec.separator); }

}  // namespace cairn
