// The shell, killing itself where a process that dies leaves most to be told apart: between a file and its record, a commit
// and its answer, and wherever else execution asks the interleaver. One in CAIRN_KILL_ODDS such instants is the last; of
// those that come by the thousand, far fewer.

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "vector/interleaving.h"

namespace {

class Killer : public cairn::Interleaver {
 public:
  explicit Killer(unsigned odds) : odds_(odds) { cairn::interleaver.store(this); }

  void at(cairn::MeetingPoint point) noexcept override {
    using Point = cairn::MeetingPoint;
    const bool is_frequent = point == Point::kMorsel || point == Point::kSeal || point == Point::kKeyFilter;
    thread_local std::minstd_rand random(std::random_device{}());
    if (random() % (odds_ * (is_frequent ? 200 : 1)) == 0) ::kill(::getpid(), SIGKILL);
  }

 private:
  const unsigned odds_;
};

const char* const odds = std::getenv("CAIRN_KILL_ODDS");
Killer killer(odds == nullptr ? 1'000'000 : static_cast<unsigned>(std::atoi(odds)));

}  // namespace
