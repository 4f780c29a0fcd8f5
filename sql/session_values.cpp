#include "sql/session_values.h"

#include <bit>

#include "vector/error.h"

namespace cairn {

double StatementValues::random() {
  const std::lock_guard lock(session_.mutex);
  return static_cast<double>(session_.generator() >> 11) * 0x1p-53;
}

void StatementValues::seed(double seed) {
  const std::lock_guard lock(session_.mutex);
  session_.generator.seed(std::bit_cast<uint64_t>(seed));
}

const Sequence& StatementValues::find(std::string_view name) {
  const std::lock_guard lock(session_.mutex);
  if (auto known = found_.find(name); known != found_.end()) return *known->second;
  std::string key = find_relation(*snapshot_, path_, RelationName::parse(name), -1);
  auto found = snapshot_->sequences.find(key);
  if (found == snapshot_->sequences.end()) {
    if (snapshot_->has_relation(key)) throw Error(sqlstate::kWrongObjectType, "\"" + key + "\" is not a sequence");
    throw Error(sqlstate::kUndefinedTable, "relation \"" + key + "\" does not exist");
  }
  return *found_.emplace(name, found->second.get()).first->second;
}

Database& StatementValues::changed_database(const Sequence& sequence, std::string_view function) {
  if (is_temporary(sequence.schema.name)) return *temporary_;
  if (read_only_)
    throw Error(sqlstate::kReadOnly, "cannot execute " + std::string(function) + "() in a read-only transaction");
  return database_;
}

int64_t StatementValues::next_value(std::string_view name) {
  const Sequence& sequence = find(name);
  int64_t value = changed_database(sequence, "nextval").next_value(sequence);
  const std::lock_guard lock(session_.mutex);
  session_.current[sequence.state] = value;
  session_.last = value;
  return value;
}

int64_t StatementValues::current_value(std::string_view name) {
  const Sequence& sequence = find(name);
  const std::lock_guard lock(session_.mutex);
  auto found = session_.current.find(sequence.state);
  if (found == session_.current.end())
    throw Error(sqlstate::kNotInPrerequisiteState,
                "currval of sequence \"" + sequence.schema.name + "\" is not yet defined in this session");
  return found->second;
}

int64_t StatementValues::last_value() {
  const std::lock_guard lock(session_.mutex);
  if (!session_.last) throw Error(sqlstate::kNotInPrerequisiteState, "lastval is not yet defined in this session");
  return *session_.last;
}

int64_t StatementValues::set_value(std::string_view name, int64_t value, bool called) {
  const Sequence& sequence = find(name);
  const SequenceSchema& schema = sequence.schema;
  if (value < schema.min_value || value > schema.max_value)
    throw Error(sqlstate::kNumericOutOfRange, "setval: value " + std::to_string(value) + " is out of bounds for sequence \"" +
                                                  schema.name + "\" (" + std::to_string(schema.min_value) + ".." +
                                                  std::to_string(schema.max_value) + ")");
  changed_database(sequence, "setval").set_value(sequence, {value, called});
  const std::lock_guard lock(session_.mutex);
  if (called) {
    session_.current[sequence.state] = value;
    session_.last = value;
  }
  return value;
}

}  // namespace cairn
