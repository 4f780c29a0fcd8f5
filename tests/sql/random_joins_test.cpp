// Random trees of joins of all kinds, with EXISTS and IN hanging on them: the answer is the same with every pass, without
// any one of them, and without all.

#include <cstdio>
#include <cstdlib>
#include <random>

#include "sql_fixture.h"

namespace cairn::testing {
namespace {

class RandomJoins : public SqlFixture {
 protected:
  RandomJoins() {
    const char* text = std::getenv("CAIRN_SEED");
    seed_ = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
    std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(seed_));
    random_.seed(seed_);
    for (int i = 0; i < kTables; ++i) {
      const std::string name = table(i), rows = std::to_string(kRows[i]), step = std::to_string(2 * i + 3);
      run("CREATE TABLE " + name + " AS SELECT CASE WHEN i % 11 = 0 THEN NULL ELSE i END AS k, i * " + step +
          " % 2003 AS l, CASE WHEN i % 7 = 3 THEN NULL ELSE i % 5 END AS v FROM generate_series(1, " + rows + ") AS i");
    }
  }

  static constexpr int kTables = 6;
  static constexpr int kRows[kTables] = {2000, 40, 3000, 300, 1500, 7};
  static std::string table(int i) { return "t" + std::to_string(i); }

  size_t below(size_t bound) { return random_() % bound; }
  std::string any(const std::vector<std::string>& names) { return names[below(names.size())]; }
  std::string key() { return below(2) == 0 ? ".k" : ".l"; }

  std::string condition(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    std::string text = any(left) + key() + " = " + any(right) + key();
    if (below(4) == 0) text += " AND " + any(left) + ".v <= " + any(right) + ".v";
    if (below(6) == 0) text += " AND " + any(right) + ".v = 2";
    if (below(8) == 0) text += " AND (" + any(left) + ".v = 1 OR " + any(right) + ".v IS NULL)";
    return text;
  }

  /// A tree over `count` relations; their aliases are added to `names`.
  std::string tree(int count, std::vector<std::string>& names) {
    if (count == 1) {
      const std::string alias = "r" + std::to_string(next_alias_++);
      names.push_back(alias);
      const std::string name = table(static_cast<int>(below(kTables)));
      if (below(5) == 0) return "(SELECT l AS k, k AS l, max(v) AS v FROM " + name + " GROUP BY l, k) AS " + alias;
      return name + " AS " + alias;
    }
    const int left_count = 1 + static_cast<int>(below(static_cast<size_t>(count - 1)));
    std::vector<std::string> left_names, right_names;
    const std::string left = tree(left_count, left_names), right = tree(count - left_count, right_names);
    static const char* const kKinds[] = {" JOIN ", " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN "};
    const std::string text = "(" + left + kKinds[below(5)] + right + " ON " + condition(left_names, right_names) + ")";
    names.insert(names.end(), left_names.begin(), left_names.end());
    names.insert(names.end(), right_names.begin(), right_names.end());
    return text;
  }

  std::string filter(const std::vector<std::string>& names) {
    const std::string outer = any(names);
    const std::string inner = table(static_cast<int>(below(kTables)));
    switch (below(6)) {
      case 0: return "EXISTS (SELECT 1 FROM " + inner + " AS s WHERE s" + key() + " = " + outer + key() + ")";
      case 1: return "NOT EXISTS (SELECT 1 FROM " + inner + " AS s WHERE s" + key() + " = " + outer + key() + " AND s.v <> " + outer + ".v)";
      case 2: return outer + key() + " IN (SELECT " + std::string(below(2) == 0 ? "k" : "l") + " FROM " + inner + ")";
      case 3: return outer + ".v = " + std::to_string(below(5));
      case 4: return outer + key() + " < " + std::to_string(below(2000));
      default: return outer + ".l > (SELECT avg(l) FROM " + inner + " AS s WHERE s.v = " + outer + ".v)";
    }
  }

  std::string query() {
    next_alias_ = 0;
    std::vector<std::string> names;
    std::string text = tree(2 + static_cast<int>(below(4)), names), select = "count(*)";
    for (const std::string& name : names) {
      select += ", count(" + name + ".k), sum(" + name + ".l), sum(" + name + ".v)";
    }
    text = "SELECT " + select + " FROM " + text;
    for (size_t filters = below(3), i = 0; i < filters; ++i) text += (i == 0 ? " WHERE " : " AND ") + filter(names);
    return text;
  }

  unsigned long long seed_ = 0;
  std::mt19937_64 random_;
  int next_alias_ = 0;
};

TEST_F(RandomJoins, AnswersDoNotDependOnPasses) {
  for (int i = 0; i < 25; ++i) {
    const std::string text = query();
    EXPECT_NE(run(text).find('|'), std::string::npos) << text << "\n" << run(text);
    same_without_passes(text);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace cairn::testing
