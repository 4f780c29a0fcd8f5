#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "exec/functions/function.h"
#include "exec/pipeline/parallel.h"
#include "exec/plan/plan.h"
#include "vector/column_buffer.h"
#include "vector/kernels/aggregate.h"
#include "vector/kernels/kernels.h"
#include "vector/memory_pool.h"
#include "vector/vector.h"

namespace cairn {

/// What an update needs to know of its batch beside the argument.
struct GroupedBatch {
  GroupIds groups;                        ///< of every row
  const int64_t* group_rows = nullptr;    ///< rows of the batch per group, where the caller counted them
  size_t groups_before = 0;               ///< groups that existed before the batch
  uint64_t morsel = 0;                    ///< ordinal: positions of FIRST and string_agg
  /// The columns that the state reads beside its argument (AggregateLayout::State::further), all rows of them.
  std::span<const Vector> further = {};
};

/// Which aggregate of which groups to append to a column.
struct AggregateResult {
  AggregateKind kind;
  size_t begin = 0, groups = 0;     ///< groups [begin, begin + groups)
  const int64_t* counts = nullptr;  ///< [i]: values in group begin + i; where the function needs no number: 0 or 1
  size_t statistic = 0;             ///< of AggregateStateSpec::statistics
};

/// The state of one aggregate function over one argument for all groups: columns of plain values, indexed by group.
/// A partial state merges into another in any grouping; where order matters (string_agg, any_value) positions in the
/// input are part of the state.
class AggregateState {
 public:
  virtual ~AggregateState() = default;
  virtual void resize(size_t groups) = 0;
  /// Rows that are NULL in `argument` do not count.
  virtual void update(const GroupedBatch& batch, const Vector& argument) = 0;
  /// All rows of the mask (nullptr: all) belong to group 0.
  virtual void update_single(const Vector& argument, const uint64_t* mask, uint64_t morsel);
  /// Group to[i] takes over what group from[i] of `other` holds; from is null: 0, 1, 2, …. `to` has no duplicates.
  virtual void merge(AggregateState& other, const uint32_t* from, const uint32_t* to, size_t groups) = 0;
  virtual void finish(const AggregateResult& result, ColumnBuffer& out) = 0;
  /// Once before finish, which may then be called from several threads.
  virtual void prepare_finish(const Parallel& /*parallel*/) {}
  virtual size_t bytes() const = 0;

  // Groups as plain columns, of which a fresh state makes the same groups again, to be merged like any others.
  /// Of the columns: a row for each group, or for a list() each of its rows.
  virtual std::vector<Type> saved_types() const = 0;
  /// Appends a row for each of the groups.
  virtual void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns) = 0;
  /// What `groups` rows of flat vectors hold, for groups 0, 1, 2, …, which have seen nothing yet.
  virtual void load(std::span<const Vector> columns, size_t groups) = 0;
  /// Itself, where it keeps rows: these are saved instead.
  virtual class ListState* list() { return nullptr; }
  /// Before its first update: its input comes behind that of `before`, a state of the same function.
  virtual void continue_after(const AggregateState& /*before*/) {}
};

/// What a state is to keep, and for which function.
struct AggregateStateSpec {
  const AggregateFunction* function = nullptr;  ///< one of those that share the state
  uint32_t input = 0;                           ///< of AggregateLayout::inputs
  Type argument;
  Type result;
  bool distinct = false;
  std::string separator;
  /// What an ordered-set function asks for.
  struct Statistic {
    AggregateKind kind;
    double fraction = 0;  ///< of percentiles; NaN: the result is NULL
  };
  std::vector<Statistic> statistics;  ///< of all calls that share the state
  std::vector<uint32_t> further;   ///< input columns: arguments behind the first, then keys of the order
  std::vector<Type> further_types;
  size_t further_arguments = 0;    ///< how many of them are arguments
  std::vector<SortKey> order;      ///< columns: 0 is the argument, then `further`
};

/// Which states a plan's aggregate calls need: calls over the same argument share what they can (sum and avg one sum,
/// count and avg one count). Immutable.
struct AggregateLayout {
  /// An argument as the states see it: rows where `filter` is not true are NULL.
  struct Input {
    int32_t column = -1;  ///< -1: count(*)
    int32_t filter = -1;
    bool exact_count = false;  ///< some call wants the number of values, not just whether there is one
  };
  using State = AggregateStateSpec;
  struct Output {
    AggregateKind kind;
    uint32_t input;
    int32_t state = -1;  ///< -1: the input's count is all it needs
    Type argument;
    Type type;
    size_t statistic = 0;  ///< of the state's
  };

  AggregateLayout(const std::vector<AggregateCall>& calls, const std::vector<Type>& input_types);

  /// The input columns that updates read, ascending.
  std::vector<uint32_t> columns() const;

  std::vector<Input> inputs;
  std::vector<State> states;
  std::vector<Output> outputs;
  bool counts_rows = false;    ///< some exact count is there
  /// Some state is a list of values, or depends on their order: states that live for a few batches are no good.
  bool wants_whole_input = false;
  /// All states only add up plain values of the batch, so that rows which don't count may hold rubbish.
  bool tolerates_rubbish = true;

 private:
  uint32_t add_input(int32_t column, int32_t filter);
  /// To the output, which may share it.
  void add_state(State state, Output& output);
  static State state_of(const AggregateCall& call, const std::vector<Type>& input_types);
};

/// A fresh state.
std::unique_ptr<AggregateState> make_aggregate_state(const AggregateStateSpec& spec);

/// All states of all groups.
class AggregateStates {
 public:
  /// `count_always`: keep the number of rows and values per group even where no call wants it (groups that may stay
  /// empty).
  AggregateStates(const AggregateLayout& layout, bool count_always);

  void resize(size_t groups);
  size_t size() const { return size_; }
  const LargeVector<int64_t>& rows() const { return rows_; }

  /// Adds a batch; columns are dense (or rows that don't count belong to a trash group). The groups were resized for.
  void update(GroupedBatch batch, std::span<const Vector> columns);
  /// One group: adds the rows of the mask (nullptr: all).
  void update_single(std::span<const Vector> columns, size_t rows, const uint64_t* mask, uint64_t morsel);
  /// As AggregateState::merge. Groups [0, groups_before) were there before; every other group is among `to` of this
  /// or a later merge.
  void merge(AggregateStates& other, const uint32_t* from, const uint32_t* to, size_t groups, size_t groups_before);
  /// To be called, while there are no groups, for each of several states that will be merged in.
  void expect(const AggregateStates& other);
  /// Once, when all is merged, before finish.
  void prepare_finish(const Parallel& parallel = run_alone);
  /// Thread-safe with itself. Appends call `output`'s results for groups [begin, begin + groups).
  void finish(size_t output, size_t begin, size_t groups, ColumnBuffer& out) const;
  size_t bytes() const;

  // As AggregateState's, of all states but lists, and of the counts.
  std::vector<Type> saved_types() const;
  void save(std::span<const uint32_t> groups, std::span<ColumnBuffer> columns);
  void load(std::span<const Vector> columns, size_t groups);
  void continue_after(const AggregateStates& before);
  std::vector<ListState*> lists() const;
  /// Others in the place of the lists, in their order.
  void replace_lists(std::vector<std::unique_ptr<ListState>> lists);

 private:
  /// How many values an input had per group. Nothing is kept until the first NULL comes: until then every row of a
  /// group counts.
  struct Counts {
    bool exact = false;
    bool tracking = false;
    LargeVector<int64_t> missing;  ///< exact: rows without a value
    LargeVector<int64_t> present;  ///< not exact: greater than 0 where there was a value
  };

  std::span<const Vector> further_of(const AggregateLayout::State& state, std::span<const Vector> columns, size_t rows);
  void update_single_further(size_t state, const Vector& argument, std::span<const Vector> columns, size_t rows,
                             const uint64_t* mask, uint64_t morsel);
  Vector prepare(const AggregateLayout::Input& input, std::span<const Vector> columns, size_t rows);
  void count_input(Counts& counts, const GroupedBatch& batch, const Vector& argument);
  bool has_value(const Counts& counts, size_t group) const;
  int64_t value_count(const Counts& counts, size_t group) const;
  void start_tracking(Counts& counts, size_t groups_before);

  const AggregateLayout& layout_;
  size_t size_ = 0;
  bool counts_rows_;
  LargeVector<int64_t> rows_;
  std::vector<Counts> counts_;  ///< per input
  std::vector<std::unique_ptr<AggregateState>> states_;
  std::vector<uint64_t> validity_scratch_, inverted_scratch_;
  FlatScratch flat_scratch_, filter_scratch_;
  std::vector<Vector> further_;
};

}  // namespace cairn
