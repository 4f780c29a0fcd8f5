#include "exec/crew/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <exception>
#include <system_error>

#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include "vector/error.h"

namespace cairn {
namespace {

/// Binds every thread that enters the arena to the arena's node.
class BindingObserver : public tbb::task_scheduler_observer {
 public:
  BindingObserver(tbb::task_arena& arena, const Topology& topology, int node)
      : tbb::task_scheduler_observer(arena), topology_(topology), node_(node) {
    observe(true);
  }
  ~BindingObserver() override { observe(false); }
  void on_scheduler_entry(bool) override { topology_.bind_thread(node_); }

 private:
  const Topology& topology_;
  int node_;
};

}  // namespace

struct WorkerPool::Node {
  // All slots are kept for this pool's own threads: TBB must not add any, a query says how many run.
  Node(const Topology& topology, int node)
      : arena(static_cast<int>(kMaxThreads), static_cast<unsigned>(kMaxThreads)), observer(start(arena), topology, node) {}

  static tbb::task_arena& start(tbb::task_arena& arena) {
    arena.initialize();
    return arena;
  }

  tbb::task_arena arena;
  BindingObserver observer;
  std::mutex mutex;
  std::condition_variable task_queued;
  std::deque<Task*> queue;
  std::vector<std::thread> threads;
  size_t idle = 0;
  bool closing = false;
};

WorkerPool& WorkerPool::process() {
  // Never destroyed: its threads may still wait when the process's static objects die.
  static WorkerPool* pool = new WorkerPool(Topology::discover());
  return *pool;
}

WorkerPool::WorkerPool(Topology topology) : topology_(std::move(topology)) {
  for (size_t i = 0; i < topology_.node_count(); ++i) {
    nodes_.push_back(std::make_unique<Node>(topology_, static_cast<int>(i)));
  }
}

WorkerPool::~WorkerPool() {
  for (auto& node : nodes_) {
    {
      std::lock_guard lock(node->mutex);
      assert(node->queue.empty());
      node->closing = true;
    }
    node->task_queued.notify_all();
    for (std::thread& thread : node->threads) thread.join();
  }
}

void WorkerPool::submit(int node_index, Task& task) {
  Node& node = *nodes_[static_cast<size_t>(node_index)];
  std::unique_lock lock(node.mutex);
  node.queue.push_back(&task);
  if (node.queue.size() > node.idle && node.threads.size() < kMaxThreads) {
    try {
      node.threads.emplace_back([this, &node] { node.arena.execute([this, &node] { serve(node); }); });
    } catch (const std::exception& error) {  // of the system, or bad_alloc
      node.queue.pop_back();
      throw Error(sqlstate::kOutOfMemory, std::string("cannot start a worker thread: ") + error.what());
    }
  }
  lock.unlock();
  node.task_queued.notify_one();
}

bool WorkerPool::retract(int node_index, Task& task) {
  Node& node = *nodes_[static_cast<size_t>(node_index)];
  std::lock_guard lock(node.mutex);
  auto found = std::find(node.queue.begin(), node.queue.end(), &task);
  if (found == node.queue.end()) return false;
  node.queue.erase(found);
  return true;
}

void WorkerPool::serve(Node& node) {
  std::unique_lock lock(node.mutex);
  while (true) {
    while (node.queue.empty() && !node.closing) {
      ++node.idle;
      node.task_queued.wait(lock);
      --node.idle;
    }
    if (node.queue.empty()) return;
    Task* task = node.queue.front();
    node.queue.pop_front();
    lock.unlock();
    task->run();
    lock.lock();
  }
}

struct Crew::Helper : WorkerPool::Task {
  Helper(Crew& owner, unsigned number) : crew(owner), worker(number) {}
  void run() override { crew.help(*this); }
  Crew& crew;
  unsigned worker;
  bool left = false;
};

Crew::Crew(WorkerPool& pool, unsigned threads) : pool_(pool) {
  const int rotation = static_cast<int>(pool.next_rotation());
  const int node_count = static_cast<int>(pool.topology().node_count());
  for (const Topology::Core& core : pool.topology().place_workers(std::max(1u, threads))) {
    nodes_.push_back((core.node + rotation) % node_count);
  }
}

Crew::~Crew() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  job_posted_.notify_all();
  for (auto& helper : helpers_) {
    lock.unlock();
    const bool never_came = pool_.retract(nodes_[helper->worker], *helper);
    lock.lock();
    if (!never_came) job_left_.wait(lock, [&] { return helper->left; });
  }
}

void Crew::help(Helper& helper) {
  std::unique_lock lock(mutex_);
  for (uint64_t seen = 0;;) {
    job_posted_.wait(lock, [&] {
      return closing_ || (job_ != nullptr && generation_ != seen && helper.worker < job_workers_);
    });
    if (closing_) break;
    seen = generation_;
    const auto& job = *job_;
    ++running_;
    lock.unlock();
    job(helper.worker);
    lock.lock();
    if (--running_ == 0) job_left_.notify_all();
  }
  // Under the lock to the end: once `left` is seen, the crew may be gone.
  helper.left = true;
  job_left_.notify_all();
}

bool Crew::add_helper() {
  try {
    helpers_.reserve(nodes_.size());
    auto helper = std::make_unique<Helper>(*this, static_cast<unsigned>(helpers_.size()) + 1);
    pool_.submit(nodes_[helper->worker], *helper);
    helpers_.push_back(std::move(helper));
    return true;
  } catch (const std::exception&) {  // no memory or no thread: whoever has begun must not be left alone
    return false;
  }
}

void Crew::run(size_t workers, const std::function<void(unsigned)>& job) {
  workers = std::min<size_t>(workers, size());
  if (workers <= 1) return job(0);
  {
    std::lock_guard lock(mutex_);
    job_ = &job;
    job_workers_ = workers;
    ++generation_;
  }
  job_posted_.notify_all();
  while (helpers_.size() + 1 < workers && add_helper()) continue;
  job(0);
  std::unique_lock lock(mutex_);
  job_ = nullptr;
  job_left_.wait(lock, [&] { return running_ == 0; });
}

void Crew::run_tasks(size_t count, const std::function<void(size_t)>& task, const std::function<bool()>& stop) {
  std::atomic<size_t> next{0};
  std::mutex error_mutex;
  std::exception_ptr error;
  size_t failed = count;  // the first task that failed
  run(count, [&](unsigned) {
    while (!stop()) {
      const size_t number = next.fetch_add(1, std::memory_order_relaxed);
      if (number >= count) return;
      try {
        task(number);
      } catch (...) {
        next.store(count, std::memory_order_relaxed);
        std::lock_guard lock(error_mutex);
        if (number < failed) {
          failed = number;
          error = std::current_exception();
        }
      }
    }
  });
  if (error) std::rethrow_exception(error);
}

}  // namespace cairn
