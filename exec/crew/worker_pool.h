#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "exec/crew/topology.h"

namespace cairn {

/// The threads that run queries: for each NUMA node a TBB arena, whose slots are filled with threads bound to that node
/// as tasks ask for them, and kept for later ones. A task always gets a thread of its own (up to kMaxThreads per
/// node), so that one that waits, for its client or for its helpers, never keeps another from running.
class WorkerPool {
 public:
  static constexpr size_t kMaxThreads = 1024;

  class Task {
   public:
    virtual ~Task() = default;
    virtual void run() = 0;  ///< must not throw
  };

  /// The process's pool on the discovered topology; made when first asked for, lives until the process ends.
  static WorkerPool& process();
  explicit WorkerPool(Topology topology);
  ~WorkerPool();  ///< REQUIRES: no task is queued or runs

  const Topology& topology() const { return topology_; }
  /// Runs the task on a thread of `node`, soon. The task lives until it has run or was taken back.
  /// Errors: kOutOfMemory, or std::bad_alloc, where it needs another thread and none can be started.
  void submit(int node, Task& task);
  /// Takes back a task that has not begun. False: it runs, or has run.
  bool retract(int node, Task& task);
  /// For queries to begin on different nodes: counts up.
  unsigned next_rotation() { return rotation_.fetch_add(1, std::memory_order_relaxed); }

 private:
  struct Node;
  void serve(Node& node);
  Topology topology_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::atomic<unsigned> rotation_{0};
};

/// The workers of one query. Worker 0 is whoever calls run(); the others are started when they are first needed and
/// wait for the next job in between.
class Crew {
 public:
  Crew(WorkerPool& pool, unsigned threads);
  ~Crew();  ///< sends the helpers away and waits for them

  unsigned size() const { return static_cast<unsigned>(nodes_.size()); }
  int node(unsigned worker) const { return nodes_[worker]; }
  WorkerPool& pool() const { return pool_; }

  /// Runs job(worker) on the calling thread and on up to `workers` - 1 helpers, as they come; returns when all that
  /// began have returned. A helper that has not come by the time worker 0 is done does not begin any more. job must
  /// not throw.
  void run(size_t workers, const std::function<void(unsigned worker)>& job);

  /// Runs task(0) … task(count - 1) on the crew and waits; rethrows the error of the first task that failed. After an
  /// error, or once `stop` says so, no further task begins.
  void run_tasks(size_t count, const std::function<void(size_t task)>& task, const std::function<bool()>& stop);

 private:
  struct Helper;
  void help(Helper& helper);
  bool add_helper();  ///< false: there will be fewer workers

  WorkerPool& pool_;
  std::vector<int> nodes_;
  std::vector<std::unique_ptr<Helper>> helpers_;  ///< helpers_[i] is worker i + 1; those that were needed so far
  std::mutex mutex_;
  std::condition_variable job_posted_, job_left_;
  const std::function<void(unsigned)>* job_ = nullptr;  ///< nullptr: none is open
  uint64_t generation_ = 0;
  size_t job_workers_ = 0;
  size_t running_ = 0;
  bool closing_ = false;
};

}  // namespace cairn
