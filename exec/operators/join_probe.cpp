#include "exec/operators/join_probe.h"

#include <algorithm>
#include <map>

#include "exec/operators/join.h"
#include "vector/counted_work.h"
#include "vector/error.h"
#include "vector/null_vector.h"

namespace cairn {

namespace {

template <typename T>
void scatter(const void* from, const uint32_t* build_rows, const uint32_t* rows, size_t count, void* to) {
  const T* values = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  for (size_t i = 0; i < count; ++i) out[rows[i]] = values[build_rows[i]];
}

struct Bytes16 {
  uint64_t words[2];
};

void scatter(const Vector& column, size_t width, const uint32_t* build_rows, const uint32_t* rows, size_t count,
             void* to) {
  switch (width) {
    case 1: return scatter<uint8_t>(column.data, build_rows, rows, count, to);
    case 2: return scatter<uint16_t>(column.data, build_rows, rows, count, to);
    case 4: return scatter<uint32_t>(column.data, build_rows, rows, count, to);
    case 8: return scatter<uint64_t>(column.data, build_rows, rows, count, to);
    default: return scatter<Bytes16>(column.data, build_rows, rows, count, to);
  }
}

std::vector<const Expression*> pointers(const std::vector<ExpressionPtr>& expressions) {
  std::vector<const Expression*> result;
  for (const ExpressionPtr& expression : expressions) result.push_back(expression.get());
  return result;
}

}  // namespace

JoinProber::JoinProber(const PlanNode& plan, const JoinColumns& columns, const JoinTable& table, size_t capacity)
    : plan_(plan), columns_(columns), table_(table), index_(table.index()), capacity_(std::max<size_t>(capacity, 1)),
      waiting_(table.make_waiting()) {
  if (!plan.predicates.empty()) residual_ = std::make_unique<PredicateEvaluator>(pointers(plan.predicates));
  build_vectors_.resize(columns.build_count);
  spread_.resize(columns.build_count);
  gathered_.resize(columns.probe_count + columns.build_count);
}

bool JoinProber::keeps_all_probe_rows() const {
  return plan_.join == JoinKind::kLeft || plan_.join == JoinKind::kFull || plan_.join == JoinKind::kSingle;
}

void JoinProber::push(Batch& batch, Consumer& next) {
  if (batch.row_count() != 0 && waiting_ != nullptr) waiting_->take(batch);
  const size_t count = batch.row_count();
  if (count == 0) return;
  count_work(count);
  rows_.resize(count + 1);
  groups_.resize(count + 1);
  const size_t found = index_.find(batch, plan_.probe_keys, find_scratch_, rows_.data(), groups_.data());
  if (found == 0 || (residual_ == nullptr && !columns_.has_build_output)) {
    // Matches decide all; what they are does not matter.
    matched_.assign(batch.size, 0);
    for (size_t i = 0; i < found; ++i) matched_[rows_[i]] = 1;
    return push_by_match(batch, next);
  }
  index_.unique() ? push_unique(batch, found, next) : push_pairs(batch, found, next);
}

void JoinProber::push_by_match(Batch& batch, Consumer& next) {
  switch (plan_.join) {
    case JoinKind::kInner:
    case JoinKind::kRight:      // pairs have been pushed
    case JoinKind::kRightSemi:  // build rows have been marked
    case JoinKind::kRightAnti: return;
    case JoinKind::kSemi: list_rows(batch, true); break;
    case JoinKind::kAnti: list_rows(batch, false); break;
    case JoinKind::kMark: return push_marks(batch, next);
    default:
      list_rows(batch, false);
      for (const uint32_t column : columns_.build_wanted) build_vectors_[column] = null_of(column);
      break;
  }
  if (!listed_.empty()) emit(batch, listed_.data(), listed_.size(), next);
}

void JoinProber::list_rows(const Batch& batch, bool matched) {
  const size_t count = batch.row_count();
  listed_.resize(count);
  size_t listed = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = batch.selected ? batch.selection.indices[i] : static_cast<uint32_t>(i);
    listed_[listed] = row;
    listed += (matched_[row] != 0) == matched;
  }
  listed_.resize(listed);
}

void JoinProber::emit(Batch& batch, const uint32_t* rows, size_t count, Consumer& next, const Vector* mark) {
  Batch out;
  out.size = batch.size;
  out.selected = count != batch.size;
  if (out.selected) out.selection = {rows, count, nullptr};
  out.columns.reserve(columns_.outputs.size());
  for (const uint32_t column : columns_.outputs) {
    if (column < columns_.probe_count) {
      out.columns.push_back(batch.columns[column]);
    } else if (mark != nullptr) {
      out.columns.push_back(*mark);
    } else {
      out.columns.push_back(build_vectors_[column - columns_.probe_count]);
      out.columns.back().size = batch.size;
    }
  }
  next.push(out);
}

Vector JoinProber::spread(uint32_t build_column, size_t batch_rows, size_t count, bool others_null) {
  const Vector& column = table_.column(build_column);
  Vector out = column;
  out.size = batch_rows;
  if (table_.row_count() == 1 && !others_null) {
    out.encoding = Encoding::kConstant;  // one row: the same for all
    return out;
  }
  const size_t width = column.is_flat() ? physical_bytes(column.type.physical()) : column.code_bytes;
  Spread& to = spread_[build_column];
  if (to.values.size() < batch_rows * width) to.values.resize(batch_rows * width);
  scatter(column, width, groups_.data(), rows_.data(), count, to.values.data());
  out.data = to.values.data();
  if (!others_null && !column.may_have_nulls()) return out;
  to.validity.assign(mask_words(batch_rows), 0);
  for (size_t i = 0; i < count; ++i) {
    to.validity[rows_[i] / 64] |= uint64_t{column.valid(groups_[i])} << (rows_[i] % 64);
  }
  out.validity = to.validity.data();
  return out;
}

void JoinProber::spread_all(size_t batch_rows, size_t count, bool others_null) {
  for (const uint32_t column : columns_.outputs) {
    if (column < columns_.probe_count) continue;
    const uint32_t build_column = column - static_cast<uint32_t>(columns_.probe_count);
    build_vectors_[build_column] = spread(build_column, batch_rows, count, others_null);
  }
}

Vector JoinProber::null_of(uint32_t build_column) const { return null_vector(table_.column(build_column).type, 0); }

// ---- at most one build row per key --------------------------------------------------------------------------------

void JoinProber::push_unique(Batch& batch, size_t found, Consumer& next) {
  if (!index_.group_is_row()) {
    for (size_t i = 0; i < found; ++i) groups_[i] = index_.row(groups_[i]);
  }
  if (residual_ != nullptr) found = filter_unique(batch, found);
  if (keeps_matches(plan_.join)) {
    for (size_t i = 0; i < found; ++i) table_.mark_matched(groups_[i]);
    if (!columns_.emits_pairs) return;
  }
  if (plan_.join == JoinKind::kInner || plan_.join == JoinKind::kRight) {
    if (found == 0) return;
    spread_all(batch.size, found, false);
    return emit(batch, rows_.data(), found, next);
  }
  if (keeps_all_probe_rows()) {
    spread_all(batch.size, found, found != batch.row_count());
    return emit(batch, batch.selection.indices, batch.row_count(), next);
  }
  matched_.assign(batch.size, 0);
  for (size_t i = 0; i < found; ++i) matched_[rows_[i]] = 1;
  push_by_match(batch, next);
}

/// Keeps the candidates (rows_, groups_) for which the residual predicates are true.
size_t JoinProber::filter_unique(Batch& batch, size_t found) {
  Batch candidates;
  candidates.size = batch.size;
  candidates.selected = true;
  candidates.selection = {rows_.data(), found, nullptr};
  candidates.columns = batch.columns;
  candidates.columns.resize(columns_.probe_count + columns_.build_count);
  for (const uint32_t column : columns_.residual) {
    if (column < columns_.probe_count) continue;
    const uint32_t build_column = column - static_cast<uint32_t>(columns_.probe_count);
    candidates.columns[column] = spread(build_column, batch.size, found, false);
  }
  const size_t left = residual_->select(candidates);
  if (left == found || left == 0) return left;
  const uint32_t* kept = candidates.selection.indices;
  for (size_t i = 0, from = 0; i < left; ++i, ++from) {
    while (rows_[from] != kept[i]) ++from;
    rows_[i] = rows_[from];
    groups_[i] = groups_[from];
  }
  return left;
}

// ---- several build rows per key -----------------------------------------------------------------------------------

void JoinProber::push_pairs(Batch& batch, size_t found, Consumer& next) {
  const bool first_decides = !columns_.has_build_output;
  const bool only_marks = columns_.has_build_output && !columns_.emits_pairs;
  matched_.assign(batch.size, 0);
  pair_rows_.clear();
  pair_build_rows_.clear();
  for (size_t i = 0; i < found; ++i) {
    const uint32_t row = rows_[i];
    const uint32_t end = index_.end(groups_[i]);
    for (uint32_t at = index_.begin(groups_[i]); at < end; ++at) {
      if (only_marks && table_.matched(index_.at(at))) continue;
      pair_rows_.push_back(row);
      pair_build_rows_.push_back(index_.at(at));
      if (pair_rows_.size() < capacity_) continue;
      flush_pairs(batch, next);
      if (first_decides && matched_[row] != 0) break;
    }
  }
  flush_pairs(batch, next);
  push_by_match(batch, next);
}

void JoinProber::flush_pairs(Batch& batch, Consumer& next) {
  if (pair_rows_.empty()) return;
  count_work(pair_rows_.size());
  if (residual_ != nullptr) filter_pairs(batch);
  for (const uint32_t row : pair_rows_) {
    uint8_t& flag = (*flags_)[row];
    if (flag != 0 && plan_.join == JoinKind::kSingle) {
      throw Error(sqlstate::kCardinalityViolation, "more than one row returned by a subquery used as an expression");
    }
    flag = 1;
  }
  if (keeps_matches(plan_.join)) {
    for (const uint32_t row : pair_build_rows_) table_.mark_matched(row);
  }
  if (columns_.emits_pairs && !pair_rows_.empty()) {
    emit_pairs(batch, next);
  } else {
    Batch none;  // billions of pairs may pass no condition: behind us it is known whether the query still goes on
    next.push(none);
  }
  pair_rows_.clear();
  pair_build_rows_.clear();
}

/// Keeps the pairs for which the residual predicates are true.
void JoinProber::filter_pairs(Batch& batch) {
  Batch candidates;
  candidates.size = pair_rows_.size();
  candidates.columns.resize(columns_.probe_count + columns_.build_count);
  for (const uint32_t column : columns_.residual) {
    const bool probe = column < columns_.probe_count;
    candidates.columns[column] =
        probe ? gather(batch.columns[column], pair_rows_.data(), pair_rows_.size(), gathered_[column])
              : gather(table_.column(column - static_cast<uint32_t>(columns_.probe_count)), pair_build_rows_.data(),
                       pair_build_rows_.size(), gathered_[column]);
  }
  const size_t left = residual_->select(candidates);
  if (left != pair_rows_.size()) {
    for (size_t i = 0; i < left; ++i) {
      pair_rows_[i] = pair_rows_[candidates.selection.indices[i]];
      pair_build_rows_[i] = pair_build_rows_[candidates.selection.indices[i]];
    }
  }
  pair_rows_.resize(left);
  pair_build_rows_.resize(left);
}

void JoinProber::emit_pairs(Batch& batch, Consumer& next) {
  Batch out;
  out.size = pair_rows_.size();
  for (const uint32_t column : columns_.outputs) {
    const bool probe = column < columns_.probe_count;
    out.columns.push_back(
        probe ? gather(batch.columns[column], pair_rows_.data(), pair_rows_.size(), gathered_[column])
              : gather(table_.column(column - static_cast<uint32_t>(columns_.probe_count)), pair_build_rows_.data(),
                       pair_build_rows_.size(), gathered_[column]));
  }
  next.push(out);
}

// ---- marks --------------------------------------------------------------------------------------------------------

void JoinProber::push_marks(Batch& batch, Consumer& next) {
  unknown_.assign(batch.size, 0);
  if (table_.unknown_matches() != nullptr) find_unknown(batch, next);
  Vector mark;
  mark.type = Type::boolean();
  mark.size = batch.size;
  mark.data = matched_.data();
  mark.range = {0, 1};
  if (std::find(unknown_.begin(), unknown_.end(), 1) != unknown_.end()) {
    mark_validity_.assign(mask_words(batch.size), 0);
    for (size_t row = 0; row < batch.size; ++row) mark_validity_[row / 64] |= uint64_t{unknown_[row] == 0} << (row % 64);
    mark.validity = mark_validity_.data();
  }
  emit(batch, batch.selection.indices, batch.row_count(), next, &mark);
}

/// A row without a match gives NULL where one would be there if some NULL were another value: of its own keys, which
/// any build row might then equal, or of a build row's.
void JoinProber::find_unknown(Batch& batch, Consumer& next) {
  bool probe_nulls = false;
  for (const uint32_t column : plan_.probe_keys) probe_nulls |= batch.columns[column].may_have_nulls();
  if (!probe_nulls && index_.null_rows().empty()) return;
  list_rows(batch, false);
  std::map<UnknownMatches::NullKeys, std::vector<uint32_t>> open;
  UnknownMatches::NullKeys null_keys(plan_.probe_keys.size());
  for (const uint32_t row : listed_) {
    for (size_t k = 0; k < null_keys.size(); ++k) null_keys[k] = !batch.columns[plan_.probe_keys[k]].valid(row);
    open[null_keys].push_back(row);
  }
  flags_ = &unknown_;
  for (auto& [keys, rows] : open) {
    table_.unknown_matches()->for_each_index(keys, [&](const UnknownMatches::Index& index) {
      find_unknown_in(batch, rows, index, next);
      std::erase_if(rows, [&](uint32_t row) { return unknown_[row] != 0; });
      return !rows.empty();
    });
  }
  flags_ = &matched_;
}

void JoinProber::find_unknown_in(Batch& batch, std::vector<uint32_t>& rows, const UnknownMatches::Index& index,
                                 Consumer& next) {
  count_work(rows.size());
  std::vector<uint32_t> columns;
  for (const size_t key : index.compared) columns.push_back(plan_.probe_keys[key]);
  Batch open = batch;
  open.selected = true;
  open.selection = {rows.data(), rows.size(), nullptr};
  rows_.resize(rows.size() + 1);
  groups_.resize(rows.size() + 1);
  const size_t found = index.groups->find(open, columns, unknown_scratch_, rows_.data(), groups_.data());
  for (size_t i = 0; i < found; ++i) {
    const uint32_t row = rows_[i];
    if (residual_ == nullptr) {
      unknown_[row] = 1;
      continue;
    }
    for (uint32_t at = index.groups->begin(groups_[i]); at < index.groups->end(groups_[i]) && unknown_[row] == 0; ++at) {
      pair_rows_.push_back(row);
      pair_build_rows_.push_back(index.build_row(index.groups->at(at)));
      if (pair_rows_.size() >= capacity_) flush_pairs(batch, next);
    }
  }
  flush_pairs(batch, next);
}

// ---- the operator -------------------------------------------------------------------------------------------------

namespace {

class JoinProbe : public Operator {
 public:
  JoinProbe(const PlanNode& plan, const JoinTable& table) : plan_(plan), columns_(plan), table_(table) {}
  std::unique_ptr<Local> make_local(const WorkerContext& worker) const override {
    return std::make_unique<JoinProber>(plan_, columns_, table_, worker.settings->vector_capacity);
  }
  void push(Batch& batch, Local& local, Consumer& next) const override {
    static_cast<JoinProber&>(local).push(batch, next);
  }

 private:
  const PlanNode& plan_;
  JoinColumns columns_;
  const JoinTable& table_;
};

}  // namespace

std::unique_ptr<Operator> make_join_probe(const PlanNode& plan, const Sink& build) {
  return std::make_unique<JoinProbe>(plan, static_cast<const JoinTable&>(build));
}

}  // namespace cairn
