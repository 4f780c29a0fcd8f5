#include "io/tables/database.h"

#include <filesystem>

#include "io/storage/own_files.h"
#include "io/tables/table_database.h"

namespace cairn {

std::shared_ptr<Database> Database::open(std::string_view path, std::shared_ptr<Storage> storage,
                                         DatabaseOptions options) {
  std::string directory(path);
  if (!directory.empty() && directory != TableDatabase::kMemoryPath) {
    // Wherever the process goes from here.
    directory = without_end_slashes(std::filesystem::absolute(directory).string());
  }
  auto database = std::make_shared<TableDatabase>(std::move(directory), std::move(storage), options);
  if (database->in_memory()) {
    database->open_memory();
  } else {
    database->open_directory();
  }
  return database;
}

}  // namespace cairn
