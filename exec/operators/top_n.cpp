#include "exec/operators/top_n.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

#include "exec/pipeline/gather_rows.h"
#include "exec/pipeline/parallel.h"
#include "exec/rows/integer_values.h"
#include "vector/date.h"
#include "vector/kernels/kernels.h"
#include "vector/read_row.h"

namespace cairn {

namespace {

/// Candidates beyond the rows to keep, before the best are picked again.
constexpr size_t kSlackRows = 8192;

/// Where a row comes in the order of the input. All rows of a morsel come to one fragment, which numbers what it keeps.
struct Position {
  uint64_t morsel = 0, row = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

/// The first sort key of the last row that is kept: later rows behind it can't get in.
class Threshold {
 public:
  explicit Threshold(const SortKey& key) : key_(key) {}
  bool set() const { return value_ != nullptr; }

  void assign(const Vector& row) {
    value_ = std::make_unique<ColumnBuffer>(row.type);
    value_->append(row);
  }

  /// Rows of the batch that may still get in, ascending.
  void select(const Batch& batch, std::vector<uint32_t>& rows) {
    const Vector& column = batch.columns[key_.column];
    const size_t count = batch.row_count();
    const uint32_t* indices = batch.selected ? batch.selection.indices : nullptr;
    rows.resize(count);
    const Vector bound = value_->view();
    const bool null_bound = !bound.valid(0);
    size_t kept = 0;
    // `passes(row)`: a row that is not NULL comes before the bound, or ties with it.
    const auto select_by = [&](auto passes) {
      for (size_t i = 0; i < count; ++i) {
        const uint32_t row = indices != nullptr ? indices[i] : static_cast<uint32_t>(i);
        const bool passed = column.valid(row) ? passes(row, i) : key_.nulls_first || null_bound;
        rows[kept] = row;
        kept += passed;
      }
    };
    if (null_bound) {
      select_by([&](uint32_t, size_t) { return !key_.nulls_first; });
    } else if (is_word(column.type) && column.encoding != Encoding::kDictionary) {
      int64_t limit = 0;
      visit_integers(bound, [&](auto read) { limit = read(0); });
      visit_integers(column, [&](auto read) {
        if (key_.descending) {
          select_by([=](uint32_t row, size_t) { return read(row) >= limit; });
        } else {
          select_by([=](uint32_t row, size_t) { return read(row) <= limit; });
        }
      });
    } else {
      const Vector flat = flatten(column, batch.selected ? &batch.selection : nullptr, scratch_);
      select_by([&](uint32_t, size_t i) {
        const int order = compare(flat, i, bound);
        return key_.descending ? order >= 0 : order <= 0;
      });
    }
    rows.resize(kept);
  }

 private:
  template <typename T>
  static int three_way(const T& a, const T& b) {
    return a < b ? -1 : b < a ? 1 : 0;
  }
  static int compare_floats(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return three_way(std::isnan(a), std::isnan(b));
    return three_way(a, b);
  }
  static int compare(const Vector& values, size_t row, const Vector& bound) {
    switch (values.type.physical()) {
      case Physical::kBool: return three_way(values.values<uint8_t>()[row], *bound.values<uint8_t>());
      case Physical::kInt16: return three_way(values.values<int16_t>()[row], *bound.values<int16_t>());
      case Physical::kInt32: return three_way(values.values<int32_t>()[row], *bound.values<int32_t>());
      case Physical::kInt64: return three_way(values.values<int64_t>()[row], *bound.values<int64_t>());
      case Physical::kInt128: return three_way(values.values<int128_t>()[row], *bound.values<int128_t>());
      case Physical::kFloat: return compare_floats(values.values<float>()[row], *bound.values<float>());
      case Physical::kDouble: return compare_floats(values.values<double>()[row], *bound.values<double>());
      case Physical::kInterval:
        return three_way(interval_order(values.values<Interval>()[row]), interval_order(*bound.values<Interval>()));
      default: return three_way(values.values<StringRef>()[row], *bound.values<StringRef>());
    }
  }

  SortKey key_;
  std::unique_ptr<ColumnBuffer> value_;
  FlatScratch scratch_;
};

class TopFragment : public Fragment {
 public:
  TopFragment(const SortOrder& order, const std::vector<Type>& types, size_t keep)
      : order_(order), types_(types), keep_(keep), rows_(std::make_shared<RowSet>(types)) {
    if (!order.keys().empty()) threshold_ = std::make_unique<Threshold>(order.keys()[0]);
  }

  void consume(Batch& batch, const Morsel& morsel) override {
    if (keep_ == 0) return;
    if (threshold_ == nullptr || !threshold_->set()) {
      rows_->append(batch);
    } else {
      threshold_->select(batch, selected_);
      if (selected_.empty()) return;
      Batch kept = batch;
      kept.selected = true;
      kept.selection = {selected_.data(), selected_.size(), nullptr};
      rows_->append(kept);
    }
    while (positions_.size() < rows_->row_count()) positions_.push_back({morsel.ordinal, next_row_++});
    if (positions_.size() >= keep_ * 2 + kSlackRows || (!bounded_ && positions_.size() >= keep_ * 4)) pick_best();
  }

  size_t bytes() const override { return rows_->bytes() + positions_.capacity() * sizeof(Position); }

  const RowSet& rows() const { return *rows_; }
  const std::vector<Position>& positions() const { return positions_; }
  void seal() { rows_->seal(); }
  /// The rows' columns, and their positions.
  static std::vector<Type> saved_types(std::vector<Type> types) {
    types.insert(types.end(), {Type::big_int(), Type::big_int()});
    return types;
  }
  std::shared_ptr<const RowSet> save() override;
  void load(const RowSet& saved);

 private:
  void pick_best();

  const SortOrder& order_;
  const std::vector<Type>& types_;
  size_t keep_;
  std::shared_ptr<RowSet> rows_;
  std::vector<Position> positions_;  ///< of each row
  std::unique_ptr<Threshold> threshold_;
  bool bounded_ = false;
  uint64_t next_row_ = 0;
  std::vector<uint32_t> selected_;
};

/// The rows of some sets in the order of their positions; addresses in `chunks`, which is filled.
std::vector<RowAddress> by_position(const std::vector<const TopFragment*>& parts, ChunkList& chunks) {
  std::vector<std::pair<Position, RowAddress>> rows;
  for (const TopFragment* part : parts) {
    const size_t first_chunk = chunks.size();
    for (size_t row = 0; row < part->positions().size(); ++row) {
      const size_t address = (first_chunk + row / kRowGroupRows) << kAddressOffsetBits | row % kRowGroupRows;
      rows.emplace_back(part->positions()[row], static_cast<RowAddress>(address));
    }
    for (const RowSet::Chunk& chunk : part->rows().chunks()) chunks.push_back(&chunk);
  }
  std::sort(rows.begin(), rows.end());
  std::vector<RowAddress> addresses;
  for (const auto& [position, address] : rows) addresses.push_back(address);
  return addresses;
}

/// Keeps the best keep_ rows, and takes the last one's first key as the threshold.
void TopFragment::pick_best() {
  rows_->seal();
  ChunkList chunks;
  const std::vector<RowAddress> in_order = by_position({this}, chunks);
  std::vector<RowAddress> best = order_.sort(chunks, in_order, run_alone);
  if (best.size() > keep_) best.resize(keep_);
  std::vector<Position> positions;
  for (const RowAddress row : best) positions.push_back(positions_[row]);  // one set: its addresses are its rows
  rows_ = gather_rows(types_, chunks, best, run_alone);
  positions_ = std::move(positions);
  bounded_ = true;
  if (threshold_ == nullptr || best.size() < keep_) return;
  const size_t last = best.size() - 1;
  std::vector<uint64_t> scratch;
  const ColumnBuffer& column = rows_->chunks()[last / kRowGroupRows].columns[order_.keys()[0].column];
  threshold_->assign(column.view(last % kRowGroupRows, 1, &scratch));
}

std::shared_ptr<const RowSet> TopFragment::save() {
  if (positions_.size() > keep_) pick_best();
  auto saved = std::make_shared<RowSet>(saved_types(types_));
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  auto position = positions_.begin();
  rows_->seal();
  for (const RowSet::Chunk& chunk : rows_->chunks()) {
    ColumnBuffer morsels(Type::big_int()), rows(Type::big_int());
    auto* const morsel = static_cast<uint64_t*>(morsels.append_uninitialized(chunk.row_count));
    auto* const row = static_cast<uint64_t*>(rows.append_uninitialized(chunk.row_count));
    for (size_t i = 0; i < chunk.row_count; ++i, ++position) {
      morsel[i] = position->morsel;
      row[i] = position->row;
    }
    RowSet::view(chunk, 0, chunk.row_count, batch, scratch);
    batch.columns.insert(batch.columns.end(), {morsels.view(), rows.view()});
    saved->append(batch);
  }
  saved->seal();
  return saved;
}

void TopFragment::load(const RowSet& saved) {
  Batch batch;
  std::vector<std::vector<uint64_t>> scratch;
  for (size_t i = 0; i < saved.chunks().size(); ++i) {
    const std::shared_ptr<const RowSet::Chunk> chunk = saved.pin(i);
    RowSet::view(*chunk, 0, chunk->row_count, batch, scratch);
    const Vector rows = batch.columns.back(), morsels = batch.columns[batch.columns.size() - 2];
    batch.columns.resize(batch.columns.size() - 2);
    rows_->append(batch);
    for (size_t row = 0; row < chunk->row_count; ++row) {
      positions_.push_back({static_cast<uint64_t>(read_integral(morsels, row)), static_cast<uint64_t>(read_integral(rows, row))});
    }
  }
}

class TopSink : public Sink {
 public:
  explicit TopSink(const PlanNode& plan)
      : types_(plan.children[0]->types), order_(plan.sort_keys, types_), limit_(plan.limit),
        offset_(std::max<int64_t>(plan.offset, 0)) {}

  std::unique_ptr<Fragment> open(const WorkerContext&) override { return make_fragment(); }
  std::vector<Type> saved_types() const override { return TopFragment::saved_types(types_); }
  std::unique_ptr<Fragment> reopen(std::shared_ptr<const RowSet> saved) override {
    auto fragment = make_fragment();
    fragment->load(*saved);
    return fragment;
  }

  void add(std::unique_ptr<Fragment> sealed) override {
    static_cast<TopFragment&>(*sealed).seal();
    const std::lock_guard lock(mutex_);
    parts_.emplace_back(static_cast<TopFragment*>(sealed.release()));
  }

  void finalize(const Parallel& parallel) override {
    std::vector<const TopFragment*> parts;
    for (const auto& part : parts_) parts.push_back(part.get());
    ChunkList chunks;
    const std::vector<RowAddress> in_order = by_position(parts, chunks);
    std::vector<RowAddress> sorted = order_.sort(chunks, in_order, parallel);
    cut_rows(sorted, limit_, offset_);
    rows_ = gather_rows(types_, chunks, sorted, parallel);
    parts_.clear();
  }

  bool satisfied() const override { return limit_ == 0; }
  std::shared_ptr<const RowSet> rows() const override { return rows_; }
  void restore(std::shared_ptr<const RowSet> rows, const Parallel&) override { rows_ = std::move(rows); }
  size_t bytes() const override { return rows_ == nullptr ? 0 : rows_->bytes(); }

 private:
  std::unique_ptr<TopFragment> make_fragment() const {
    return std::make_unique<TopFragment>(order_, types_, static_cast<size_t>(limit_ + offset_));
  }

  std::vector<Type> types_;
  SortOrder order_;
  int64_t limit_, offset_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<TopFragment>> parts_;
  std::shared_ptr<const RowSet> rows_;
};

}  // namespace

std::unique_ptr<Sink> make_top_n_sink(const PlanNode& plan) { return std::make_unique<TopSink>(plan); }

}  // namespace cairn
