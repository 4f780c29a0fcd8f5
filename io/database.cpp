#include "io/database.h"

#include "io/table_database.h"

namespace cairn {

std::shared_ptr<Database> Database::open(std::string_view path, std::shared_ptr<Storage> storage,
                                         DatabaseOptions options) {
  auto database = std::make_shared<TableDatabase>(std::string(path), std::move(storage), options);
  if (database->in_memory()) {
    database->open_memory();
  } else {
    database->open_directory();
  }
  return database;
}

}  // namespace cairn
