#pragma once

#include <cstdint>

namespace cairn {

/// What the time literals 'now', 'today', … mean on this thread while it lives: the statement's time. Without one they
/// mean the system's.
class StatementClock {
 public:
  explicit StatementClock(int64_t now_micros);
  ~StatementClock();
  StatementClock(const StatementClock&) = delete;

  /// Microseconds since 1970.
  static int64_t now_micros();

 private:
  int64_t outer_;
};

}  // namespace cairn
