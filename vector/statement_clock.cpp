#include "vector/statement_clock.h"

#include <chrono>

namespace cairn {
namespace {

thread_local int64_t current_micros = 0;  // 0: no statement's

}  // namespace

StatementClock::StatementClock(int64_t now_micros) : outer_(current_micros) { current_micros = now_micros; }
StatementClock::~StatementClock() { current_micros = outer_; }

int64_t StatementClock::now_micros() {
  if (current_micros != 0) return current_micros;
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace cairn
