#include "exec/operators/join_table.h"

#include <algorithm>
#include <numeric>

#include "exec/operators/join.h"

namespace cairn {

namespace {

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
  explicit BuildFragment(const std::vector<Type>& types) : rows_(std::make_unique<CollectedRows>(types)) {}
  void consume(Batch& batch, const Morsel& morsel) override { rows_->append(batch, morsel.ordinal); }
  size_t bytes() const override { return rows_->rows().bytes(); }
  std::unique_ptr<CollectedRows> take() { return std::move(rows_); }

 private:
  std::unique_ptr<CollectedRows> rows_;
};

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

JoinTable::JoinTable(const PlanNode& plan)
    : types_(plan.children[1]->types), keys_(plan.build_keys), nulls_match_(plan.null_keys_match),
      keeps_matched_(keeps_matches(plan.join)),
      tells_unknown_(plan.join == JoinKind::kMark && !plan.null_is_false && !plan.null_keys_match && !keys_.empty()),
      columns_(plan) {}

std::unique_ptr<Fragment> JoinTable::open(const WorkerContext&) { return std::make_unique<BuildFragment>(types_); }

void JoinTable::add(std::unique_ptr<Fragment> sealed) {
  auto rows = static_cast<BuildFragment&>(*sealed).take();
  const std::lock_guard lock(mutex_);
  parts_.push_back(std::move(rows));
}

void JoinTable::finalize(const Parallel& parallel) {
  rows_ = in_morsel_order(parts_, types_, parallel);
  build(parallel);
}

void JoinTable::restore(std::shared_ptr<const RowSet> rows, const Parallel& parallel) {
  rows_ = std::move(rows);
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
  if (keeps_matched_) matched_.assign(rows_->row_count(), 0);
}

size_t JoinTable::bytes() const {
  size_t bytes = rows_ == nullptr ? 0 : rows_->bytes();
  if (index_ != nullptr) bytes += index_->bytes();
  for (const auto& column : packed_) bytes += column == nullptr ? 0 : column->bytes();
  for (const auto& [column, filter] : key_filters_) bytes += filter->bytes();
  if (unknown_matches_ != nullptr) bytes += unknown_matches_->bytes();
  return bytes + matched_.capacity();
}

std::shared_ptr<const KeyFilter> JoinTable::key_filter(uint32_t build_column) {
  auto& filter = key_filters_[build_column];
  if (filter == nullptr) filter = std::make_shared<const KeyFilter>(*rows_, build_column);
  return filter;
}

std::shared_ptr<const KeyFilter> join_key_filter(Sink& build, uint32_t build_column) {
  return static_cast<JoinTable&>(build).key_filter(build_column);
}

std::unique_ptr<Sink> make_join_build_sink(const PlanNode& plan, SinkResources /*resources*/) { return std::make_unique<JoinTable>(plan); }

}  // namespace cairn
