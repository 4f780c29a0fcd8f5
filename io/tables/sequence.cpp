#include "io/tables/sequence.h"

#include <optional>

#include "vector/error.h"
#include "vector/int128.h"

namespace cairn {

namespace {

constexpr int64_t kReservationMax = 8192;

/// nullopt: there is no further value.
std::optional<SequencePosition> step(const SequenceSchema& schema, SequencePosition from) {
  if (!from.called) return SequencePosition{from.value, true};
  const int128_t next = int128_t{from.value} + schema.increment;
  if (next >= schema.min_value && next <= schema.max_value) return SequencePosition{static_cast<int64_t>(next), true};
  if (!schema.cycle) return std::nullopt;
  return SequencePosition{schema.increment > 0 ? schema.min_value : schema.max_value, true};
}

Error limit_reached(const SequenceSchema& schema) {
  const bool up = schema.increment > 0;
  return Error(sqlstate::kSequenceLimit, "nextval: reached " + std::string(up ? "maximum" : "minimum") +
                                             " value of sequence \"" + schema.name + "\" (" +
                                             std::to_string(up ? schema.max_value : schema.min_value) + ")");
}

}  // namespace

int64_t SequenceState::next(const SequenceSchema& schema, const Journal& journal) {
  const std::lock_guard lock(mutex_);
  const std::optional<SequencePosition> given = step(schema, position_);
  if (!given) throw limit_reached(schema);
  if (durable_ && values_left_ == 0) {
    SequencePosition reserved = *given;
    int64_t count = 1;
    for (; count < next_reservation_; ++count) {
      const std::optional<SequencePosition> further = step(schema, reserved);
      if (!further) break;
      reserved = *further;
    }
    journal(reserved);
    values_left_ = count;
    if (next_reservation_ < kReservationMax) next_reservation_ *= 2;
  }
  if (values_left_ > 0) --values_left_;
  position_ = *given;
  return position_.value;
}

void SequenceState::set(SequencePosition position, const Journal& journal) {
  const std::lock_guard lock(mutex_);
  if (durable_) journal(position);
  position_ = position;
  values_left_ = 0;
}

void SequenceState::make_durable() {
  const std::lock_guard lock(mutex_);
  durable_ = true;
}

SequencePosition SequenceState::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

}  // namespace cairn
