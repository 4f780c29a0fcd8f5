#pragma once

#include <span>
#include <vector>

#include "exec/aggregates/state.h"
#include "exec/keys/group_index.h"

namespace cairn {

/// GROUP BY without hashing: while every group column's values are codes of a small domain (dictionary codes, narrow
/// offsets, booleans), a row's group is the mixed-radix number of its codes, at most 255 of them, and a trash group
/// takes the rows that don't count. Codes mean different values in different row groups, so before they change, and at
/// the end of each morsel, the groups are merged into the index of whole keys.
class DirectGroups {
 public:
  DirectGroups(const AggregateLayout& layout, std::vector<uint32_t> group_columns, const std::vector<Type>& types);

  /// Whether the batch's group columns have small domains.
  bool accepts(const Batch& batch) const;
  /// Whether the batch's codes mean what those before meant; else flush first.
  bool same_codes(const Batch& batch) const;
  /// Adds all rows, or those of the batch's selection. REQUIRES: accepts(batch), and it has the same codes or nothing
  /// was added since the last flush.
  void add(const Batch& batch, uint64_t morsel);
  /// Merges what was added into `states` of the groups of `index`, and starts anew.
  void flush(GroupIndex& index, AggregateStates& states);
  bool empty() const { return states_ == nullptr; }
  size_t bytes() const { return states_ == nullptr ? 0 : states_->bytes(); }

 private:
  static constexpr size_t kGroupsMax = 255;
  /// One group column's domain: codes [0, domain); the last one is NULL where `nullable`.
  struct Domain {
    enum class Kind : uint8_t { kNone, kDictionary, kInteger, kConstant };
    Kind kind = Kind::kNone;
    bool nullable = false;
    size_t size = 0;
    uint64_t dictionary_id = 0;
    int64_t min = 0;  ///< kInteger: value of code 0
  };
  struct Column {
    Domain domain;
    size_t stride = 0;
    ColumnBuffer values;  ///< kDictionary: a copy of the dictionary; kConstant: the value
    explicit Column(Type type) : values(type) {}
  };

  static Domain domain_of(const Vector& vector);
  bool same_domain(const Column& column, const Vector& vector) const;
  void adopt_domains(const Batch& batch);
  void number_rows(const Batch& batch);
  void trash_unselected(const Batch& batch);
  void note_new_groups();

  const AggregateLayout& layout_;
  std::vector<uint32_t> group_columns_;
  std::vector<Column> columns_;
  size_t group_count_ = 0;  ///< without the trash group, which has this number
  std::unique_ptr<AggregateStates> states_;
  std::vector<uint8_t> ids_;
  std::vector<int64_t> group_rows_;
  std::vector<uint32_t> seen_;  ///< groups that have rows, in the order of their first rows
};

}  // namespace cairn
