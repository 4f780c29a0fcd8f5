#include "io/storage/storage.h"
#include "sql/session_state.h"
#include "vector/error.h"

namespace cairn {

std::shared_ptr<Engine> Engine::open(std::string_view path, DatabaseOptions options) {
  return std::make_shared<EngineState>(path, options);
}

EngineState::EngineState(std::string_view path, DatabaseOptions options)
    : storage_(make_storage()), database_(Database::open(path, storage_, options)) {}

EngineState::~EngineState() {
  if (store_ != nullptr) store_->close();
}

std::unique_ptr<Session> EngineState::connect() { return std::make_unique<SessionState>(shared_from_this()); }

std::shared_ptr<CheckpointStore> EngineState::checkpoints(const std::string& directory,
                                                          const CheckpointStore::Notice& notice) {
  // What a query resumes from must outlive the process, and its snapshot be pinned.
  if (database_->in_memory() || database_->read_only()) return nullptr;
  std::vector<std::string> told;
  std::shared_ptr<CheckpointStore> store;
  {
    const std::lock_guard lock(mutex_);
    if (store_ == nullptr) store_ = CheckpointStore::open(database_, directory, notice, told);
    store = store_;
  }
  for (const std::string& text : told) notice(text);
  return store;
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
