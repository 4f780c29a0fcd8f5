#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sql/binder/bind_context.h"
#include "sql/binder/bound_modification.h"
#include "sql/binder/coercion.h"
#include "sql/binder/scope.h"
#include "sql/binder/type_name.h"
#include "sql/logical_plan.h"
#include "sql/parser/nodes.h"
#include "sql/parser/parser.h"
#include "sql/relation_name.h"
#include "vector/error.h"

namespace cairn {

struct TableFunction;

/// Functions that are called over windows alone.
bool is_window_function(std::string_view name);
/// Errors: where the window function takes another number of arguments.
void check_window_arguments(const PgQuery__FuncCall& call, std::string_view name);
/// Errors: where the aggregate takes another number of arguments, those of WITHIN GROUP among them, or WITHIN GROUP stands
/// where there may be none.
void check_aggregate_form(const PgQuery__FuncCall& call, const AggregateFunction& function);
std::vector<std::string_view> window_function_names();
/// Those of them that may be asked WITHIN GROUP (ORDER BY …) about a row that is not there.
bool is_hypothetical_set_function(std::string_view name);

/// DESC, NULLS FIRST and their defaults; the expression is left to the caller.
LogicalSortKey sort_key(const PgQuery__SortBy& syntax);

/// From the syntax tree to a logical plan: names become column ids, every expression gets its type, every implicit cast
/// becomes explicit, subqueries become joins whose right side may refer to columns of the left (`dependent`).
///
/// Life of a SELECT: FROM, WHERE, GROUP BY, then HAVING, select list and ORDER BY, which are bound over FROM's columns as
/// if nothing were grouped; then, in a grouped query, whatever equals a GROUP BY expression is replaced by its column,
/// and a column of FROM that is left is an error (query.cpp, aggregation.cpp).
///
/// One binder binds one statement. Errors carry positions in the statement's text.
class Binder {
 public:
  explicit Binder(BindContext context) : context_(std::move(context)), parameter_types_(context_.parameter_types) {
    plan_.interrupted = context_.interrupted;
  }

  /// SELECT, VALUES, set operations.
  LogicalPlan bind_query(const PgQuery__SelectStmt& select);
  /// The text of a view, whose names mean what they meant when it was made.
  LogicalPlan bind_view_text(const ViewSchema& view, const PgQuery__SelectStmt& select);
  BoundModification bind_insert(const PgQuery__InsertStmt& insert, const ModificationTarget& target);
  BoundModification bind_update(const PgQuery__UpdateStmt& update, const ModificationTarget& target);
  BoundModification bind_delete(const PgQuery__DeleteStmt& statement, const ModificationTarget& target);
  BoundModification bind_merge(const PgQuery__MergeStmt& merge, std::shared_ptr<const TableVersion> table);
  /// What a statement sees of the target. Errors: kNotInPrerequisiteState where a view's rows are not a table's.
  TargetNames target_names(const ModificationTarget& target);
  /// A filter over the table's scan: one row that fails the CHECK condition, where there is one.
  LogicalPlan bind_check(const pg::Node& condition, std::shared_ptr<const TableVersion> table);
  /// The WHERE of COPY FROM; kColumn holds the column's position in the table.
  ExpressionPtr bind_row_condition(const pg::Node& condition, std::shared_ptr<const TableVersion> table);
  /// Whether the expression means something for a row of the table: an index's.
  void check_row_expression(const pg::Node& node, std::shared_ptr<const TableVersion> table);
  /// Whole rows of the table from a query for some of its columns; the others get their defaults.
  LogicalPlan bind_insert_source(const PgQuery__SelectStmt& select, const TableSchema& table,
                                 const InsertColumns& columns);
  /// The rows of INSERT … VALUES alone, one expression without columns per target column.
  std::vector<std::vector<ExpressionPtr>> bind_insert_rows(const PgQuery__SelectStmt& select, const TableSchema& table,
                                                           const InsertColumns& columns);
  /// The column's DEFAULT, or NULL.
  ExpressionPtr default_value(const ColumnSchema& column);
  /// Errors: kFeatureNotSupported where it is not a constant.
  Value default_of(const ColumnSchema& column);
  /// An expression without columns and subqueries: DEFAULT, CALL and EXECUTE arguments. Cast to `type` where given.
  ExpressionPtr bind_standalone(const pg::Node& node, const Type* type, CastContext context);
  /// An argument of EXECUTE, as a value of the parameter's type.
  ExpressionPtr bind_argument(const pg::Node& node, const Type& type);

  const Snapshot& snapshot() const { return *context_.snapshot; }  ///< that names refer to
  const std::vector<Type>& parameter_types() const { return parameter_types_; }
  /// Errors: 42P02, where a definition has parameters.
  void check_no_parameters(int position) const;
  /// Of $1, $2, …, as declared or as their places wanted them. Errors: 42P18 where nothing said.
  const std::vector<Type>& determined_parameter_types() const;

 private:
  /// One entry of a select list, or an ORDER BY expression that is carried along invisibly.
  struct Target {
    ExpressionPtr expression;
    std::string name;
    const pg::Node* syntax = nullptr;  ///< nullptr: from *
    bool visible = true;
  };
  struct TargetKey {
    size_t target = 0;
    LogicalSortKey key;  ///< expression unused
  };
  /// A WHERE or HAVING: predicates over the row with `pending` attached, then semi and anti joins.
  struct Conjunction {
    std::vector<ExpressionPtr> predicates;
    std::vector<Attachment> pending;
    std::vector<Attachment> filters;  ///< kSemi, kAnti
  };
  class LevelGuard;
  class WithGuard;
  class DepthGuard;
  class BranchGuard;
  class RowScope;

  // query.cpp
  BoundQuery query(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped);
  BoundQuery query_body(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped);
  BoundQuery plain_select(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped);
  BoundQuery values(const PgQuery__SelectStmt& select, QueryLevel* outer, bool keep_untyped);
  void type_parameters(const PgQuery__SelectStmt& select, const FromItem& from, QueryLevel* outer);
  void select_list(const PgQuery__SelectStmt& select, QueryLevel& level, std::vector<Target>& targets);
  void expand_star(const PgQuery__ColumnRef& reference, QueryLevel& level, std::vector<Target>& targets);
  std::vector<std::pair<ExpressionPtr, std::string>> star_columns(const PgQuery__ColumnRef& reference);
  std::vector<TargetKey> order_by(const PgQuery__SelectStmt& select, QueryLevel& level, std::vector<Target>& targets);
  size_t order_target(const pg::Node& node, QueryLevel& level, std::vector<Target>& targets, bool distinct,
                      std::string_view clause);
  LogicalPtr finish_select(const PgQuery__SelectStmt& select, LogicalPtr node, std::vector<Target>& targets,
                           std::vector<TargetKey>& keys, const std::vector<size_t>& distinct_on);
  LogicalPtr sort_by_outputs(const PgQuery__SelectStmt& select, LogicalPtr node, const std::vector<std::string>& names);
  LogicalPtr row_of(std::vector<ExpressionPtr> row, std::vector<Attachment> pending);

  // insert.cpp
  BoundQuery insert_values(const PgQuery__SelectStmt& select, const TableSchema& table, const InsertColumns& columns);
  BoundQuery insert_source(const PgQuery__SelectStmt* select, const TableSchema& table, InsertColumns columns);
  BoundQuery default_row(const TableSchema& table);
  ExpressionPtr inserted_value(const pg::Node& item, const ColumnSchema& column, PgQuery__OverridingKind overriding);
  std::vector<ExpressionPtr> inserted_row(std::span<pg::Node* const> items, const TableSchema& table,
                                          const std::vector<size_t>& positions, PgQuery__OverridingKind overriding);

  // set_operation.cpp
  BoundQuery set_operation(const PgQuery__SelectStmt& select, QueryLevel* outer);
  BoundQuery operand(const PgQuery__SelectStmt& select, QueryLevel* outer);
  void settle_untyped(LogicalNode& node, const LogicalNode& other);
  LogicalPtr unite_by_keys(LogicalPtr node, bool counts);
  BoundQuery unite(const PgQuery__SelectStmt& select, BoundQuery left, BoundQuery right);
  LogicalPtr distinct_on_targets(LogicalPtr node, std::vector<ExpressionPtr> groups, std::vector<LogicalSortKey> keys);
  LogicalPtr distinct_rows(LogicalPtr node);
  /// Whether rows are told apart by something else than their values: a CHAR without a length has blanks that do not count.
  bool has_keys_of_its_own(const LogicalNode& node) const;
  std::vector<ExpressionPtr> keys_of(const LogicalNode& node) const;  ///< of each column (as_key)
  LogicalPtr with_duplicate_numbers(LogicalPtr node);
  LogicalPtr cast_outputs(LogicalPtr node, const std::vector<Type>& types, const std::vector<std::string>& names,
                          CastContext context);

  // modification.cpp
  /// What the rows of a modification have beside the row and RETURNING's columns, until they have their places.
  struct Tail {
    std::optional<ColumnId> identity = {}, applies = {}, action = {}, violation = {};
    std::vector<ColumnId> checks = {};
  };
  FromItem plain_item(std::shared_ptr<const TableVersion> table);
  FromItem table_item(std::shared_ptr<const TableVersion> table, const std::string& alias, ColumnId& identity);
  FromItem with_target(FromItem target, pg::Node* const* from, size_t from_count, QueryLevel& level);
  std::vector<ExpressionPtr> assigned_row(pg::Node* const* targets, size_t count, const TableSchema& table,
                                          const TargetNames& names, const std::vector<ColumnId>& before);
  ExpressionPtr as_assigned(ExpressionPtr bound, const pg::Node& value, const ColumnSchema& column);
  std::vector<ExpressionPtr> assigned_values(const PgQuery__MultiAssignRef& reference);
  /// Puts the projection on top that BoundModification describes.
  void finish_modification(BoundModification& result, LogicalPtr node, const std::vector<ColumnId>& row,
                           pg::Node* const* returning, size_t returning_count, QueryLevel& level, const Tail& tail);

  // view_target.cpp
  /// What becomes of a view's WHERE where its rows are those of a table.
  enum class ViewFilter { kApply, kIgnore, kOutput };
  /// The table's rows (all of its columns are visible, in order) as the view's, under the name.
  FromItem seen_through(const ModificationTarget& target, FromItem rows, const PgQuery__RangeVar& range, ViewFilter filter);
  FromItem through_view(const ViewSchema& view, std::string_view verb, FromItem rows, ViewFilter filter,
                        std::vector<ColumnId>* conditions);
  TargetNames names_of(const ModificationTarget& target, const FromItem& seen, const std::vector<ColumnId>& row) const;
  /// The target's rows, with the ids of the table's columns and of the rows' identity.
  FromItem target_item(const PgQuery__RangeVar& range, const ModificationTarget& target, ViewFilter filter,
                       std::vector<ColumnId>& row, ColumnId& identity);
  /// Outputs that say whether the row is one that the views with a CHECK OPTION have.
  LogicalPtr with_view_checks(const ModificationTarget& target, LogicalPtr node, const std::vector<ColumnId>& row,
                              BoundModification& result, Tail& tail);

  // merge.cpp
  LogicalPtr merge_rows(const PgQuery__MergeStmt& merge, FromItem& source, FromItem& both, ColumnId identity,
                        ColumnId& action, QueryLevel& level);
  std::vector<ExpressionPtr> merge_insert_row(const PgQuery__MergeWhenClause& clause, const TableSchema& table);

  // conflict.cpp
  /// Joins what is in the way to the rows of INSERT. `row` becomes the ids of the rows to store.
  LogicalPtr bind_conflict(const PgQuery__InsertStmt& insert, const ModificationTarget& target, BoundModification& result,
                           LogicalPtr node, std::vector<ColumnId>& row, Tail& tail);
  std::vector<std::vector<uint32_t>> arbiters_of(const PgQuery__OnConflictClause& clause, const TableSchema& table,
                                                 const TargetNames& names);
  LogicalPtr with_violation(const TableSchema& table, LogicalPtr node, const std::vector<ColumnId>& row, Tail& tail);
  LogicalPtr do_nothing(const BoundModification& result, LogicalPtr node, const std::vector<ColumnId>& row, Tail& tail);
  LogicalPtr do_update(const PgQuery__InsertStmt& insert, const ModificationTarget& target, const BoundModification& result,
                       LogicalPtr node, std::vector<ColumnId>& row, Tail& tail);
  LogicalPtr with_applies(const PgQuery__OnConflictClause& clause, QueryLevel& level, LogicalPtr joined, ColumnId identity,
                          ColumnId applies);
  LogicalPtr conflict_join(LogicalPtr node, const std::vector<ColumnId>& row, LogicalPtr present,
                           const std::vector<ColumnId>& present_row, const std::vector<uint32_t>& key);
  // with.cpp
  void common_table_expressions(const PgQuery__WithClause& with, QueryLevel* outer, CteFrame& frame);
  void bind_entry(CteEntry& entry);
  BoundQuery entry_query(CteEntry& entry);
  FromItem cte_use(CteEntry& entry, int position);
  FromItem working_table_use(CteEntry& entry, int position);
  CteEntry* recursive_entry(const PgQuery__SelectStmt& select);
  BoundQuery recursive_union(const PgQuery__SelectStmt& select, QueryLevel* outer, CteEntry& entry);
  void fix_base_types(CteEntry& entry);
  // limit.cpp
  LogicalPtr limit(const PgQuery__SelectStmt& select, LogicalPtr node, QueryLevel* outer);
  ExpressionPtr row_count(const pg::Node* syntax, std::string_view clause);
  LogicalPtr limit_by_numbers(LogicalPtr node, ExpressionPtr count, ExpressionPtr offset,
                              std::vector<Attachment> pending, bool with_ties);

  // window.cpp
  ExpressionPtr window_call(const PgQuery__FuncCall& call, std::string_view name);
  void fill_window_call(const PgQuery__FuncCall& call, std::string_view name, LogicalWindowCall& window);
  BoundWindow window_definition(const PgQuery__WindowDef& syntax, const PgQuery__WindowDef*& frame);
  void check_window_clause(QueryLevel& level);
  ExpressionPtr add_window_call(BoundWindow window, LogicalWindowCall call, int position);
  ExpressionPtr with_default(const PgQuery__FuncCall& syntax, BoundWindow window, LogicalWindowCall call,
                             ExpressionPtr otherwise);
  LogicalPtr window_nodes(LogicalPtr node, QueryLevel& level);
  void replace_grouped(QueryLevel& level, std::vector<BoundWindow>& windows);

  // window_frame.cpp
  void window_frame(const PgQuery__WindowDef& syntax, const BoundWindow& window, LogicalWindowCall& call);
  ExpressionPtr frame_size(const pg::Node& syntax, const BoundWindow& window, const LogicalWindowCall& call);
  ExpressionPtr clock_part(ExpressionPtr interval, int position);
  void range_values(const BoundWindow& window, LogicalWindowCall& call, int position);

  // from.cpp
  FromItem from_clause(pg::Node* const* items, size_t count, QueryLevel& level);
  FromItem from_item(const pg::Node& node, QueryLevel& level);
  FromItem range_subselect(const PgQuery__RangeSubselect& range, QueryLevel& level);
  FromItem join(const PgQuery__JoinExpr& join, QueryLevel& level);
  void mark_rows(FromItem& side);
  FromItem subquery_item(BoundQuery bound, std::string name);
  void join_condition(const PgQuery__JoinExpr& syntax, FromItem& left, FromItem& right, FromItem& joined,
                      QueryLevel& level);
  ExpressionPtr merged_column(ExpressionPtr left, ExpressionPtr right, JoinKind kind, int position);
  void join_using(const std::vector<std::string>& names, int position, JoinKind kind, FromItem& left, FromItem& right,
                  FromItem& joined);
  void apply_alias(FromItem& item, const PgQuery__Alias* alias, int position);
  LogicalPtr make_join(JoinKind kind, LogicalPtr left, LogicalPtr right, std::vector<ExpressionPtr> predicates);

  // relation.cpp
  FromItem range_var(const PgQuery__RangeVar& range);
  CteEntry* find_entry(const PgQuery__RangeVar& range);
  FromItem relation(const std::string& key, const PgQuery__RangeVar& range);
  FromItem view(const ViewSchema& view, const PgQuery__RangeVar& range);
  FromItem sequence(const Sequence& sequence);
  void show_pinned(FromItem& item, const ViewRelation& pinned) const;
  void hide_dropped(FromItem& item) const;
  void note_use(ColumnId id) {
    if (context_.names != nullptr && view_depth_ == 0) context_.names->used.insert(id);
  }
  /// nextval('s') in a view draws from the sequence that it drew from when the view was made.
  void pin_sequence(Expression& call);
  [[noreturn]] void throw_unknown_table(std::string_view name, int position);

  // from_function.cpp
  FromItem range_function(const PgQuery__RangeFunction& range, QueryLevel& level);
  FromItem scalar_in_from(const pg::Node& node, const PgQuery__RangeFunction& range, QueryLevel& level);
  FromItem table_functions(const PgQuery__RangeFunction& range);
  std::vector<Value> function_arguments(const std::vector<const pg::Node*>& arguments, std::string_view function);
  void choose_types(const TableFunction& function, std::vector<ExpressionPtr>& arguments, int position);
  Value run_scalar(const pg::Node& expression);
  std::vector<std::vector<const CteEntry*>> entries_read_by(const pg::Node& node) const;
  BoundQuery query_within(std::span<const std::vector<const CteEntry*>> frames, const PgQuery__SelectStmt& select);
  void take_names(const NamesMet& names, const LogicalPlan& plan);

  // locking.cpp
  /// FOR UPDATE and FOR SHARE, which take nothing: a statement reads a snapshot. Errors: where they cannot stand.
  void check_locking(const PgQuery__SelectStmt& select, const QueryLevel* level);

  // aggregation.cpp
  void group_by(const PgQuery__SelectStmt& select, QueryLevel& level);
  ExpressionPtr aggregate_call(const PgQuery__FuncCall& call, const AggregateFunction& function);
  QueryLevel& bind_aggregate(const PgQuery__FuncCall& call, const std::function<void()>& bind);
  ExpressionPtr add_aggregate(LogicalAggregate aggregate, QueryLevel& level, int position);
  void fill_aggregate(const PgQuery__FuncCall& call, LogicalAggregate& aggregate);
  static ExpressionPtr distinct_key(const LogicalAggregate& aggregate, const std::vector<ExpressionPtr>& written,
                                    const Expression& by, int position);
  void set_type(LogicalAggregate& aggregate, const PgQuery__FuncCall& call);
  ExpressionPtr fraction(const pg::Node& syntax);
  QueryLevel* aggregate_owner(const std::vector<ColumnId>& references);
  size_t add_group(ExpressionPtr expression, QueryLevel& level);
  size_t add_group(const pg::Node& syntax, QueryLevel& level);
  std::optional<size_t> known_group(const pg::Node& node);
  void name_subqueries_as(const pg::Node& node, const pg::Node& known);
  std::vector<size_t> group_item(const pg::Node& item, const PgQuery__SelectStmt& select, QueryLevel& level);
  void keep_blanks(QueryLevel& level, size_t group, LogicalNode& node);
  LogicalPtr aggregate_node(LogicalPtr input, QueryLevel& level);

  // row_argument.cpp
  std::vector<ExpressionPtr> row_argument(const pg::Node& syntax, bool distinct);
  void row_fields(const pg::Node& syntax, std::vector<ExpressionPtr>& fields);

  // hypothetical.cpp
  ExpressionPtr hypothetical_call(const PgQuery__FuncCall& call, std::string_view name);

  // grouping_sets.cpp
  using GroupingSets = std::vector<std::vector<size_t>>;
  GroupingSets sets_of(const pg::Node& item, const PgQuery__SelectStmt& select, QueryLevel& level);
  ExpressionPtr grouping_call(const PgQuery__GroupingFunc& call);
  LogicalPtr aggregate_sets(LogicalPtr aggregate, QueryLevel& level);
  void keep_input(LogicalNode& aggregate);
  LogicalPtr one_set(const LogicalNode& aggregate, const std::vector<size_t>& set, const QueryLevel& level);
  void replace_grouped(QueryLevel& level, ExpressionPtr& expression, bool in_subquery);
  void replace_grouped(QueryLevel& level, std::vector<Attachment>& attachments);

  // subquery.cpp
  void conjuncts(const pg::Node& node, QueryLevel& level, Conjunction& result);
  bool filter_sublink(const PgQuery__SubLink& link, bool negated, Conjunction& result);
  ExpressionPtr sublink(const PgQuery__SubLink& link);
  BoundQuery subquery(const pg::Node& subselect);
  std::vector<ExpressionPtr> scalar_subquery(const pg::Node& subselect, int position);
  std::vector<ExpressionPtr> quantified_predicates(const PgQuery__SubLink& link, std::string_view op,
                                                   const LogicalNode& plan);
  LogicalPtr attach(LogicalPtr node, std::vector<Attachment> attachments);
  LogicalPtr apply(LogicalPtr node, Conjunction conjunction);
  /// Errors: kFeatureNotSupported where no row is made that a subquery could be joined to.
  void check_subquery_allowed(int position);

  // branch_subquery.cpp
  size_t pending_count() const { return level_ == nullptr || level_->pending == nullptr ? 0 : level_->pending->size(); }
  /// Subqueries from the `first` pending one on are asked only for rows of which the conditions are true.
  void guard_subqueries(size_t first, const std::vector<ExpressionPtr>& conditions);
  std::vector<ExpressionPtr> delayed_columns(LogicalPtr& plan);

  // full_join.cpp
  LogicalPtr full_join(FromItem& left, FromItem& right, Conjunction on, FromItem& joined, int position);

  // expression.cpp
  ExpressionPtr expression(const pg::Node& node);
  ExpressionPtr expression_of_kind(const pg::Node& node);
  ExpressionPtr boolean(const pg::Node& node, std::string_view what);
  ExpressionPtr column_reference(const PgQuery__ColumnRef& reference);
  ExpressionPtr column_expression(ColumnId id, QueryLevel* level, int position);
  ExpressionPtr find_unqualified(const std::string& name, int position);
  ExpressionPtr find_qualified(const std::string& schema, const std::string& table, const std::string& name, int position);
  ExpressionPtr constant(const PgQuery__AConst& constant);
  ExpressionPtr parameter(const PgQuery__ParamRef& parameter);
  ExpressionPtr type_cast(const PgQuery__TypeCast& cast);
  ExpressionPtr truncated_interval(ExpressionPtr interval, const std::string& unit, int position);
  ExpressionPtr bool_expression(const PgQuery__BoolExpr& expression);
  ExpressionPtr boolean_test(const PgQuery__BooleanTest& test);
  ExpressionPtr sql_value(const PgQuery__SQLValueFunction& function);

  // branch_expression.cpp
  ExpressionPtr case_expression(const PgQuery__CaseExpr& expression);
  ExpressionPtr coalesce(const PgQuery__CoalesceExpr& expression);
  ExpressionPtr min_max(const PgQuery__MinMaxExpr& expression);

  // operators.cpp
  ExpressionPtr operator_expression(const PgQuery__AExpr& expression);
  ExpressionPtr plain_operator(const PgQuery__AExpr& expression);
  ExpressionPtr binary(std::string_view op, ExpressionPtr left, ExpressionPtr right, int position);
  ExpressionPtr compare(Expression::Comparison comparison, ExpressionPtr left, ExpressionPtr right, int position);
  /// An operand of a comparison that is made in `type` (compared_type).
  ExpressionPtr as_compared(ExpressionPtr operand, const Type& type);
  ExpressionPtr compare_rows(Expression::Comparison comparison, std::vector<ExpressionPtr> left,
                             std::vector<ExpressionPtr> right, int position);
  ExpressionPtr in_list(const PgQuery__AExpr& expression);
  ExpressionPtr in_values(ExpressionPtr left, std::vector<ExpressionPtr> items, int position);
  ExpressionPtr in_list_of(ExpressionPtr left, std::vector<ExpressionPtr> items, const Type& common, int position);
  ExpressionPtr between(const PgQuery__AExpr& expression);
  ExpressionPtr like(const PgQuery__AExpr& expression);
  ExpressionPtr null_if(const PgQuery__AExpr& expression);
  std::vector<ExpressionPtr> array_elements(const PgQuery__AArrayExpr& list, const PgQuery__TypeName* type);
  ExpressionPtr any_or_all_array(const PgQuery__AExpr& expression, bool all);
  std::vector<ExpressionPtr> row(const pg::Node& node);
  static bool is_row(const pg::Node& node);

  // function_call.cpp
  ExpressionPtr function_call(const PgQuery__FuncCall& call);
  /// Errors: kUndefinedSchema, kUndefinedFunction.
  void check_function_schema(const PgQuery__FuncCall& call) const;
  ExpressionPtr special_call(std::string_view name, const PgQuery__FuncCall& call);
  ExpressionPtr trim_scale(const PgQuery__FuncCall& call);
  ExpressionPtr current_schema() const;
  /// date(x): a type's name in place of a function's is a cast; nullptr where there is no such type or cast.
  ExpressionPtr functional_cast(std::string_view name, std::vector<ExpressionPtr>& arguments, int position);
  /// Picks the overload and casts the arguments; nullptr where none fits.
  ExpressionPtr call(std::string_view name, std::vector<ExpressionPtr>& arguments, int position);
  [[noreturn]] void throw_unknown_function(std::string_view name, const std::vector<ExpressionPtr>& arguments,
                                           int position);

  // datetime_call.cpp
  ExpressionPtr datetime_call(std::string_view name, const PgQuery__FuncCall& call);
  ExpressionPtr extract(const PgQuery__FuncCall& call);
  ExpressionPtr make_interval(const PgQuery__FuncCall& call);

  // binder.cpp
  ExpressionPtr coerce(ExpressionPtr expression, const Type& type, CastContext context, int position = -1);
  /// What is still untyped, as an operand beside a value of `type`: nothing of it is rounded or cut off.
  ExpressionPtr literal_beside(ExpressionPtr literal, const Type& type);
  /// Brings all to one type and returns it; `what` names the construct in errors ("CASE", "UNION").
  Type unify(const std::vector<ExpressionPtr*>& expressions, std::string_view what, int position);
  ExpressionPtr typed(ExpressionPtr expression);  ///< what is still untyped becomes VARCHAR
  /// The same where nothing says what type a parameter has: an error for those that have none.
  ExpressionPtr determined(ExpressionPtr expression);
  bool nullable(const Expression& expression) const;
  ColumnId add_column(std::string name, const Type& type, bool is_nullable) {
    return plan_.add_column(std::move(name), type, is_nullable);
  }
  LogicalPtr make_node(LogicalNode::Kind kind, LogicalPtr child = nullptr);
  QueryLevel*& owner(ColumnId id);
  LogicalPlan finish(BoundQuery bound);
  std::string column_name(const pg::Node& node, int& strength) const;

  BindContext context_;
  std::vector<Type> parameter_types_;
  LogicalPlan plan_;
  QueryLevel* level_ = nullptr;
  CteFrame* ctes_ = nullptr;
  const RecursionBarrier* barrier_ = nullptr;
  std::vector<ColumnId>* references_ = nullptr;  ///< receives the columns that the aggregate being bound names
  std::vector<QueryLevel*> column_owner_;  ///< by ColumnId: the level whose FROM or aggregation made it
  std::vector<std::shared_ptr<const SyntaxTree>> view_trees_;
  LockableQueries lockable_;
  std::unordered_map<const pg::Node*, std::string> subquery_names_;  ///< of the first columns of scalar subqueries bound so far
  const ViewSchema* view_ = nullptr;  ///< whose text is being bound
  std::vector<std::string> open_views_;  ///< that one, and those around it
  size_t view_depth_ = 0;
  bool types_parameters_ = false;  ///< nothing that is bound is kept (type_parameters)
  size_t depth_ = 0;
};

/// The scope of rows of the table under these ids.
FromItem row_item(const std::string& name, const TableSchema& table, const std::vector<ColumnId>& ids);
/// "cannot insert into column "c" of view "v"": it is an expression.
Error not_assignable(std::string_view relation, std::string_view column, std::string_view verb, int position);
/// Why a view cannot be the target: "Views containing DISTINCT are not automatically updatable."
Error not_updatable(const ViewSchema& view, std::string_view verb, std::string_view which);
/// What a statement calls the relation.
std::string visible_name(const PgQuery__RangeVar& range);
/// In what order the table's CHECKs are looked at: by name.
std::vector<size_t> check_order(const TableSchema& table);
/// A CHECK condition's or a DEFAULT's tree; it has to live as long as what is bound of it.
const pg::Node& stored_expression(const SyntaxTree& tree);

/// Of =, <>, !=, <, <=, > and >=; nullopt for other operators.
std::optional<Expression::Comparison> comparison_of(std::string_view op);

/// Errors in one voice. `what`: the construct that found no common type for its parts ("CASE", "UNION").
[[noreturn]] void throw_no_common_type(std::string_view what, const Type& a, const Type& b, int position);
Error windowing_error(const std::string& message, int position);
[[noreturn]] void throw_unsupported(std::string_view what, int position);

}  // namespace cairn
