#include "exec/operators/aggregate_direct.h"

#include <algorithm>
#include <bit>

#include "exec/rows/integer_values.h"
#include "vector/kernels/kernels.h"
#include "vector/read_row.h"

namespace cairn {

namespace {

/// ids = ids + read(row) * stride, modulo 256. Rows that don't count may overflow: they get the trash group later.
template <bool first, typename Read>
void add_codes(Read read, size_t rows, uint8_t stride, uint8_t* ids) {
  for (size_t row = 0; row < rows; ++row) {
    const uint8_t part = static_cast<uint8_t>(static_cast<uint8_t>(read(row)) * stride);
    ids[row] = static_cast<uint8_t>(first ? part : ids[row] + part);
  }
}

template <typename Read>
void add_codes(Read read, size_t rows, bool first, size_t stride, uint8_t* ids) {
  first ? add_codes<true>(read, rows, static_cast<uint8_t>(stride), ids)
        : add_codes<false>(read, rows, static_cast<uint8_t>(stride), ids);
}

/// Calls each(row) for the rows whose bit is not set.
template <typename Each>
void for_each_unset(const uint64_t* mask, size_t rows, Each each) {
  for (size_t word = 0; word < mask_words(rows); ++word) {
    uint64_t unset = ~mask[word];
    if (word == rows / 64) unset &= (uint64_t{1} << (rows % 64)) - 1;
    for (; unset != 0; unset &= unset - 1) each(word * 64 + std::countr_zero(unset));
  }
}

}  // namespace

DirectGroups::DirectGroups(const AggregateLayout& layout, std::vector<uint32_t> group_columns,
                           const std::vector<Type>& types)
    : layout_(layout), group_columns_(std::move(group_columns)) {
  for (const uint32_t column : group_columns_) columns_.emplace_back(types[column]);
}

DirectGroups::Domain DirectGroups::domain_of(const Vector& vector) {
  Domain domain;
  if (vector.is_constant()) {
    domain.kind = Domain::Kind::kConstant;
    domain.size = 1;
    return domain;
  }
  domain.nullable = vector.may_have_nulls();
  if (vector.encoding == Encoding::kDictionary) {
    if (!vector.unique_dictionary || vector.dictionary_id == 0 || vector.dictionary_size > kGroupsMax) return domain;
    domain.kind = Domain::Kind::kDictionary;
    domain.dictionary_id = vector.dictionary_id;
    domain.size = vector.dictionary_size;
  } else if (is_word(vector.type)) {
    ValueRange range = vector.range;
    if (vector.type.id == TypeId::kBoolean) range = {0, 1};
    const uint128_t width = static_cast<uint128_t>(range.max) - static_cast<uint128_t>(range.min);
    if (!range.known() || width >= kGroupsMax) return domain;
    if (range.min < INT64_MIN || range.max > INT64_MAX) return domain;
    domain.kind = Domain::Kind::kInteger;
    domain.min = static_cast<int64_t>(range.min);
    domain.size = static_cast<size_t>(width) + 1;
  }
  if (domain.nullable) ++domain.size;
  return domain;
}

bool DirectGroups::accepts(const Batch& batch) const {
  size_t groups = 1;
  for (const uint32_t column : group_columns_) {
    const Domain domain = domain_of(batch.columns[column]);
    if (domain.kind == Domain::Kind::kNone || domain.size == 0) return false;
    groups *= domain.size;
    if (groups > kGroupsMax) return false;
  }
  return !group_columns_.empty();
}

bool DirectGroups::same_domain(const Column& column, const Vector& vector) const {
  const Domain domain = domain_of(vector);
  if (domain.kind != column.domain.kind || domain.nullable != column.domain.nullable ||
      domain.size != column.domain.size || domain.dictionary_id != column.domain.dictionary_id ||
      domain.min != column.domain.min) {
    return false;
  }
  if (domain.kind != Domain::Kind::kConstant) return true;
  const uint32_t row = 0;
  uint8_t equal = 1;
  match_rows(vector, column.values.view(), &row, 1, &equal);
  return equal != 0;
}

bool DirectGroups::same_codes(const Batch& batch) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!same_domain(columns_[i], batch.columns[group_columns_[i]])) return false;
  }
  return true;
}

void DirectGroups::adopt_domains(const Batch& batch) {
  group_count_ = 1;
  for (size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    const Vector& vector = batch.columns[group_columns_[i]];
    if (!same_domain(column, vector) || column.values.size() == 0) {
      column.domain = domain_of(vector);
      column.values.clear();
      Vector values = vector;
      if (column.domain.kind == Domain::Kind::kDictionary) {
        values = Vector{};
        values.type = vector.type;
        values.size = vector.dictionary_size;
        values.data = vector.dictionary;
        column.values.append(values);
      } else if (column.domain.kind == Domain::Kind::kConstant) {
        values.size = 1;
        column.values.append(values);
      }
    }
    column.stride = group_count_;
    group_count_ *= column.domain.size;
  }
}

void DirectGroups::number_rows(const Batch& batch) {
  const size_t rows = batch.size;
  ids_.resize(rows);
  bool first = true;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Vector& vector = batch.columns[group_columns_[i]];
    const Column& column = columns_[i];
    if (column.domain.kind == Domain::Kind::kConstant) continue;
    if (column.domain.kind == Domain::Kind::kDictionary) {
      const auto add = [&](auto* codes) {
        add_codes([=](size_t row) { return codes[row]; }, rows, first, column.stride, ids_.data());
      };
      vector.code_bytes == 1   ? add(vector.values<uint8_t>())
      : vector.code_bytes == 2 ? add(vector.values<uint16_t>())
                               : add(vector.values<uint32_t>());
    } else {
      visit_integers(vector, [&, min = column.domain.min](auto read) {
        add_codes([=](size_t row) { return static_cast<uint64_t>(read(row)) - static_cast<uint64_t>(min); }, rows,
                  first, column.stride, ids_.data());
      });
    }
    if (vector.may_have_nulls()) {
      // What stands under a NULL has been added: replace it, which needs the columns before it anew.
      for_each_unset(vector.validity, rows, [&](size_t row) {
        size_t id = 0;
        for (size_t j = 0; j <= i; ++j) {
          const Vector& part = batch.columns[group_columns_[j]];
          const Column& other = columns_[j];
          size_t code = 0;
          if (!part.valid(row)) {
            code = other.domain.kind == Domain::Kind::kConstant ? 0 : other.domain.size - 1;
          } else if (other.domain.kind == Domain::Kind::kDictionary) {
            code = read_code(part.data, part.code_bytes, row);
          } else if (other.domain.kind == Domain::Kind::kInteger) {
            code = static_cast<size_t>(static_cast<int64_t>(read_integral(part, row)) - other.domain.min);
          }
          id += code * other.stride;
        }
        ids_[row] = static_cast<uint8_t>(id);
      });
    }
    first = false;
  }
  if (first) std::fill(ids_.begin(), ids_.end(), uint8_t{0});
}

void DirectGroups::trash_unselected(const Batch& batch) {
  if (!batch.selected) return;
  const uint8_t trash = static_cast<uint8_t>(group_count_);
  if (batch.selection.mask != nullptr) {
    for_each_unset(batch.selection.mask, batch.size, [&](size_t row) { ids_[row] = trash; });
    return;
  }
  size_t next = 0;
  for (size_t i = 0; i < batch.selection.count; ++i) {
    for (; next < batch.selection.indices[i]; ++next) ids_[next] = trash;
    ++next;
  }
  for (; next < batch.size; ++next) ids_[next] = trash;
}

void DirectGroups::add(const Batch& batch, uint64_t morsel) {
  if (states_ == nullptr) {
    adopt_domains(batch);
    states_ = std::make_unique<AggregateStates>(layout_, true);
    states_->resize(group_count_ + 1);
    group_rows_.resize(group_count_ + 1);
  }
  number_rows(batch);
  trash_unselected(batch);
  const GroupIds groups{ids_.data(), 1, batch.size, static_cast<uint32_t>(group_count_ + 1),
                        static_cast<uint32_t>(group_count_)};
  std::fill(group_rows_.begin(), group_rows_.end(), 0);
  grouped_count(groups, nullptr, group_rows_.data());
  note_new_groups();
  states_->update({groups, group_rows_.data(), group_count_, morsel}, batch.columns);
}

/// Lists the groups that have their first rows in this batch, in the order of these.
void DirectGroups::note_new_groups() {
  size_t missing = 0;
  for (size_t group = 0; group < group_count_; ++group) {
    missing += group_rows_[group] != 0 && states_->rows()[group] == 0;
  }
  if (missing == 0) return;
  std::vector<uint8_t> known(group_count_ + 1, 0);
  known[group_count_] = 1;
  for (const uint32_t group : seen_) known[group] = 1;
  for (size_t row = 0; missing > 0; ++row) {
    if (known[ids_[row]] != 0) continue;
    known[ids_[row]] = 1;
    seen_.push_back(ids_[row]);
    --missing;
  }
}

void DirectGroups::flush(GroupIndex& index, AggregateStates& states) {
  if (states_ == nullptr) return;
  const std::vector<uint32_t> from = std::move(seen_);
  seen_.clear();
  std::vector<std::vector<uint8_t>> codes(columns_.size());
  std::vector<uint64_t> validity(columns_.size() * mask_words(from.size()), ~uint64_t{0});
  std::vector<Vector> keys(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    Vector& key = keys[i];
    uint64_t* valid = validity.data() + i * mask_words(from.size());
    codes[i].resize(from.size());
    for (size_t g = 0; g < from.size(); ++g) {
      codes[i][g] = static_cast<uint8_t>(from[g] / column.stride % column.domain.size);
      if (!column.domain.nullable || codes[i][g] != column.domain.size - 1) continue;
      codes[i][g] = 0;
      valid[g / 64] &= ~(uint64_t{1} << (g % 64));
      key.validity = valid;
    }
    key.type = column.values.type();
    key.size = from.size();
    key.data = codes[i].data();
    key.code_bytes = 1;
    if (column.domain.kind == Domain::Kind::kInteger) {
      key.encoding = Encoding::kFrameOfReference;
      key.base = column.domain.min;
    } else if (column.domain.kind == Domain::Kind::kDictionary) {
      key.encoding = Encoding::kDictionary;
      key.dictionary = column.values.view().data;
      key.dictionary_size = static_cast<uint32_t>(column.values.size());
    } else {
      key = column.values.view();
      key.encoding = Encoding::kConstant;
      key.size = from.size();
    }
  }
  const size_t groups_before = index.size();
  std::vector<uint32_t> to(from.size());
  index.find_or_add(keys, from.size(), to.data());
  states.resize(index.size());
  states.merge(*states_, from.data(), to.data(), from.size(), groups_before);
  states_.reset();
}

}  // namespace cairn
