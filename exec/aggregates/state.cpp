#include "exec/aggregates/state.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "exec/aggregates/functions.h"
#include "exec/evaluation/integral_output.h"
#include "exec/functions/function.h"
#include "vector/error.h"
#include "vector/kernels/decode.h"

namespace cairn {

namespace {

bool is_ordered_set(const AggregateFunction& function) { return function.form == AggregateFunction::Form::kOrderedSet; }

}  // namespace

AggregateLayout::AggregateLayout(const std::vector<AggregateCall>& calls, const std::vector<Type>& input_types) {
  for (const AggregateCall& call : calls) {
    const AggregateFunction& function = *call.function;
    const bool star = call.arguments.empty();
    const uint32_t input = add_input(star ? -1 : static_cast<int32_t>(call.arguments[0]), call.filter);
    Output output{function.kind, input, -1, star ? Type{} : input_types[call.arguments[0]], call.type};
    const bool distinct = call.distinct && !star && !function.ignores_duplicates;
    if (!distinct && function.needs_count) {
      inputs[input].exact_count = true;
      counts_rows = true;
    }
    if (distinct || function.make_state != nullptr) {
      State state = state_of(call, input_types);
      state.input = input;
      state.distinct = distinct;
      add_state(std::move(state), output);
    }
    const bool ordered = !call.order.empty() || function.depends_on_order;
    wants_whole_input |= distinct || ordered;
    tolerates_rubbish &= !distinct && !ordered && (!output.argument.is_string() || function.make_state == nullptr);
    outputs.push_back(output);
  }
}

AggregateLayout::State AggregateLayout::state_of(const AggregateCall& call, const std::vector<Type>& input_types) {
  State state;
  state.function = call.function;
  state.argument = call.arguments.empty() ? Type{} : input_types[call.arguments[0]];
  state.result = call.type;
  double fraction = 0;
  if (!call.constants.empty()) {
    const Value& constant = call.constants[0];
    if (constant.type.is_string() && !constant.null) state.separator = constant.string;
    if (constant.type.id == TypeId::kDouble) {
      fraction = constant.null ? std::numeric_limits<double>::quiet_NaN() : constant.floating;
    }
  }
  if (is_ordered_set(*call.function)) state.statistics.push_back({call.function->kind, fraction});
  for (size_t i = 1; i < call.arguments.size(); ++i) state.further.push_back(call.arguments[i]);
  state.further_arguments = state.further.size();
  for (SortKey key : call.order) {
    const auto known = std::find(state.further.begin(), state.further.end(), key.column);
    const bool is_argument = key.column == call.arguments[0];
    const auto position = static_cast<uint32_t>(known - state.further.begin());
    if (!is_argument && known == state.further.end()) state.further.push_back(key.column);
    key.column = is_argument ? 0 : position + 1;
    state.order.push_back(key);
  }
  for (const uint32_t column : state.further) state.further_types.push_back(input_types[column]);
  return state;
}

std::unique_ptr<AggregateState> make_aggregate_state(const AggregateStateSpec& spec) {
  if (spec.argument.id == TypeId::kNull) return make_null_state();
  if (!spec.order.empty() && !is_ordered_set(*spec.function)) return make_sorted(spec);
  return spec.distinct ? make_distinct(spec) : spec.function->make_state(spec);
}

std::vector<uint32_t> AggregateLayout::columns() const {
  std::vector<uint32_t> read;
  for (const Input& input : inputs) {
    if (input.column >= 0) read.push_back(static_cast<uint32_t>(input.column));
    if (input.filter >= 0) read.push_back(static_cast<uint32_t>(input.filter));
  }
  for (const State& state : states) read.insert(read.end(), state.further.begin(), state.further.end());
  std::sort(read.begin(), read.end());
  read.erase(std::unique(read.begin(), read.end()), read.end());
  return read;
}

uint32_t AggregateLayout::add_input(int32_t column, int32_t filter) {
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].column == column && inputs[i].filter == filter) return i;
  }
  inputs.push_back({column, filter, false});
  return static_cast<uint32_t>(inputs.size() - 1);
}

void AggregateLayout::add_state(State state, Output& output) {
  const bool may_share = !state.distinct && (state.order.empty() || is_ordered_set(*state.function));
  const auto shared = std::find_if(states.begin(), states.end(), [&](const State& other) {
    return may_share && other.function->make_state == state.function->make_state && other.input == state.input &&
           !other.distinct && other.separator == state.separator && other.further == state.further && other.order == state.order;
  });
  output.state = static_cast<int32_t>(shared - states.begin());
  if (shared == states.end()) {
    states.push_back(std::move(state));
  } else {
    output.statistic = shared->statistics.size();
    shared->statistics.insert(shared->statistics.end(), state.statistics.begin(), state.statistics.end());
  }
}

void AggregateState::update_single(const Vector& argument, const uint64_t* mask, uint64_t morsel) {
  if (mask == nullptr) {
    const std::vector<uint8_t> ids(argument.size, 0);
    return update({{ids.data(), 1, ids.size(), 1}, nullptr, 1, morsel}, argument);
  }
  FlatScratch scratch;
  std::vector<uint32_t> rows(argument.size + 64);
  const size_t count = mask_to_indices(mask, argument.size, rows.data());
  update_single(gather(argument, rows.data(), count, scratch), nullptr, morsel);
}

AggregateStates::AggregateStates(const AggregateLayout& layout, bool count_always)
    : layout_(layout), counts_rows_(layout.counts_rows || count_always), counts_(layout.inputs.size()) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i].exact = layout.inputs[i].exact_count || count_always;
  for (const AggregateLayout::State& state : layout.states) states_.push_back(make_aggregate_state(state));
}

void AggregateStates::resize(size_t groups) {
  size_ = groups;
  if (counts_rows_) rows_.resize(groups, 0);
  for (Counts& counts : counts_) {
    if (counts.tracking) (counts.exact ? counts.missing : counts.present).resize(groups, 0);
  }
  for (auto& state : states_) state->resize(groups);
}

/// The input's vector with the rows that its filter rejects made NULL. count(*): a vector without values.
Vector AggregateStates::prepare(const AggregateLayout::Input& input, std::span<const Vector> columns, size_t rows) {
  Vector argument;
  if (input.column >= 0) argument = columns[input.column];
  argument.size = rows;
  if (input.filter < 0) return argument;
  const Vector filter = flatten(columns[input.filter], nullptr, filter_scratch_);
  if (argument.is_constant()) argument = flatten(argument, nullptr, flat_scratch_);
  validity_scratch_.assign(mask_words(rows), 0);
  const uint8_t* accepted = filter.values<uint8_t>();
  for (size_t row = 0; row < rows; ++row) {
    validity_scratch_[row / 64] |= uint64_t{accepted[row] != 0} << (row % 64);
  }
  for (size_t word = 0; word < validity_scratch_.size(); ++word) {
    if (filter.validity != nullptr) validity_scratch_[word] &= filter.validity[word];
    if (argument.validity != nullptr) validity_scratch_[word] &= argument.validity[word];
  }
  argument.validity = validity_scratch_.data();
  return argument;
}

std::span<const Vector> AggregateStates::further_of(const AggregateLayout::State& state,
                                                    std::span<const Vector> columns, size_t rows) {
  further_.clear();
  for (const uint32_t column : state.further) {
    further_.push_back(columns[column]);
    further_.back().size = rows;
  }
  return further_;
}

void AggregateStates::start_tracking(Counts& counts, size_t groups_before) {
  counts.tracking = true;
  if (counts.exact) {
    counts.missing.assign(size_, 0);
  } else {
    // Every group that was there had a value: its first row's.
    counts.present.assign(size_, 0);
    std::fill_n(counts.present.begin(), std::min(groups_before, size_), 1);
  }
}

void AggregateStates::count_input(Counts& counts, const GroupedBatch& batch, const Vector& argument) {
  const size_t rows = batch.groups.rows;
  if (argument.validity != nullptr && !counts.tracking) start_tracking(counts, batch.groups_before);
  if (!counts.tracking) return;
  if (!counts.exact) {
    if (argument.is_constant()) {
      if (!argument.constant_null()) grouped_count(batch.groups, nullptr, counts.present.data());
    } else {
      grouped_count(batch.groups, argument.validity, counts.present.data());
    }
    return;
  }
  if (argument.validity == nullptr) return;
  if (argument.is_constant()) {
    if (argument.constant_null()) grouped_count(batch.groups, nullptr, counts.missing.data());
    return;
  }
  inverted_scratch_.resize(mask_words(rows));
  for (size_t word = 0; word < inverted_scratch_.size(); ++word) inverted_scratch_[word] = ~argument.validity[word];
  if (rows % 64 != 0) inverted_scratch_.back() &= low_bits(rows % 64);
  grouped_count(batch.groups, inverted_scratch_.data(), counts.missing.data());
}

void AggregateStates::update(GroupedBatch batch, std::span<const Vector> columns) {
  const size_t rows = batch.groups.rows;
  assert(batch.groups.group_count <= size_);
  if (counts_rows_) {
    if (batch.group_rows != nullptr) {
      for (size_t group = 0; group < batch.groups.group_count; ++group) rows_[group] += batch.group_rows[group];
    } else {
      grouped_count(batch.groups, nullptr, rows_.data());
    }
  }
  for (uint32_t i = 0; i < layout_.inputs.size(); ++i) {
    const Vector argument = prepare(layout_.inputs[i], columns, rows);
    count_input(counts_[i], batch, argument);
    for (size_t s = 0; s < states_.size(); ++s) {
      if (layout_.states[s].input != i) continue;
      batch.further = further_of(layout_.states[s], columns, rows);
      states_[s]->update(batch, argument);
    }
  }
}

void AggregateStates::update_single(std::span<const Vector> columns, size_t rows, const uint64_t* mask,
                                    uint64_t morsel) {
  uint64_t row_count = rows;
  if (mask != nullptr) {
    row_count = 0;
    for (size_t word = 0; word < mask_words(rows); ++word) row_count += std::popcount(mask[word]);
  }
  resize(std::max<size_t>(size_, 1));
  rows_[0] += row_count;
  for (uint32_t i = 0; i < layout_.inputs.size(); ++i) {
    const Vector argument = prepare(layout_.inputs[i], columns, rows);
    Counts& counts = counts_[i];
    if (argument.validity != nullptr) {
      if (!counts.tracking) start_tracking(counts, 0);
      uint64_t values;
      if (argument.is_constant()) {
        values = argument.constant_null() ? 0 : row_count;
      } else {
        values = 0;
        for (size_t word = 0; word < mask_words(rows); ++word) {
          uint64_t bits = argument.validity[word] & (mask != nullptr ? mask[word] : ~uint64_t{0});
          if (word == rows / 64) bits &= low_bits(rows % 64);
          values += std::popcount(bits);
        }
      }
      counts.missing[0] += row_count - values;
    }
    for (size_t s = 0; s < states_.size(); ++s) {
      if (layout_.states[s].input != i) continue;
      if (layout_.states[s].further.empty()) {
        states_[s]->update_single(argument, mask, morsel);
      } else {
        update_single_further(s, argument, columns, rows, mask, morsel);
      }
    }
  }
}

/// update_single of a state that reads several columns: of all of them the rows that count.
void AggregateStates::update_single_further(size_t state, const Vector& argument, std::span<const Vector> columns,
                                            size_t rows, const uint64_t* mask, uint64_t morsel) {
  Vector own = argument;
  const std::span<const Vector> whole = further_of(layout_.states[state], columns, rows);
  std::vector<Vector> further(whole.begin(), whole.end());
  std::vector<FlatScratch> scratch(further.size() + 1);
  if (mask != nullptr) {
    std::vector<uint32_t> indices(rows + 64);
    const size_t count = mask_to_indices(mask, rows, indices.data());
    own = gather(own, indices.data(), count, scratch[0]);
    for (size_t i = 0; i < further.size(); ++i) {
      further[i] = gather(further[i], indices.data(), count, scratch[i + 1]);
    }
  }
  const std::vector<uint8_t> ids(own.size, 0);
  states_[state]->update({{ids.data(), 1, ids.size(), 1}, nullptr, 1, morsel, further}, own);
}

bool AggregateStates::has_value(const Counts& counts, size_t group) const {
  if (!counts.exact) return !counts.tracking || counts.present[group] > 0;
  return value_count(counts, group) > 0;
}

int64_t AggregateStates::value_count(const Counts& counts, size_t group) const {
  return rows_[group] - (counts.tracking ? counts.missing[group] : 0);
}

void AggregateStates::expect(const AggregateStates& other) {
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (other.counts_[i].tracking && !counts_[i].tracking) start_tracking(counts_[i], 0);
  }
}

void AggregateStates::merge(AggregateStates& other, const uint32_t* from, const uint32_t* to, size_t groups,
                            size_t groups_before) {
  for (size_t i = 0; i < counts_.size(); ++i) {
    Counts& mine = counts_[i];
    const Counts& theirs = other.counts_[i];
    if (theirs.tracking && !mine.tracking) start_tracking(mine, groups_before);
    if (!mine.tracking) continue;
    if (mine.exact) {
      assert(theirs.exact);
      if (!theirs.tracking) continue;
      for (size_t g = 0; g < groups; ++g) mine.missing[to[g]] += theirs.missing[source_group(from, g)];
    } else {
      for (size_t g = 0; g < groups; ++g) mine.present[to[g]] += other.has_value(theirs, source_group(from, g)) ? 1 : 0;
    }
  }
  if (counts_rows_) {
    for (size_t g = 0; g < groups; ++g) rows_[to[g]] += other.rows_[source_group(from, g)];
  }
  for (size_t s = 0; s < states_.size(); ++s) states_[s]->merge(*other.states_[s], from, to, groups);
}

void AggregateStates::finish(size_t output, size_t begin, size_t groups, ColumnBuffer& out) const {
  const AggregateLayout::Output& call = layout_.outputs[output];
  const Counts& counts = counts_[call.input];
  std::vector<int64_t> value_counts(groups);
  for (size_t g = 0; g < groups; ++g) {
    value_counts[g] = counts.exact ? value_count(counts, begin + g) : has_value(counts, begin + g);
  }
  if (call.state >= 0) {
    states_[call.state]->finish({call.kind, begin, groups, value_counts.data(), call.statistic}, out);
  } else {
    append_integers(out, groups, nullptr, [&](size_t g) { return int128_t{value_counts[g]}; });
  }
}

void AggregateStates::prepare_finish(const Parallel& parallel) {
  for (auto& state : states_) state->prepare_finish(parallel);
}

size_t AggregateStates::bytes() const {
  size_t bytes = rows_.capacity() * sizeof(int64_t);
  for (const Counts& counts : counts_) bytes += (counts.missing.capacity() + counts.present.capacity()) * 8;
  for (const auto& state : states_) bytes += state->bytes();
  return bytes;
}

}  // namespace cairn
