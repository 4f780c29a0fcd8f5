#include "tests/fuzz/metamorphic/tables.h"

#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {
namespace {

constexpr size_t kLargestRows = 60;

/// Types that PostgreSQL and Cairn treat alike only where somebody looks; here Cairn is its own judge.
TableColumn wide_column(Random& random, const std::string& name) {
  static const std::vector<TableColumn> kColumns = {
      {"", "numeric(30,6)", Sort::kNumeric}, {"", "numeric(38,2)", Sort::kNumeric}, {"", "char(4)", Sort::kText},
      {"", "char(12)", Sort::kText},         {"", "real", Sort::kDouble},           {"", "text", Sort::kText},
  };
  TableColumn column = random.one_of(kColumns);
  column.name = name;
  return column;
}

/// Numbers from the row's number i, as different as what segments and operators tell apart.
std::string integer_of_row(Random& random) {
  const int prime = random.one_of(std::vector<int>{7919, 104729, 31, 65537}), many = random.one_of(std::vector<int>{10, 100, 1000, 20000});
  switch (random.below(8)) {
    case 0: return std::to_string(random.between(0, 9));                                                        // constant
    case 1: return "i % 30000";                                                                                 // sorted
    case 2: return fmt::format("i / {} % 1000", random.between(50, 5000));                                      // runs
    case 3: return fmt::format("(i::bigint * {} % {})::integer", prime, many);                                  // spread
    case 4: return fmt::format("CASE WHEN i % {} = 0 THEN i % 1000 ELSE 3 END", random.between(10, 100));       // skewed
    case 5: return fmt::format("CASE WHEN i % {} = 0 THEN i % 12 END", random.between(3, 50));                  // mostly NULL
    case 6: return fmt::format("nullif((i::bigint * {} % {})::integer, 5) - 5", prime, many);                   // some NULL
    default: return fmt::format("CASE WHEN i < {} THEN i % 7 ELSE (i % 20000) - 4 END", random.between(1, 3000));  // drift
  }
}

std::string value_of_row(Random& random, const TableColumn& column, bool extreme) {
  const std::string number = integer_of_row(random);
  switch (column.sort) {
    case Sort::kInteger: return number;
    case Sort::kNumeric: return fmt::format("({}) * {}", number, random.word({"0.25", "1.00", "0.01"}));
    case Sort::kDouble:
    case Sort::kApproximate:
      if (extreme) return fmt::format("CASE WHEN i % 97 = 0 THEN 'NaN' WHEN i % 89 = 0 THEN 'Infinity' WHEN i % 83 = 0 THEN -0.0 ELSE ({}) * 0.25 END::double precision", number);
      return fmt::format("(({}) % 100) * CAST(0.25 AS double precision)", number);
    case Sort::kText: {
      if (column.type.starts_with("char") || column.type.starts_with("varchar")) return fmt::format("left('w' || ({}), 4)", number);
      return fmt::format(fmt::runtime(random.word({"'w' || ({})", "CAST(({}) % 10 AS text)", "repeat('long ', 8) || ({}) % 500"})), number);
    }
    case Sort::kBoolean: return fmt::format("({}) % 3 = 0", number);
    case Sort::kDate: return fmt::format("DATE '2020-01-01' + ({}) % 700", number);
    case Sort::kTimestamp: return fmt::format("CAST(DATE '2021-01-01' + ({}) % 60 AS timestamp)", number);
    case Sort::kInterval: break;
  }
  return "NULL";
}

Bulk random_bulk(Random& random, const Table& table, size_t rows, bool extreme) {
  Bulk bulk{rows, ""};
  for (const TableColumn& column : table.columns) bulk.values += (bulk.values.empty() ? "" : ", ") + value_of_row(random, column, extreme);
  return bulk;
}

/// Statements after which row groups have holes and later copies of rows.
void add_changes(Random& random, const Schema& schema, Table& table) {
  const TableColumn& column = table.columns[random.below(table.columns.size())];
  if (random.chance(50)) table.changes.push_back(fmt::format("DELETE FROM {} WHERE c0 % {} = {}", table.name, random.between(2, 9), random.between(0, 1)));
  if (random.chance(50))
    table.changes.push_back(fmt::format("UPDATE {} SET {} = {} WHERE c0 % {} = 1", table.name, column.name, random_value(random, column, schema.extreme), random.between(2, 7)));
  for (int i = random.weighted({40, 30, 30}); i > 0; i--) {
    std::string insert = "INSERT INTO " + table.name + " VALUES ";
    for (int r = random.between(1, 6); r > 0; r--) insert += random_row(random, table, schema.extreme) + (r > 1 ? ", " : "");
    table.changes.push_back(std::move(insert));
  }
  if (random.chance(10)) table.changes.push_back(fmt::format("DELETE FROM {}", table.name));
}

size_t bulk_rows(Random& random, bool largest) {
  if (largest) return static_cast<size_t>(random.chance(40) ? random.between(1'000'000, 1'300'000) : random.between(100'000, 400'000));
  return static_cast<size_t>(random.between(100, random.chance(30) ? 50'000 : 6000));
}

}  // namespace

Schema wide_schema(Random& random, bool large) {
  Schema schema = random_schema(random, kLargestRows);
  for (size_t t = 0; t < schema.tables.size(); t++) {
    Table& table = schema.tables[t];
    if (random.chance(50)) {
      table.columns.push_back(wide_column(random, fmt::format("c{}", table.columns.size())));
      table.rows.clear();
      for (size_t r = random.chance(10) ? 0 : random.below(kLargestRows); r > 0; r--) table.rows.push_back(random_row(random, table, schema.extreme));
    }
    if (large) {
      for (size_t i = t == 0 ? 1 : random.below(3); i > 0; i--) table.bulks.push_back(random_bulk(random, table, bulk_rows(random, t == 0), schema.extreme));
    } else if (random.chance(8)) {
      table.bulks.push_back(random_bulk(random, table, static_cast<size_t>(random.between(50, 400)), schema.extreme));
    }
    if (random.chance(70)) add_changes(random, schema, table);
  }
  return schema;
}

}  // namespace cairn::fuzz
