#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace cairn {

/// What volatile functions act upon: the session's random numbers and the database's sequences. Thread-safe.
class VolatileSource {
 public:
  virtual ~VolatileSource() = default;
  virtual double random() = 0;  ///< [0, 1)
  virtual void seed(double seed) = 0;  ///< [-1, 1]
  /// Sequences by their names as SQL spells them.
  virtual int64_t next_value(std::string_view sequence) = 0;
  virtual int64_t current_value(std::string_view sequence) = 0;
  virtual int64_t last_value() = 0;
  virtual int64_t set_value(std::string_view sequence, int64_t value, bool called) = 0;
};

/// One call of a volatile function in a statement: copies of its expression share it, and have one value per row.
struct VolatileCall {
  std::shared_ptr<VolatileSource> source;
};

}  // namespace cairn
