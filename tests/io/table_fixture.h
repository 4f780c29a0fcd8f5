#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/storage/simulated_storage.h"
#include "io/tables/database.h"
#include "tests/io/file_fixture.h"
#include "vector/column_buffer.h"
#include "vector/read_row.h"

namespace cairn {

/// The table of most tests: an id, a text that may be NULL, and a price.
inline TableSchema fruit_schema(const std::string& name = "fruit") {
  TableSchema schema{name, {}};
  schema.columns.push_back({"id", Type::integer(), true, ""});
  schema.columns.push_back({"name", Type::varchar(), false, ""});
  schema.columns.push_back({"price", Type::decimal(15, 2), false, "0"});
  return schema;
}

struct Fruit {
  int32_t id = 0;
  std::optional<std::string> name;
  int64_t price = 0;
  friend bool operator==(const Fruit&, const Fruit&) = default;
};

inline void PrintTo(const Fruit& fruit, std::ostream* out) {
  *out << '(' << fruit.id << ' ' << fruit.name.value_or("NULL") << ' ' << fruit.price << ')';
}

inline Fruit numbered_fruit(int32_t id) {
  Fruit fruit{id, "fruit number " + std::to_string(id % 97), id * int64_t{7} % 10007};
  if (id % 11 == 0) fruit.name.reset();
  return fruit;
}

inline std::vector<Fruit> numbered_fruits(int32_t begin, int32_t end) {
  std::vector<Fruit> fruits;
  for (int32_t id = begin; id < end; ++id) fruits.push_back(numbered_fruit(id));
  return fruits;
}

/// Appends through a writer, `batch_rows` at a time.
inline void append(TableWriter& writer, const std::vector<Fruit>& fruits, size_t batch_rows = 1000) {
  for (size_t begin = 0; begin < fruits.size(); begin += batch_rows) {
    ColumnBuffer ids(Type::integer()), names(Type::varchar()), prices(Type::decimal(15, 2));
    const size_t end = std::min(fruits.size(), begin + batch_rows);
    for (size_t i = begin; i < end; ++i) {
      ids.append_value(Value::of_integer(Type::integer(), fruits[i].id));
      names.append_value(fruits[i].name ? Value::of_string(*fruits[i].name) : Value::null_of(Type::varchar()));
      prices.append_value(Value::of_integer(Type::decimal(15, 2), fruits[i].price));
    }
    writer.append(Batch{end - begin, false, {}, {ids.view(), names.view(), prices.view()}});
  }
}

inline void insert(WriteTransaction& transaction, const std::vector<Fruit>& fruits, const std::string& table = "fruit",
                   uint64_t order = 0) {
  const auto writer = transaction.writer(table, order);
  append(*writer, fruits);
  writer->finish();
}

inline std::shared_ptr<const CommittedSnapshot> insert(Database& database, const std::vector<Fruit>& fruits,
                                              const std::string& table = "fruit") {
  const auto transaction = database.begin_write();
  insert(*transaction, fruits, table);
  return transaction->commit();
}

inline void create_fruit(Database& database, const std::string& name = "fruit") {
  const auto transaction = database.begin_write();
  transaction->create_table(fruit_schema(name));
  transaction->commit();
}

/// All live rows of a table, read in slices of an awkward size.
inline std::vector<Fruit> scan(const Snapshot& snapshot, const std::string& table = "fruit", size_t slice_rows = 999) {
  std::vector<Fruit> fruits;
  const std::vector<uint32_t> columns = {0, 1, 2};
  std::vector<uint64_t> scratch[3];
  for (const auto& row_group : snapshot.tables.at(table)->row_groups) {
    const auto chunks = row_group->load(columns);
    for (size_t begin = 0; begin < row_group->row_count(); begin += slice_rows) {
      const size_t rows = std::min<size_t>(slice_rows, row_group->row_count() - begin);
      Vector vectors[3];
      for (size_t i = 0; i < 3; ++i) vectors[i] = chunks[i]->slice(begin, rows, scratch[i]);
      for (size_t row = 0; row < rows; ++row) {
        const uint64_t* deleted = row_group->deleted();
        if (deleted != nullptr && ((deleted[(begin + row) / 64] >> ((begin + row) % 64)) & 1) != 0) continue;
        Fruit fruit;
        fruit.id = static_cast<int32_t>(read_value(vectors[0], row).integer);
        const Value name = read_value(vectors[1], row);
        if (!name.null) fruit.name = name.string;
        fruit.price = static_cast<int64_t>(read_value(vectors[2], row).integer);
        fruits.push_back(std::move(fruit));
      }
    }
  }
  return fruits;
}

}  // namespace cairn
