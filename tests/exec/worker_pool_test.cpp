#include "exec/crew/worker_pool.h"

#include <atomic>
#include <set>

#include <gtest/gtest.h>

namespace cairn {
namespace {

struct Step : WorkerPool::Task {
  explicit Step(std::function<void()> function) : body(std::move(function)) {}
  void run() override { body(); }
  std::function<void()> body;
};

TEST(WorkerPool, GivesEveryTaskAThreadOfItsOwn) {
  WorkerPool pool(Topology::synthetic("numa:2 core:2 pu:1"));
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0, left = 0;
  Step step([&] {
    std::unique_lock lock(mutex);
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [&] { return waiting >= 20; });  // only if all 20 run at once
    ++left;
    changed.notify_all();
  });
  for (int i = 0; i < 20; ++i) pool.submit(i % 2, step);
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 20; });
}

TEST(WorkerPool, UsesIdleThreadsAgain) {
  WorkerPool pool(Topology::synthetic("numa:1 core:2 pu:1"));
  std::set<std::thread::id> threads;
  for (int i = 0; i < 50; ++i) {
    std::mutex mutex;
    std::condition_variable changed;
    bool ran = false;
    Step step([&] {
      std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      ran = true;
      changed.notify_all();
    });
    pool.submit(0, step);
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ran; });
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_LT(threads.size(), 10u);
}

TEST(Crew, RunsAJobOnAllItsWorkersAtOnce) {
  WorkerPool pool(Topology::synthetic("numa:4 core:2 pu:1"));
  Crew crew(pool, 8);
  EXPECT_EQ(crew.size(), 8u);
  std::map<int, int> workers_per_node;
  for (unsigned i = 0; i < 8; ++i) ++workers_per_node[crew.node(i)];
  EXPECT_EQ(workers_per_node.size(), 4u);
  for (auto [node, count] : workers_per_node) EXPECT_EQ(count, 2);
  for (int job = 0; job < 3; ++job) {
    std::atomic<unsigned> present{0};
    std::atomic<unsigned> seen{0};
    crew.run(8, [&](unsigned worker) {
      seen |= 1u << worker;
      ++present;
      while (present < 8) std::this_thread::yield();
    });
    EXPECT_EQ(seen, 255u);
  }
}

TEST(Crew, DoesNotWaitForHelpersThatHaveNotCome) {
  WorkerPool pool(Topology::synthetic("numa:1 core:2 pu:1"));
  for (int i = 0; i < 500; ++i) {
    Crew crew(pool, 4);
    std::atomic<int> calls{0};
    crew.run(4, [&](unsigned) { ++calls; });
    EXPECT_GE(calls, 1);
  }
}

TEST(Crew, RunsEveryTaskOnce) {
  WorkerPool pool(Topology::synthetic("numa:1 core:2 pu:1"));
  Crew crew(pool, 3);
  std::vector<std::atomic<int>> runs(1000);
  crew.run_tasks(1000, [&](size_t task) { ++runs[task]; }, [] { return false; });
  for (auto& count : runs) EXPECT_EQ(count, 1);
}

TEST(Crew, PassesATasksErrorOn) {
  WorkerPool pool(Topology::synthetic("numa:1 core:2 pu:1"));
  Crew crew(pool, 3);
  auto task = [](size_t number) {
    if (number == 7) throw std::runtime_error("seven");
  };
  EXPECT_THROW(crew.run_tasks(100, task, [] { return false; }), std::runtime_error);
}

}  // namespace
}  // namespace cairn
