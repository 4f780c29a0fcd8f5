#include "io/storage.h"
#include "sql/session_state.h"
#include "vector/error.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <filesystem>

namespace cairn {

std::shared_ptr<Engine> Engine::open(std::string_view path, bool read_only) {
  return std::make_shared<EngineState>(path, read_only);
}

EngineState::EngineState(std::string_view path, bool read_only) {
  DatabaseOptions options;
  options.read_only = read_only;
  database_ = Database::open(path, make_storage(), options);
}

EngineState::~EngineState() {
  for (auto& [directory, store] : stores_)
    if (store != nullptr) store->close();
}

std::unique_ptr<Session> EngineState::connect() { return std::make_unique<SessionState>(shared_from_this()); }

std::shared_ptr<CheckpointStore> EngineState::checkpoints(const std::string& directory,
                                                          const std::function<void(std::string_view)>& notice) {
  // What a query resumes from must outlive the process, and its snapshot be pinned.
  if (database_->in_memory() || database_->read_only()) return nullptr;
  // Elsewhere, several databases may keep their checkpoints in one place: fingerprints say nothing of whose data it is,
  // and a copied database has its original's identity, so that both identity and path part them.
  const std::string own_path = std::filesystem::absolute(database_->path()).lexically_normal().string();
  const std::string place =
      directory.empty() ? database_->path() + "/checkpoints"
                        : fmt::format("{}/{}-{:016x}", directory, database_->identity(),
                                      XXH3_64bits(own_path.data(), own_path.size()));
  std::lock_guard lock(mutex_);
  auto found = stores_.find(place);
  if (found != stores_.end()) return found->second;
  std::shared_ptr<CheckpointStore> store;
  try {
    store = CheckpointStore::open(database_, place, notice);
  } catch (const Error& error) {
    notice("warning: there will be no checkpoints in " + place + ": " + error.message);
  }
  return stores_[place] = std::move(store);
}

WriterTurn::Hold::Hold(WriterTurn& turn, bool block) : turn_(turn) {
  std::unique_lock lock(turn.mutex_);
  turn.free_.wait(lock, [&] { return !turn.taken_ || turn.by_block_; });
  if (turn.taken_)
    throw Error(sqlstate::kWriteConflict, "another transaction is changing the database",
                "Repeat the statement when that transaction has ended.");
  turn.taken_ = true;
  turn.by_block_ = block;
}

WriterTurn::Hold::~Hold() {
  {
    std::lock_guard lock(turn_.mutex_);
    turn_.taken_ = false;
  }
  turn_.free_.notify_one();
}

}  // namespace cairn
