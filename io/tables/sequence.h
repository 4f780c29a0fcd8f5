#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace cairn {

struct SequenceSchema {
  std::string name;
  int64_t increment = 1;
  int64_t min_value = 1, max_value = INT64_MAX;
  int64_t start = 1;
  bool cycle = false;
  std::string owner_table, owner_column;  ///< OWNED BY: goes with that column; empty: nobody's
};

/// Where a sequence stands: its last value, or the one that it will give next.
struct SequencePosition {
  int64_t value = 1;
  bool called = false;  ///< value has been given out
  friend bool operator==(const SequencePosition&, const SequencePosition&) = default;
};

/// The values of a sequence: shared by all snapshots that know it, and no part of any transaction. Thread-safe.
///
/// What a durable sequence gives out was reserved before: the manifest says how far it may have come, so that after a
/// crash values are skipped, and none is given twice. Reservations double while they are used up, so that a large INSERT
/// syncs a few times and not once per row.
class SequenceState {
 public:
  /// Makes the position durable; where it throws, no value is given out.
  using Journal = std::function<void(SequencePosition)>;

  explicit SequenceState(SequencePosition position) : position_(position), reserved_(position) {}

  /// The next value by the schema's rules. Errors: kSequenceLimit behind the last one of a sequence without CYCLE.
  int64_t next(const SequenceSchema& schema, const Journal& journal);
  void set(SequencePosition position, const Journal& journal);
  SequencePosition position() const;
  /// From here on values are reserved; before, whoever made the sequence will say where it stands.
  void make_durable();

  /// Up to where values may have been given out, as the manifest has it. Guarded by whoever orders the manifest's records.
  SequencePosition reserved() const { return reserved_; }
  void set_reserved(SequencePosition position) { reserved_ = position; }

 private:
  mutable std::mutex mutex_;
  SequencePosition position_;
  bool durable_ = false;
  int64_t values_left_ = 0;        ///< that are reserved
  int64_t next_reservation_ = 32;
  SequencePosition reserved_;
};

/// A sequence as one snapshot knows it: altering changes the schema, and leaves the values where they are.
struct Sequence {
  uint64_t id = 0;
  SequenceSchema schema;
  std::shared_ptr<SequenceState> state;
};

}  // namespace cairn
