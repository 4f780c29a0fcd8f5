// Random plans over random tables: against a naive interpreter, with several vector capacities, and, in the exact order
// of rows, against themselves with other numbers of threads. CAIRN_SEED sets the seed, CAIRN_PLANS the number of plans.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "exec/plan/plan_nodes.h"
#include "exec/run/explain.h"
#include "io/storage/simulated_storage.h"
#include "tests/exec/keeper.h"
#include "tests/exec/plans.h"

namespace cairn::testing {
namespace {

using Cell = std::optional<int64_t>;
using Row = std::vector<Cell>;
using Relation = std::vector<Row>;

/// Three-valued a < b and a = b.
std::optional<bool> holds(Expression::Comparison comparison, const Cell& a, const Cell& b) {
  if (!a || !b) return std::nullopt;
  return comparison == Expression::Comparison::kLess ? *a < *b : *a == *b;
}

/// A plan beside what it must give. `ordered`: in exactly this order.
struct Case {
  PlanPtr plan;
  Relation rows;
  bool ordered = true;
  size_t width() const { return plan->types.size(); }
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) {
      std::vector<uint32_t> groups;
      for (uint64_t count = below(4); count-- > 0;) groups.push_back(static_cast<uint32_t>(below(8) == 0 ? below(70000) : below(500)));
      const int64_t domain = static_cast<int64_t>(1 + below(i == 2 ? 20 : 5000));
      const bool with_nulls = below(2) == 0;
      auto cells = std::make_shared<std::map<std::pair<uint64_t, size_t>, int64_t>>();
      Relation rows;
      auto cell = [&, this](uint64_t row, size_t column) {
        const int64_t value = with_nulls && below(10) == 0 ? kNull : static_cast<int64_t>(below(domain)) - domain / 3;
        if (rows.size() <= row) rows.resize(row + 1, Row(3));
        rows[row][column] = value == kNull ? Cell() : Cell(value);
        return value;
      };
      tables_.push_back(std::make_unique<FakeTable>("t", 3, groups, cell, below(2) == 0));
      contents_.push_back(std::move(rows));
    }
  }

  Case make(int depth) {
    Case made = make_any(depth);
    return made.rows.size() > 150000 ? make_limit(make_sort(made)) : made;  // the interpreter is slow
  }

 private:
  Case make_any(int depth) {
    if (depth == 0 || below(12) == 0) return below(8) == 0 ? make_values() : make_scan();
    switch (below(9)) {
      case 0: return make_filter(make(depth - 1));
      case 1: return make_project(make(depth - 1));
      case 2: return make_limit(make_sort(make(depth - 1)));
      case 3: return make_union(make(depth - 1), make(depth - 1));
      case 4: return make_aggregate(make(depth - 1));
      case 5: return make_materialized_twice(make(depth - 1));
      case 6: return make_sort(make(depth - 1));
      default: return make_join(make(depth - 1), make(depth - 1));
    }
  }

  uint64_t below(uint64_t bound) { return random_() % bound; }
  uint32_t any_column(const Case& input) { return static_cast<uint32_t>(below(input.width())); }

  Case make_scan() {
    const size_t table = below(tables_.size());
    std::vector<uint32_t> columns;
    for (uint64_t count = 1 + below(3); count-- > 0;) columns.push_back(static_cast<uint32_t>(below(3)));
    Case made{scan(*tables_[table], columns), {}};
    for (const Row& row : contents_[table]) {
      Row& out = made.rows.emplace_back();
      for (uint32_t position : columns) out.push_back(row[position]);
    }
    if (below(2) == 0) {
      Case filtered = make_filter(made);
      made.plan->predicates = std::move(filtered.plan->predicates);
      made.rows = std::move(filtered.rows);
    }
    return made;
  }

  Case make_values() {
    std::vector<int64_t> cells;
    Relation rows;
    for (uint64_t count = below(5); count-- > 0;) {
      cells.push_back(static_cast<int64_t>(below(50)));
      rows.push_back({cells.back()});
    }
    return {values(cells), rows};
  }

  Case make_filter(const Case& input) {
    const auto comparison = below(2) == 0 ? Expression::Comparison::kLess : Expression::Comparison::kEqual;
    const uint32_t left = any_column(input);
    const bool constant = below(3) != 0;
    const int64_t bound = static_cast<int64_t>(below(below(2) == 0 ? 20 : 5000)) - 5;
    const uint32_t right = any_column(input);
    Case made{filter(input.plan, compare(comparison, column(left), constant ? number(bound) : column(right))), {}, input.ordered};
    for (const Row& row : input.rows) {
      if (holds(comparison, row[left], constant ? Cell(bound) : row[right]).value_or(false)) made.rows.push_back(row);
    }
    return made;
  }

  Case make_project(const Case& input) {
    std::vector<ExpressionPtr> expressions;
    std::vector<std::function<Cell(const Row&)>> cells;
    const bool computes = below(2) == 0;
    for (uint64_t count = 1 + below(4); count-- > 0;) {
      const uint32_t a = any_column(input), b = any_column(input);
      if (computes && below(2) == 0) {
        expressions.push_back(call("+", column(a), column(b)));
        cells.push_back([=](const Row& row) { return row[a] && row[b] ? Cell(*row[a] + *row[b]) : Cell(); });
      } else {
        expressions.push_back(column(a));
        cells.push_back([=](const Row& row) { return row[a]; });
      }
    }
    Case made{project(input.plan, std::move(expressions)), {}, input.ordered};
    for (const Row& row : input.rows) {
      Row& out = made.rows.emplace_back();
      for (const auto& cell : cells) out.push_back(cell(row));
    }
    return made;
  }

  /// By all columns, so that rows that compare equal are equal.
  Case make_sort(const Case& input) {
    std::vector<SortKey> keys;
    for (uint32_t i = 0; i < input.width(); ++i) keys.push_back({i, below(2) == 0, below(2) == 0});
    std::shuffle(keys.begin(), keys.end(), random_);
    Case made{sort(input.plan, keys), input.rows, true};
    auto before = [&](const Row& a, const Row& b) {
      for (const SortKey& key : keys) {
        const Cell &x = a[key.column], &y = b[key.column];
        if (x == y) continue;
        if (!x || !y) return x.has_value() != key.nulls_first;
        return key.descending ? *x > *y : *x < *y;
      }
      return false;
    };
    std::sort(made.rows.begin(), made.rows.end(), before);
    return made;
  }

  Case make_limit(const Case& input) {
    const int64_t count = static_cast<int64_t>(below(200)), offset = static_cast<int64_t>(below(3) == 0 ? below(300) : 0);
    Case made = input;
    if (below(2) == 0 && input.plan->kind == PlanNode::Kind::kSort) {
      made.plan = sort(input.plan->children[0], input.plan->sort_keys, count);
      made.plan->offset = offset;
    } else {
      made.plan = limit(input.plan, count, offset);
    }
    made.rows.erase(made.rows.begin(), made.rows.begin() + std::min<int64_t>(offset, static_cast<int64_t>(made.rows.size())));
    made.rows.resize(std::min<size_t>(made.rows.size(), static_cast<size_t>(count)));
    return made;
  }

  Case make_union(Case a, Case b) {
    auto narrow = [](Case& wide, size_t width) {
      std::vector<ExpressionPtr> kept;
      for (uint32_t i = 0; i < width; ++i) kept.push_back(column(i));
      wide.plan = project(wide.plan, std::move(kept));
      for (Row& row : wide.rows) row.resize(width);
    };
    if (a.width() > b.width()) narrow(a, b.width());
    if (b.width() > a.width()) narrow(b, a.width());
    Case made{union_all({a.plan, b.plan}), a.rows, a.ordered && b.ordered};
    made.rows.insert(made.rows.end(), b.rows.begin(), b.rows.end());
    return made;
  }

  Case make_materialized_twice(const Case& input) {
    PlanPtr shared = materialize(input.plan);
    Case made{union_all({shared, shared}), input.rows, input.ordered};
    made.rows.insert(made.rows.end(), input.rows.begin(), input.rows.end());
    return made;
  }

  Case make_aggregate(const Case& input) {
    std::vector<uint32_t> groups;
    for (uint64_t count = below(3); count-- > 0;) groups.push_back(any_column(input));
    const uint32_t summed = any_column(input);
    PlanPtr plan = aggregate(input.plan, groups, {summed});
    std::vector<ExpressionPtr> narrowed;  // the sum is wider than a BIGINT
    for (uint32_t i = 0; i < plan->types.size(); ++i) {
      ExpressionPtr each = Expression::make_column(i, plan->types[i]);
      if (plan->types[i] != Type::big_int()) each = Expression::make_cast(std::move(each), Type::big_int());
      narrowed.push_back(std::move(each));
    }
    Case made{project(plan, std::move(narrowed)), {}, groups.empty()};
    std::map<Row, std::pair<int64_t, Cell>> found;
    if (groups.empty()) found[{}];
    for (const Row& row : input.rows) {
      Row key;
      for (uint32_t group : groups) key.push_back(row[group]);
      auto& [count, sum] = found[key];
      ++count;
      if (row[summed]) sum = sum.value_or(0) + *row[summed];
    }
    for (const auto& [key, state] : found) {
      Row& out = made.rows.emplace_back(key);
      out.push_back(state.first);
      out.push_back(state.second);
    }
    return made;
  }

  Case make_join(const Case& probe, const Case& build) {
    static constexpr JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kLeft, JoinKind::kSemi,
                                          JoinKind::kAnti,  JoinKind::kRight, JoinKind::kFull,
                                          JoinKind::kRightSemi, JoinKind::kRightAnti};
    const JoinKind kind = kKinds[below(8)];
    const uint32_t probe_key = any_column(probe), build_key = any_column(build);
    std::map<int64_t, std::vector<size_t>> table;
    for (size_t i = 0; i < build.rows.size(); ++i) {
      if (build.rows[i][build_key]) table[*build.rows[i][build_key]].push_back(i);
    }
    static const std::vector<size_t> kNothing;
    auto matches_of = [&](const Row& row) -> const std::vector<size_t>& {
      auto found = row[probe_key] ? table.find(*row[probe_key]) : table.end();
      return found == table.end() ? kNothing : found->second;
    };
    // Keeps results small: a join that would explode becomes a semi join.
    uint64_t matches = 0;
    for (const Row& row : probe.rows) matches += matches_of(row).size();
    const bool explodes = matches > 100000;
    const JoinKind used = explodes ? JoinKind::kSemi : kind;
    const bool pairs = used != JoinKind::kSemi && used != JoinKind::kAnti;
    const bool right_half = used == JoinKind::kRightSemi || used == JoinKind::kRightAnti;
    Case made{join(used, probe.plan, build.plan, {probe_key}, {build_key}), {}, probe.ordered && !pairs};
    add_reduction(*made.plan);
    auto emit = [&](const Row* left, const Row* right) {
      Row row = left ? *left : Row(right_half ? 0 : probe.width());
      if (pairs) {
        const Row& rest = right ? *right : Row(build.width());
        row.insert(row.end(), rest.begin(), rest.end());
      }
      made.rows.push_back(std::move(row));
    };
    std::vector<bool> matched(build.rows.size());
    for (const Row& row : probe.rows) {
      const std::vector<size_t>& matching = matches_of(row);
      const bool any = !matching.empty();
      if (used == JoinKind::kSemi ? any : used == JoinKind::kAnti ? !any : false) emit(&row, nullptr);
      if (!pairs) continue;
      for (size_t i : matching) {
        matched[i] = true;
        if (!right_half) emit(&row, &build.rows[i]);
      }
      if (!any && (used == JoinKind::kLeft || used == JoinKind::kFull)) emit(&row, nullptr);
    }
    for (size_t i = 0; i < build.rows.size(); ++i) {
      if (keeps_matches(used) && matched[i] == (used == JoinKind::kRightSemi)) emit(nullptr, &build.rows[i]);
    }
    return made;
  }

  /// Where the probe key comes straight from a scan, and unmatched probe rows are dropped, the scan may know it.
  static void add_reduction(PlanNode& joined) {
    const bool drops = joined.join == JoinKind::kInner || joined.join == JoinKind::kSemi ||
                       (keeps_matches(joined.join) && joined.join != JoinKind::kFull);
    PlanNode* below = joined.children[0].get();
    uint32_t column = joined.probe_keys[0];
    for (;; below = below->children[0].get()) {
      if (below->kind == PlanNode::Kind::kFilter) continue;
      const bool named = below->kind == PlanNode::Kind::kProject &&
                         below->expressions[column]->kind == Expression::Kind::kColumn;
      const bool group = below->kind == PlanNode::Kind::kAggregate && column < below->groups.size();
      if (!named && !group) break;
      column = named ? below->expressions[column]->column : below->groups[column];
    }
    if (drops && below->kind == PlanNode::Kind::kScan) {
      below->reductions.push_back({&joined, joined.build_keys[0], column, joined.probe_keys[0] % 2 == 0});
    }
  }

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<FakeTable>> tables_;
  std::vector<Relation> contents_;
};

Rows texts(const Relation& relation) {
  Rows rows;
  for (const Row& row : relation) {
    std::string text;
    for (const Cell& cell : row) {
      if (!text.empty()) text += '|';
      text += cell ? fmt::format("{}", *cell) : "NULL";
    }
    rows.push_back(std::move(text));
  }
  return rows;
}

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(RandomPlans, GiveTheRowsOfANaiveInterpreterInTheSameOrderWhateverTheThreads) {
  const uint64_t first_seed = from_environment("CAIRN_SEED", 1), plans = from_environment("CAIRN_PLANS", 100);
  size_t taken = 0, taken_with_matches = 0, with_little_memory = 0;
  for (uint64_t seed = first_seed; seed < first_seed + plans; ++seed) {
    SCOPED_TRACE(fmt::format("CAIRN_SEED={} CAIRN_PLANS=1", seed));
    Generator generator(seed);
    Case made = generator.make(1 + static_cast<int>(seed % 5));
    SCOPED_TRACE(explain(*made.plan));
    Rows expected = texts(made.rows);
    auto compare_to_expected = [&](Rows rows) {
      if (!made.ordered) std::sort(rows.begin(), rows.end());
      ASSERT_EQ(rows.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(rows[i], expected[i]) << "row " << i;
    };
    if (!made.ordered) std::sort(expected.begin(), expected.end());
    auto keeper = std::make_shared<Keeper>();
    const Rows whole = run(made.plan, {.threads = 2, .observer = keeper});
    compare_to_expected(whole);
    if (HasFatalFailure()) return;
    std::mt19937_64 random(seed);
    auto resumed = std::make_shared<Keeper>();
    resumed->contents = keeper->contents;
    for (const auto& [name, rows] : keeper->kept) {
      if (random() % 2 == 0) resumed->offer(name, *rows, random() % 2 == 0);
    }
    for (const auto& [key, fragments] : keeper->fragments_kept) {
      for (const auto& fragment : fragments) {
        if (random() % 2 == 0) resumed->fragments_offered[key].push_back(fragment);
      }
    }
    ASSERT_TRUE(run(made.plan, {.threads = 3, .observer = resumed}) == whole) << "resumed";
    // With less memory than the run that left them: rows come in other orders, and numbers of build rows mean others.
    bool cuts = false;
    for_each_node(*made.plan, [&](const PlanNode& node) { cuts |= node.limit >= 0 || node.offset > 0; });
    Rows in_any_order = expected;
    std::sort(in_any_order.begin(), in_any_order.end());
    for (const size_t limit_bytes : {size_t{32} << 10, size_t{128} << 10, size_t{512} << 10}) {
      if (cuts) break;
      const auto storage = std::make_shared<SimulatedStorage>(seed);
      auto again = std::make_shared<Keeper>();
      again->contents = keeper->contents;
      again->offered = resumed->offered;
      again->fragments_offered = resumed->fragments_offered;
      try {
        Rows rows = run(made.plan, {.threads = 2, .memory_limit_bytes = limit_bytes, .observer = again, .storage = storage});
        std::sort(rows.begin(), rows.end());
        ASSERT_EQ(rows, in_any_order) << limit_bytes;
        ++with_little_memory;
      } catch (const Error& error) {
        ASSERT_EQ(error.sqlstate, sqlstate::kOutOfMemory) << error.message;
      }
    }
    taken += resumed->taken;
    taken_with_matches += resumed->taken_with_matches;
    for (size_t capacity : {expected.size() > 5000 ? size_t{7} : size_t{1}, size_t{1024}, size_t{100000}}) {
      Rows first = run(made.plan, {.threads = 1, .capacity = capacity});
      compare_to_expected(first);
      if (HasFatalFailure()) return;
      for (unsigned threads : {2u, 8u}) {
        ASSERT_TRUE(run(made.plan, {.threads = threads, .capacity = capacity}) == first)
            << threads << " threads, capacity " << capacity;
      }
    }
  }
  EXPECT_TRUE(plans < 100 || with_little_memory > plans) << with_little_memory;
  EXPECT_TRUE(plans < 100 || (taken > plans / 5 && taken_with_matches > 0)) << taken << " fragments of another run are used, "
                                                                          << taken_with_matches << " with matches";
}

}  // namespace
}  // namespace cairn::testing
