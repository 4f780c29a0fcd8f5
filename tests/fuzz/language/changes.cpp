#include <fmt/format.h>

#include "tests/fuzz/language/generator.h"

namespace cairn::fuzz {

Sql Generator::change() {
  common_tables_.clear();
  std::vector<const Table*> tables;
  for (const Table& table : schema_.tables)
    if (!table.view) tables.push_back(&table);
  const Table& table = *random_.one_of(tables);
  Scope scope;
  Signature signature;
  for (const TableColumn& column : table.columns) {
    scope.columns.push_back({column.name, column.sort, table.name + "." + column.name});
    signature.push_back(column.sort);
  }
  switch (random_.below(3)) {
    case 0: {
      Sql source = random_.chance(50) ? values(signature, nullptr, random_.below(3) + 1) : query(signature, nullptr, 2);
      return sql("change", "INSERT INTO " + table.name + " @", std::move(source));
    }
    case 1: {
      std::vector<Sql> assignments;
      for (const TableColumn& column : table.columns)
        if (random_.chance(40)) assignments.push_back(sql("", column.name + " = @", expression(column.sort, scope, 2)));
      if (assignments.empty()) {
        const TableColumn& column = table.columns[0];
        assignments.push_back(sql("", column.name + " = @", expression(column.sort, scope, 1)));
      }
      return sql("change", fmt::format("UPDATE {} SET @ WHERE @", table.name), sql_list(", ", std::move(assignments)),
                 predicate(scope, 2));
    }
    default: return sql("change", fmt::format("DELETE FROM {} WHERE @", table.name), predicate(scope, 2));
  }
}

}  // namespace cairn::fuzz
