#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exec/plan/expression.h"
#include "io/tables/database.h"
#include "io/tables/table.h"

namespace cairn {

struct SortKey {
  uint32_t column = 0;
  bool descending = false;
  bool nulls_first = false;
  friend bool operator==(const SortKey&, const SortKey&) = default;
};

/// What an aggregate computes in a plan. Arguments are positions in the input.
struct AggregateCall {
  const struct AggregateFunction* function = nullptr;
  std::vector<uint32_t> arguments;  ///< input columns; empty: count(*)
  bool distinct = false;
  int32_t filter = -1;              ///< BOOLEAN input column that must be true, or -1
  Type type;
  std::vector<Value> constants;     ///< constant arguments behind those: string_agg's separator, a percentile's fraction
  std::vector<SortKey> order;       ///< in which the function sees each group's rows; empty: the input's
};

/// The rows of its partition that a window call sees from a row: from `start` to `end`, but for what is excluded.
struct WindowFrame {
  enum class Unit : uint8_t { kRows, kRange, kGroups };
  enum class Bound : uint8_t { kUnbounded, kPreceding, kCurrentRow, kFollowing };
  enum class Exclusion : uint8_t { kNone, kCurrentRow, kGroup, kTies };
  Unit unit = Unit::kRange;
  Bound start = Bound::kUnbounded, end = Bound::kCurrentRow;
  Exclusion exclusion = Exclusion::kNone;
  friend bool operator==(const WindowFrame&, const WindowFrame&) = default;
};

enum class WindowFunction : uint8_t {
  kAggregate, kRowNumber, kRank, kDenseRank, kPercentRank, kCumeDist, kNtile, kLag, kLead, kFirstValue, kLastValue,
  kNthValue,
};
std::string_view to_string(WindowFunction function);

/// One function over a window. Positions are those of the input; -1: none.
struct WindowCall {
  WindowFunction function = WindowFunction::kAggregate;
  AggregateCall call;  ///< what kAggregate computes; of the others, arguments and type
  WindowFrame frame;
  int32_t start_size = -1, end_size = -1;    ///< n of `n PRECEDING` and `n FOLLOWING`
  /// RANGE with sizes: the sort key, and what it is compared with at either end (key - n, key + n); of one type.
  int32_t range_key = -1, start_value = -1, end_value = -1;
};

enum class JoinKind : uint8_t {
  kInner,
  kLeft,    ///< all probe rows; NULLs where nothing matches
  kSemi,    ///< probe rows with a match
  kAnti,    ///< probe rows without a match (NOT EXISTS)
  kMark,    ///< all probe rows and a BOOLEAN: three-valued `keys IN (build rows)`
  kSingle,  ///< kLeft, but a second match is kCardinalityViolation: scalar subqueries
  kRight,   ///< all build rows; NULLs on the probe side where nothing matches
  kFull,
  kRightSemi,  ///< build rows with a match: kSemi with the sides exchanged. Physical plans only, as is:
  kRightAnti,  ///< build rows without a match
};
std::string_view to_string(JoinKind kind);
/// The join gives out build rows by whether they found a match: its table keeps note of that.
bool keeps_matches(JoinKind kind);

/// What a join tells a scan on its probe side before it runs: rows whose column `column` is not among the build side's
/// values of `build_column` will find no match, and nobody above misses them. A hint: leaving any of them in changes
/// nothing in the answer. But it does change what breakers between the scan and the join hold, so that it is part of
/// their fingerprints.
struct KeyReduction {
  const struct PlanNode* join;  ///< an ancestor of the scan in the same plan
  uint32_t build_column;
  uint32_t column;              ///< of the scan's output
  bool filters_rows = false;    ///< worth a look at every row; otherwise only row groups are left out
};

/// A physical plan: what sql/ hands to exec/. A description, without any run-time state; the same plan may be executed
/// many times. Expressions name the input batch's columns by position: for joins the probe's (children[0]) columns
/// first, then the build's (children[1]).
struct PlanNode {
  enum class Kind : uint8_t {
    kScan,         ///< table: columns `scan_columns` of `table`'s row groups that pass `predicates` (over the output)
    kValues,       ///< `rows` of constant expressions
    kFilter,       ///< predicates (a conjunction)
    kProject,      ///< expressions
    kAggregate,    ///< group by columns `groups`, then `aggregates`; output: groups, then aggregates. Breaker
    kJoin,         ///< hash join, or nested loops where there are no keys; children[1] is built. Breaker on its build
    kWindow,       ///< window_calls per partition of `groups` in the order of sort_keys; output: the input's columns in
                   ///< the order of partitions and keys, then the calls. Breaker
    kSort,         ///< sort_keys, all columns; with limit >= 0 a top-N (limit counts rows behind offset). Breaker
    kLimit,        ///< limit (-1: none), offset; keeps its input's order
    kUnionAll,     ///< children one after another
    kMaterialize,  ///< children[0] kept as rows; a plan may name the same node several times. Breaker
    kTableFunction,///< rows made by `function_source`
    kRecursion,    ///< children[0]'s rows, then those of children[1] over the rows that it gave the time before, until
                   ///< it gives none; `distinct`: each row once. Both children are kMaterialize
    kWorkingTable, ///< inside children[1] of the kRecursion of this `recursion` number: the rows of the time before
    kInsert,       ///< children[0] into `target` (in order); one row out: BIGINT count
  };

  Kind kind;
  std::vector<std::shared_ptr<PlanNode>> children;
  std::vector<Type> types;                ///< of the output columns
  std::vector<std::string> names;         ///< for EXPLAIN and results; may be shorter than types
  double estimated_rows = 0;

  std::shared_ptr<const TableVersion> table;  // kScan
  std::vector<uint32_t> scan_columns;
  std::vector<KeyReduction> reductions;
  std::vector<ExpressionPtr> predicates;      // kScan, kFilter; kJoin: residual condition
  std::vector<ExpressionPtr> expressions;     // kProject
  std::vector<std::vector<ExpressionPtr>> rows;  // kValues
  std::vector<uint32_t> groups;               // kAggregate, kWindow
  std::vector<AggregateCall> aggregates;
  std::vector<WindowCall> window_calls;       // kWindow
  JoinKind join = JoinKind::kInner;           // kJoin
  std::vector<uint32_t> probe_keys, build_keys;  ///< columns of either child, pairwise of one type
  bool null_keys_match = false;               ///< kJoin: IS NOT DISTINCT FROM instead of =
  bool null_is_false = false;                 ///< kMark: FALSE, too, where a NULL might be a match (EXISTS)
  /// kJoin: columns of the join's full output (probe's, build's, mark) that it hands on, in order; empty: all.
  std::vector<uint32_t> output_columns;
  std::vector<SortKey> sort_keys;             // kSort, kWindow
  int64_t limit = -1, offset = 0;             // kSort, kLimit
  std::shared_ptr<class TableFunctionSource> function_source;  // kTableFunction, exec/plan/table_function.h
  uint32_t recursion = 0;                     // kRecursion, kWorkingTable: unique in the plan
  bool distinct = false;                      // kRecursion
  std::string target;                         // kInsert
  std::shared_ptr<WriteTransaction> transaction;

  /// One line: the operator with everything that changes its result, without its children. EXPLAIN shows it, and plan
  /// fingerprints are made of it.
  std::string describe() const;
};
using PlanPtr = std::shared_ptr<PlanNode>;

/// Whether the plan calls a volatile function: its rows are other ones every time, and no checkpoint may stand for them.
bool is_volatile(const PlanNode& plan);

/// 128-bit Merkle fingerprint of a subplan: XXH3 over describe(), the children's fingerprints, the table's id and
/// version, and the format version of checkpoints.
struct Fingerprint {
  uint64_t high = 0, low = 0;
  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
  std::string to_string() const;  ///< 32 hexadecimal digits
};
Fingerprint fingerprint(const PlanNode& plan);
/// Of what a join's build side holds: the join's description and its build child, but not its probe child.
Fingerprint build_fingerprint(const PlanNode& join);
/// Of the bytes that breakers become; part of every fingerprint.
inline constexpr uint32_t kBreakerFormatVersion = 1;

}  // namespace cairn
