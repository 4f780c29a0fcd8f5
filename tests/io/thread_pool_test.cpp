// Threads that make blocking calls.

#include "io/storage/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

namespace cairn {
namespace {

TEST(ThreadPool, RunsWhatIsQueuedBeforeItEnds) {
  std::atomic<int> done{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 100; ++i) pool.run([&] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST(ThreadPool, CallsGoOnBesideEachOther) {
  ThreadPool pool(2);
  std::promise<void> first, second;
  std::atomic<bool> met{false};
  pool.run([&] {
    first.set_value();
    met = second.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  });
  std::promise<void> done;
  pool.run([&] {
    first.get_future().wait();
    second.set_value();
    done.set_value();
  });
  done.get_future().wait();
  while (!met) std::this_thread::yield();
}

TEST(ThreadPool, ItsThreadsTakeNoSignalsAndTheCallerStillDoes) {
  const auto blocked = [] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, SIGINT) + sigismember(&mask, SIGTERM) + sigismember(&mask, SIGUSR1);
  };
  ASSERT_EQ(blocked(), 0);
  ThreadPool pool(1);
  std::promise<int> there;
  pool.run([&] { there.set_value(blocked()); });
  EXPECT_EQ(there.get_future().get(), 3);
  EXPECT_EQ(blocked(), 0);
}

TEST(ThreadPool, WithoutThreadsTheCallerRunsIt) {
  ThreadPool pool(0);
  std::thread::id where;
  pool.run([&] { where = std::this_thread::get_id(); });
  EXPECT_EQ(where, std::this_thread::get_id());
}

}  // namespace
}  // namespace cairn
