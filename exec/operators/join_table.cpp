#include "exec/operators/join_table.h"

#include <algorithm>
#include <numeric>

#include "exec/operators/join.h"

namespace cairn {

namespace {

/// Of memory_limit: what knows all keys of a build side that is not in memory.
constexpr size_t kFilterShare = 32;
/// There is none where less than so many times its size is left.
constexpr size_t kFilterRoom = 4;

void collect_columns(const Expression& expression, std::vector<uint32_t>& columns) {
  if (expression.kind == Expression::Kind::kColumn) columns.push_back(expression.column);
  for (const ExpressionPtr& argument : expression.arguments) collect_columns(*argument, columns);
}

void sort_unique(std::vector<uint32_t>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

class BuildFragment : public Fragment {
 public:
  BuildFragment(const std::vector<Type>& types, std::function<PartitionedRows()> make_partitions)
      : types_(types), make_partitions_(std::move(make_partitions)), rows_(std::make_unique<CollectedRows>(types)) {}
  void consume(Batch& batch, const Morsel& morsel) override { rows_->append(batch, morsel.ordinal); }
  size_t bytes() const override { return rows_->rows().bytes(); }
  void spill(ChunkStore& store) override {
    if (spilled == nullptr) spilled = std::make_unique<PartitionedRows>(make_partitions_());
    for (const RowSet::Chunk& chunk : rows_->rows().chunks()) spilled->add(chunk, store);
    rows_ = std::make_unique<CollectedRows>(types_);
  }
  std::shared_ptr<const RowSet> save() override { return spilled == nullptr ? rows_->save() : nullptr; }
  void load(const RowSet& saved) { rows_->load(saved); }
  std::unique_ptr<CollectedRows> take() { return std::move(rows_); }

  std::unique_ptr<PartitionedRows> spilled;  ///< nullptr: nothing was

 private:
  const std::vector<Type>& types_;
  const std::function<PartitionedRows()> make_partitions_;
  std::unique_ptr<CollectedRows> rows_;
};

/// The same rows, all in memory.
std::shared_ptr<const RowSet> loaded(const RowSet& rows, const Sink::Parallel& parallel) {
  std::vector<RowSet> parts;
  for (size_t i = 0; i < rows.chunks().size(); ++i) parts.emplace_back(rows.types());
  parallel(parts.size(), [&](size_t i) {
    parts[i].append(*rows.pin(i));
    parts[i].seal();
  });
  auto all = std::make_shared<RowSet>(rows.types());
  for (RowSet& part : parts) all->adopt(std::move(part));
  return all;
}

}  // namespace

JoinColumns::JoinColumns(const PlanNode& plan)
    : probe_count(plan.children[0]->types.size()), build_count(plan.children[1]->types.size()),
      has_build_output(plan.join != JoinKind::kSemi && plan.join != JoinKind::kAnti && plan.join != JoinKind::kMark),
      emits_pairs(has_build_output && plan.join != JoinKind::kRightSemi && plan.join != JoinKind::kRightAnti),
      outputs(plan.output_columns) {
  if (outputs.empty()) {
    const size_t mark = plan.join == JoinKind::kMark ? 1 : 0;
    outputs.resize(probe_count + (has_build_output ? build_count : 0) + mark);
    std::iota(outputs.begin(), outputs.end(), 0u);
  }
  for (const ExpressionPtr& predicate : plan.predicates) collect_columns(*predicate, residual);
  sort_unique(residual);
  const auto want = [&](uint32_t column) {
    if (column >= probe_count && column < probe_count + build_count) {
      build_wanted.push_back(column - static_cast<uint32_t>(probe_count));
    }
  };
  std::for_each(residual.begin(), residual.end(), want);
  if (has_build_output) std::for_each(outputs.begin(), outputs.end(), want);
  sort_unique(build_wanted);
}

JoinTable::JoinTable(const PlanNode& plan, SinkResources resources)
    : types_(plan.children[1]->types), probe_types_(plan.children[0]->types), keys_(plan.build_keys),
      probe_keys_(plan.probe_keys), nulls_match_(plan.null_keys_match), keeps_matched_(keeps_matches(plan.join)),
      tells_unknown_(plan.join == JoinKind::kMark && !plan.null_is_false && !plan.null_keys_match && !keys_.empty()),
      columns_(plan), resources_(resources),
      // What a NULL might match is asked of all build rows, and without keys every row may match.
      can_spill_(!keys_.empty() && !tells_unknown_) {}

std::unique_ptr<Fragment> JoinTable::make_fragment() {
  return std::make_unique<BuildFragment>(types_, [this] { return make_partitions(); });
}

std::unique_ptr<Fragment> JoinTable::open(const WorkerContext&) { return make_fragment(); }

std::unique_ptr<Fragment> JoinTable::reopen(std::shared_ptr<const RowSet> saved) {
  auto fragment = make_fragment();
  static_cast<BuildFragment&>(*fragment).load(*saved);
  return fragment;
}

void JoinTable::add(std::unique_ptr<Fragment> sealed) {
  auto& fragment = static_cast<BuildFragment&>(*sealed);
  auto rows = fragment.take();
  const std::lock_guard lock(mutex_);
  parts_.push_back(std::move(rows));
  if (fragment.spilled != nullptr) add_spilled(std::move(*fragment.spilled));
}

void JoinTable::add_spilled(PartitionedRows rows) {
  if (spilled_ == nullptr) {
    spilled_ = std::make_unique<PartitionedRows>(std::move(rows));
  } else {
    spilled_->add(std::move(rows));
  }
}

/// They share the filter, whose size depends on nothing but the limit: what it will have to learn is not known yet. Where
/// that is too much, none has one.
PartitionedRows JoinTable::make_partitions() {
  const std::lock_guard lock(mutex_);
  if (!held_) {
    held_.emplace(*resources_.memory);
    const size_t bytes = resources_.memory->limit_bytes() / kFilterShare;
    if (resources_.memory->left_bytes() >= kFilterRoom * bytes) {
      filter_ = std::make_shared<HashFilter>(bytes);
      held_->hold(filter_->bytes());
    }
  }
  return {keys_, 0, filter_};
}

/// Until the rows stand in order they are there twice; then come the packed columns, no more than they, and the index.
/// Whoever probes needs room, too.
bool JoinTable::fits(size_t row_bytes, uint64_t row_count) const {
  constexpr size_t kIndexBytesPerRow = 12, kShareOfOthers = 16;
  const size_t limit = resources_.memory == nullptr ? 0 : resources_.memory->limit_bytes();
  return spill_store() == nullptr || limit == 0 ||
         row_bytes + kIndexBytesPerRow * row_count + limit / kShareOfOthers <= resources_.memory->left_bytes();
}

void JoinTable::finalize(const Parallel& parallel) {
  size_t row_bytes = 0;
  uint64_t row_count = 0;
  for (const auto& part : parts_) {
    row_bytes += part->rows().bytes();
    row_count += part->rows().row_count();
  }
  if (spilled_ != nullptr || !fits(row_bytes, row_count)) {
    std::vector<std::shared_ptr<const RowSet>> held;
    for (auto& part : parts_) held.push_back(std::make_shared<RowSet>(std::move(part->rows())));
    parts_.clear();
    return partition(std::move(held), parallel);
  }
  rows_ = in_morsel_order(parts_, types_, parallel);
  build(parallel);
}

/// Everything goes to disk; the rows of the first round come back.
void JoinTable::partition(std::vector<std::shared_ptr<const RowSet>> held, const Parallel& parallel) {
  std::vector<std::unique_ptr<PartitionedRows>> written(held.size());
  parallel(held.size(), [&](size_t part) {
    written[part] = std::make_unique<PartitionedRows>(make_partitions());
    for (size_t i = 0; i < held[part]->chunks().size(); ++i) written[part]->add(*held[part]->pin(i), *resources_.store);
    held[part].reset();
  });
  for (auto& part : written) add_spilled(std::move(*part));
  if (spilled_ == nullptr) spilled_ = std::make_unique<PartitionedRows>(make_partitions());
  rounds_ = std::make_unique<JoinRounds>(std::move(*spilled_), types_, keys_, resources_, parallel);
  spilled_.reset();
  round_ = round_count();
  start_round(0, parallel);
}

void JoinTable::start_round(size_t round, const Parallel& parallel) {
  if (rounds_ == nullptr) return;
  if (round == 0) rounds_->forget_waiting();
  if (round == round_) return;
  index_.reset();
  packed_.clear();
  rows_.reset();
  held_->hold(table_bytes());
  round_ = round;
  rows_ = rounds_->load(round, parallel);
  build(parallel);
  held_->hold(table_bytes());
}

JoinRounds::Waiting* JoinTable::make_waiting() const {
  return rounds_ == nullptr || round_ != 0 || round_count() == 1 ? nullptr : &rounds_->make_waiting(probe_keys_, probe_types_);
}

void JoinTable::restore(std::shared_ptr<const RowSet> rows, const Parallel& parallel) {
  if (!fits(rows->memory_bytes(), rows->row_count())) return partition({std::move(rows)}, parallel);
  rows_ = rows->is_resident() ? std::move(rows) : loaded(*rows, parallel);
  build(parallel);
}

void JoinTable::build(const Parallel& parallel) {
  packed_.resize(types_.size());
  // One task for the index, one for each column.
  parallel(columns_.build_wanted.size() + 1, [&](size_t task) {
    if (task == 0) {
      index_ = std::make_unique<JoinIndex>(*rows_, keys_, nulls_match_);
    } else {
      const uint32_t column = columns_.build_wanted[task - 1];
      packed_[column] = std::make_unique<PackedColumn>(*rows_, column);
    }
  });
  if (tells_unknown_) unknown_matches_ = std::make_unique<UnknownMatches>(*rows_, keys_, index_->null_rows());
  if (keeps_matched_) matched_->assign(rows_->row_count(), 0);
}

size_t JoinTable::bytes() const { return rounds_ != nullptr ? 0 : table_bytes(); }

size_t JoinTable::table_bytes() const {
  size_t bytes = rows_ == nullptr ? 0 : rows_->bytes();
  if (index_ != nullptr) bytes += index_->bytes();
  for (const auto& column : packed_) bytes += column == nullptr ? 0 : column->bytes();
  for (const auto& [column, filter] : key_filters_) bytes += filter->bytes();
  if (unknown_matches_ != nullptr) bytes += unknown_matches_->bytes();
  if (filter_ != nullptr) bytes += filter_->bytes();
  return bytes + matched_->capacity();
}

std::shared_ptr<const KeyFilter> JoinTable::key_filter(uint32_t build_column) {
  auto& filter = key_filters_[build_column];
  if (filter == nullptr) filter = std::make_shared<const KeyFilter>(*rows(), build_column);
  return filter;
}

std::shared_ptr<const KeyFilter> join_key_filter(Sink& build, uint32_t build_column) {
  return static_cast<JoinTable&>(build).key_filter(build_column);
}

std::unique_ptr<Sink> make_join_build_sink(const PlanNode& plan, SinkResources resources) {
  return std::make_unique<JoinTable>(plan, resources);
}

MatchFlags join_matches(const Sink& build) { return static_cast<const JoinTable&>(build).matches(); }

size_t join_rounds(const Sink& build) { return static_cast<const JoinTable&>(build).round_count(); }

bool join_is_partitioned(const Sink& build) { return static_cast<const JoinTable&>(build).is_partitioned(); }

void start_join_round(Sink& build, size_t round, const Sink::Parallel& parallel) {
  static_cast<JoinTable&>(build).start_round(round, parallel);
}

}  // namespace cairn
