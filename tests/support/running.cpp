#include "tests/support/running.h"

#include <signal.h>
#include <unistd.h>

namespace cairn::test {
namespace {

void say(const char* head, size_t length) {
  (void)!write(STDOUT_FILENO, head, length);
  (void)!write(STDOUT_FILENO, running.data(), running.size());
  (void)!write(STDOUT_FILENO, "\n", 1);
}

void print_running(int signal) {
  constexpr char kCrashed[] = "\n-- crashed while running:\n", kHangs[] = "\n-- hangs while running:\n";
  signal == SIGALRM ? say(kHangs, sizeof kHangs - 1) : say(kCrashed, sizeof kCrashed - 1);
  ::signal(signal, SIG_DFL);
  raise(signal == SIGALRM ? SIGABRT : signal);
}

}  // namespace

std::string running;

void report_crashes() {
  for (int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL, SIGALRM}) ::signal(signal, print_running);
}

void allow_seconds(unsigned seconds) { alarm(seconds); }

}  // namespace cairn::test
