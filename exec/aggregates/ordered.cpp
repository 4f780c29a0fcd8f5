// Functions whose result depends on the order of the input.

#include <algorithm>
#include <numeric>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/group_members.h"
#include "exec/aggregates/list_state.h"
#include "exec/aggregates/saved_values.h"
#include "vector/error.h"

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

/// Texts in the input's order. What a batch has of a group becomes one piece.
class StringAgg : public ListState {
 public:
  explicit StringAgg(std::string separator) : separator_(std::move(separator)) {}
  void update(const GroupedBatch& batch, const Vector& argument) override;
  /// Group, position, text, the separator before it.
  std::vector<Type> saved_types() const override {
    return {Type::big_int(), Type::big_int(), Type::big_int(), Type::varchar(), Type::varchar()};
  }
  void for_each_batch(const std::function<void(Batch&)>& visit) const override;
  void add_rows(const Batch& batch) override;
  bool adopt(ListState& from, const uint32_t* to) override;
  void continue_after(const AggregateState& before) override { seen_ = static_cast<const StringAgg&>(before).seen_; }
  void prepare_finish(const Parallel& parallel) override;
  void finish(const AggregateResult& result, ColumnBuffer& out) override;
  size_t bytes() const override {
    return pieces_.capacity() * sizeof(Piece) + heap_.bytes() + members_.bytes() + open_.capacity() * sizeof(uint32_t);
  }

 private:
  static constexpr size_t kShownRows = 2048;
  struct Piece {
    uint32_t group;
    uint32_t text_bytes;
    Position position;  ///< of its first value
    const char* text;
    StringRef separator;  ///< before its first value; of a second argument

    std::string_view view() const { return {text, text_bytes}; }
  };
  std::string_view separator_of(const StringRef& own) const { return separator_.empty() ? own.view() : separator_; }
  const char* keep(std::string_view text) { return append(heap_.allocate(text.size()), text) - text.size(); }
  /// The end of the copy.
  static char* append(char* to, std::string_view text) { return std::copy(text.begin(), text.end(), to); }

  std::string separator_;
  LargeVector<Piece> pieces_;
  uint64_t seen_ = 0;  ///< values
  StringHeap heap_;
  FlatScratch flat_, separator_flat_;
  std::vector<uint32_t> open_;  ///< per group: its last piece of an update
  GroupMembers members_;        ///< pieces, in order
};

void StringAgg::update(const GroupedBatch& batch, const Vector& argument) {
  if (argument.constant_null()) return;
  const Vector values = flatten(argument, nullptr, flat_);
  const StringRef* texts = values.values<StringRef>();
  Vector separators;
  if (!batch.further.empty()) separators = flatten(batch.further[0], nullptr, separator_flat_);
  const auto own_separator = [&](size_t row) {
    return separators.data != nullptr && separators.valid(row) ? separators.values<StringRef>()[row] : StringRef();
  };
  const size_t before = pieces_.size();
  std::vector<size_t> bytes;  // of the batch's pieces
  open_.resize(std::max(open_.size(), group_count_), 0);
  for (size_t row = 0; row < batch.groups.rows; ++row) {
    if (!values.valid(row)) continue;
    const uint32_t group = batch.groups.at(row);
    uint32_t& open = open_[group];
    const size_t text_bytes = texts[row].size();
    if (open >= before && open < pieces_.size() && pieces_[open].group == group) {
      bytes[open - before] += separator_of(own_separator(row)).size() + text_bytes;
    } else {
      open = static_cast<uint32_t>(pieces_.size());
      const StringRef own = own_separator(row);
      pieces_.push_back({group, 0, {batch.morsel, seen_}, nullptr, own.is_inline() ? own : heap_.add(own.view())});
      bytes.push_back(text_bytes);
    }
    ++seen_;
  }
  std::vector<char*> ends(bytes.size(), nullptr);
  for (size_t row = 0; row < batch.groups.rows; ++row) {
    if (!values.valid(row)) continue;
    const size_t number = open_[batch.groups.at(row)] - before;
    char*& end = ends[number];
    if (end == nullptr) {
      Piece& piece = pieces_[before + number];
      piece.text = end = heap_.allocate(bytes[number]);
      piece.text_bytes = static_cast<uint32_t>(bytes[number]);
    } else {
      const StringRef own = own_separator(row);
      end = append(end, separator_of(own));
    }
    end = append(end, texts[row].view());
  }
}

void StringAgg::for_each_batch(const std::function<void(Batch&)>& visit) const {
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
      texts[0][row] = StringRef(piece.view());
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

void StringAgg::add_rows(const Batch& batch) {
  const auto number = [&](size_t column, size_t row) { return batch.columns[column].values<int64_t>()[row]; };
  const auto text = [&](size_t column, size_t row) { return batch.columns[column].values<StringRef>()[row].view(); };
  for (size_t i = 0; i < batch.row_count(); ++i) {
    const size_t row = batch.selected ? batch.selection.indices[i] : i;
    const Position position{static_cast<uint64_t>(number(1, row)), static_cast<uint64_t>(number(2, row))};
    const std::string_view own = text(3, row);
    pieces_.push_back({static_cast<uint32_t>(number(0, row)), static_cast<uint32_t>(own.size()), position, keep(own),
                       heap_.add(text(4, row))});
  }
}

bool StringAgg::adopt(ListState& from, const uint32_t* to) {
  auto* other = dynamic_cast<StringAgg*>(&from);
  if (other == nullptr) return false;
  for (Piece& piece : other->pieces_) piece.group = to[piece.group];
  if (pieces_.empty()) {
    pieces_ = std::move(other->pieces_);
  } else {
    pieces_.insert(pieces_.end(), other->pieces_.begin(), other->pieces_.end());
  }
  heap_.adopt(std::move(other->heap_));
  return true;
}

void StringAgg::prepare_finish(const Parallel&) {
  if (pieces_.size() > UINT32_MAX) throw Error(sqlstate::kProgramLimit, "string_agg of more than 4294967295 pieces");
  members_.assign(group_count_, [&](const auto& visit) {
    for (uint32_t number = 0; number < pieces_.size(); ++number) visit(pieces_[number].group, number);
  });
  const auto before = [&](uint32_t a, uint32_t b) { return pieces_[a].position < pieces_[b].position; };
  for (size_t group = 0; group < group_count_; ++group) {
    const std::span<uint32_t> of_group = members_.of(group);
    if (!std::is_sorted(of_group.begin(), of_group.end(), before)) std::sort(of_group.begin(), of_group.end(), before);
  }
}

void StringAgg::finish(const AggregateResult& result, ColumnBuffer& out) {
  char short_text[StringRef::kInlineBytes];
  for (size_t group = result.begin; group < result.begin + result.groups; ++group) {
    const std::span<const uint32_t> of_group = members_.of(group);
    if (of_group.empty()) {
      out.append_null();
      continue;
    }
    const auto separator = [&](uint32_t number) {
      return number == of_group[0] ? std::string_view() : separator_of(pieces_[number].separator);
    };
    size_t bytes = 0;
    for (const uint32_t number : of_group) bytes += separator(number).size() + pieces_[number].text_bytes;
    char* const text = bytes <= sizeof short_text ? short_text : out.heap().allocate(bytes);
    char* end = text;
    for (const uint32_t number : of_group) end = append(append(end, separator(number)), pieces_[number].view());
    *static_cast<StringRef*>(out.append_uninitialized(1)) = StringRef(text, static_cast<uint32_t>(bytes));
  }
}

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
