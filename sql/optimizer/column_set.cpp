#include "sql/optimizer/column_set.h"

#include <algorithm>
#include <bit>

#include "sql/optimizer/rewrite.h"

namespace cairn {

void ColumnSet::widen(size_t begin, size_t end) {
  if (words_.empty()) first_ = begin;
  if (begin < first_) {
    words_.insert(words_.begin(), first_ - begin, 0);
    first_ = begin;
  }
  if (end > this->end()) words_.resize(end - first_);
}

void ColumnSet::insert(ColumnId id) {
  widen(id / 64, id / 64 + 1);
  words_[id / 64 - first_] |= uint64_t{1} << (id % 64);
}

void ColumnSet::insert(const std::vector<ColumnId>& ids) {
  for (ColumnId id : ids) insert(id);
}

void ColumnSet::insert(const ColumnSet& other) {
  if (other.words_.empty()) return;
  widen(other.first_, other.end());
  for (size_t i = other.first_; i < other.end(); ++i) words_[i - first_] |= other.word(i);
}

void ColumnSet::erase(ColumnId id) {
  if (contains(id)) words_[id / 64 - first_] &= ~(uint64_t{1} << (id % 64));
}

void ColumnSet::erase(const ColumnSet& other) {
  for (size_t i = std::max(first_, other.first_); i < std::min(end(), other.end()); ++i) words_[i - first_] &= ~other.word(i);
}

bool ColumnSet::contains(ColumnId id) const { return (word(id / 64) >> (id % 64) & 1) != 0; }

bool ColumnSet::contains_all(const ColumnSet& other) const {
  for (size_t i = other.first_; i < other.end(); ++i) {
    if ((other.word(i) & ~word(i)) != 0) return false;
  }
  return true;
}

bool ColumnSet::intersects(const ColumnSet& other) const {
  for (size_t i = std::max(first_, other.first_); i < std::min(end(), other.end()); ++i) {
    if ((word(i) & other.word(i)) != 0) return true;
  }
  return false;
}

bool ColumnSet::empty() const {
  for (uint64_t word : words_) {
    if (word != 0) return false;
  }
  return true;
}

size_t ColumnSet::size() const {
  size_t count = 0;
  for (uint64_t word : words_) count += static_cast<size_t>(std::popcount(word));
  return count;
}

std::vector<ColumnId> ColumnSet::ids() const {
  std::vector<ColumnId> result;
  for (size_t i = 0; i < words_.size(); ++i) {
    for (uint64_t word = words_[i]; word != 0; word &= word - 1) {
      result.push_back(static_cast<ColumnId>((first_ + i) * 64 + static_cast<size_t>(std::countr_zero(word))));
    }
  }
  return result;
}

void add_columns(const Expression& expression, ColumnSet& set) {
  if (expression.kind == Expression::Kind::kColumn) set.insert(expression.column);
  for (const auto& argument : expression.arguments) add_columns(*argument, set);
}

ColumnSet columns_of(const Expression& expression) {
  ColumnSet set;
  add_columns(expression, set);
  return set;
}

ColumnSet columns_used_by(const LogicalNode& node) {
  ColumnSet set;
  for_each_expression(node, [&](const Expression& expression) { add_columns(expression, set); });
  return set;
}

ColumnSet correlated_columns(const LogicalNode& node) {
  ColumnSet used = columns_used_by(node);
  for (const auto& child : node.children) used.insert(correlated_columns(*child));
  if (node.kind == LogicalNode::Kind::kScan) used.erase(ColumnSet(node.outputs));
  // Everything below is known to whatever stands above it: ids are unique over the query.
  for (const auto& child : node.children) used.erase(ColumnSet(available_columns(*child)));
  used.erase(ColumnSet(node.outputs));
  return used;
}

std::vector<ColumnId> available_columns(const LogicalNode& node) {
  switch (node.kind) {
    case LogicalNode::Kind::kFilter:
    case LogicalNode::Kind::kSort:
    case LogicalNode::Kind::kLimit:
      return node.children[0]->outputs;
    case LogicalNode::Kind::kJoin: {
      std::vector<ColumnId> columns = node.children[0]->outputs;
      if (node.join == JoinKind::kSemi || node.join == JoinKind::kAnti) return columns;
      if (node.join == JoinKind::kMark) {
        columns.push_back(node.outputs.back());
        return columns;
      }
      columns.insert(columns.end(), node.children[1]->outputs.begin(), node.children[1]->outputs.end());
      return columns;
    }
    case LogicalNode::Kind::kWindow: {
      std::vector<ColumnId> columns = node.children[0]->outputs;
      for (const auto& window : node.window_calls) columns.push_back(window.call.output);
      return columns;
    }
    default: return node.outputs;
  }
}

}  // namespace cairn
