// States as plain columns, and back.

#include <algorithm>

#include "exec/aggregates/functions.h"
#include "exec/aggregates/list_state.h"
#include "exec/aggregates/saved_values.h"

namespace cairn {

void ListState::merge(AggregateState& from_state, const uint32_t* from, const uint32_t* to, size_t groups) {
  ListState& other = static_cast<ListState&>(from_state);
  if (from == nullptr && groups == other.group_count_ && adopt(other, to)) return;
  std::vector<uint32_t> target(other.group_count_, kNoGroup);
  for (size_t i = 0; i < groups; ++i) target[source_group(from, i)] = to[i];
  std::vector<int64_t> mapped;
  std::vector<uint32_t> rows;
  other.for_each_batch([&](Batch& batch) {
    const int64_t* theirs = batch.columns[0].values<int64_t>();
    mapped.resize(batch.size);
    rows.clear();
    for (uint32_t row = 0; row < batch.size; ++row) {
      mapped[row] = target[theirs[row]];
      if (mapped[row] != kNoGroup) rows.push_back(row);
    }
    if (rows.empty()) return;
    batch.columns[0] = integers(mapped.data(), batch.size);
    batch.selected = true;
    batch.selection = {rows.data(), rows.size(), nullptr};
    add_rows(batch);
  });
}

std::vector<Type> AggregateStates::saved_types() const {
  std::vector<Type> types;
  if (counts_rows_) types.push_back(Type::big_int());
  for (const Counts& counts : counts_) types.push_back(counts.exact ? Type::big_int() : Type::boolean());
  for (const auto& state : states_) {
    if (state->list() != nullptr) continue;
    const std::vector<Type> more = state->saved_types();
    types.insert(types.end(), more.begin(), more.end());
  }
  return types;
}

void AggregateStates::save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) {
  size_t column = 0;
  if (counts_rows_) save_values(groups, rows_.data(), columns[column++]);
  for (const Counts& counts : counts_) {
    ColumnBuffer& out = columns[column++];
    if (counts.exact) {
      save_each<int64_t>(groups, out, [&](uint32_t group) { return counts.tracking ? counts.missing[group] : 0; });
    } else {
      save_each<uint8_t>(groups, out, [&](uint32_t group) { return has_value(counts, group) ? 1 : 0; });
    }
  }
  for (const auto& state : states_) {
    if (state->list() != nullptr) continue;
    const size_t count = state->saved_types().size();
    state->save(groups, columns.subspan(column, count));
    column += count;
  }
}

void AggregateStates::load(std::span<const Vector> columns, size_t groups) {
  size_t column = 0;
  if (counts_rows_) load_values(columns[column++], groups, rows_.data());
  for (Counts& counts : counts_) {
    const Vector& saved = columns[column++];
    if (counts.exact) {
      const int64_t* missing = saved.values<int64_t>();
      if (std::all_of(missing, missing + groups, [](int64_t count) { return count == 0; })) continue;
      start_tracking(counts, 0);
      std::copy_n(missing, groups, counts.missing.begin());
    } else {
      const uint8_t* present = saved.values<uint8_t>();
      if (std::all_of(present, present + groups, [](uint8_t any) { return any != 0; })) continue;
      start_tracking(counts, 0);
      std::copy_n(present, groups, counts.present.begin());
    }
  }
  for (const auto& state : states_) {
    if (state->list() != nullptr) continue;
    const size_t count = state->saved_types().size();
    state->load(columns.subspan(column, count), groups);
    column += count;
  }
}

void AggregateStates::continue_after(const AggregateStates& before) {
  for (size_t s = 0; s < states_.size(); ++s) states_[s]->continue_after(*before.states_[s]);
}

std::vector<ListState*> AggregateStates::lists() const {
  std::vector<ListState*> lists;
  for (const auto& state : states_) {
    if (ListState* list = state->list(); list != nullptr) lists.push_back(list);
  }
  return lists;
}

void AggregateStates::replace_lists(std::vector<std::unique_ptr<ListState>> lists) {
  auto next = lists.begin();
  for (auto& state : states_) {
    if (state->list() != nullptr) state = std::move(*next++);
  }
}

}  // namespace cairn
