#include "shell/query_monitor.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "shell/output.h"
#include "shell/printer.h"

namespace cairn::shell {

namespace {

std::atomic<unsigned> interrupts{0};
static_assert(std::atomic<unsigned>::is_always_lock_free);

std::string bytes_text(uint64_t bytes) {
  const auto count = static_cast<double>(bytes);
  if (bytes < 1000000) return fmt::format("{:.0f} kB", count / 1e3);
  if (bytes < 1000000000) return fmt::format("{:.1f} MB", count / 1e6);
  return fmt::format("{:.2f} GB", count / 1e9);
}

}  // namespace

void catch_interrupts() {
  struct sigaction handler{};
  handler.sa_handler = [](int) { interrupts.fetch_add(1); };
  sigaction(SIGINT, &handler, nullptr);
}

unsigned interrupt_count() { return interrupts; }

QueryMonitor::QueryMonitor(cairn_connection* connection)
    : connection_(connection), hidden_(isatty(STDERR_FILENO) == 0), thread_([this] { run(); }) {}

QueryMonitor::~QueryMonitor() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
    wake_.notify_one();
  }
  thread_.join();
  erase();
}

void QueryMonitor::hide_progress() {
  std::lock_guard lock(mutex_);
  hidden_ = true;
  erase();
}

void QueryMonitor::run() {
  const unsigned before = interrupts;
  std::unique_lock lock(mutex_);
  while (!done_) {
    wake_.wait_for(lock, std::chrono::milliseconds(50));
    if (done_) return;
    if (!interrupted_ && interrupts != before) {
      interrupted_ = true;
      cairn_interrupt(connection_);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    if (!hidden_ && seconds >= 1) draw(seconds);
  }
}

void QueryMonitor::draw(double seconds) {
  const cairn_progress progress = cairn_progress_get(connection_);
  constexpr size_t kBarColumns = 30;
  std::string bar, text;
  if (progress.fraction >= 0) {
    const double fraction = std::min(progress.fraction, 1.0);
    const auto full = static_cast<size_t>(fraction * kBarColumns);
    for (size_t i = 0; i < kBarColumns; ++i) bar += i < full ? "█" : "░";
    text = fmt::format("{} {:3.0f} %", bar, fraction * 100);
    if (fraction > 0.02) text += fmt::format("  about {:.0f} s left", seconds * (1 - fraction) / fraction);
  } else {
    text = fmt::format("running for {:.0f} s", seconds);
  }
  if (progress.pipelines_total > 0) {
    text += fmt::format("  pipelines {} of {}", progress.pipelines_done, progress.pipelines_total);
  }
  if (progress.checkpointed_bytes > 0) text += "  checkpointed " + bytes_text(progress.checkpointed_bytes);
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  print(stderr, "\r{}\033[K", first_columns(text, known ? size.ws_col - 1u : 79u));  // a wrapped line can't be erased
  std::fflush(stderr);
  drawn_ = true;
}

void QueryMonitor::erase() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace cairn::shell
