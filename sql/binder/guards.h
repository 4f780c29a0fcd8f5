#pragma once

#include "sql/binder/binder.h"
#include "vector/error.h"

namespace cairn {

/// Makes `level` the innermost one for the life of the guard.
class Binder::LevelGuard {
 public:
  LevelGuard(Binder& binder, QueryLevel* level) : binder_(binder), before_(binder.level_) { binder.level_ = level; }
  ~LevelGuard() { binder_.level_ = before_; }
  LevelGuard(const LevelGuard&) = delete;
  LevelGuard& operator=(const LevelGuard&) = delete;

 private:
  Binder& binder_;
  QueryLevel* before_;
};

/// A level of its own, whose FROM is one table's row.
class Binder::RowScope {
 public:
  RowScope(Binder& binder, std::shared_ptr<const TableVersion> table, Clause clause)
      : guard_(binder, &level_), item(binder.plain_item(std::move(table))) {
    level_.items = {&item};
    level_.clause = clause;
  }

 private:
  QueryLevel level_;
  LevelGuard guard_;

 public:
  FromItem item;
};

/// The exact bound on recursion; scan_statement's estimate is the first.
class Binder::DepthGuard {
 public:
  explicit DepthGuard(Binder& binder) : binder_(binder) {
    check_interrupted(binder.context_.interrupted);
    if (++binder_.depth_ > 3 * kMaxStatementDepth) {
      --binder_.depth_;
      throw Error(sqlstate::kStatementTooComplex, "the statement is nested too deeply");
    }
  }
  ~DepthGuard() { --binder_.depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  Binder& binder_;
};

/// What is bound during its life stands in a branch that may not be taken, where `inside`.
class Binder::BranchGuard {
 public:
  BranchGuard(const Binder& binder, bool inside) : level_(binder.level_), before_(level_ != nullptr && level_->inside_branch) {
    if (level_ != nullptr) level_->inside_branch = before_ || inside;
  }
  ~BranchGuard() {
    if (level_ != nullptr) level_->inside_branch = before_;
  }
  BranchGuard(const BranchGuard&) = delete;
  BranchGuard& operator=(const BranchGuard&) = delete;

 private:
  QueryLevel* level_;
  bool before_;
};

/// Restores a variable at the end of a scope.
template <typename T>
class Restore {
 public:
  Restore(T& variable, T value) : variable_(variable), before_(variable) { variable = value; }
  ~Restore() { variable_ = std::move(before_); }
  const T& before() const { return before_; }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  T& variable_;
  T before_;
};

/// Makes the tables of a WITH clause (nullptr: none) known for the life of the guard.
class Binder::WithGuard {
 public:
  WithGuard(Binder& binder, const PgQuery__WithClause* with, QueryLevel* outer = nullptr)
      : frame_{binder.ctes_}, restore_(binder.ctes_, &frame_) {
    if (with != nullptr) binder.common_table_expressions(*with, outer, frame_);
  }

 private:
  CteFrame frame_;
  Restore<CteFrame*> restore_;
};

}  // namespace cairn
