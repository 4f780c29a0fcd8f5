#include "exec/operators/scan.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "exec/evaluation/predicate_evaluator.h"
#include "exec/operators/zone_filter.h"
#include "exec/pipeline/profile.h"
#include "vector/error.h"
#include "vector/kernels/kernels.h"
#include "vector/memory_account.h"

namespace cairn {
namespace {

using Chunks = std::vector<std::shared_ptr<const ColumnChunk>>;

void collect_columns(const Expression& expression, std::vector<bool>& used) {
  if (expression.kind == Expression::Kind::kColumn) used[expression.column] = true;
  for (const ExpressionPtr& argument : expression.arguments) collect_columns(*argument, used);
}

/// Encodings that a column came in, as a set of bits; and how EXPLAIN ANALYZE names them.
uint32_t encoding_bit(const Vector& vector) {
  const uint32_t width = static_cast<uint32_t>(std::countr_zero(std::max<unsigned>(vector.code_bytes, 1)));
  return 1u << (static_cast<uint32_t>(vector.encoding) * 4 + (vector.encoding > Encoding::kConstant ? width : 0));
}

std::string encoding_names(uint32_t bits) {
  static constexpr std::array<const char*, 4> kNames{"flat", "constant", "dictionary", "for"};
  std::string names;
  for (uint32_t bit = 0; bit < 16; ++bit) {
    if (!((bits >> bit) & 1)) continue;
    if (!names.empty()) names += '|';
    names += kNames[bit / 4];
    if (bit >= 8) names += std::to_string(8u << (bit % 4));
  }
  return names;
}

/// Loading that takes longer came from a disk, and the next row groups will, too.
constexpr auto kColdLoad = std::chrono::microseconds(200);
/// Row groups that are loaded ahead of the one that was just found cold.
constexpr uint32_t kGroupsAhead = 2;

class ScanSource : public Source {
 public:
  ScanSource(const PlanNode& plan, WorkerPool& pool, std::vector<ScanReducer> reducers);
  ~ScanSource() override;

  uint64_t morsel_count() const override { return pieces_.size(); }
  int morsel_node(uint64_t ordinal) const override { return home_node(pieces_[ordinal].group); }
  std::unique_ptr<Local> make_local(const WorkerContext& worker) const override;
  void run(const Morsel& morsel, Local& local, Consumer& next, const std::function<bool()>& stop) const override;
  void report(OperatorProfile& profile) const override;

 private:
  struct Piece {
    uint32_t group, begin, rows;
  };
  /// What the morsels of one row group share: its columns, while one of them may still need them. Also the task of
  /// loading them ahead.
  struct GroupState : WorkerPool::Task {
    void run() override { source->run_ahead(*this); }
    const ScanSource* source = nullptr;
    uint32_t group = 0;
    bool skipped = false;
    std::mutex mutex;
    Chunks chunks;
    uint32_t morsels_left = 0;
    bool begun = false;       ///< a morsel has asked for the columns
    bool sent_ahead = false;  ///< guarded by ahead_mutex_, as is:
    bool came_back = false;
  };
  struct ScanLocal : Local {
    explicit ScanLocal(size_t batch_capacity) : capacity(batch_capacity) {}
    size_t capacity;
    std::unique_ptr<PredicateEvaluator> predicates;
    Batch batch;
    std::vector<std::vector<uint64_t>> validity;
    std::vector<uint64_t> live_mask;
    std::vector<uint32_t> live_rows;
    std::array<std::vector<uint32_t>, 2> reduced_rows;  ///< what a reducer read, and what it left
    KeyFilter::Scratch key_scratch;
  };

  int home_node(uint32_t group) const { return pool_.topology().home_node(group); }
  Chunks load(const Piece& piece) const;
  void load_ahead(uint32_t group) const;
  void run_ahead(GroupState& state) const;
  void release(const Piece& piece) const;
  void note_encodings(const std::vector<uint32_t>& positions, const Batch& batch) const;
  bool may_pass_group(const RowGroup& group) const;
  size_t reduce(ScanLocal& local) const;
  static void leave_out_deleted(const uint64_t* deleted, size_t begin, ScanLocal& local);

  const PlanNode& plan_;
  WorkerPool& pool_;
  const std::vector<ScanReducer> reducers_;
  std::vector<Piece> pieces_;
  mutable std::vector<GroupState> groups_;
  uint32_t first_group_ = UINT32_MAX;  ///< that is not skipped
  mutable std::mutex ahead_mutex_;
  mutable std::condition_variable ahead_ended_;
  std::vector<uint32_t> filter_columns_, other_columns_;  ///< positions of the output
  mutable std::vector<std::atomic<uint32_t>> encodings_;
  uint64_t skipped_groups_ = 0;
};

ScanSource::ScanSource(const PlanNode& plan, WorkerPool& pool, std::vector<ScanReducer> reducers)
    : plan_(plan), pool_(pool), reducers_(std::move(reducers)), groups_(plan.table->row_groups.size()), encodings_(plan.scan_columns.size()) {
  std::vector<bool> used(plan.scan_columns.size());
  for (const ExpressionPtr& predicate : plan.predicates) collect_columns(*predicate, used);
  for (const ScanReducer& reducer : reducers_) used[reducer.column] = used[reducer.column] || reducer.filters_rows;
  for (uint32_t i = 0; i < used.size(); ++i) (used[i] ? filter_columns_ : other_columns_).push_back(i);
  for (uint32_t i = 0; i < groups_.size(); ++i) {
    const RowGroup& group = *plan.table->row_groups[i];
    groups_[i].skipped = !may_pass_group(group);
    groups_[i].source = this;
    groups_[i].group = i;
    if (groups_[i].skipped) ++skipped_groups_;
    if (!groups_[i].skipped) first_group_ = std::min(first_group_, i);
    // Skipped ones keep their ordinals: what a morsel is must not depend on how clever skipping is.
    for (uint32_t begin = 0; begin < group.row_count(); begin += kScanMorselRows) {
      pieces_.push_back({i, begin, std::min(kScanMorselRows, group.row_count() - begin)});
      ++groups_[i].morsels_left;
    }
  }
}

bool ScanSource::may_pass_group(const RowGroup& group) const {
  for (const ExpressionPtr& predicate : plan_.predicates) {
    if (!may_pass(group, plan_.scan_columns, *predicate)) return false;
  }
  for (const ScanReducer& reducer : reducers_) {
    const ZoneMap& zone = group.zone_map(plan_.scan_columns[reducer.column]);
    if (zone.null_count == group.row_count()) return false;
    if (!zone.has_bounds) continue;
    if (!reducer.keys->may_contain(static_cast<int64_t>(zone.min.integer), static_cast<int64_t>(zone.max.integer))) {
      return false;
    }
  }
  return true;
}

/// Narrows the batch's selection to the rows that all reducers let pass. Returns how many are left.
size_t ScanSource::reduce(ScanLocal& local) const {
  Batch& batch = local.batch;
  size_t side = 0;
  for (const ScanReducer& reducer : reducers_) {
    if (!reducer.filters_rows) continue;
    std::vector<uint32_t>& rows = local.reduced_rows[side];
    side = 1 - side;
    rows.resize(std::max(rows.size(), batch.size + 64));
    const size_t count = reducer.keys->select(batch.columns[reducer.column], batch.selected ? &batch.selection : nullptr,
                                              local.key_scratch, rows.data());
    if (count == batch.row_count()) continue;
    batch.selected = true;
    batch.selection = {rows.data(), count, nullptr};
  }
  return batch.row_count();
}

std::unique_ptr<Source::Local> ScanSource::make_local(const WorkerContext& worker) const {
  auto local = std::make_unique<ScanLocal>(worker.settings->vector_capacity);
  if (!plan_.predicates.empty()) {
    std::vector<const Expression*> conjuncts;
    for (const ExpressionPtr& predicate : plan_.predicates) conjuncts.push_back(predicate.get());
    local->predicates = std::make_unique<PredicateEvaluator>(std::move(conjuncts));
  }
  local->batch.columns.resize(plan_.scan_columns.size());
  local->validity.resize(plan_.scan_columns.size());
  return local;
}

ScanSource::~ScanSource() {
  std::unique_lock lock(ahead_mutex_);
  for (GroupState& state : groups_) {
    if (!state.sent_ahead || state.came_back) continue;
    lock.unlock();
    const bool never_ran = pool_.retract(home_node(state.group), state);
    lock.lock();
    if (!never_ran) ahead_ended_.wait(lock, [&] { return state.came_back; });
  }
}

Chunks ScanSource::load(const Piece& piece) const {
  if (plan_.scan_columns.empty()) return {};
  GroupState& state = groups_[piece.group];
  std::unique_lock lock(state.mutex);  // the first morsel loads, the others wait for it
  const bool first = !std::exchange(state.begun, true);
  bool cold = true;  // as what was loaded ahead
  if (state.chunks.empty()) {
    const auto begin = std::chrono::steady_clock::now();
    state.chunks = plan_.table->row_groups[piece.group]->load(plan_.scan_columns);
    cold = std::chrono::steady_clock::now() - begin > kColdLoad;
  }
  Chunks chunks = state.chunks;
  lock.unlock();
  // Not behind the first one: whoever wants a few rows only, or one row group, should not wait for more.
  if (first && cold && piece.group != first_group_) load_ahead(piece.group);
  return chunks;
}

void ScanSource::load_ahead(uint32_t group) const {
  if (MemoryAccount::process().is_tight()) return;
  std::lock_guard lock(ahead_mutex_);
  uint32_t ahead = 0;
  for (uint32_t i = group + 1; i < groups_.size() && ahead < kGroupsAhead; ++i) {
    if (groups_[i].skipped) continue;
    ++ahead;
    if (groups_[i].sent_ahead) continue;
    groups_[i].sent_ahead = true;
    try {
      pool_.submit(home_node(i), groups_[i]);
    } catch (const std::exception&) {  // no thread, or no memory, to be had: then not ahead
      groups_[i].came_back = true;
    }
  }
}

void ScanSource::run_ahead(GroupState& state) const {
  try {
    std::lock_guard lock(state.mutex);
    if (!state.begun) state.chunks = plan_.table->row_groups[state.group]->load(plan_.scan_columns);
  } catch (...) {  // the morsel that needs it meets the error itself
  }
  // Under the lock to the end: once it has come back, the source may be gone.
  std::lock_guard lock(ahead_mutex_);
  state.came_back = true;
  ahead_ended_.notify_all();
}

void ScanSource::release(const Piece& piece) const {
  GroupState& state = groups_[piece.group];
  std::lock_guard lock(state.mutex);
  if (--state.morsels_left == 0) state.chunks.clear();
}

void ScanSource::note_encodings(const std::vector<uint32_t>& positions, const Batch& batch) const {
  for (uint32_t i : positions) {
    const uint32_t bit = encoding_bit(batch.columns[i]);
    if ((encodings_[i].load(std::memory_order_relaxed) & bit) == 0) {
      encodings_[i].fetch_or(bit, std::memory_order_relaxed);
    }
  }
}

void ScanSource::leave_out_deleted(const uint64_t* deleted, size_t begin, ScanLocal& local) {
  const size_t rows = local.batch.size, words = mask_words(rows);
  const size_t first = begin / 64, shift = begin % 64, last = (begin + rows - 1) / 64;
  local.live_mask.resize(words);
  uint64_t any_deleted = 0;
  for (size_t i = 0; i < words; ++i) {
    uint64_t word = deleted[first + i] >> shift;
    if (shift != 0 && first + i + 1 <= last) word |= deleted[first + i + 1] << (64 - shift);
    if (i + 1 == words && rows % 64 != 0) word |= ~uint64_t{0} << (rows % 64);
    local.live_mask[i] = ~word;
    any_deleted |= i + 1 == words && rows % 64 != 0 ? word & ~(~uint64_t{0} << (rows % 64)) : word;
  }
  if (any_deleted == 0) return;
  local.live_rows.resize(rows + 64);
  local.batch.selected = true;
  local.batch.selection.count = mask_to_indices(local.live_mask.data(), rows, local.live_rows.data());
  local.batch.selection.indices = local.live_rows.data();
  local.batch.selection.mask = local.live_mask.data();
}

void ScanSource::run(const Morsel& morsel, Local& base, Consumer& next, const std::function<bool()>& stop) const {
  auto& local = static_cast<ScanLocal&>(base);
  const Piece& piece = pieces_[morsel.ordinal];
  if (groups_[piece.group].skipped) return;
  const Chunks chunks = load(piece);
  const uint64_t* deleted = plan_.table->row_groups[piece.group]->deleted();
  const uint32_t end = piece.begin + piece.rows;
  // Consumers may change the batch's columns: the list is made anew for every batch, its memory kept.
  auto slice = [&](const std::vector<uint32_t>& positions, size_t begin) {
    for (uint32_t i : positions) {
      local.batch.columns[i] = chunks[i]->slice(begin, local.batch.size, local.validity[i]);
    }
    if (begin == piece.begin) note_encodings(positions, local.batch);
  };
  for (size_t begin = piece.begin; begin < end && !stop(); begin += local.capacity) {
    Batch& batch = local.batch;
    batch.size = std::min<size_t>(local.capacity, end - begin);
    batch.selected = false;
    batch.columns.resize(plan_.scan_columns.size());
    if (deleted != nullptr) leave_out_deleted(deleted, begin, local);
    slice(filter_columns_, begin);
    if (local.predicates != nullptr && local.predicates->select(batch) == 0) continue;
    if (reduce(local) == 0) continue;
    slice(other_columns_, begin);
    next.push(batch);
  }
  release(piece);
}

void ScanSource::report(OperatorProfile& profile) const {
  profile.row_groups_skipped.fetch_add(skipped_groups_, std::memory_order_relaxed);
  for (size_t i = 0; i < encodings_.size(); ++i) {
    const uint32_t bits = encodings_[i].load(std::memory_order_relaxed);
    if (bits == 0) continue;
    if (!profile.encodings.empty()) profile.encodings += ", ";
    profile.encodings += plan_.table->schema.columns[plan_.scan_columns[i]].name + ' ' + encoding_names(bits);
  }
}

}  // namespace

std::unique_ptr<Source> make_scan_source(const PlanNode& plan, WorkerPool& pool, std::vector<ScanReducer> reducers) {
  return std::make_unique<ScanSource>(plan, pool, std::move(reducers));
}

}  // namespace cairn
