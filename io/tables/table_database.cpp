#include "io/tables/table_database.h"

#include "io/tables/manifest_check.h"
#include "io/tables/write_transaction.h"
#include "vector/error.h"
#include "vector/interleaving.h"

namespace cairn {

namespace {

constexpr uint64_t kCompactBytesMin = uint64_t{4} << 20;
constexpr uint64_t kCompactGrowth = 4;

uint64_t next_origin() {
  static std::atomic<uint64_t> count{0};
  return ++count;
}

DatabaseOptions completed(DatabaseOptions options) {
  options.read_only = options.read_only || options.salvage;
  return options;
}

}  // namespace

TableDatabase::TableDatabase(std::string path, std::shared_ptr<Storage> storage, DatabaseOptions options)
    : path_(std::move(path)), storage_(std::move(storage)), options_(completed(options)), origin_(next_origin()) {}

TableDatabase::~TableDatabase() {
  give_back_reservations();
  if (data_ != nullptr) data_->close();  // snapshots may outlive the lock
}

void TableDatabase::limit_cache(size_t bytes) {
  if (cache_ != nullptr) cache_->set_budget(bytes == 0 ? cache_bytes_ : std::min(bytes, cache_bytes_));
}

std::shared_ptr<const CommittedSnapshot> TableDatabase::snapshot() const {
  const std::lock_guard lock(state_mutex_);
  return newest_;
}

std::shared_ptr<const CommittedSnapshot> TableDatabase::pinned(std::string_view name) const {
  const std::lock_guard lock(state_mutex_);
  const auto at = pins_.find(name);
  return at == pins_.end() ? nullptr : at->second;
}

std::optional<std::string> TableDatabase::receipt(std::string_view name) const {
  const std::lock_guard lock(state_mutex_);
  return receipts_.find(name);
}

std::vector<std::string> TableDatabase::pin_names() const {
  const std::lock_guard lock(state_mutex_);
  std::vector<std::string> names;
  for (const auto& [name, snapshot] : pins_) names.push_back(name);
  return names;
}

uint64_t TableDatabase::stored_bytes() const {
  const std::shared_ptr<const CommittedSnapshot> snapshot = this->snapshot();
  uint64_t bytes = 0;
  if (!in_memory()) bytes += storage_->file_size(manifest_path());
  for (const auto& [name, table] : snapshot->tables) {
    for (const auto& row_group : table->row_groups) {
      for (size_t column = 0; column < table->schema.columns.size(); ++column) bytes += row_group->stored_bytes(column);
    }
  }
  return bytes;
}

std::unique_ptr<WriteTransaction> TableDatabase::begin_write() {
  if (options_.read_only) throw Error(sqlstate::kReadOnly, "the database '" + path_ + "' is open read-only");
  std::unique_lock lock(write_mutex_);
  write_ended_.wait(lock, [this] { return !writing_; });
  writing_ = true;
  lock.unlock();
  try {
    return std::make_unique<TableTransaction>(shared_from_this());
  } catch (...) {
    end_write();
    throw;
  }
}

void TableDatabase::end_write() {
  {
    const std::lock_guard lock(write_mutex_);
    writing_ = false;
  }
  write_ended_.notify_one();
}

ManifestCounters TableDatabase::current_counters() const {
  return {newest_->number, next_table_id_, next_file_id_, next_row_group_id_};
}

void TableDatabase::install(std::shared_ptr<const CommittedSnapshot> snapshot, PinnedSnapshots pins) {
  // What was newest dies behind the locks; files that only it named go with it.
  const std::lock_guard lock(state_mutex_);
  newest_.swap(snapshot);
  pins_.swap(pins);
}

std::shared_ptr<DataFile> TableDatabase::create_data_file() {
  for (;;) {
    const uint64_t file_id = next_file_id_++;
    // A link or a directory of somebody's with such a name stays, and is passed over.
    if (!storage_->exists(data_->file_path(file_id))) return data_->create(file_id);
  }
}

void TableDatabase::replace_log(const PinnedSnapshots& pins) {
  const std::vector<std::byte> state = encode_state(current_counters(), *newest_, pins, receipts_, kept_files_);
  check_state(state, *newest_, pins, receipts_, kept_files_);
  log_->replace(state);
}

void TableDatabase::append(const CommitRecord& record, const CommittedSnapshot& after,
                           const std::vector<uint64_t>& new_files) {
  if (log_->is_broken()) replace_log(pins_);
  ManifestCounters counters = current_counters();
  counters.snapshot = after.number;
  std::exception_ptr error;
  const std::vector<std::byte> payload = record.encode(counters);
  check_commit(payload, *newest_, after);
  for (const uint64_t file_id : new_files) data_->keep(file_id);  // while it is not known what becomes of the record
  const ManifestLog::Outcome outcome = log_->append(payload, error);
  bool known = outcome != ManifestLog::Outcome::kUnknown;
  if (!known) {
    try {  // a manifest that surely does not have the record
      replace_log(pins_);
      known = true;
    } catch (const std::exception&) {
    }
  }
  if (known) {
    for (const uint64_t file_id : new_files) data_->need_not_keep(file_id);
  }
  if (outcome == ManifestLog::Outcome::kDurable) return;
  std::rethrow_exception(error);
}

void TableDatabase::commit(const CommitRecord& record, std::shared_ptr<const CommittedSnapshot> snapshot,
                           const std::vector<uint64_t>& new_files, const std::vector<Receipts::Receipt>& left) {
  meet(MeetingPoint::kCommit);
  std::unique_lock lock(log_mutex_);
  // Before the record is durable: from then on nothing may fail.
  PinnedSnapshots pins = pins_;
  std::optional<Receipts> receipts;
  if (!left.empty()) receipts = receipts_;
  for (const auto& [name, text] : left) receipts->leave(name, text);
  if (!in_memory()) append(record, *snapshot, new_files);
  install(std::move(snapshot), std::move(pins));
  if (receipts) {
    const std::lock_guard state_lock(state_mutex_);
    std::swap(receipts_, *receipts);
  }
  compact_if_grown();
  lock.unlock();
  meet(MeetingPoint::kCommitted);
}

void TableDatabase::compact_if_grown() {
  if (in_memory() || log_->end_offset() < kCompactBytesMin + kCompactGrowth * compacted_bytes_) return;
  try {
    replace_log(pins_);
    compacted_bytes_ = log_->end_offset();
  } catch (const std::exception&) {
    // What was committed is durable, in the old manifest or in the new one; the next commit tries again.
  }
}

SequenceState::Journal TableDatabase::journal_of(const Sequence& sequence) {
  return [this, id = sequence.id, state = sequence.state](SequencePosition position) {
    const std::lock_guard lock(log_mutex_);
    if (!in_memory()) {
      CommitRecord record;
      record.set_position(id, position);
      append(record, *newest_, {});
    }
    state->set_reserved(position);
  };
}

int64_t TableDatabase::next_value(const Sequence& sequence) {
  if (options_.read_only) throw Error(sqlstate::kReadOnly, "the database '" + path_ + "' is open read-only");
  return sequence.state->next(sequence.schema, journal_of(sequence));
}

void TableDatabase::set_value(const Sequence& sequence, SequencePosition position) {
  if (options_.read_only) throw Error(sqlstate::kReadOnly, "the database '" + path_ + "' is open read-only");
  sequence.state->set(position, journal_of(sequence));
}

void TableDatabase::give_back_reservations() {
  if (in_memory() || options_.read_only || log_ == nullptr || log_->is_broken()) return;
  CommitRecord record;
  for (const auto& [name, sequence] : newest_->sequences) {
    const SequencePosition position = sequence->state->position();
    if (!(position == sequence->state->reserved())) record.set_position(sequence->id, position);
  }
  if (record.empty()) return;
  try {
    append(record, *newest_, {});
  } catch (const std::exception&) {
    // Then they are skipped.
  }
}

void TableDatabase::pin_durably(std::string_view name, std::shared_ptr<const CommittedSnapshot> snapshot) {
  if (options_.read_only) throw Error(sqlstate::kReadOnly, "the database '" + path_ + "' is open read-only");
  const std::lock_guard lock(log_mutex_);
  if (snapshot->origin != origin_) {
    throw Error(sqlstate::kInternalError, "the snapshot to be kept belongs to another database than '" + path_ + "'");
  }
  PinnedSnapshots pins = pins_;
  pins[std::string(name)] = snapshot->number == newest_->number ? newest_ : snapshot;
  if (!in_memory()) {
    if (snapshot->number == newest_->number) {
      CommitRecord record;
      record.pin(name, snapshot->number);
      append(record, *newest_, {});
    } else {  // the log knows only its newest snapshot, and those in its state
      replace_log(pins);
    }
  }
  install(newest_, std::move(pins));
  compact_if_grown();
}

void TableDatabase::keep_files(std::string_view pin, const std::vector<uint64_t>& file_ids) {
  const std::lock_guard lock(log_mutex_);
  if (!pins_.contains(pin)) throw Error(sqlstate::kInternalError, "files are kept for a pin that is not there");
  KeptFiles added;
  CommitRecord record;
  for (const uint64_t file_id : file_ids) {
    std::pair<std::string, uint64_t> file(pin, file_id);
    if (kept_files_.contains(file)) continue;
    record.keep_file(pin, file_id);
    added.emplace(std::move(file), data_->open(file_id));
  }
  if (record.empty()) return;
  append(record, *newest_, file_ids);
  kept_files_.merge(added);
}

void TableDatabase::unpin(std::string_view name) {
  if (options_.read_only) throw Error(sqlstate::kReadOnly, "the database '" + path_ + "' is open read-only");
  KeptFiles dropped;  // those that nothing else is in are removed, behind the lock
  const std::lock_guard lock(log_mutex_);
  const auto at = pins_.find(name);
  if (at == pins_.end()) return;
  PinnedSnapshots pins = pins_;
  pins.erase(std::string(name));
  if (!in_memory()) {
    CommitRecord record;
    record.unpin(name);
    append(record, *newest_, {});
  }
  install(newest_, std::move(pins));
  for (auto kept = kept_files_.begin(); kept != kept_files_.end();) {
    const auto next = std::next(kept);
    if (kept->first.first == name) dropped.insert(kept_files_.extract(kept));
    kept = next;
  }
  compact_if_grown();
}

}  // namespace cairn
