#include "tests/fuzz/language/schema.h"

#include <fmt/format.h>

namespace cairn::fuzz {
namespace {

struct ColumnType {
  const char* name;
  Sort sort;
};

constexpr ColumnType kTypes[] = {
    {"integer", Sort::kInteger},      {"integer", Sort::kInteger},   {"integer", Sort::kInteger},
    {"bigint", Sort::kInteger},       {"smallint", Sort::kInteger},  {"numeric(8,2)", Sort::kNumeric},
    {"numeric(20,4)", Sort::kNumeric}, {"text", Sort::kText},        {"varchar(12)", Sort::kText},
    {"double precision", Sort::kDouble}, {"boolean", Sort::kBoolean}, {"date", Sort::kDate},
    {"timestamp", Sort::kTimestamp},
};

std::string random_integer(Random& random, std::string_view type, bool extreme) {
  if (extreme && random.chance(10)) {
    if (type == "smallint") return random.word({"-32768", "32767"});
    if (type == "integer") return random.word({"-2147483648", "2147483647"});
    return random.word({"-9223372036854775808", "9223372036854775807"});
  }
  return std::to_string(random.chance(80) ? random.between(0, 9) : random.between(-50, 99));
}

std::string random_text(Random& random) {
  static const char* kWords[] = {"", "a", "b", "ab", "A", "abc", "b%", "a_c", "zebra", " x ", "12", "ä", "émile", "xyzxyzxyz"};
  return fmt::format("'{}'", kWords[random.below(std::size(kWords))]);
}

}  // namespace

std::string random_value(Random& random, const TableColumn& column, bool extreme) {
  if (random.chance(15)) return "NULL";
  switch (column.sort) {
    case Sort::kInteger: return random_integer(random, column.type, extreme);
    case Sort::kNumeric:
      if (extreme && random.chance(10)) return column.type == "numeric(8,2)" ? "-999999.99" : "9999999999999999.9999";
      return random.chance(60) ? fmt::format("{}.{}", random.between(0, 6), random.word({"0", "5", "25"}))
                               : fmt::format("{}.{:02}", random.between(-99, 99), random.between(0, 99));
    case Sort::kDouble:
    case Sort::kApproximate:
      if (extreme && random.chance(10)) return random.word({"'NaN'", "'Infinity'", "'-Infinity'", "1e300", "-0.0"});
      return fmt::format("{}", random.between(-8, 40) * 0.25);
    case Sort::kText: return random_text(random);
    case Sort::kBoolean: return random.word({"TRUE", "FALSE"});
    case Sort::kDate:
      if (extreme && random.chance(5)) return random.word({"'0001-01-01'", "'9999-12-31'", "'2000-02-29'"});
      return fmt::format("'20{:02}-{:02}-{:02}'", random.between(20, 22), random.between(1, 3), random.between(1, 28));
    case Sort::kTimestamp:
      return fmt::format("'2021-{:02}-{:02} {:02}:{:02}:00'", random.between(1, 3), random.between(1, 5),
                         random.between(0, 23), random.chance(50) ? 0 : 30);
    case Sort::kInterval: return fmt::format("'{} days'", random.between(0, 40));
  }
  return "NULL";
}

std::string random_row(Random& random, const Table& table, bool extreme) {
  std::string row;
  for (const TableColumn& column : table.columns) row += (row.empty() ? "(" : ", ") + random_value(random, column, extreme);
  return row + ")";
}

std::string Table::column_names() const {
  std::string names;
  for (const TableColumn& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  return names;
}

std::string Table::create() const {
  if (view) return fmt::format("CREATE VIEW {} AS SELECT * FROM ({}) AS source({});\n", name, text_of(*view), column_names());
  std::string text;
  for (const TableColumn& column : columns) text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return fmt::format("CREATE TABLE {} ({});\n", name, text);
}

std::string Table::insert() const {
  std::string text = rows.empty() ? "" : "INSERT INTO " + name + " VALUES\n  ";
  // Several statements: several row groups.
  const size_t half = rows.size() / 2 + 1;
  for (size_t i = 0; i < rows.size(); i++) {
    if (i == half) text += ";\nINSERT INTO " + name + " VALUES\n  ";
    else text += i == 0 ? "" : i % 4 == 0 ? ",\n  " : ", ";
    text += rows[i];
  }
  if (!rows.empty()) text += ";\n";
  for (const Bulk& bulk : bulks)
    text += fmt::format("INSERT INTO {} SELECT {} FROM generate_series(1, {}) AS g(i);\n", name, bulk.values, bulk.rows);
  for (const std::string& change : changes) text += change + ";\n";
  return text;
}

size_t Table::row_count() const {
  size_t count = rows.size();
  for (const Bulk& bulk : bulks) count += bulk.rows;
  return count;
}

std::string Table::drop() const { return fmt::format("DROP {} {};\n", view ? "VIEW" : "TABLE", name); }

std::string Schema::script() const {
  std::string text;
  for (const Table& table : tables) text += table.create() + table.insert();
  return text;
}

Schema random_schema(Random& random, size_t largest_rows) {
  Schema schema;
  schema.extreme = random.chance(15);
  const int count = random.between(2, 4);
  for (int i = 0; i < count; i++) {
    Table table;
    table.name = fmt::format("t{}", i);
    const int columns = random.between(2, 6);
    for (int c = 0; c < columns; c++) {
      // The first is a number, so that joins find partners.
      const ColumnType& type = c == 0 ? kTypes[0] : kTypes[random.below(std::size(kTypes))];
      table.columns.push_back({fmt::format("c{}", c), type.name, type.sort});
    }
    size_t rows = random.chance(10) ? 0 : random.chance(40) ? random.below(6) : random.below(largest_rows);
    if (random.chance(1)) rows = 500 + random.below(1500);
    for (size_t r = 0; r < rows; r++) {
      if (!table.rows.empty() && random.chance(10)) {
        table.rows.push_back(table.rows[random.below(table.rows.size())]);
        continue;
      }
      table.rows.push_back(random_row(random, table, schema.extreme));
    }
    schema.tables.push_back(std::move(table));
  }
  return schema;
}

}  // namespace cairn::fuzz
