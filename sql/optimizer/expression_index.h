#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "exec/plan/expression.h"

namespace cairn {

/// Finds equal expressions by their hash: long lists of conjuncts are never compared pair by pair. Owns nothing; what is
/// in it lives, and stays as it is, for as long as it is asked.
class ExpressionIndex {
 public:
  ExpressionIndex() = default;
  explicit ExpressionIndex(const std::vector<ExpressionPtr>& expressions) {
    for (const ExpressionPtr& expression : expressions) add(*expression);
  }
  void add(const Expression& expression) { by_hash_.emplace(expression.hash(), &expression); }
  /// One that is equal, or nullptr.
  const Expression* find(const Expression& expression) const {
    const auto [begin, end] = by_hash_.equal_range(expression.hash());
    for (auto at = begin; at != end; ++at) {
      if (at->second->equals(expression)) return at->second;
    }
    return nullptr;
  }

 private:
  std::unordered_multimap<uint64_t, const Expression*> by_hash_;
};

/// A list of expressions of which no two are equal.
class DistinctExpressions {
 public:
  DistinctExpressions() = default;
  /// Appends `added` where nothing equal is there; whether it did.
  bool add(ExpressionPtr added) {
    if (index_.find(*added) != nullptr) return false;
    index_.add(*added);
    list_.push_back(std::move(added));
    return true;
  }
  size_t size() const { return list_.size(); }
  const Expression& operator[](size_t position) const { return *list_[position]; }
  const std::vector<ExpressionPtr>& list() const { return list_; }
  /// Hands the list over, and is empty then.
  std::vector<ExpressionPtr> take() {
    index_ = {};
    return std::move(list_);
  }

 private:
  std::vector<ExpressionPtr> list_;
  ExpressionIndex index_;
};

}  // namespace cairn
