#include <algorithm>

#include "exec/operators/join.h"
#include "exec/operators/join_table.h"
#include "exec/operators/row_set_source.h"
#include "vector/null_vector.h"

namespace cairn {

namespace {

/// Morsels are ranges of build rows, which stand in the order of the build's input.
constexpr uint64_t kMorselRows = 65536;

class BuildRowsSource : public Source {
 public:
  BuildRowsSource(const PlanNode& plan, const JoinTable& table)
      : probe_types_(plan.children[0]->types), wants_matched_(plan.join == JoinKind::kRightSemi), columns_(plan),
        table_(table) {}

  uint64_t morsel_count() const override { return (table_.row_count() + kMorselRows - 1) / kMorselRows; }

  std::unique_ptr<Local> make_local(const WorkerContext& worker) const override {
    auto local = std::make_unique<State>();
    local->capacity = std::max<size_t>(1, worker.settings->vector_capacity);
    local->scratch.resize(columns_.build_count);
    return local;
  }

  void run(const Morsel& morsel, Local& local, Consumer& next, const std::function<bool()>& stop) const override {
    State& state = static_cast<State&>(local);
    const uint64_t end = std::min(table_.row_count(), (morsel.ordinal + 1) * kMorselRows);
    state.rows.clear();
    for (uint64_t row = morsel.ordinal * kMorselRows; row < end; ++row) {
      if (table_.matched(static_cast<uint32_t>(row)) != wants_matched_) continue;
      state.rows.push_back(static_cast<uint32_t>(row));
      if (state.rows.size() < state.capacity) continue;
      push_rows(state, next);
      if (stop()) return;
    }
    if (!state.rows.empty()) push_rows(state, next);
  }

 private:
  struct State : Local {
    size_t capacity = 0;
    std::vector<uint32_t> rows;
    std::vector<FlatScratch> scratch;
  };

  void push_rows(State& state, Consumer& next) const {
    Batch out;
    out.size = state.rows.size();
    for (const uint32_t column : columns_.outputs) {
      if (column < columns_.probe_count) {
        out.columns.push_back(null_vector(probe_types_[column], out.size));
      } else {
        const uint32_t build_column = column - static_cast<uint32_t>(columns_.probe_count);
        out.columns.push_back(
            gather(table_.column(build_column), state.rows.data(), out.size, state.scratch[build_column]));
      }
    }
    next.push(out);
    state.rows.clear();
  }

  std::vector<Type> probe_types_;
  bool wants_matched_;
  JoinColumns columns_;
  const JoinTable& table_;
};

class WaitingRowsSource : public Source {
 public:
  WaitingRowsSource(JoinTable& table, size_t round) : table_(table), round_(round) {}

  void begin(const Sink::Parallel& parallel) override {
    table_.start_round(round_, parallel);
    rows_ = make_row_set_source(table_.take_waiting());
  }
  uint64_t morsel_count() const override { return rows_ == nullptr ? 0 : rows_->morsel_count(); }
  std::unique_ptr<Local> make_local(const WorkerContext& worker) const override { return rows_->make_local(worker); }
  void run(const Morsel& morsel, Local& local, Consumer& next, const std::function<bool()>& stop) const override {
    rows_->run(morsel, local, next, stop);
  }

 private:
  JoinTable& table_;
  const size_t round_;
  std::unique_ptr<Source> rows_;  ///< once the leg has begun
};

}  // namespace

std::unique_ptr<Source> make_waiting_rows_source(Sink& build, size_t round) {
  return std::make_unique<WaitingRowsSource>(static_cast<JoinTable&>(build), round);
}

std::unique_ptr<Source> make_join_build_rows_source(const PlanNode& plan, const Sink& build) {
  return std::make_unique<BuildRowsSource>(plan, static_cast<const JoinTable&>(build));
}

}  // namespace cairn
